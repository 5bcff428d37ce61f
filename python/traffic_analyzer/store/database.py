"""Opening the database: for writing, with its schema up to date; for reading, whatever its rights are."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from peewee import DatabaseError, OperationalError, PeeweeException, SqliteDatabase

from ..errors import StoreError
from ..records import Remark
from . import models
from .damage.files import descriptor, stand_in_of
from .reader import Readable, attach, leavings, undo
from .schema import migrations

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
    try:
        with explained(path):
            database.connect()
            migrations.migrate(database, str(path))
            database.pragma("journal_mode", "wal")  # only now: a file of another program stays as it is
    except BaseException:
        database.close()
        raise
    return database


def open_in_place(path: Path) -> SqliteDatabase:
    """The same, of a database that is there; it keeps the journal that it has: an archive's is not this room's.

    :raises StoreError: as above.
    """
    _check_header(path)
    database = SqliteDatabase(str(path), pragmas={"synchronous": "full"}, timeout=_BUSY_TIMEOUT_S, thread_safe=False)
    with explained(path):
        try:
            database.connect()
            migrations.migrate(database, str(path))
            if database.pragma("journal_mode") == "wal":
                database.pragma("synchronous", "normal")
        except BaseException:
            database.close()
            raise
    return database


@contextmanager
def open_readable(path: Path, archive: Path | None = None) -> Iterator[Readable]:
    """The database at *path*, for reading only: no right to write to it or to its folder is needed.

    A database of the seed, or of an earlier version, is read through a copy in memory that is brought up to date.

    :param archive: where its hours and days are; None: where the database says. Where that cannot be read there is a
        remark; where there is no database any more, as after a restart of a router, the archive is read in its place.
    :raises StoreError: there is none, or it cannot be read.
    """
    remark = None
    if archive is None and (stand_in := stand_in_of(path)).exists():
        path, archive, remark = stand_in, path, Remark("database-unwritten", str(path))
    if archive is not None and not path.exists() and archive.exists():
        path, archive, remark = archive, None, Remark("database-absent", str(path), str(archive))
    with open_as_it_is(path) as database:
        is_old = migrations.version(database) < models.SCHEMA_VERSION
        readable = _up_to_date_in_memory(database) if is_old else database
        assert isinstance(readable, Readable)
        readable.remark = remark or attach(readable, path, archive)
        yield readable


@contextmanager
def open_as_it_is(path: Path) -> Iterator[SqliteDatabase]:
    """The database at *path*, of the seed or of any version that is known, for reading only.

    :raises StoreError: there is none, or it cannot be read.
    """
    _check_header(path)
    with explained(path), closing(_connect_readable(path)) as database:
        migrations.check_version(database, str(path))
        if not migrations.version(database) and not migrations.is_seed(database):
            raise StoreError(f"--db {path}: holds no traffic yet; `traffic-analyzer run` fills it")
        yield database


def _connect_readable(path: Path) -> Readable:
    # A WAL database needs its -shm file, which a reader without rights cannot make. Where nobody has it open for
    # writing the file stands still, and SQLite may read it as such.
    resolved = path.resolve()
    undo(resolved)
    uri = resolved.as_uri()
    for mode in ("?mode=ro", "?mode=ro&immutable=1"):
        database = Readable(uri + mode, uri=True, timeout=_BUSY_TIMEOUT_S)
        try:
            migrations.version(database)
            return database
        except OperationalError:
            database.close()
            if mode.endswith("immutable=1"):
                raise
            for log in leavings(resolved):  # read as it stands, the file would lack what is in there
                raise StoreError(f"--db {path}: its latest rows are in {log.name}, which takes the right to write in "
                                 f"that folder: run as its owner, or copy both files to another one") from None
        except DatabaseError:
            database.close()
            raise
    raise AssertionError("unreachable: the loop returns or raises")


def _up_to_date_in_memory(source: SqliteDatabase) -> SqliteDatabase:
    copy: SqliteDatabase = Readable("file::memory:", uri=True)
    copy.connect()
    source.connection().backup(copy.connection())
    migrations.migrate(copy, ":memory:")
    return copy
