"""What is looked after beside counting: files that name devices, quotas, and what the status tells."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor

from .errors import StoreError
from .quotas.checker import QuotaChecker
from .records import Notice
from .roster.files import Files
from .roster.roster import Roster
from .store.writer import Writer

_FILES_S, _QUOTAS_S = 5, 60  # between two looks
_NS = 10**9


class Caretaker:
    """Called from the collector's turn: nothing here waits for a disk or a query but a few files of names."""

    def __init__(self, writer: Writer, roster: Roster, files: Files, quotas: QuotaChecker) -> None:
        self._writer, self._roster, self._files, self._quotas = writer, roster, files, quotas
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
        lines = self._look_at_quotas(now_boot_ns, now_unix_s, is_clock_set)
        self._note([*machine, *self._files.notices, *self._quotas.notices()], now_unix_s)
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
