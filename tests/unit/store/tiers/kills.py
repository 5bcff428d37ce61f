"""Lives of a process that feeds an archive, how they end, and what may be left then."""

from __future__ import annotations

import os
import random
import shutil
import signal
import sqlite3
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from traffic_analyzer.store.local_time import hour_of
from traffic_analyzer.store.tiers.archive import Archive
from traffic_analyzer.store.writer import Store

from ..seeds import rows
from .archives import check_tiers, minute_batch

INTERVAL_MAX = 12  #: batches between two takes
_BEGAN = 1_792_929_600  # 2026-10-25 12:00 UTC
_STEP_S = 37 * 60  # each batch is of a minute of its own, and days go by
_FILES = ("", "-wal", "-journal")

Tell = Callable[[bytes, int], object]


def minute_of(number: int) -> int:
    """When the batch of that number was."""
    return _BEGAN + _STEP_S * number


def live(working: Path, path: Path, number: int, chance: random.Random, tell: Tell, batches: int = 1 << 60) -> None:
    """Commits batches from *number* on, and has the archive take them now and then; *tell* hears when it is done."""
    with closing(Store(working)) as store, closing(Archive(path, working)) as archive:
        until = number + batches
        while number < until:
            for _ in range(chance.randint(2, INTERVAL_MAX)):
                store.commit(minute_batch(minute_of(number), number))
                tell(b"committed", number)
                number += 1
            if archive.open():
                store.adopt(path)
                archive.adopted()
            sequence = store.seal()
            tell(b"sealed", number - 1)
            _linger(chance)
            archive.take(sequence, minute_of(number))
            _linger(chance)
            tell(b"taken", number - 1)
            _linger(chance)
            while store.forget_taken(sequence):
                pass
            tell(b"forgotten", number - 1)


def _linger(chance: random.Random) -> None:
    """Time for an instant to fall between two steps, which are done by two threads in the daemon."""
    time.sleep(chance.choice((0, 0, 0.02)))


def summed(last: int) -> dict[int, tuple[int, int]]:
    """By hour: bytes and packets of all batches up to *last*."""
    found: dict[int, Counter[str]] = {}
    for number in range(last + 1):
        hour = found.setdefault(hour_of(minute_of(number)), Counter())
        for traffic in minute_batch(minute_of(number), number).flows.values():
            hour.update(bytes=traffic.bytes, packets=traffic.packets)
    return {start: (sums["bytes"], sums["packets"]) for start, sums in found.items()}


def is_whole(path: Path) -> bool:
    """What SQLite says of a file, after it has played back what lies beside it."""
    with closing(sqlite3.connect(path)) as database:
        return database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def last_of(working: Path, path: Path) -> int:
    """The last batch of sound files that hold all up to it, each once, in minutes and in hours; -1: none."""
    assert is_whole(working) and is_whole(path)
    with closing(Store(working)), closing(Archive(path, working)) as archive:
        archive.open()  # makes the tables, where the process did not get so far
    ((stored,),) = rows(working, "SELECT coalesce(max(stored_generation), -1) FROM kernel_instance")
    last = int(str(stored))
    minutes = rows(working, "SELECT minute_unix_s, sum(bytes), sum(packets) FROM flow_minute GROUP BY 1")
    assert minutes == [(minute_of(number), *_of(number)) for number in range(last + 1)]
    check_tiers(working, path)
    return last


def hours_in(path: Path) -> dict[int, tuple[int, int]]:
    """By hour: bytes and packets, as the archive alone has them; {} where it has no tables yet."""
    if not rows(path, "SELECT * FROM sqlite_master WHERE name = 'traffic_hour'"):
        return {}
    query = "SELECT start_unix_s, sum(rx_bytes + tx_bytes), sum(rx_packets + tx_packets) FROM {} GROUP BY 1"
    found = {name: {int(str(at)): (int(str(b)), int(str(p))) for at, b, p in rows(path, query.format(f"{name}_hour"))}
             for name in ("traffic", "coverage", "remote", "client")}  # fmt: skip
    assert len({tuple(sorted(sums.items())) for sums in found.values()}) == 1
    return found["traffic"]


class Lives:
    """One life after the other, of the same files; what the process said is compared with what they hold."""

    def __init__(self, folder: Path, is_apart: bool, chance: random.Random) -> None:
        self._chance = chance
        self._folder, self._is_apart = folder, is_apart
        self.working, self.path = self._files(folder)
        self.said = {"committed": -1, "sealed": -1, "taken": -1, "forgotten": -1}
        self.has_journal = self.has_log = 0  #: copies with something to play back
        self.lost = 0  #: batches that a power cut would have cost, at most, in a life in which the archive took any
        self._has_taken = False
        self._child = 0

    def _files(self, folder: Path) -> tuple[Path, Path]:
        folder.mkdir(parents=True, exist_ok=True)
        return folder / "working.db", folder / ("archive.db" if self._is_apart else "working.db")

    def live_and_die(self) -> None:
        """A life: it is stopped once, and its files are copied away; later it is killed. Both are checked."""
        chance, number = random.Random(self._chance.random()), self.said["committed"] + 1
        self._has_taken = False
        with self._forked(chance, number) as (child, pipe):
            self._wait()
            os.kill(child, signal.SIGSTOP)
            stopped = os.waitid(os.P_PID, child, os.WSTOPPED | os.WEXITED | os.WNOWAIT)
            assert stopped and stopped.si_code == os.CLD_STOPPED
            self._hear(pipe)
            copied = self._copy()
            os.kill(child, signal.SIGCONT)
            self.check(copied)
            self._wait()
            assert os.waitid(os.P_PID, child, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None  # no end of its own
            self._kill(child)
            self._hear(pipe)
        self.said["committed"], self.said["taken"] = self.check(self._folder)

    @contextmanager
    def _forked(self, chance: random.Random, number: int) -> Iterator[tuple[int, int]]:
        ours, theirs = os.pipe()
        child = os.fork()
        if not child:
            try:
                live(self.working, self.path, number, chance, lambda *said: os.write(theirs, b"%s %d\n" % said))
            finally:
                os._exit(1)
        os.close(theirs)
        os.set_blocking(ours, False)
        self._child = child
        try:
            yield child, ours
        finally:
            self._kill(child)
            os.close(ours)

    def _kill(self, child: int) -> None:
        if self._child == child:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            self._child = 0

    def _wait(self) -> None:
        time.sleep(self._chance.uniform(0.0, 0.12))

    def _hear(self, pipe: int) -> None:
        """What the process has said so far. It has been stopped: nothing is on its way."""
        heard = b""
        try:
            while part := os.read(pipe, 1 << 16):
                heard += part
        except BlockingIOError:
            pass
        for line in heard.decode().splitlines():
            what, number = line.split()
            self.said[what] = int(number)
            self._has_taken |= what == "taken"

    def _copy(self) -> Path:
        folder = self._folder.with_name("copied")
        shutil.rmtree(folder, ignore_errors=True)
        self._files(folder)
        for path in {self.working, self.path}:
            for suffix in _FILES:
                file = path.with_name(path.name + suffix)
                if file.exists():
                    shutil.copy(file, folder / file.name)
                    self.has_journal += suffix == "-journal" and file.stat().st_size > 0
                    self.has_log += suffix == "-wal" and file.stat().st_size > 0
        return folder

    def check(self, folder: Path) -> tuple[int, int]:
        """Asserts that a set of files is sound and holds what was said, each batch once: the last batch that is there,
        and the last one that the archive would have if it were alone."""
        working, path = self._files(folder)
        said, hours = self.said, hours_in(path) if self._is_apart else {}
        last = last_of(working, path)
        assert said["committed"] <= last <= said["committed"] + 1
        return last, self._check_alone(hours, last) if self._is_apart else said["taken"]

    def _check_alone(self, hours: dict[int, tuple[int, int]], last: int) -> int:
        """What the archive holds where the working database was in RAM, and the power has gone."""
        said = self.said
        (taken,) = [number for number in sorted({said["taken"], said["sealed"]}) if summed(number) == hours]
        assert taken >= said["taken"]
        if self._has_taken:
            assert last - taken <= INTERVAL_MAX
            self.lost = max(self.lost, last - taken)
        return taken


def _of(number: int) -> tuple[int, int]:
    flows = minute_batch(0, number).flows.values()
    return sum(traffic.bytes for traffic in flows), sum(traffic.packets for traffic in flows)
