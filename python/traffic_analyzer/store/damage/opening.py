"""What the collector writes to, whatever state its files and disks are in."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from ...errors import StoreError
from ...records import Notice
from ..database import open_as_it_is, open_in_place, open_writable
from ..exchange.identity import stores
from ..exchange.intake import import_from
from ..facts import ARCHIVE, Facts, taken
from ..models import SCHEMA_VERSION
from ..schema.migrations import ForeignError, version
from .faults import is_corruption, is_disk_trouble
from .files import SIBLINGS, sibling, size_bytes, stand_in_of
from .rescue import Rescue, in_ram, rescue


class Opening(NamedTuple):
    """Where the collector writes to."""

    db: Path  #: sound, of the present version, and writable
    archive: Path | None  #: another file that hours and days are to go to: the given one, or that which *db* names
    notices: tuple[Notice, ...]


def opening(db: Path, archive: Path | None, now_unix_s: int, folder: Path | None = None) -> Opening:
    """Files to write to. What is damaged is set aside; where *db* cannot be written, one in RAM stands in for it.

    Then *db* is the archive, as long as there is no other, and hours go there when its disk is well again. All the rest
    does at the next start.

    :param folder: in RAM.
    :raises StoreError: a mistake of the user's: a file of another program, a later version, a folder.
    """
    notices: list[Notice] = []
    archive = archive or _named(db)
    if archive is not None:
        notices += _notices(_archive(archive, now_unix_s))
    reason, stand_in = _trouble(db, now_unix_s, notices), stand_in_of(db, folder)
    if reason is None:
        if stand_in.exists():
            try:
                _take_back(stand_in, db, archive)
            except StoreError as error:  # it is tried again at the next start, and read by nobody until then
                notices.append(Notice("stand-in-left", str(stand_in), str(error)))
        return Opening(db, archive, tuple(notices))
    if _trouble(stand_in, now_unix_s, notices) is not None:
        raise StoreError(f"--db {db}: {reason}; and {stand_in.parent} cannot be written either")
    return Opening(stand_in, archive or db, (*notices, in_ram(db, reason)))


def is_of_before(db: Path) -> bool:
    """True where *db* is a seed's or of an earlier version: to open it takes seconds for 100,000 rows, on a PC."""
    try:
        with open_as_it_is(db) as database:
            return version(database) < SCHEMA_VERSION
    except StoreError:
        return False


def _named(db: Path) -> Path | None:
    """The archive that *db* was written with before, if it is there: reports look for hours and days nowhere else."""
    try:
        with open_as_it_is(db) as database:
            named = Facts(database).text(ARCHIVE) if version(database) else None
    except StoreError:
        return None  # it is new, or in trouble
    return Path(named) if named and Path(named).exists() else None


def _archive(path: Path, now_unix_s: int) -> Rescue | None:
    """What was damaged about the archive. It may be on a disk that is in trouble, or not there.

    :raises StoreError: it is a mistake of the user's.
    """
    try:
        found = rescue(path, now_unix_s)
        if size_bytes(path):
            _refuse(path)
        return found
    except StoreError as error:
        raise type(error)(f"--archive {str(error).removeprefix('--db ')}") from error.__cause__


def _refuse(path: Path) -> None:
    try:
        with open_as_it_is(path):
            pass
    except ForeignError:
        raise
    except StoreError:
        return  # locked, or worse: the archivist sees to it


def _trouble(db: Path, now_unix_s: int, notices: list[Notice]) -> str | None:
    """Why *db* cannot be written, for now; None where it can, and then it is sound."""
    for is_second in (False, True):
        found = rescue(db, now_unix_s, thorough=is_second)
        notices += _notices(found)
        if found and found.trouble:
            return found.trouble
        try:
            open_writable(db).close()
            return None
        except StoreError as error:
            if is_disk_trouble(error):
                return str(error).removeprefix(f"--db {db}: ")
            if is_second or not is_corruption(error):  # what a quick look did not find
                raise
    raise AssertionError("unreachable: the loop returns or raises")


def _notices(found: Rescue | None) -> Iterator[Notice]:
    if found:
        yield found.notice()


def _take_back(stand_in: Path, db: Path, archive: Path | None) -> None:
    """Adds to *db* what its stand-in was left with, once, and removes the stand-in.

    :raises StoreError: it stays, and nothing of it is in *db*.
    """
    holder = archive if archive is not None and archive.exists() else db
    with closing(open_in_place(stand_in)) as source, closing(open_in_place(holder)) as target:
        own, theirs = Facts(source), Facts(target)
        store_id = own.store_id()
        known = theirs.text(taken(store_id))
        if known is not None:  # its hours up to there are in the archive, and are left out
            with source.atomic("IMMEDIATE"):
                own.put(taken(store_id), known)
            with target.atomic("IMMEDIATE"):
                theirs.remove(taken(store_id))
        with source.atomic("IMMEDIATE"):
            own.remove(ARCHIVE)
    with closing(open_in_place(db)) as target:
        is_back = store_id in stores(target)
    if not is_back:
        import_from(stand_in, db, archive)
    for suffix in (*SIBLINGS, ""):
        sibling(stand_in, suffix).unlink(missing_ok=True)
