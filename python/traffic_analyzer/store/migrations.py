"""The schema, version by version. ``PRAGMA user_version`` holds the version; 0 is an empty file or the seed's."""

from __future__ import annotations

from peewee import SqliteDatabase

from ..errors import StoreError
from . import models, seed


def version(database: SqliteDatabase) -> int:
    """The schema version of a database; 0 where this package never wrote to it."""
    return int(database.execute_sql("PRAGMA user_version").fetchone()[0])


def check_version(database: SqliteDatabase, path: str) -> None:
    """:raises StoreError: the database at *path* is of a later version than this package."""
    found = version(database)
    if found > models.SCHEMA_VERSION:
        raise StoreError(f"--db {path}: written by a later version (schema {found}, this one knows "
                         f"{models.SCHEMA_VERSION}); upgrade traffic-analyzer")  # fmt: skip


def migrate(database: SqliteDatabase, path: str) -> None:
    """Brings the schema up to date, in one transaction: all of it, or nothing.

    :raises StoreError: the database is of a later version, or of another program.
    """
    check_version(database, path)
    if version(database) == models.SCHEMA_VERSION:
        return
    with database.atomic("IMMEDIATE"):
        if version(database) == models.SCHEMA_VERSION:  # another process was quicker
            return
        tables = set(database.get_tables())
        if not version(database) and tables and not tables & seed.TABLES:
            raise StoreError(f"--db {path}: a database of another program; choose another path")
        seed.set_aside(database)
        with database.bind_ctx(models.TABLES):
            database.create_tables(models.TABLES)
            for dictionary in models.DICTIONARIES:
                dictionary.insert(id=0, text="").execute()
            database.execute_sql(models.FLOW_1M_5T)
            seed.take_over(database)
        database.execute_sql(f"PRAGMA user_version = {models.SCHEMA_VERSION}")
