"""Power cuts: what a disk may hold afterwards, of the files that a real process writes to.

The process runs with :file:`power.c` preloaded, which records each write, truncation, sync, creation, removal and
renaming in one folder. From the record the folder is built again as of any instant, by the rules of a disk with a
journalled file system, and by no kinder ones:

- What was synced is there, in order. Of what was not, any part may be there: all, nothing, the first writes, some of
  them, or some sectors of 512 bytes of them (torn pages). A gap holds zeros.
- Names that were made, removed or changed since the folder was last synced are so up to some instant, not from it on;
  a new name may be there without its content.

A sector is written whole or not at all, and none that was not written changes: flash that breaks these takes what was
there before, too, and no order of writes helps. Not recorded are mapped memory (SQLite's -shm, which is made anew),
C's streams (``fopen``), copied descriptors (``dup``), folders in the folder, and what other processes write.

The file ``marks`` in the folder is a witness beside the disk: what is written to it is never lost, and tells what the
process had been told to be stored.
"""

from __future__ import annotations

import os
import random
import shutil
import struct
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

_SOURCE = Path(__file__).with_name("power.c")
_HEAD = struct.Struct("=c3xIQqQ")
_SECTOR_BYTES = 512
_MARKS = "marks"


class Record(NamedTuple):
    """One call that succeeded; see ``struct record`` in :file:`power.c`."""

    op: str
    inode: int
    offset: int
    name: str
    data: bytes


class Cut(NamedTuple):
    """A folder after a power cut."""

    instant: int  #: how many records were before it
    marks: tuple[str, ...]  #: lines that were written to ``marks`` before it
    files: dict[str, bytes]

    def write(self, folder: Path) -> Path:
        """The files, in *folder*, which is made anew."""
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        for name, content in self.files.items():
            (folder / name).write_bytes(content)
        return folder


class _File:
    """What is stored for sure, and what was written since."""

    def __init__(self, content: bytes = b"") -> None:
        self.stored = bytearray(content)
        self.since: list[Record] = []

    def sync(self) -> None:
        for record in self.since:
            _apply(self.stored, record)
        self.since.clear()

    def after_a_cut(self, chance: random.Random) -> bytes:
        """The content that some part of :attr:`since` leads to."""
        content, since = bytearray(self.stored), self.since
        kind = chance.choice(("nothing", "all", "first", "some", "sectors"))
        if kind == "nothing":
            since = []
        elif kind == "first":
            since = since[: chance.randint(0, len(since))]
        elif kind in ("some", "sectors"):
            share = chance.random()
            since = [record for record in since if chance.random() < share]
        for record in since:
            for part in _sectors(record) if kind == "sectors" else (record,):
                if kind != "sectors" or chance.random() < 0.7:
                    _apply(content, part)
        return bytes(content)


def _sectors(record: Record) -> Iterator[Record]:
    """A write, cut where sectors of the disk begin."""
    if record.op != "W":
        yield record
        return
    begin, end = record.offset, record.offset + len(record.data)
    while begin < end:
        until = min(end, (begin // _SECTOR_BYTES + 1) * _SECTOR_BYTES)
        yield record._replace(offset=begin, data=record.data[begin - record.offset : until - record.offset])
        begin = until


def _apply(content: bytearray, record: Record) -> None:
    size = record.offset if record.op == "T" else max(len(content), record.offset)
    if record.op == "T":
        del content[size:]
    content.extend(bytes(size - len(content)))
    content[record.offset : record.offset + len(record.data)] = record.data


class Disk:
    """A folder on a disk, as records change it."""

    def __init__(self, files: dict[str, bytes], inodes: dict[str, int]) -> None:
        self._by_inode = {inodes[name]: _File(content) for name, content in files.items()}
        self._names = {name: self._by_inode[inode] for name, inode in inodes.items()}
        self._stored_names = dict(self._names)
        self._since: list[dict[str, _File]] = []
        self._marks_inode = -1
        self._marks = b""

    def apply(self, record: Record) -> None:
        """Goes on by one call."""
        if record.op == "C" and record.name == _MARKS:
            self._marks_inode = record.inode
        elif record.op == "C":
            self._by_inode[record.inode] = _File()
            self._rename({**self._names, record.name: self._by_inode[record.inode]})
        elif record.op == "U":
            self._rename({name: file for name, file in self._names.items() if name != record.name})
        elif record.op == "R":
            rest = {name: file for name, file in self._names.items() if name != record.name}
            self._rename({**rest, record.data.decode(): self._names[record.name]})
        elif record.op == "D":
            self._stored_names, self._since = self._names, []
        elif record.inode == self._marks_inode:
            self._marks += record.data
        elif record.op == "S":
            self._by_inode[record.inode].sync()
        else:
            self._by_inode[record.inode].since.append(record)

    def _rename(self, names: dict[str, _File]) -> None:
        self._names = names
        self._since.append(names)

    def now(self) -> dict[str, bytes]:
        """What a process sees, and what a killed one leaves."""
        found = {}
        for name, file in self._names.items():
            content = bytearray(file.stored)
            for record in file.since:
                _apply(content, record)
            found[name] = bytes(content)
        return found

    def after_a_cut(self, chance: random.Random) -> dict[str, bytes]:
        """What may be left when the power goes now."""
        names = chance.choice([self._stored_names, *self._since])
        return {name: file.after_a_cut(chance) for name, file in names.items()}

    @property
    def marks(self) -> tuple[str, ...]:
        """The witness's lines so far."""
        return tuple(self._marks.decode().splitlines())


class Recording:
    """Of one *folder*, which may hold files already, from now on.

    :param log: where the records go; outside of the folder.
    """

    def __init__(self, folder: Path, log: Path) -> None:
        self._folder, self._log = folder.resolve(), log.resolve()
        plain = [path for path in self._folder.iterdir() if path.is_file()]
        self._files = {path.name: path.read_bytes() for path in plain}
        self._inodes = {path.name: path.stat().st_ino for path in plain}

    def environment(self) -> dict[str, str]:
        """That of this process, for one whose calls are recorded. It takes a C compiler."""
        library = self._log.with_name("power.so")
        if not library.exists():
            compiler = next(filter(None, map(shutil.which, ("cc", "gcc", "clang"))))
            subprocess.run([compiler, "-shared", "-fPIC", "-O2", "-o", library, _SOURCE, "-ldl"], check=True)
        preload = " ".join(filter(None, (str(library), os.environ.get("LD_PRELOAD"))))
        return {**os.environ, "LD_PRELOAD": preload, "TA_POWER_FOLDER": str(self._folder),
                "TA_POWER_LOG": str(self._log)}  # fmt: skip

    def records(self) -> Iterator[Record]:
        """All so far, the oldest first; one that is not whole is left out."""
        with self._log.open("rb") as file:
            while len(head := file.read(_HEAD.size)) == _HEAD.size:
                op, name_bytes, inode, offset, data_bytes = _HEAD.unpack(head)
                name, data = file.read(name_bytes), file.read(data_bytes)
                if len(name) + len(data) == name_bytes + data_bytes:
                    yield Record(op.decode(), inode, offset, name.decode(), data)

    def disk(self) -> Disk:
        """The folder as it was at the begin."""
        return Disk(self._files, self._inodes)

    def cuts(self, count: int, seed: int) -> Iterator[Cut]:
        """Power cuts at *count* random instants, in their order; the last one is after all that was recorded."""
        chance = random.Random(seed)
        total = sum(1 for _ in self.records())
        instants = sorted([*(chance.randint(0, total) for _ in range(count - 1)), total])
        disk, records, done = self.disk(), self.records(), 0
        for instant in instants:
            while done < instant:
                disk.apply(next(records))
                done += 1
            yield Cut(instant, disk.marks, disk.after_a_cut(chance))
