"""Whether a file can be trusted as the database of this package."""

from __future__ import annotations

import errno
import os
import sqlite3
import time
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

from ...errors import StoreError
from .faults import cannot_be_opened, is_innocent
from .files import descriptor, ended_uncleanly
from .remains import TABLES, has_magic, is_ours

#: A larger file is checked through only after an unclean end: 1 GiB takes 3 s on a PC, a minute or more on a router.
_THROUGH_MAX_BYTES = 128 << 20
_SECONDS = 60.0  # a check that takes longer ends without a finding
_BUSY_TIMEOUT_S = 5
_REASON_MAX = 160
_VERSION_MAX = 999

_HEADER_BYTES = 100


def check(path: Path, thorough: bool = False, seconds: float = _SECONDS) -> str | None:
    """Why the file at *path* cannot be trusted as a database of this package; None where nothing speaks against it.

    Nothing does where it is missing, empty or sound; of a later version or of another program, which whoever opens it
    refuses; or cannot be told, because it is locked or may not be read. To tell, a journal that a power cut left is
    rolled back, as by whoever opens it next. A file of up to 128 MiB is checked through, a larger one only after an
    unclean end, which leaves a journal or a write-ahead log behind.

    :param thorough: through whatever the size, indexes included; takes twice as long.
    :param seconds: a check that takes longer ends with None.
    :raises StoreError: the file is none of this package's and never was a database, or is no file at all.
    """
    path = path.resolve()
    try:
        fd = descriptor(path)
        head = os.pread(fd, _HEADER_BYTES, 0)
        size_bytes = path.stat().st_size
    except FileNotFoundError:
        return None
    except IsADirectoryError:
        raise StoreError(f"--db {path}: not a file; choose another path") from None
    except OSError as error:
        return f"cannot be read ({error.strerror})" if error.errno == errno.EIO else None
    if not head:
        return None
    through = thorough or size_bytes <= _THROUGH_MAX_BYTES or ended_uncleanly(path)
    reason = _findings(path, "integrity_check" if thorough else "quick_check", through, seconds)
    head = os.pread(fd, _HEADER_BYTES, 0)  # only now: a journal may have mended it
    if reason is not None or has_magic(head):
        reason = _header_fault(head) or reason
    if reason is None or is_ours(path, head):
        return reason and _one_line(reason)
    if has_magic(head):
        raise StoreError(f"--db {path}: a damaged database of another program; choose another path")
    raise StoreError(f"--db {path}: not an SQLite database; choose another path, or move the file away")


def _findings(path: Path, pragma: str, through: bool, seconds: float) -> str | None:
    """The first thing that SQLite finds wrong; None where it finds nothing or cannot tell."""
    for mode in ("rw", "ro&immutable=1"):  # the second where nobody can write, and SQLite not make its -shm file
        try:
            return _found(path, mode, pragma, through, seconds)
        except sqlite3.Error as error:
            if not is_innocent(error):
                return str(error)
            if not cannot_be_opened(error) or ended_uncleanly(path):
                return None
        except UnicodeDecodeError:  # of a name, or of what SQLite says about one
            return "a name in its schema is no text"
    return None


def _found(path: Path, mode: str, pragma: str, through: bool, seconds: float) -> str | None:
    """The same.

    :raises sqlite3.Error: it cannot be read, or for the moment.
    :raises UnicodeDecodeError: a name is no text.
    """
    until, is_whole = time.monotonic() + seconds, not ended_uncleanly(path)
    uri = f"{path.as_uri()}?mode={mode}"
    with closing(sqlite3.connect(uri, uri=True, timeout=_BUSY_TIMEOUT_S, isolation_level=None)) as database:
        database.text_factory = bytes
        database.set_progress_handler(lambda: time.monotonic() > until, 100_000)
        names = {row[0] for row in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        if names and not names & TABLES:
            return None
        version = database.execute("PRAGMA user_version").fetchone()[0]
        if not 0 <= version <= _VERSION_MAX or (not version and b"kernel_instance" in names):
            return f"its version cannot be {version}"
        pages = database.execute("PRAGMA page_count").fetchone()[0] * database.execute("PRAGMA page_size").fetchone()[0]
        if is_whole and path.stat().st_size < pages:
            return f"it ends before its last page does, at byte {pages}"
        if not through and names:
            return None
        found = database.execute(f"PRAGMA {pragma}(1)").fetchone()[0]
        return found.decode(errors="replace") if found != b"ok" else _no_text(database, names)


def _no_text(database: sqlite3.Connection, names: Iterable[bytes]) -> str | None:
    """Where a text is no UTF-8: SQLite takes any bytes, and whoever reads them would fail."""
    for table in sorted(name.decode() for name in names):
        described = database.execute(f'PRAGMA table_info("{table}")').fetchall()
        columns = [column.decode() for _, column, kind, *_ in described if kind.upper() == b"TEXT"]
        for column in columns:
            for (text,) in database.execute(f'SELECT "{column}" FROM "{table}"'):
                if isinstance(text, bytes) and not _is_text(text):
                    return f"in {table}, {column}, is a text that is none"
    return None


def _is_text(text: bytes) -> bool:
    try:
        text.decode()
    except UnicodeDecodeError:
        return False
    return True


def _header_fault(head: bytes) -> str | None:
    """What SQLite would not open, or would open for reading only; https://www.sqlite.org/fileformat.html, 1.3."""
    if not has_magic(head):
        return "its first bytes are not those of a database"
    if len(head) < _HEADER_BYTES:
        return f"it ends after {len(head)} bytes"
    return None if {head[18], head[19]} <= {1, 2} else "its header holds a format that does not exist"


def _one_line(reason: str) -> str:
    """In words that fit in a line, without what SQLite writes around its findings."""
    text = " ".join(reason.replace("*** in database main ***", "").split())
    return text if len(text) <= _REASON_MAX else text[: _REASON_MAX - 1] + "…"
