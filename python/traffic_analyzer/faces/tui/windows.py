"""The windows that one can choose from, shortest first, and what each is called."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from ...settings import DAY, LOOKBACK_MINUTES, PERIOD, SINCE, START_DAY, UNTIL

_HOUR, _DAY = 60, 1_440
_USUAL = (5, 15, _HOUR, 3 * _HOUR, 6 * _HOUR, 12 * _HOUR, _DAY, 2 * _DAY, 7 * _DAY, 30 * _DAY, 90 * _DAY, 365 * _DAY)
_OTHERS = (PERIOD, START_DAY, SINCE, UNTIL, DAY)
_UNITS = ((_DAY, "day"), (_HOUR, "hour"), (1, "minute"))


class Window(NamedTuple):
    """A way to say when."""

    title: str
    given: tuple[tuple[str, Any], ...]  #: settings by name


def windows_of(asked: Mapping[str, Any]) -> tuple[tuple[Window, ...], int]:
    """The windows, and which of them was *asked* for by settings that were given; one of its own comes first."""
    others = tuple((setting.name, asked[setting.name]) for setting in _OTHERS if setting.name in asked)
    minutes = asked.get(LOOKBACK_MINUTES.name, LOOKBACK_MINUTES.default)
    if others:
        if LOOKBACK_MINUTES.name in asked:
            others += ((LOOKBACK_MINUTES.name, minutes),)
        return (Window(_called(dict(others)), others), *map(_back, _USUAL)), 0
    lengths = sorted({*_USUAL, minutes})
    return tuple(map(_back, lengths)), lengths.index(minutes)


def _back(minutes: int) -> Window:
    unit, name = next((unit, name) for unit, name in _UNITS if minutes % unit == 0)
    count = minutes // unit
    return Window(f"last {name}" if count == 1 else f"last {count:,} {name}s", ((LOOKBACK_MINUTES.name, minutes),))


def _called(given: Mapping[str, Any]) -> str:
    if PERIOD.name in given:
        period = str(given[PERIOD.name])
        return period.replace("-", " ") if "-" in period else f"this {period}"
    if DAY.name in given:
        return str(given[DAY.name])
    since = f"from {given[SINCE.name]}" if SINCE.name in given else _back(given[LOOKBACK_MINUTES.name]).title
    return f"{since} to {given[UNTIL.name]}" if UNTIL.name in given else since
