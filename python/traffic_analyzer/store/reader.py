"""Joins the archive to a database that is read. What is wrong with it is a remark: the rest is answered without."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import TypeVar

from peewee import PeeweeException, SqliteDatabase

from ..records import Remark
from . import facts, models
from .damage.files import SIBLINGS, descriptor, sibling, size_bytes
from .tiers.snapshot import ARCHIVE

_HEADER = b"SQLite format 3\0"
_ERRORS = (PeeweeException, sqlite3.Error)
_JOURNAL = "-journal"
#: As it is; and where that takes a right to write, as nobody else can have it open.
_MODES = ("mode=ro", "mode=ro&immutable=1")
Answer = TypeVar("Answer")


class Readable(SqliteDatabase):
    """A database for reading, and in it, where there is one, its archive as :data:`.tiers.snapshot.ARCHIVE`."""

    remark: Remark | None = None  #: why not all that there is can be read; None: it can


def with_or_without_archive(database: Readable, ask: Callable[[], Answer]) -> Answer:
    """What *ask* returns; where it fails, what it returns without the archive: that may be what is damaged."""
    try:
        return ask()
    except _ERRORS as error:
        archive = _files(database).get(ARCHIVE)
        if archive is None:
            raise
        _detach(database)
        database.remark = Remark("archive-unread", archive, str(error))
        return ask()  # where it was not the archive, that error is the one to be told


def _detach(database: SqliteDatabase) -> None:
    database.execute_sql(f"DETACH {ARCHIVE}")


def _files(database: SqliteDatabase) -> dict[str, str]:
    return {str(row[1]): str(row[2]) for row in database.execute_sql("PRAGMA database_list")}


def attach(database: SqliteDatabase, path: Path, archive: Path | None) -> Remark | None:
    """Attaches the archive of the database at *path*; why it cannot be, else None.

    :param archive: None: the one that the database names, if it does.
    """
    named = facts.Facts(database).text(facts.ARCHIVE)
    if archive is None:
        if not named:
            return None
        archive = Path(named)
    if archive.resolve() == path.resolve():
        return None
    why = _unlike(archive) or _attached(database, archive.resolve())
    if not why:
        why = _misfit(database, named == str(archive.resolve()))
        if why:
            _detach(database)
    return Remark("archive-unread", str(archive), why) if why else None


def undo(path: Path) -> None:
    """Undoes what a writer left half done in the database at *path*, where there is such a thing and a right to.

    SQLite does so by itself, but not where it is asked to read only.
    """
    if not any(log.name.endswith(_JOURNAL) for log in leavings(path)):
        return
    try:
        with closing(sqlite3.connect(f"{path.as_uri()}?mode=rw", uri=True)) as database:
            database.execute("SELECT count(*) FROM sqlite_master")
    except sqlite3.Error:
        return  # who reads will be told


def leavings(path: Path) -> list[Path]:
    """Logs of writes that are not in the database at *path* yet, or not out of it again."""
    logs = (sibling(path, suffix) for suffix in SIBLINGS[:2])
    return [log for log in logs if size_bytes(log)]


def _unlike(archive: Path) -> str:
    """Why what is there is no database at all."""
    try:
        head = os.pread(descriptor(archive), len(_HEADER), 0)
    except OSError as error:
        return str(error.strerror)
    return "" if head == _HEADER else "not an SQLite database"


def _attached(database: SqliteDatabase, archive: Path) -> str:
    """Attaches it; why it cannot be."""
    undo(archive)
    why = ""
    for mode in _MODES:
        if mode != _MODES[0] and leavings(archive) and "locked" not in why:
            return f"its writer did not get to its end ({why}): run as its owner, or let `traffic-analyzer run` mend it"
        try:
            database.execute_sql(f"ATTACH ? AS {ARCHIVE}", (f"{archive.as_uri()}?{mode}",))
        except _ERRORS as error:
            why = why or str(error).partition(": file:")[0]
            continue
        try:
            database.execute_sql(f"SELECT count(*) FROM {ARCHIVE}.sqlite_master")
            return ""
        except _ERRORS as error:
            why = why or str(error)
            _detach(database)
    return why


def _misfit(database: SqliteDatabase, is_its_own: bool) -> str:
    """Why an archive that is attached does not go with the database."""
    version = int(database.execute_sql(f"PRAGMA {ARCHIVE}.user_version").fetchone()[0])
    if not version:
        return "no archive of traffic-analyzer's"
    if version != models.SCHEMA_VERSION:
        return f"of another version (schema {version}, this one knows {models.SCHEMA_VERSION})"
    if is_its_own:
        return ""
    for table in (str(model._meta.table_name) for model in models.DICTIONARIES):  # they share ids once they are one
        other = (
            f"SELECT 1 FROM {ARCHIVE}.{table} AS theirs LEFT JOIN main.{table} AS ours USING (id) "
            "WHERE ours.text IS NOT theirs.text LIMIT 1"
        )
        if database.execute_sql(other).fetchone():
            return "not the archive of this --db"
    return ""
