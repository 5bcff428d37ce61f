"""Every commit interval the archive takes what is pending; the collector's turn, which calls here, does not wait."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as Timeout
from typing import Any

from ...errors import StoreError
from ...records import Health, Notice
from ..damage.copy import DamagedError
from ..damage.faults import is_corruption
from ..damage.files import let_go
from ..damage.rescue import Rescue, put_off, rescue, unwritten
from ..local_time import hour_of
from ..writer import Writer
from .archive import Archive, OverBudgetError
from .rollups import ARCHIVE_IFACE
from .taking import DisagreeError

_NS = 10**9
_SETTLE_S = 15  # after the interval: then the last minute before it is stored
_AGAIN_S = 60  # between two tries
_MINUTE_S = 60
_DAY_S = 86_400
_CLOSE_S = 60.0


class Archivist:
    """Seals, has the archive take what is sealed, and forgets it; what fails is tried again, and nothing is lost.

    While the archive cannot be written no more is sealed. What is pending waits, by the hour, as small as there. The
    work is done on a thread of its own, which asks the writer's for what that alone may do.

    :param interval_s: between two takes; they follow multiples of it, so that an hour is touched no more than need be.
    :param tend: is called once a day with the archive open, and the time; lines for the log.
    """

    def __init__(
        self, writer: Writer, archive: Archive, interval_s: int, tend: Callable[[int], list[str]] = lambda _: []
    ) -> None:
        self._writer, self._archive, self._interval_s, self._tend = writer, archive, interval_s, tend
        self._thread = ThreadPoolExecutor(1, "archivist")
        self._running: Future[list[str]] | None = None
        self.is_open = False  #: and the working database agrees with it
        self._sealed: int | None = None  # this is to be taken first
        self._folded_unix_s = 0  # pending hours before are small
        self._is_put_off = False  # to the next interval
        self._charged_bytes: list[int] = []
        self.due_boot_ns: int | None = None  #: when it is tried next; None: as soon as can be
        self.trouble = ""  #: why the archive was not written; empty: it was, or there was nothing to write
        self.trouble_since_unix_s = 0
        self.written_bytes = 0  #: by the last take
        self._tended_unix_s = 0
        self._rescue: Rescue | None = None  # the last one of this run

    @property
    def notices(self) -> list[Notice]:
        """What a user should know."""
        found = [self._rescue.notice()] if self._rescue else []
        if not self.trouble:
            return found
        since = time.strftime("%Y-%m-%d %H:%M", time.localtime(self.trouble_since_unix_s))
        say = put_off if self._is_put_off else unwritten
        return [*found, say(self._archive.path, self.trouble, since)]

    def charge(self, written_bytes: int) -> None:
        """Something else was written beside the archive: it counts with what is taken next."""
        self._charged_bytes.append(written_bytes)

    def look(self, now_boot_ns: int, now_unix_s: int, is_sane: bool = True) -> list[str]:
        """Begins what is due; lines for the log, of what was done.

        :param is_sane: False while the wall clock cannot be right: nothing is taken then.
        """
        lines = self._ended(now_boot_ns)
        if self._running is None and (self.due_boot_ns is None or now_boot_ns >= self.due_boot_ns):
            is_first = self.due_boot_ns is None
            wait_s = self._interval_s - (now_unix_s - _SETTLE_S) % self._interval_s if is_sane else _AGAIN_S
            self.due_boot_ns = now_boot_ns + wait_s * _NS
            if is_sane and not is_first:
                self._running = self._thread.submit(self._try, self._take, now_unix_s, False)
            elif not self.is_open:  # early, so that names and texts are there
                self._running = self._thread.submit(self._try, self._agree, now_unix_s, False)
        return lines

    def close(self, now_unix_s: int, is_sane: bool = True, wait_s: float = _CLOSE_S) -> list[str]:
        """Has the archive take all that there is, and closes it; the last lines for the log.

        :param wait_s: no longer than about this. What is not taken then stays pending.
        """
        futures = [self._running] if self._running else []
        if is_sane:
            futures.append(self._thread.submit(self._try, self._take, now_unix_s, True))
        closed = self._thread.submit(self._let_go)
        until_s, lines = time.monotonic() + wait_s, list[str]()
        try:
            for future in futures:
                lines += future.result(max(0.0, until_s - time.monotonic()))
            closed.result(max(0.0, until_s - time.monotonic()))
        except Timeout:
            lines.append(f"{self._archive.path}: not written within {wait_s:.0f} s; what is pending stays so")
        self._thread.shutdown(wait=closed.done(), cancel_futures=True)
        return lines

    def _ended(self, now_boot_ns: int) -> list[str]:
        """What came of a try that has come to its end."""
        if self._running is None or not self._running.done():
            return []
        lines, self._running = self._running.result(), None
        if self.trouble and not self._is_put_off:
            self.due_boot_ns = min(self.due_boot_ns or 0, now_boot_ns + _AGAIN_S * _NS)
        return lines

    # From here on, on the thread.

    def _ask(self, method: Callable[..., Any], *arguments: object) -> Any:
        return self._writer.call(method, *arguments)

    def _try(self, step: Callable[[int, bool], list[str]], now_unix_s: int, is_last: bool) -> list[str]:
        try:
            lines = step(now_unix_s, is_last)
        except StoreError as error:
            return self._failed(error, now_unix_s)
        if self.trouble:
            lines.append(f"{self._archive.path}: written again")
        self.trouble, self._is_put_off = "", False
        return lines

    def _agree(self, now_unix_s: int, _is_last: bool = False) -> list[str]:
        lines = [] if self.is_open else self._mend(now_unix_s)
        if self._archive.open():
            self._ask(self._writer.store.adopt, self._archive.path)
            self._archive.adopted()
        self.is_open = True
        return lines

    def _mend(self, now_unix_s: int, thorough: bool = False) -> list[str]:
        """Sets the archive aside where it is damaged; where it is the working database, its writer does."""
        if not self._archive.is_apart:
            if thorough:
                self._ask(self._writer.store.mend, now_unix_s)
            return []
        found = rescue(self._archive.path, now_unix_s, thorough)
        let_go(self._archive.path)
        if found is None:
            return []
        self._rescue = found
        if found.trouble:
            raise StoreError(f"--archive {found.path}: {found.detail}")
        return [f"{found.path}: {found.detail}"]

    def _take(self, now_unix_s: int, is_last: bool) -> list[str]:
        lines = self._agree(now_unix_s)
        while self._charged_bytes:
            self._archive.charge(self._charged_bytes.pop())
        if self._sealed is not None and not self._is_put_off:  # left over from a failure
            self._take_sealed(self._sealed, now_unix_s, is_last)
        self._sealed = self._ask(self._writer.store.seal, is_last)
        self._take_sealed(self._sealed, now_unix_s, is_last)
        if not is_last and abs(now_unix_s - self._tended_unix_s) >= _DAY_S:
            self._tended_unix_s = now_unix_s
            lines += self._tend(now_unix_s)
        return lines

    def _take_sealed(self, sequence: int, now_unix_s: int, is_last: bool) -> None:
        store = self._writer.store
        try:
            written = self._archive.take(sequence, now_unix_s, is_last)
        except DisagreeError:
            self._agree(now_unix_s)
            written = self._archive.take(sequence, now_unix_s, is_last)
        self._sealed, self.written_bytes = None, written
        while self._ask(store.forget_taken, sequence):
            pass
        if written:
            minute = now_unix_s - now_unix_s % _MINUTE_S
            self._ask(store.write_health, Health(minute, ARCHIVE_IFACE, 0, 0, 0, archive_bytes=written))

    def _let_go(self) -> None:
        self.is_open = False
        self._archive.close()

    def _failed(self, error: StoreError, now_unix_s: int) -> list[str]:
        """Notes it, lets go of the archive, and makes what waits small once an hour."""
        lines = []
        if not self.trouble:
            self.trouble_since_unix_s = now_unix_s
            lines.append(f"{error}; what it would get waits in the database, and it is tried again")
        self.trouble = str(error).removeprefix("--archive ").removeprefix(f"{self._archive.path}: ")
        self._is_put_off = isinstance(error, OverBudgetError)
        if not self._is_put_off:
            self._let_go()
        if is_corruption(error) or isinstance(error, DamagedError):
            try:
                lines += self._mend(now_unix_s, thorough=True)
            except StoreError as another:
                lines.append(str(another))
        if (hour := hour_of(now_unix_s)) > self._folded_unix_s:
            try:
                self._ask(self._writer.store.fold_pending, self._folded_unix_s, hour)
                self._folded_unix_s = hour
            except StoreError as another:
                lines.append(str(another))
        return lines
