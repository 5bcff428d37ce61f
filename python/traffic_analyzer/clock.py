"""The wall clock, as rows are stamped by it: the boot clock, and a difference that follows steps of the wall clock.

A router without a battery boots with a date of long ago until NTP answers; a user sets a clock wrong and right again.
What was booked before a step was booked by the wrong clock: it moves with the step, and none of it is lost or lies in
the future. A clock that cannot be right is not followed.
"""

from __future__ import annotations

from typing import NamedTuple

_NS = 10**9
_MINUTE_S = 60
_STEP_S = 30  # less is not a step: rows hold minutes
#: Dates that can be right: not before this program was written, and not after its grandchildren have been.
_SANE_UNIX_S = range(1_767_225_600, 2_556_144_000)  # 2026 to 2050
#: So much of the past moves when a clock that could be right steps to another time that can be.
_RECENT_S = 2 * 3600


class Step(NamedTuple):
    """What was stamped from *since* on, and before *until*, belongs *shift* seconds later. Whole minutes."""

    since_unix_s: int
    until_unix_s: int
    shift_s: int


class Clock:
    """Tells the time of this run. Pure: both clocks are handed in."""

    def __init__(self, boot_ns: int, unix_s: float) -> None:
        self._began_s = boot_ns / _NS
        self._offset_s = unix_s - boot_ns / _NS
        self._first_s = _minute(unix_s)  # of the rows of this run; they move by whole minutes, the clock does not
        self._next: Step | None = None

    def unix_s(self, boot_ns: int) -> float:
        """The Unix time at a time of the boot clock."""
        return boot_ns / _NS + self._offset_s

    @property
    def is_sane(self) -> bool:
        """False while the only time known cannot be right."""
        return int(self._began_s + self._offset_s) in _SANE_UNIX_S

    def step(self, boot_ns: int, unix_s: float) -> Step | None:
        """By how much the wall clock, which says *unix_s* now, has stepped; None where it has not, or must be wrong.

        Small differences are followed at once; a step is, when it is :meth:`taken`.
        """
        before_s = self.unix_s(boot_ns)
        if self.is_sane and int(unix_s) not in _SANE_UNIX_S:
            return None
        difference_s = unix_s - before_s
        if abs(difference_s) < _STEP_S:
            self._offset_s += difference_s
            self._first_s = min(self._first_s, _minute(unix_s))
            return None
        shift_s = round(difference_s / _MINUTE_S) * _MINUTE_S
        if _minute(before_s) + shift_s > unix_s:  # nothing comes to lie in the future
            shift_s -= _MINUTE_S
        since_s = max(self._first_s, min(before_s - _RECENT_S, unix_s)) if self.is_sane else self._first_s
        self._next = Step(_minute(since_s), _minute(before_s) + 2 * _MINUTE_S, shift_s)
        return self._next

    def taken(self, boot_ns: int, unix_s: float) -> None:
        """The rows have moved."""
        self._offset_s = unix_s - boot_ns / _NS
        if self._next:
            moved_s = self._next.since_unix_s + self._next.shift_s
            is_all = self._next.since_unix_s == self._first_s
            self._first_s = moved_s if is_all else min(self._first_s, moved_s)
            self._next = None


def _minute(unix_s: float) -> int:
    return int(unix_s // _MINUTE_S) * _MINUTE_S
