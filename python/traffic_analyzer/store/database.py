"""Opening the database: for writing, with its schema up to date; for reading, whatever its rights are."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from peewee import DatabaseError, OperationalError, PeeweeException, SqliteDatabase

from ..errors import StoreError
from . import migrations, models
from .files import descriptor

_BUSY_TIMEOUT_S = 10
_HEADER = b"SQLite format 3\0"
_ERRORS = (PeeweeException, sqlite3.Error)


def _check_header(path: Path) -> None:
    """An empty file is a database without tables; anything else begins with SQLite's header."""
    try:
        head = os.pread(descriptor(path), len(_HEADER), 0)
    except IsADirectoryError:
        raise StoreError(f"--db {path}: not a file; choose another path") from None
    except FileNotFoundError:
        raise StoreError(f"--db {path}: no such database; `traffic-analyzer run` makes it") from None
    except OSError as error:
        raise StoreError(f"--db {path}: {error.strerror}") from None
    if head and head != _HEADER:
        raise StoreError(f"--db {path}: not an SQLite database; choose another path, or move the file away")


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turns what SQLite says into one line with the path.

    :raises StoreError: in place of every error of peewee, and of SQLite where rows are stepped through without it.
    """
    try:
        yield
    except _ERRORS as error:
        first: BaseException = error  # a full disk, say, not the rollback that found no transaction any more
        while isinstance(first.__context__, _ERRORS):
            first = first.__context__
        raise StoreError(f"--db {path}: {first}") from error


def open_writable(path: Path, may_make: bool = True) -> SqliteDatabase:
    """The database at *path*, made if missing, its schema brought up to date and a seed's tables taken over.

    :raises StoreError: no database, no permission, or one of a newer version.
    """
    try:
        if may_make:
            path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(f"--db {path}: the folder cannot be made ({error.strerror})") from None
    if not may_make or path.exists():
        _check_header(path)
    database = SqliteDatabase(
        str(path),
        pragmas={"synchronous": "normal"},
        timeout=_BUSY_TIMEOUT_S,
        thread_safe=False,
        check_same_thread=False,
    )
    with explained(path):
        database.connect()
        migrations.migrate(database, str(path))
        database.pragma("journal_mode", "wal")  # only now: a file of another program stays as it is
    return database


@contextmanager
def open_readable(path: Path) -> Iterator[SqliteDatabase]:
    """The database at *path*, for reading only: no right to write to it or to its folder is needed.

    A database of the seed, or of an earlier version, is read through a copy in memory that is brought up to date.

    :raises StoreError: there is none, or it cannot be read.
    """
    _check_header(path)
    with explained(path):
        database = _connect_readable(path)
        with closing(database):
            found = migrations.version(database)
            if not found and not migrations.is_seed(database):
                raise StoreError(f"--db {path}: holds no traffic yet; `traffic-analyzer run` fills it")
            migrations.check_version(database, str(path))
            yield _up_to_date_in_memory(database) if found < models.SCHEMA_VERSION else database


def _connect_readable(path: Path) -> SqliteDatabase:
    # A WAL database needs its -shm file, which a reader without rights cannot make. Where nobody has it open for
    # writing the file stands still, and SQLite may read it as such.
    resolved = path.resolve()
    uri, log = resolved.as_uri(), resolved.with_name(resolved.name + "-wal")
    for mode in ("?mode=ro", "?mode=ro&immutable=1"):
        database = SqliteDatabase(uri + mode, uri=True, timeout=_BUSY_TIMEOUT_S)
        try:
            database.execute_sql("SELECT count(*) FROM sqlite_master")
            return database
        except OperationalError:
            database.close()
            if mode.endswith("immutable=1"):
                raise
            if log.exists() and log.stat().st_size:  # read as it stands, the file would lack what is in there
                raise StoreError(f"--db {path}: its latest rows are in {log.name}, which takes the right to write in "
                                 f"that folder: run as its owner, or copy both files to another one") from None
        except DatabaseError:
            database.close()
            raise
    raise AssertionError("unreachable: the loop returns or raises")


def _up_to_date_in_memory(source: SqliteDatabase) -> SqliteDatabase:
    copy = SqliteDatabase(":memory:")
    copy.connect()
    source.connection().backup(copy.connection())
    migrations.migrate(copy, ":memory:")
    return copy
