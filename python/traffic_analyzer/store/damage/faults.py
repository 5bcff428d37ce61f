"""What an error says about a database file: that it is damaged, that its disk is in trouble, or neither."""

from __future__ import annotations

import errno
import sqlite3
from collections.abc import Iterator

# https://www.sqlite.org/rescode.html; the names are in Python's sqlite3 as well, but not all of them in 3.11
_PERM, _NOMEM, _READONLY, _INTERRUPT, _IOERR, _CORRUPT, _FULL, _CANTOPEN = 3, 7, 8, 9, 10, 11, 13, 14
_BUSY, _LOCKED, _PROTOCOL, _NOLFS, _AUTH, _NOTADB = 5, 6, 15, 22, 23, 26
_IOERR_READ, _IOERR_CORRUPTFS = _IOERR | 1 << 8, _IOERR | 33 << 8
#: They say nothing about the file itself.
_INNOCENT = {
    _PERM, _BUSY, _LOCKED, _NOMEM, _READONLY, _INTERRUPT, _IOERR, _FULL, _CANTOPEN, _PROTOCOL, _NOLFS, _AUTH,
}  # fmt: skip
_NO_TEXT = "Could not decode to UTF-8"  # said by Python's sqlite3, without a code
_DISK_ERRNOS = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO, errno.ENXIO, errno.ENODEV, errno.EACCES,
                errno.EPERM, errno.EFBIG, errno.ESTALE}  # fmt: skip


def is_corruption(error: BaseException) -> bool:
    """True where SQLite said, in *error* or in what led to it, that the file is damaged or is no database."""
    return any(primary in (_CORRUPT, _NOTADB) for primary, _ in _codes(error)) or any(
        isinstance(e, sqlite3.OperationalError) and str(e).startswith(_NO_TEXT) for e in _chain(error)
    )


def is_disk_trouble(error: BaseException) -> bool:
    """True where a disk that is full, read-only, broken or gone is behind *error*: it may be well later."""
    if any(isinstance(e, OSError) and e.errno in _DISK_ERRNOS for e in _chain(error)):
        return True
    return any(
        primary in (_FULL, _READONLY, _CANTOPEN, _PERM) or (primary == _IOERR and extended != _IOERR_CORRUPTFS)
        for primary, extended in _codes(error)
    )


def is_innocent(error: BaseException) -> bool:
    """True where SQLite's *error* says nothing about the file itself: it is locked, say, or may not be written."""
    return any(
        primary in _INNOCENT and extended not in (_IOERR_READ, _IOERR_CORRUPTFS) for primary, extended in _codes(error)
    )


def cannot_be_opened(error: BaseException) -> bool:
    """True where SQLite's *error* is about the right to write to the file, or beside it."""
    return any(primary in (_CANTOPEN, _READONLY) for primary, _ in _codes(error))


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """*error*, and what each was raised for: peewee's errors, and ours, have SQLite's behind them."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__


def _codes(error: BaseException) -> Iterator[tuple[int, int]]:
    """The result codes of SQLite behind *error*, primary and extended."""
    for link in _chain(error):
        extended = getattr(link, "sqlite_errorcode", None)
        if isinstance(extended, int):
            yield extended & 0xFF, extended
