"""Which window a report was asked for, however that was said."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import tzinfo
from typing import Any

from ..errors import UsageError
from ..periods import Window, between, day, moment, period
from ..reports.registry import lookback
from ..settings import DAY, LOOKBACK_MINUTES, PERIOD, SINCE, START_DAY, UNTIL, Setting

_WAYS = (LOOKBACK_MINUTES, PERIOD, SINCE, DAY)
_BACK = "last-"


def window_of(given: Mapping[str, Any], now_unix_s: int, zone: tzinfo | None = None) -> Window:
    """The window, in whole minutes; by default the last hour and the running minute.

    :param given: settings by name, parsed, without those that were left at their default.
    :param zone: of local times; None: the system's.
    :raises UsageError: settings that do not go together, no time or day, or a window without a minute.
    """
    ways = [way for way in _WAYS if way.name in given]
    if len(ways) > 1:
        raise UsageError(f"{ways[0].flag} and {ways[1].flag} do not go together: choose one")
    way = ways[0] if ways else None
    if UNTIL.name in given and way not in (SINCE, LOOKBACK_MINUTES):
        raise UsageError(f"{UNTIL.flag} takes {SINCE.flag}, or {LOOKBACK_MINUTES.flag}")
    if START_DAY.name in given and not given.get(PERIOD.name, "").endswith("month"):
        raise UsageError(f"{START_DAY.flag} takes {PERIOD.flag} month, or {_BACK}month")
    if way is PERIOD:
        kind = given[PERIOD.name]
        start_day = given.get(START_DAY.name, START_DAY.default)
        return period(kind.removeprefix(_BACK), now_unix_s, zone, start_day, int(kind.startswith(_BACK)))
    if way is DAY:
        with _flagged(DAY):
            return day(given[DAY.name], now_unix_s, zone)
    if way is SINCE or UNTIL.name in given:
        return _span(given, now_unix_s, zone)
    return Window(*lookback(now_unix_s, given.get(LOOKBACK_MINUTES.name, LOOKBACK_MINUTES.default)))


def _span(given: Mapping[str, Any], now_unix_s: int, zone: tzinfo | None) -> Window:
    """From a time, or a number of minutes before the end, to a time or now."""
    until = given.get(UNTIL.name, "now")
    with _flagged(UNTIL):
        until_unix_s = moment(until, now_unix_s, zone)
    if SINCE.name not in given:
        end_unix_s = between(until_unix_s, until_unix_s).until_unix_s
        return Window(end_unix_s - given[LOOKBACK_MINUTES.name] * 60, end_unix_s)
    since = given[SINCE.name]
    with _flagged(SINCE):
        window = between(moment(since, now_unix_s, zone), until_unix_s)
    if window.since_unix_s >= window.until_unix_s:
        raise UsageError(f"{SINCE.flag} {since}: not before {UNTIL.flag} {until}")
    return window


@contextmanager
def _flagged(setting: Setting) -> Iterator[None]:
    """A mistake begins with the flag that it was made at."""
    try:
        yield
    except UsageError as error:
        raise UsageError(f"{setting.flag} {error}") from None
