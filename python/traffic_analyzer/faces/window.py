"""Which window a report was asked for, however that was said."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, tzinfo
from typing import Any

from ..clock import is_boot_time
from ..errors import UsageError
from ..periods import Window, between, day, moment, period
from ..reports.registry import lookback
from ..settings import DAY, LOOKBACK_MINUTES, PERIOD, SINCE, START_DAY, UNTIL, Setting

_WAYS = (LOOKBACK_MINUTES, PERIOD, SINCE, DAY)
_BACK = "last-"
_AGES_S = 400 * 365 * 86_400  # whole days; no age that makes sense is longer


def window_of(given: Mapping[str, Any], now_unix_s: int, zone: tzinfo | None = None) -> Window:
    """The window, in whole minutes; by default the last hour and the running minute.

    Where now is no date but seconds since boot, days and months are those of UTC: the first of them began with the
    machine, and in no zone does it end hours later.

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
        zone = UTC if is_boot_time(now_unix_s) else zone
        return period(kind.removeprefix(_BACK), now_unix_s, zone, start_day, int(kind.startswith(_BACK)))
    if way is DAY:
        with _flagged(DAY):
            return day(given[DAY.name], now_unix_s, UTC if _is_since_boot(given[DAY.name], now_unix_s) else zone)
    if way is SINCE or UNTIL.name in given:
        return _span(given, now_unix_s, zone)
    return Window(*lookback(now_unix_s, given.get(LOOKBACK_MINUTES.name, LOOKBACK_MINUTES.default)))


def _span(given: Mapping[str, Any], now_unix_s: int, zone: tzinfo | None) -> Window:
    """From a time, or a number of minutes before the end, to a time or now."""
    until = given.get(UNTIL.name, "now")
    with _flagged(UNTIL):
        until_unix_s = _moment(until, now_unix_s, zone)
    if SINCE.name not in given:
        end_unix_s = between(until_unix_s, until_unix_s).until_unix_s
        return Window(end_unix_s - given[LOOKBACK_MINUTES.name] * 60, end_unix_s)
    since = given[SINCE.name]
    with _flagged(SINCE):
        window = between(_moment(since, now_unix_s, zone), until_unix_s)
    if window.since_unix_s >= window.until_unix_s:
        raise UsageError(f"{SINCE.flag} {since}: not before {UNTIL.flag} {until}")
    return window


def _is_since_boot(text: str, now_unix_s: int) -> bool:
    """True where *text* is no date but a time before now, and that is none."""
    return is_boot_time(now_unix_s) and "-" not in text


def _moment(text: str, now_unix_s: int, zone: tzinfo | None) -> int:
    if _is_since_boot(text, now_unix_s):
        return moment(text, now_unix_s + _AGES_S, UTC) - _AGES_S  # an age may lead to before the start
    return moment(text, now_unix_s, zone)


@contextmanager
def _flagged(setting: Setting) -> Iterator[None]:
    """A mistake begins with the flag that it was made at."""
    try:
        yield
    except UsageError as error:
        raise UsageError(f"{setting.flag} {error}") from None
