"""The time that rows are stamped by: the boot clock, and a difference that follows steps of the wall clock.

A machine without a battery boots with a date of long ago until NTP answers; a user sets a clock wrong and right again.
A wall clock that cannot be right is not followed. Before it was right for the first time rows are stamped by the boot
clock alone, as if the machine had started at 1970-01-01T00:00Z, whatever the wall clock says; then they move to their
true time. What was booked before a step between two times that can both be right moves with the step. None of it is
lost or lies in the future.

Rows of a boot whose clock was never set are of a time that nobody knows. They are put before 1970, to end where this
boot begins, which is the latest that they can have been, and move with the rows of this boot from there.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import NamedTuple

_NS = 10**9
_MINUTE_S = 60
_STEP_S = 30  # less is not a step: rows hold minutes
#: Dates that can be right: not before this program was written, and not after its grandchildren have been.
_SANE_UNIX_S = range(1_767_225_600, 2_556_144_000)  # 2026 to 2050
#: Nobody has been up for that long: rows of before are stamped by a boot clock. Those from here to 2026 are another
#: program's, true, or an earlier version's.
BOOT_TIMES_END_UNIX_S = 946_684_800  # 2000
_EVER_UNIX_S = -(1 << 40)
#: A run that began no longer ago moves as a whole: it was likely booked by a wrong clock from its beginning.
_YOUNG_S = 86_400
#: Of an older one so much moves when a clock that could be right steps to another time that can be.
_RECENT_S = 2 * 3600
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")  # random(4)


class Step(NamedTuple):
    """What was stamped from *since* on, and before *until*, belongs *shift* seconds later. Whole minutes."""

    since_unix_s: int
    until_unix_s: int
    shift_s: int

    @property
    def dates_boots(self) -> bool:
        """True where it is for rows that are stamped by a boot clock, and for no others."""
        return self.since_unix_s == _EVER_UNIX_S


class Clock:
    """Tells the time of this run. Pure: both clocks are handed in."""

    def __init__(self, boot_ns: int, unix_s: float) -> None:
        self._is_set = can_be_right(unix_s)
        self._offset_s = unix_s - boot_ns / _NS if self._is_set else 0.0
        self._first_s = _minute(self.unix_s(boot_ns))  # of the rows of this run; they move by minutes, the clock not
        self._has_moved_boot = False
        self._next: Step | None = None

    def unix_s(self, boot_ns: int) -> float:
        """The Unix time at a time of the boot clock; seconds since boot while :attr:`is_set` is False."""
        return boot_ns / _NS + self._offset_s

    @property
    def is_set(self) -> bool:
        """False while no time was known that can be right."""
        return self._is_set

    def step(self, boot_ns: int, unix_s: float) -> Step | None:
        """What is to move, now that the wall clock says *unix_s*; None where that has not stepped, or must be wrong.

        The first step of a run moves all rows that are stamped by the boot clock, those of earlier runs too: it comes
        as soon as the wall clock can be right, be there such rows or not. Small differences are followed at once; a
        step is, when it is :meth:`taken`.
        """
        if not can_be_right(unix_s):
            if self._has_moved_boot or not self._is_set:
                return None
            unix_s = self.unix_s(boot_ns)
        if not self._has_moved_boot:
            boot_s = boot_ns / _NS
            self._next = Step(_EVER_UNIX_S, _minute(boot_s) + 2 * _MINUTE_S, _shift(boot_s, unix_s))
            return self._next
        before_s = self.unix_s(boot_ns)
        difference_s = unix_s - before_s
        if abs(difference_s) < _STEP_S:
            self._offset_s += difference_s
            self._first_s = min(self._first_s, _minute(unix_s))
            return None
        since_s: float = self._first_s
        if before_s - since_s > _YOUNG_S:
            since_s = max(since_s, min(before_s - _RECENT_S, unix_s))
        self._next = Step(_minute(since_s), _minute(before_s) + 2 * _MINUTE_S, _shift(before_s, unix_s))
        return self._next

    def taken(self, boot_ns: int, unix_s: float) -> None:
        """The rows have moved."""
        step, self._next = self._next, None
        if step is None:
            return
        is_all = step.since_unix_s <= self._first_s
        if not self._has_moved_boot:
            self._has_moved_boot = True
            if self._is_set:
                return  # it was rows of earlier runs that moved, and not this clock
            moved_s = step.shift_s  # with the first minute of this boot
        else:
            moved_s = step.since_unix_s + step.shift_s
        self._is_set = True
        self._offset_s = unix_s - boot_ns / _NS
        self._first_s = moved_s if is_all else min(self._first_s, moved_s)


def read() -> tuple[int, float]:
    """The boot clock, ns, and the wall clock, Unix seconds, as they are now."""
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME), time.time()


def boot_id() -> str:
    """What this boot is told from others by."""
    return _BOOT_ID.read_text().strip()


def can_be_right(unix_s: float) -> bool:
    """False for a wall clock that says a time of before this program, or of the far future."""
    return int(unix_s) in _SANE_UNIX_S


def now_unix_s(boot_ns: int, unix_s: float) -> int:
    """Now, as rows are stamped now in any process: seconds since boot while the wall clock cannot be right."""
    return int(unix_s) if can_be_right(unix_s) else boot_ns // _NS


def is_boot_time(unix_s: float) -> bool:
    """True for what is stamped by a boot clock, that is no date."""
    return unix_s < BOOT_TIMES_END_UNIX_S


def aside(last_unix_s: int) -> Step:
    """What puts rows of earlier boots, whose clocks were never set, before the first minute of this one.

    To be taken before this boot has rows; where it is taken again, nothing moves.

    :param last_unix_s: start of the last minute that is stamped by a boot clock.
    """
    return Step(_EVER_UNIX_S, BOOT_TIMES_END_UNIX_S, -(last_unix_s + _MINUTE_S))


def _shift(before_s: float, unix_s: float) -> int:
    """From one time to another in whole minutes, so that nothing comes to lie in the future."""
    shift_s = round((unix_s - before_s) / _MINUTE_S) * _MINUTE_S
    return shift_s - _MINUTE_S if _minute(before_s) + shift_s > unix_s else shift_s


def _minute(unix_s: float) -> int:
    return int(unix_s // _MINUTE_S) * _MINUTE_S
