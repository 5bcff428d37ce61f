"""A damaged database makes room for its last good copy, or for a new one, so that the collector starts in any case."""

from __future__ import annotations

import errno
import time
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from ...errors import StoreError
from ...records import Notice
from .check import check
from .copy import copied_unix_s, restore_copy
from .files import SIBLINGS, copy_of, forget_removed, replacing, sibling, size_bytes, sync_folder

_ASIDE = ".set-aside-"
_REASON = ".txt"
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class Rescue(NamedTuple):
    """What was wrong with a database, and what became of it."""

    path: Path
    reason: str
    set_aside: Path | None  #: where it is now; None where nothing was left of it, or it could not be moved or kept
    copied_unix_s: int | None  #: of when the copy is that took over; None: a new database begins
    trouble: str = ""  #: why neither a copy nor a new one may begin there: nothing can be written, for now

    @property
    def detail(self) -> str:
        """The whole of it but the path, for a line in a log."""
        if self.trouble:
            return f"{self.reason}; {self.trouble}"
        kept = f"set aside as {self.set_aside.name}" if self.set_aside else "nothing of it is kept"
        if self.copied_unix_s is None:
            return f"{self.reason}; {kept}, a new one begins"
        return f"{self.reason}; {kept}, the copy of {_utc(self.copied_unix_s, '%Y-%m-%d %H:%M UTC')} took over"

    def notice(self) -> Notice:
        """The same for the user."""
        return Notice("database-set-aside", str(self.path), self.detail)


def unwritten(archive: Path, reason: str, since: str) -> Notice:
    """For the user: history waits since the time *since*, as text, because *archive* cannot be written."""
    return Notice("archive-unwritten", str(archive), f"{reason}, since {since}")


def put_off(archive: Path, reason: str, since: str) -> Notice:
    """For the user: what may be written to *archive* in a day has been written."""
    return Notice("archive-put-off", str(archive), f"{reason}, since {since}")


def in_ram(path: Path, reason: str) -> Notice:
    """For the user: the database at *path* cannot be written, and another one in RAM stands in."""
    return Notice("database-in-ram", str(path), reason)


def rescue(path: Path, now_unix_s: int, thorough: bool = False, is_ours: bool = False) -> Rescue | None:
    """What was done so that the database at *path* can be opened; None where nothing had to be.

    To be called before it is opened, and again when a statement fails by what :func:`.faults.is_corruption` knows; then
    *thorough*, and with every connection of this process to it closed. A damaged file is set aside and the last good
    copy takes its place, if there is one, or nothing, for a new database to be made. The copy also takes over where
    the file is missing or empty. Where there is no room for both, the copy counts more than the damaged file. Where
    that does not help either, and on a read-only disk, the result tells of its :attr:`Rescue.trouble`, and the caller
    works in RAM and asks again later.

    :param is_ours: it was open a moment ago, so whatever it holds now is damage.
    :raises StoreError: the file is none of this package's; see :func:`.check.check`.
    """
    path = path.resolve()
    _sweep(path)
    try:
        reason = check(path, thorough)
    except StoreError:
        if not is_ours or not path.is_file():
            raise
        reason = "nothing of a database is left of it"
    if reason is None:
        if size_bytes(path) or not copy_of(path).exists():
            return None
        return _restored(Rescue(path, "it is empty" if path.exists() else "it is missing", None, None))
    try:
        aside = set_aside(path, reason, now_unix_s)
    except OSError as error:
        return Rescue(path, reason, None, None, f"it cannot be set aside ({error.strerror})")
    return _restored(Rescue(path, reason, aside, None))


def set_aside(path: Path, reason: str, now_unix_s: int) -> Path:
    """Where the database at *path* is now, with what belongs to it and a text that holds the *reason*.

    It takes no room on the disk, other than for the text, which is left out where there is none. What was set aside
    before is removed: only the newest is kept.

    :raises OSError: it could not be moved, and is where it was.
    """
    path = path.resolve()
    aside = _free_name(path, now_unix_s)
    moved = []
    try:
        for suffix in (*SIBLINGS, ""):  # a journal must never be left to another file
            if sibling(path, suffix).exists():
                sibling(path, suffix).rename(sibling(aside, suffix))
                moved.append(suffix)
        sync_folder(path.parent)
    except OSError:
        for suffix in moved:
            with suppress(OSError):
                sibling(aside, suffix).rename(sibling(path, suffix))
        raise
    _remove(path, but=aside)
    _explain(aside, reason)
    return aside


def _sweep(path: Path) -> None:
    """Removes what a power cut left half made: nobody makes a copy, or puts one in place, while this runs."""
    for name in (".new", ".copy", ".copy.gz.new"):
        for suffix in (*SIBLINGS, ""):
            with suppress(OSError):
                sibling(path, name + suffix).unlink()


def _restored(rescue: Rescue) -> Rescue:
    """*rescue* with the copy in place, if it can be."""
    path, made_unix_s = rescue.path, copied_unix_s(rescue.path)
    try:
        if not restore_copy(path):
            return rescue
    except OSError as error:
        if error.errno == errno.EIO:  # the copy cannot be read, and never will be
            return rescue
        if error.errno not in _NO_ROOM or rescue.set_aside is None:
            return rescue._replace(trouble=f"its copy cannot be put in its place ({error.strerror})")
        for suffix in (*SIBLINGS, _REASON, ""):
            sibling(rescue.set_aside, suffix).unlink(missing_ok=True)
        forget_removed()
        done = _restored(rescue._replace(set_aside=None))
        _explain(rescue.set_aside, f"{rescue.reason}; removed to make room for its last good copy")
        return done
    return rescue._replace(copied_unix_s=made_unix_s)


def _free_name(path: Path, now_unix_s: int) -> Path:
    """A name beside *path* that no file begins with."""
    stem = _utc(now_unix_s, "%Y%m%dT%H%M%SZ")
    taken = {p.name for p in path.parent.iterdir()}
    for ending in ("", *(f".{number}" for number in range(2, len(taken) + 3))):
        name = f"{path.name}{_ASIDE}{stem}{ending}"
        if not any(other == name or other in {name + s for s in (*SIBLINGS, _REASON)} for other in taken):
            return path.with_name(name)
    raise AssertionError("unreachable: there are more names than files")


def _remove(path: Path, but: Path) -> None:
    """Removes what was set aside of *path* before."""
    for old in path.parent.iterdir():
        if old.name.startswith(path.name + _ASIDE) and not old.name.startswith(but.name):
            with suppress(OSError):
                old.unlink()
    forget_removed()


def _explain(aside: Path, reason: str) -> None:
    with suppress(OSError), replacing(sibling(aside, _REASON)) as file:
        file.write(f"{reason}\n".encode(errors="backslashreplace"))


def _utc(unix_s: int, form: str) -> str:
    return time.strftime(form, time.gmtime(unix_s))
