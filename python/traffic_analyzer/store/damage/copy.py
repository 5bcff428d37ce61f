"""The last good copy of a database: compressed, beside it, for the day on which the file is damaged."""

from __future__ import annotations

import gzip
import sqlite3
import zlib
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

from ...errors import StoreError
from .check import check
from .files import SIBLINGS, blocks, copy_of, replacing, sibling

_LEVEL = 1  # 30 to 60 MB a second on a PC; level 6 takes three times as long for 8 % less
_BLOCK_BYTES = 1 << 16
_BUSY_TIMEOUT_S = 10
_PAGES_A_STEP = 256
_CHECK_S = 3600.0  # what was not checked to its end is no good copy
_DAY_S = 86_400
_GZIP_HEAD = b"\x1f\x8b\x08"  # RFC 1952, 2.3: deflated


class DamagedError(StoreError):
    """What was to be copied is damaged."""


def is_due(copied_unix_s: int | None, now_unix_s: int, copy_days: int) -> bool:
    """True where the copy is *copy_days* old, or there is none. 0 days: never.

    One from the future, made while the clock was wrong, is as old as it is far.
    """
    if not copy_days:
        return False
    return copied_unix_s is None or abs(now_unix_s - copied_unix_s) >= copy_days * _DAY_S


def copied_unix_s(path: Path) -> int | None:
    """When the copy of the database at *path* was made; None where there is none that can be read."""
    try:
        with copy_of(path.resolve()).open("rb") as file:
            head = file.read(8)
    except OSError:
        return None
    return int.from_bytes(head[4:8], "little") if len(head) == 8 and head.startswith(_GZIP_HEAD) else None


def make_copy(path: Path, now_unix_s: int) -> int:
    """Bytes written to the disk for a copy of the database at *path*, which took the place of the last one.

    It is the database of one instant. Others read on meanwhile; they write on where there is a write-ahead log, else
    they wait. Such a database is first copied into a file of its own size beside it, which is removed afterwards; one
    with a rollback journal is read as it lies there.

    :raises StoreError: damaged, missing, locked, or no room; the last copy is as it was.
    """
    path = path.resolve()
    if not path.exists():
        raise StoreError(f"--db {path}: no such database")
    if (reason := check(path, thorough=True, seconds=_CHECK_S)) is not None:
        raise DamagedError(f"--db {path}: not copied, because it is damaged: {reason}")
    try:
        with closing(_connect(path)) as source:
            source.execute("BEGIN")
            source.execute("SELECT count(*) FROM sqlite_master")  # from here on nobody changes what is read
            if source.execute("PRAGMA journal_mode").fetchone()[0] == "wal":
                return _copy_of_snapshot(source, path, now_unix_s)
            return _pack(blocks(path), copy_of(path), now_unix_s)
    except (OSError, sqlite3.Error) as error:
        raise StoreError(f"--db {path}: no copy could be made: {error}") from error


def restore_copy(path: Path) -> bool:
    """True where the copy of the database at *path* took its place; what the copy was made of must be gone.

    False where there is none, or it is damaged itself.

    :raises OSError: it cannot be read, or there is no room for it; nothing has changed.
    """
    path = path.resolve()
    try:
        with replacing(path) as file, gzip.open(copy_of(path)) as packed:
            while block := packed.read(_BLOCK_BYTES):
                file.write(block)
            file.flush()
            made = Path(file.name)
            _remove_siblings(made)
            if not file.tell() or check(made, thorough=True, seconds=_CHECK_S) is not None:
                raise EOFError("the copy is damaged")
            _remove_siblings(made)
            _remove_siblings(path)
    except (FileNotFoundError, gzip.BadGzipFile, EOFError, zlib.error, StoreError):
        return False
    return True


def _remove_siblings(path: Path) -> None:
    """Those of a file that is gone: SQLite would play them back into the next one of that name."""
    for suffix in SIBLINGS:
        sibling(path, suffix).unlink(missing_ok=True)


def _connect(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path.as_uri() + "?mode=rw", uri=True, timeout=_BUSY_TIMEOUT_S, isolation_level=None)


def _copy_of_snapshot(source: sqlite3.Connection, path: Path, now_unix_s: int) -> int:
    """The same by way of a second file: pages of a snapshot lie in two files, and only SQLite knows which where."""
    second = sibling(path, ".copy")
    second.unlink(missing_ok=True)
    try:
        with closing(sqlite3.connect(second, isolation_level=None)) as target:
            target.execute("PRAGMA synchronous = off")
            target.execute("PRAGMA journal_mode = off")
            source.backup(target, pages=_PAGES_A_STEP, sleep=0)
        size_bytes = second.stat().st_size
        with second.open("rb") as file:
            return size_bytes + _pack(iter(lambda: file.read(_BLOCK_BYTES), b""), copy_of(path), now_unix_s)
    finally:
        second.unlink(missing_ok=True)


def _pack(content: Iterable[bytes], target: Path, now_unix_s: int) -> int:
    with replacing(target) as file:
        with gzip.GzipFile("", "wb", _LEVEL, file, mtime=now_unix_s) as packed:
            for block in content:
                packed.write(block)
        return file.tell()
