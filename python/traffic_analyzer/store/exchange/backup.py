"""A store as one file: a database as ``--db`` alone makes it, with minutes, hours, days and what is pending.

It has an id of its own, and knows of which stores it holds the rows.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import IO

from peewee import SqliteDatabase

from ...errors import StoreError
from ..damage.files import SIBLINGS, sibling
from ..database import explained
from ..facts import (
    ARCHIVE,
    DAYS_SINCE,
    DAYS_UNTIL,
    EXPORT_ID,
    HOURS_SINCE,
    MINUTES_SINCE,
    SEQUENCE,
    STORE_ID,
    Facts,
    taken,
)
from ..schema import migrations
from ..tiers.progress import Progress
from ..tiers.rollups import ROLLUPS, TIERS
from . import identity
from .attachment import COPY, OTHER, archive_of, attachable, connect, copy_of, is_empty, named_by
from .extent import Extent, extent_of, minutes_since
from .union import LASTING, Union

_OF_A_RUN = ("notice", "kernel_instance", "kernel_interface")  # nothing to keep
_TRIES = 5


def export_to(path: Path, db: Path, archive: Path | None) -> Extent:
    """Writes everything that *db* and its archive hold to *path*, a new file. The collector may run meanwhile.

    :param archive: None: the one that *db* names, if any.
    :raises StoreError: nothing is written.
    """
    if path.exists():
        raise StoreError(f"{path}: exists; remove it, or choose another name")
    archive = archive_of(db, archive)
    with _new_file(path) as part, attachable(archive, part.parent) as uri:
        for _ in range(_TRIES):
            os.truncate(part, 0)
            if not (uri and is_empty(db)):  # a router that has just started has an archive alone
                copy_of(db, part, path)
            with named_by(path), explained(path), closing(connect(part, COPY)) as database:
                migrations.migrate(database, str(part))
                Progress(database)
                if uri:
                    database.execute_sql(f"ATTACH ? AS {OTHER}", (uri,))
                with database.atomic():
                    if _made_whole(database, OTHER if uri else "main"):
                        return extent_of(database)
        raise StoreError(f"{archive}: holds what {db} has not handed over yet; try again")


@contextmanager
def exported(db: Path, archive: Path | None) -> Iterator[IO[bytes]]:
    """What :func:`export_to` would write, to be read; it lies in the folder for temporary files meanwhile."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "export"
        export_to(path, db, archive)
        with path.open("rb") as file:
            yield file


def _made_whole(database: SqliteDatabase, archive: str) -> bool:
    """Makes a copy of a store stand for itself; False where the archive, called that here, has overtaken it.

    The archive is read after the store was: it may have taken pending rows that are still in the copy; these go. Where
    it has taken what came after the copy was made, the copy must be made anew.
    """
    facts, archived = Facts(database), Facts(database, archive)
    last = archived.number(taken(facts.store_id()), 0)
    if last >= facts.number(SEQUENCE, 1):
        return False
    ids = identity.stores(database) | identity.stores(database, archive)
    for rollup in ROLLUPS:
        database.execute_sql(f"DELETE FROM main.{rollup.table('pending')} WHERE sequence <= ?", (last,))
    if archive != "main":
        _take_archive(database, archive)
    for table in _OF_A_RUN:
        database.execute_sql(f"DELETE FROM main.{table}")
    database.execute_sql(
        "DELETE FROM main.meta_kv WHERE key IN (?, ?) OR key GLOB ?", (ARCHIVE, STORE_ID, taken("*"))
    )
    facts.put(EXPORT_ID, facts.store_id())
    identity.hold(database, ids, 0)
    return True


def _take_archive(database: SqliteDatabase, archive: str) -> None:
    """Adds hours, days and what lasts."""
    union, facts, archived = Union(database, archive), Facts(database), Facts(database, archive)
    for rollup in ROLLUPS:
        for tier in TIERS:
            union.add(rollup.table(tier))
    for table in LASTING:
        union.add(table)
    for fact in (HOURS_SINCE, DAYS_SINCE, DAYS_UNTIL):
        identity.advance(facts, fact, archived.text(fact))
    identity.advance(facts, MINUTES_SINCE, minutes_since(database, "main"))


@contextmanager
def _new_file(path: Path) -> Iterator[Path]:
    """An empty file beside *path* to write, which becomes *path* at the end, on the disk; or goes without a trace."""
    try:
        descriptor, name = tempfile.mkstemp(".part", f".{path.name}.", path.parent)
    except OSError as error:
        raise StoreError(f"{path}: cannot be written ({error.strerror})") from None
    part = Path(name)
    try:
        yield part
        os.fsync(descriptor)
        part.rename(path)
    except OSError as error:
        raise StoreError(f"{path}: cannot be written ({error.strerror})") from None
    finally:
        os.close(descriptor)
        for suffix in (*SIBLINGS, ""):  # a journal stays where the disk is full
            sibling(part, suffix).unlink(missing_ok=True)
