"""Windows of time as people and providers name them: local hours, days, weeks, months, years; and times as text.

Clock and zone are passed in. A zone of None is the system's: what ``time.localtime`` goes by, the variable TZ included.
A local time that the clock skips is the moment at which it skips it; one that comes twice is its first coming. So
boundaries never go backwards, and windows that follow each other leave neither gap nor overlap.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable
from datetime import date, datetime, timedelta, tzinfo
from typing import NamedTuple

from .errors import UsageError

KINDS = ("hour", "day", "week", "month", "year")
#: What :func:`moment` takes, as a user reads it.
TIMES = "2026-03-29, 2026-03-29T14:30 (local, or with Z or +02:00 behind it), now, today, yesterday, or an age: 36h"

_DATE = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
_TIME = re.compile(_DATE + r"(?:[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2})?(Z|[+-][0-9]{2}:?[0-9]{2})?)?")
_AGE = re.compile("([0-9]{1,9})([mhdw])")
_AGE_S = {"m": 60, "h": 3_600, "d": 86_400, "w": 604_800}
_YEARS = range(1970, 3000)
_EPOCH = datetime(1970, 1, 1)


class Window(NamedTuple):
    """A span of time in Unix seconds, its end not included."""

    since_unix_s: int
    until_unix_s: int


def period(kind: str, now_unix_s: int, zone: tzinfo | None = None, start_day: int = 1, back: int = 0) -> Window:
    """The period that *now_unix_s* is in, or the one *back* periods before it.

    A day has 23 or 25 hours where the clock changes. Weeks begin on Monday. Where the clock changes within an hour, the
    hour ends there and another one begins.

    :param kind: one of :data:`KINDS`.
    :param start_day: of months, 1 to 31; in a month without it, its last day.
    """
    if kind == "hour":
        window = _hour(now_unix_s, zone)
        for _ in range(back):
            window = _hour(window.since_unix_s - 1, zone)
        return window
    number = _number(kind, _local(now_unix_s, zone).date(), start_day)
    # The date alone would mislead in the minutes after a midnight from which the clock is put back.
    number += _midnight(_begin(kind, number + 1, start_day), zone) <= now_unix_s
    first, end = (_begin(kind, number - back + n, start_day) for n in (0, 1))
    return Window(_midnight(first, zone), _midnight(end, zone))


def day(text: str, now_unix_s: int, zone: tzinfo | None = None) -> Window:
    """The local day that *text* names: a date (ISO 8601, ``2026-03-29``), ``today`` or ``yesterday``.

    :raises UsageError: it names none.
    """
    if text in ("today", "yesterday"):
        return period("day", now_unix_s, zone, back=int(text == "yesterday"))
    named = _parsed(text) if re.fullmatch(_DATE, text) else None
    if named is None:
        raise UsageError(f"{text[:64]}: not a day; give 2026-03-29, today or yesterday")
    return Window(_midnight(named.date(), zone), _midnight(named.date() + timedelta(1), zone))


def moment(text: str, now_unix_s: int, zone: tzinfo | None = None) -> int:
    """The Unix second that *text* stands for. A date is its midnight, an age (``90m 36h 7d 4w``) that long before now;
    a day of age has 24 hours.

    :raises UsageError: it stands for none, or for one outside the years 1970 to 2999.
    """
    if text == "now":
        return now_unix_s
    if text in ("today", "yesterday"):
        return day(text, now_unix_s, zone).since_unix_s
    if age := _AGE.fullmatch(text):
        found = now_unix_s - int(age[1]) * _AGE_S[age[2]]
        if found < 0:
            raise UsageError(f"{text}: before 1970")
        return found
    named = _parsed(text)
    if named is None:
        raise UsageError(f"{text[:64]}: not a time; give {TIMES}")
    return int(named.timestamp()) if named.tzinfo else _instant(named, zone)


def between(since_unix_s: int, until_unix_s: int) -> Window:
    """The whole minutes that hold these seconds."""
    return Window(since_unix_s // 60 * 60, -(-until_unix_s // 60) * 60)


def _parsed(text: str) -> datetime | None:
    """Date and time of an ISO text, with a zone where it has an offset; None where it is malformed or too far off."""
    if not _TIME.fullmatch(text):
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.year in _YEARS else None


def _number(kind: str, local: date, start_day: int) -> int:
    """The number of the period that holds the date *local*; they count on by one."""
    if kind == "day":
        return local.toordinal()
    if kind == "week":
        return (local.toordinal() - 1) // 7  # day 1 was a Monday
    if kind == "year":
        return local.year
    number = local.year * 12 + local.month - 1
    return number - (local < _begin(kind, number, start_day))


def _begin(kind: str, number: int, start_day: int) -> date:
    if kind == "day":
        return date.fromordinal(number)
    if kind == "week":
        return date.fromordinal(number * 7 + 1)
    if kind == "year":
        return date(number, 1, 1)
    year, month = divmod(number, 12)
    last = date((number + 1) // 12, (number + 1) % 12 + 1, 1) - timedelta(1)
    return date(year, month + 1, min(start_day, last.day))


def _hour(unix_s: int, zone: tzinfo | None) -> Window:
    offset_s = _offset_s(unix_s, zone)
    since_unix_s = unix_s - (unix_s + offset_s) % 3_600
    until_unix_s = since_unix_s + 3_600
    return Window(
        _first(since_unix_s, unix_s, lambda at_unix_s: _offset_s(at_unix_s, zone) == offset_s),
        _first(unix_s, until_unix_s, lambda at_unix_s: _offset_s(at_unix_s, zone) != offset_s),
    )


def _midnight(local: date, zone: tzinfo | None) -> int:
    return _instant(datetime(local.year, local.month, local.day), zone)


def _instant(wall: datetime, zone: tzinfo | None) -> int:
    """The first moment at which the clock shows *wall* (naive), or at which it skips it."""
    # A skipped time with fold 0 is read by the clock from before the skip and lies behind it, with fold 1 the other way
    # round (PEP 495).
    first, second = (int(wall.replace(tzinfo=zone, fold=fold).timestamp()) for fold in (0, 1))
    if _local(first, zone) == wall:
        return first
    return _first(second, first, lambda unix_s: _local(unix_s, zone) > wall)


def _first(low: int, high: int, is_so: Callable[[int], bool]) -> int:
    """The first second from *low* at which *is_so*, which then stays so; *high* if it is not so before."""
    return low + bisect_left(range(low, high), True, key=is_so)


def _local(unix_s: int, zone: tzinfo | None) -> datetime:
    """What the clock shows, without a zone."""
    return datetime.fromtimestamp(unix_s, zone).replace(tzinfo=None, fold=0)


def _offset_s(unix_s: int, zone: tzinfo | None) -> int:
    """Seconds by which the clock is ahead of UTC."""
    return (_local(unix_s, zone) - _EPOCH) // timedelta(seconds=1) - unix_s
