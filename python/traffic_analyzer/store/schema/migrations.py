"""The schema, version by version. ``PRAGMA user_version`` holds the version; 0 is an empty file or the seed's."""

from __future__ import annotations

from collections.abc import Callable

from peewee import SqliteDatabase

from ...errors import StoreError
from ...sites import data_version, site_of
from .. import models
from . import bystanders, schema_1, schema_2, schema_3, schema_4, seed, seed_names

#: The step at index n makes version n + 1 of version n. A later version appends one.
_STEPS: tuple[Callable[[SqliteDatabase], None], ...] = (
    schema_1.upgrade, schema_2.upgrade, schema_3.upgrade, schema_4.upgrade,
)  # fmt: skip
_SUFFIX_LIST = "public_suffixes"  # in meta_kv: by which list the sites were found; empty: by none


class ForeignError(StoreError):
    """A database that is not for this version of this package, and stays as it is."""


def version(database: SqliteDatabase) -> int:
    """The schema version of a database; 0 where this package never wrote to it."""
    return int(database.execute_sql("PRAGMA user_version").fetchone()[0])


def is_seed(database: SqliteDatabase) -> bool:
    """True where a database holds tables of the seed, and this package never wrote to it."""
    return not version(database) and bool(seed.tables(database) & {*seed.FLOW_TABLES, *seed_names.TABLES})


def check_version(database: SqliteDatabase, path: str) -> None:
    """:raises ForeignError: the database at *path* is of a later version than this package, or of another program."""
    found = version(database)
    if found > models.SCHEMA_VERSION:
        raise ForeignError(f"--db {path}: written by a later version (schema {found}, this one knows "
                           f"{models.SCHEMA_VERSION}); upgrade traffic-analyzer")  # fmt: skip
    if not found and seed.tables(database) and not is_seed(database):
        raise ForeignError(f"--db {path}: a database of another program; choose another path")


def migrate(database: SqliteDatabase, path: str) -> None:
    """Brings schema and sites up to date, in one transaction: all of it, or nothing.

    :raises StoreError: the database is of a later version, or of another program.
    """
    check_version(database, path)
    if version(database) == models.SCHEMA_VERSION and not _sites_are_stale(database):
        return
    with database.atomic("IMMEDIATE"):  # another process may have been quicker: then there is nothing left to do
        steps = _STEPS[version(database) :]
        aside = bystanders.set_aside(database) if steps else []
        for step in steps:
            step(database)
        bystanders.put_back(database, aside)
        database.execute_sql(f"PRAGMA user_version = {models.SCHEMA_VERSION}")
        if _sites_are_stale(database):
            _find_sites(database)


def _sites_are_stale(database: SqliteDatabase) -> bool:
    """True where sites were never found, or by another list than the one at hand."""
    found = database.execute_sql("SELECT value FROM meta_kv WHERE key = ?", (_SUFFIX_LIST,)).fetchone()
    return found is None or found[0] != (data_version() or found[0])


def _find_sites(database: SqliteDatabase) -> None:
    database.register_function(site_of, "site_of", 1)
    database.execute_sql("UPDATE domain SET site = site_of(text)")
    database.execute_sql(
        "INSERT INTO domain (text, site) SELECT DISTINCT site, site FROM domain "
        "WHERE site NOT IN (SELECT text FROM domain)"
    )
    database.execute_sql("INSERT OR REPLACE INTO meta_kv VALUES (?, ?)", (_SUFFIX_LIST, data_version() or ""))
