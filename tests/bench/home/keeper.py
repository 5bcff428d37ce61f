"""The store as the daemon keeps it: the only place here that knows how tiers are made. Clocks are handed in.

A batch is written on the writer's thread while the next one is booked, as in the daemon: only so do a month's fit into
half an hour. What the archive takes is waited for: it may take a second, which is ten minutes of the home's here, and
a log that cannot begin anew meanwhile grows by all that they hold.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from pathlib import Path
from typing import Any

from traffic_analyzer.records import Batch
from traffic_analyzer.store.damage.files import SIBLINGS
from traffic_analyzer.store.keeping.tending import keeping, tend
from traffic_analyzer.store.tiers.archive import Archive
from traffic_analyzer.store.tiers.archivist import Archivist
from traffic_analyzer.store.writer import Writer

from .traffic import BOOT_NS

_COMMIT_S = 30 * 60
_BUDGET_BYTES = 24 << 20
#: As by default.
_KEEP = keeping(
    True, minutes_keep_hours=0, hours_keep_days=14, days_keep_days=730, minutes_max_mib=0, archive_max_mib=96,
    copy_days=7,
)  # fmt: skip
_AFTER_S = 20  # the end of a minute: its batch is handed over, and the archivist may be due
_NS = 10**9


class Spent:
    """CPU time of calls of one sort."""

    def __init__(self) -> None:
        self.seconds = self.longest_s = 0.0

    def call(self, method: Callable[..., Any], *arguments: Any) -> Any:
        """What the method returns."""
        began_s = time.thread_time()
        try:
            return method(*arguments)
        finally:
            taken_s = time.thread_time() - began_s
            self.seconds += taken_s
            self.longest_s = max(self.longest_s, taken_s)


class _Measured(Archive):
    """An archive that notes what it took and what it wrote."""

    spent: Spent
    counted_bytes = 0  #: written, as it counts itself
    handed_bytes = 0  #: to write(2), as the kernel counts
    undone = 0  #: takes that were put off, or failed
    undone_bytes = 0  #: written meanwhile, as the kernel counts

    def take(self, sequence: int, now_unix_s: int, is_last: bool = False) -> int:
        before, is_done = _wrote_bytes(), False
        try:
            counted_bytes = self.spent.call(super().take, sequence, now_unix_s, is_last)
            is_done = True
        finally:
            handed_bytes = _wrote_bytes() - before
            self.undone += not is_done
            self.handed_bytes += handed_bytes * is_done
            self.undone_bytes += handed_bytes * (not is_done)
        assert isinstance(counted_bytes, int)
        self.counted_bytes += counted_bytes
        return counted_bytes


def _wrote_bytes() -> int:
    """What this thread handed to write(2) so far: SQLite maps no pages that it writes, so that is all."""
    lines = Path("/proc/thread-self/io").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("wchar"))


class Keeper:
    """A working database and its archive in *folder*, and what is due each minute and each commit interval."""

    WORKING, ARCHIVE = "working.db", "archive.db"

    def __init__(self, folder: Path, began_unix_s: int) -> None:
        self.working, self.archive = folder / self.WORKING, folder / self.ARCHIVE
        self._began_unix_s = began_unix_s
        self.spent = {step: Spent() for step in ("commit", "archive", "prune")}
        self._writer = Writer(self.working)
        self._in_flight: list[Future[Any]] = []
        self.measured = _Measured(self.archive, self.working, _BUDGET_BYTES)
        self.measured.spent = self.spent["archive"]
        self._archivist = Archivist(self._writer, self.measured, _COMMIT_S, self._tend)
        self.working_max_bytes = 0  #: with its log
        self.tended_bytes = 0  #: written by deleting old hours and by copies, as the kernel counts
        self._look(began_unix_s)

    def keep(self, batch: Batch) -> None:
        """Starts to store a minute, when the last one is stored, and does what is due."""
        self._wait()
        self._in_flight = [self._writer.start(self.spent["commit"].call, self._writer.store.commit, batch)]
        now_unix_s = batch.minute_unix_s + 60 + _AFTER_S
        self._look(now_unix_s)
        self.working_max_bytes = max(self.working_max_bytes, size_bytes(self.working))
        self._prune(now_unix_s)

    def _look(self, now_unix_s: int) -> None:
        boot_ns = BOOT_NS + (now_unix_s - self._began_unix_s) * _NS
        self._archivist.look(boot_ns, now_unix_s)
        if self._archivist._running:
            self._archivist._running.result()
            self._archivist.look(boot_ns, now_unix_s)

    def _tend(self, now_unix_s: int) -> list[str]:
        before = _wrote_bytes()
        lines: list[str] = self.spent["prune"].call(tend, self._writer, self.measured, _KEEP, now_unix_s)
        self.tended_bytes += _wrote_bytes() - before
        return lines

    def _prune(self, now_unix_s: int) -> None:
        """Minutes go by age and size, a step each minute, on the writer's thread."""
        prune = self._writer.store.prune_minutes
        step = partial(prune, now_unix_s - _KEEP.minutes_s, _KEEP.db_bytes)
        self._in_flight.append(self._writer.start(self.spent["prune"].call, step))

    def _wait(self) -> None:
        for future in self._in_flight:
            future.result()

    def close(self, now_unix_s: int) -> None:
        """As at a stop: everything goes to the archive.

        :raises RuntimeError: it does not.
        """
        self._wait()
        said = self._archivist.close(now_unix_s)
        if self._archivist.trouble:
            raise RuntimeError("; ".join((*said, self._archivist.trouble)))
        self._writer.close()


def size_bytes(path: Path) -> int:
    """A database with its log or journal, without a copy."""
    names = (path.name + suffix for suffix in ("", *SIBLINGS))
    return sum(each.stat().st_size for name in names if (each := path.with_name(name)).exists())
