"""Which tiers answer for a span of time: pure arithmetic on hours and days of the local calendar.

A short span is answered by minutes. In a longer one whole days come from days, the rest from hours, and what does not
fill an hour from minutes. Where those are not kept any more the span grows to whole hours, or days.
"""

from __future__ import annotations

import enum
from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from ..local_time import day_of, hour_of

NEVER, ALWAYS = 2**62, -(2**62)
_MINUTE_S = 60
_SHORT_S = 2 * 3600 + _MINUTE_S  # two hours, and the running minute
_HOUR_MINUTES = 2 * 60  # within so many the next hour begins, whatever is done to the clock
_DAY_MINUTES = 50 * 60


class Tier(enum.Enum):
    """What rows are by."""

    MINUTE = "minute"
    HOUR = "hour"
    DAY = "day"


class Arm(NamedTuple):
    """The minutes of [since, until), Unix seconds, as a tier has them."""

    tier: Tier
    since_unix_s: int
    until_unix_s: int


@dataclass(frozen=True)
class Kept:
    """What a database has, Unix seconds. By default all of it in minutes, and nothing else."""

    minutes_since: int = ALWAYS  #: every minute from here on
    hours_since: int = ALWAYS  #: every hour from here on
    days_until: int = ALWAYS  #: the first day that is in hours only
    newest: int = NEVER  #: nothing begins later
    is_cut_off: bool = False  #: True: hours and days are in an archive that cannot be read


@dataclass(frozen=True)
class Cover:
    """Arms that overlap nowhere, in their order, and the span that they answer for: as asked for, or a wider one."""

    arms: tuple[Arm, ...]
    since_unix_s: int
    until_unix_s: int

    @property
    def is_by_minute(self) -> bool:
        """True where nothing but minutes are read."""
        return all(arm.tier is Tier.MINUTE for arm in self.arms)

    @property
    def rolled(self) -> tuple[int, int]:
        """The span of the arms of hours and days, which follow each other without a gap."""
        arms = [arm for arm in self.arms if arm.tier is not Tier.MINUTE]
        return arms[0].since_unix_s, arms[-1].until_unix_s


def cover(since_unix_s: int, until_unix_s: int, kept: Kept, may_take_days: bool) -> Cover:
    """The arms for [*since_unix_s*, *until_unix_s*).

    :param may_take_days: False where an answer tells hours apart: then days stand in for lost hours only. The span is
        the same with both.
    """
    since, until = _minute(since_unix_s), _minute(until_unix_s)
    asked = since_unix_s, until_unix_s
    is_short = (until - since <= _SHORT_S or kept.is_cut_off) and since >= kept.minutes_since
    if is_short or since > kept.newest or since >= until:
        return Cover((Arm(Tier.MINUTE, *asked),), *asked)
    if since < 0:  # nothing began before the epoch, whatever the clock was
        since = min(0, until - _MINUTE_S)
    lost = min(_begin(day_of, kept.hours_since), kept.days_until)  # hours before are in days only
    head = end_of_head = _begin(hour_of, since)
    if since < lost:
        head = end_of_head = _floor(day_of, since)
    elif head > since:
        head = since if since >= kept.minutes_since else _floor(hour_of, since)
        end_of_head = end_of_head if head == since else head
    is_open = until > kept.newest
    end = min(until, _minute(kept.newest + 1))
    tail = end_of_tail = _begin(day_of if end <= lost else hour_of, end)
    if not is_open and lost < end < tail:
        floor = _floor(hour_of, until)
        if floor >= kept.minutes_since:
            tail, end_of_tail = floor, until
    if end_of_head > tail:  # minutes on both sides meet
        return Cover((Arm(Tier.MINUTE, *asked),), *asked)
    days_since = _begin(day_of, end_of_head)
    days_until = min(_floor(day_of, tail), kept.days_until) if may_take_days else min(lost, tail)
    if days_until <= days_since:
        days_since = days_until = tail
    arms = (
        Arm(Tier.MINUTE, head, end_of_head),
        Arm(Tier.HOUR, end_of_head, days_since),
        Arm(Tier.DAY, days_since, days_until),
        Arm(Tier.HOUR, days_until, tail),
        Arm(Tier.MINUTE, tail, end_of_tail),
    )
    return Cover(
        tuple(arm for arm in arms if arm.since_unix_s < arm.until_unix_s),
        head if head < since else since_unix_s,
        end_of_tail if end_of_tail > until and not is_open else until_unix_s,
    )


def _minute(unix_s: int) -> int:
    """The first minute that begins then or later: rows are of whole ones."""
    return -(-unix_s // _MINUTE_S) * _MINUTE_S


Calendar = Callable[[int], int]


def _begin(calendar: Calendar, unix_s: int) -> int:
    """When the first hour or day begins that begins at *unix_s* or later."""
    if not 0 < unix_s < NEVER:
        return unix_s
    return unix_s if calendar(unix_s) > calendar(unix_s - _MINUTE_S) else _next(calendar, unix_s)


def _next(calendar: Calendar, unix_s: int) -> int:
    """When the hour or day after that of *unix_s* begins."""
    minutes = range(_DAY_MINUTES if calendar is day_of else _HOUR_MINUTES)
    now = calendar(unix_s)
    return unix_s + _MINUTE_S * bisect_left(minutes, True, key=lambda n: calendar(unix_s + n * _MINUTE_S) > now)


def _floor(calendar: Calendar, unix_s: int) -> int:
    """When the hour or day of *unix_s* began; by the clock, that is, which may have been set meanwhile."""
    minutes = range(_DAY_MINUTES if calendar is day_of else _HOUR_MINUTES)
    now, first = calendar(unix_s), unix_s - _MINUTE_S * len(minutes)
    return first + _MINUTE_S * bisect_left(minutes, True, key=lambda n: calendar(first + n * _MINUTE_S) >= now)
