"""How a database is read beside another: at one moment, of whatever version, and never changed by it."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path

from peewee import OperationalError, SqliteDatabase

from ...errors import StoreError
from .. import models
from ..database import explained, open_as_it_is
from ..facts import ARCHIVE, Facts
from ..schema import migrations
from ..tiers.progress import Progress

OTHER = "other"  #: what the other database is attached as
COPY: Mapping[str, object] = {"synchronous": "off", "journal_mode": "memory"}  #: nobody sees it before it is whole
_BUSY_TIMEOUT_S = 60  # an archive that is being written is locked for some seconds
_SPARE = 2  # so much room a copy of an earlier version takes, in sizes of the file


def connect(path: Path, pragmas: Mapping[str, object]) -> SqliteDatabase:
    """One that takes URIs where it is asked to attach."""
    database = SqliteDatabase(path.resolve().as_uri(), uri=True, pragmas=pragmas, timeout=_BUSY_TIMEOUT_S)
    database.connect()
    return database


def copy_of(path: Path, to: Path, named: Path) -> None:
    """Writes one moment of the database at *path* to *to*, without what it has free.

    :param named: what has no room, where there is none.
    """
    with open_as_it_is(path) as source:
        try:
            source.execute_sql("VACUUM INTO ?", (str(to),))
        except OperationalError as error:
            if "disk is full" in str(error):
                raise StoreError(f"{named}: {error}") from None
            raise


@contextmanager
def attachable(path: Path | None, folder: Path) -> Iterator[str]:
    """How SQLite attaches the database at *path* for reading; '' for None.

    One of an earlier version is a copy in *folder* that is brought up to date.
    """
    if path is None:
        yield ""
        return
    with open_as_it_is(path) as source:
        uri = str(source.database)
        is_old = migrations.version(source) < models.SCHEMA_VERSION
    if not is_old:
        yield uri
        return
    free, size = shutil.disk_usage(folder).free, path.stat().st_size
    if free < _SPARE * size:
        raise StoreError(f"{path}: its earlier version takes {_SPARE * size >> 20:,} MiB in {folder} for a while, and "
                         f"{free >> 20:,} MiB are free there")  # fmt: skip
    with tempfile.TemporaryDirectory(prefix=f".{path.name}.", dir=folder) as name:
        copy = Path(name) / "copy"
        copy_of(path, copy, folder)
        with explained(path), closing(connect(copy, COPY)) as database:
            migrations.migrate(database, str(path))
            Progress(database)  # here it locks nobody out
        yield copy.resolve().as_uri() + "?mode=ro"


def is_empty(db: Path) -> bool:
    """True where there is no database yet."""
    return not (db.exists() and db.stat().st_size)


def archive_of(db: Path, archive: Path | None) -> Path | None:
    """The archive of *db*, as given or as it says itself; None where it is its own."""
    if archive is None and not is_empty(db):
        with open_as_it_is(db) as database:
            named = Facts(database).text(ARCHIVE) if migrations.version(database) else None
        archive = Path(named) if named else None
    return None if archive and archive.resolve() == db.resolve() else archive


@contextmanager
def named_by(path: Path) -> Iterator[None]:
    """What is said of a database is said of *path*, which no flag names."""
    try:
        yield
    except StoreError as error:
        flagged = f"--db {path}: "
        said = str(error)
        raise StoreError(said.removeprefix("--db ") if said.startswith(flagged) else said) from None
