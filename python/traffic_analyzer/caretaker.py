"""What is looked after beside counting: files that name devices, quotas, and what the status tells."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor

from .errors import StoreError
from .quotas.checker import QuotaChecker
from .records import Notice
from .roster.files import Files
from .roster.roster import Roster
from .store.damage.rescue import Rescue
from .store.keeping.retention import NEVER
from .store.keeping.tending import Keeping
from .store.tiers.archivist import Archivist
from .store.writer import Writer

_FILES_S, _QUOTAS_S, _OLD_S = 5, 60, 60  # between two looks
_NS = 10**9


class Caretaker:
    """Called from the collector's turn: nothing here waits for a disk or a query but a few files of names.

    :param opened: what was said when the database was opened.
    """

    def __init__(
        self, writer: Writer, roster: Roster, files: Files, quotas: QuotaChecker, archivist: Archivist, keep: Keeping,
        opened: Sequence[Notice] = (),
    ) -> None:  # fmt: skip
        self._writer, self._roster, self._files, self._quotas = writer, roster, files, quotas
        self._archivist, self._keep, self._opened = archivist, keep, opened
        self._pruning: Future[Counter[str]] | None = None
        self._old_due_ns: int | None = None
        self._had_archive = False
        self._rescued: Rescue | None = None  # what was said of it
        self._thread = ThreadPoolExecutor(1, "caretaker")  # sums over a month take their time
        self._looking: Future[list[str]] | None = None
        self._files_due_ns = self._quotas_due_ns = 0
        self._noted: Future[None] | None = None
        self._notices: list[Notice] | None = None  #: as they were handed to the writer last

    def look(self, now_boot_ns: int, now_unix_s: int, machine: Sequence[Notice], is_clock_set: bool) -> list[str]:
        """Does what is due; lines for the log.

        :param machine: what a user should know of the interfaces.
        :param is_clock_set: False where *now_unix_s* is no date: which month a quota is of nobody knows then, and none
            is looked at.
        """
        if now_boot_ns >= self._files_due_ns:
            self._files_due_ns = now_boot_ns + _FILES_S * _NS
            for source, entries in self._files.changed():
                self._roster.load(source, entries)
        self._follow_archive()
        lines = self._look_at_quotas(now_boot_ns, now_unix_s, is_clock_set)
        lines += self._archivist.look(now_boot_ns, now_unix_s, is_clock_set)
        lines += self._prune(now_boot_ns, now_unix_s if is_clock_set else None)
        rescued = self._writer.store.rescued
        if rescued is not self._rescued and rescued:
            lines.append(f"{rescued.path}: {rescued.detail}")
        self._rescued = rescued
        found = [*self._opened, *self._archivist.notices, *([rescued.notice()] if rescued else [])]
        self._note([*machine, *self._files.notices, *self._quotas.notices(), *dict.fromkeys(found)], now_unix_s)
        return lines

    def _follow_archive(self) -> None:
        """Once it is there, the database has more of a quota's period than at the first look."""
        has_archive = self._archivist.is_open
        if has_archive and not self._had_archive:
            self._quotas.recount()
        self._had_archive = has_archive

    def _prune(self, now_boot_ns: int, now_unix_s: int | None) -> list[str]:
        """Deletes old minutes, a step at a time: the next when the last one found any, else in a minute."""
        lines = []
        if self._pruning and self._pruning.done():
            error = self._pruning.exception()
            if isinstance(error, StoreError):
                lines.append(f"{error}; old minutes stay for now")
            elif error:
                raise error
            elif self._pruning.result():
                self._old_due_ns = now_boot_ns
            self._pruning = None
        if self._old_due_ns is None:  # a database of long ago is seen as it was first
            self._old_due_ns = now_boot_ns + _OLD_S * _NS
        if self._pruning is None and now_boot_ns >= self._old_due_ns:
            self._old_due_ns = now_boot_ns + _OLD_S * _NS
            since_unix_s = NEVER if now_unix_s is None else now_unix_s - self._keep.minutes_s
            prune = self._writer.store.prune_minutes
            self._pruning = self._writer.start(prune, since_unix_s, self._keep.db_bytes)
        return lines

    def _look_at_quotas(self, now_boot_ns: int, now_unix_s: int, is_clock_set: bool) -> list[str]:
        lines: list[str] = []
        if self._looking and self._looking.done():
            lines, self._looking = self._looking.result(), None
        if is_clock_set and self._looking is None and now_boot_ns >= self._quotas_due_ns:
            self._quotas_due_ns = now_boot_ns + _QUOTAS_S * _NS
            self._looking = self._thread.submit(self._quotas.due, now_unix_s)
        return lines

    def _note(self, notices: list[Notice], now_unix_s: int) -> None:
        """Has the notices written where they are others than before; again, where that failed."""
        if self._noted and self._noted.done():
            if isinstance(self._noted.exception(), StoreError):
                self._notices = None
            self._noted = None
        if self._noted is None and notices != self._notices:
            self._notices = notices
            self._noted = self._writer.start(self._writer.store.notice, notices, now_unix_s)

    def recount(self) -> None:
        """Rows have moved in time."""
        self._quotas.recount()

    def close(self) -> list[str]:
        """Waits for a look that is under way, and ends hooks; the last lines for the log."""
        self._thread.shutdown()
        lines = self._looking.result() if self._looking else []
        return lines + self._quotas.close()
