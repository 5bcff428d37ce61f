"""The files of a database: what belongs to one, and how they are read, replaced and made to last.

POSIX drops every lock that a process has on a file as soon as the process closes any descriptor of it, those of SQLite
among them (https://www.sqlite.org/howtocorrupt.html, 2.2). Another process then takes the file for unused: it may
remove the write-ahead log under a writer, or write while somebody reads. So a descriptor that is opened here is kept.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

#: What may lie beside a database file and belongs to it.
SIBLINGS = "-wal", "-journal", "-shm"

_VOLATILE = Path("/run")  # a file system in RAM, on every Linux
_BLOCK_BYTES = 1 << 16
_kept: dict[tuple[int, int], int] = {}


def sibling(path: Path, suffix: str) -> Path:
    """The file beside *path* whose name goes on with *suffix*."""
    return path.with_name(path.name + suffix)


def copy_of(path: Path) -> Path:
    """Where the last good copy of the database at *path* is kept."""
    return sibling(path, ".copy.gz")


def stand_in_of(path: Path, folder: Path | None = None) -> Path:
    """Where the database is that stands in for the one at *path* while its disk cannot be written.

    :param folder: in RAM.
    """
    if folder is None:
        folder = (_VOLATILE if _VOLATILE.is_dir() else Path(tempfile.gettempdir())) / "traffic-analyzer"
    return folder / f"{hashlib.sha256(bytes(path.resolve())).hexdigest()[:16]}.db"


def size_bytes(path: Path) -> int:
    """Of the file at *path*; 0 where there is none, or none that can be looked at."""
    try:
        return path.stat().st_size
    except OSError:
        return 0


def ended_uncleanly(path: Path) -> bool:
    """True where whoever wrote to the database at *path* died, or is at it: what a clean end removes is there."""
    return any(size_bytes(sibling(path, suffix)) for suffix in SIBLINGS[:2])


def descriptor(path: Path) -> int:
    """A descriptor of the file at *path*, for ``os.pread``; never to be closed. One a file, of this process.

    :raises OSError: it cannot be opened for reading, or is no plain file.
    """
    found = path.stat()
    if not path.is_file():
        raise IsADirectoryError(0, "not a file", str(path))  # opening a pipe would wait for its other end
    forget_removed()
    key = found.st_dev, found.st_ino
    if key not in _kept:
        opened = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        at = os.fstat(opened)
        if _kept.setdefault((at.st_dev, at.st_ino), opened) != opened:
            os.close(opened)  # exchanged by one that is kept, between two lines
        key = at.st_dev, at.st_ino
    return _kept[key]


def forget_removed() -> None:
    """Lets go of files that have no name any more: nobody new can open those, and they take room on the disk."""
    for key, fd in list(_kept.items()):
        if not os.fstat(fd).st_nlink and _kept.pop(key, None) is not None:
            os.close(fd)


def let_go(path: Path) -> None:
    """Closes what :func:`descriptor` keeps of the file at *path*: where nobody in this process reads or writes it, its
    disk may then be taken away.
    """
    try:
        found = path.stat()
    except OSError:
        return
    fd = _kept.pop((found.st_dev, found.st_ino), None)
    if fd is not None:
        os.close(fd)


def blocks(path: Path) -> Iterator[bytes]:
    """The bytes of the file at *path* from its begin, some at a time.

    :raises OSError: it cannot be read.
    """
    fd, at = descriptor(path), 0
    while block := os.pread(fd, _BLOCK_BYTES, at):
        yield block
        at += len(block)


@contextmanager
def replacing(path: Path) -> Iterator[IO[bytes]]:
    """A file that takes the place of the one at *path*, whole and lasting, if the block ends well; else it is gone."""
    made = sibling(path, ".new")
    try:
        with made.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        made.replace(path)
    except BaseException:
        made.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Makes what was renamed and removed in *folder* last.

    :raises OSError: it cannot.
    """
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
