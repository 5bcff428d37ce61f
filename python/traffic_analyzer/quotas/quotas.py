"""Quotas: how much a device or a network may use in a period, and when a part of that is used up. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from typing import Any, NamedTuple

from ..errors import UsageError
from ..periods import Window, period
from ..reports.selection import address_of
from ..uci import Section

PERIODS = ("day", "week", "month")
DIRECTIONS = ("down", "up", "both")
_REACHED_PERCENT = 100
_SIZE = re.compile(r"([0-9]{1,15})(?:\.([0-9]{1,9}))? ?(?:([kmgtp])(i?))?b", re.IGNORECASE)
_Option = tuple[Callable[[str], Any], str]
_LIMIT_MAX = 2**63 - 1
_SETTLES_S = 3_600  # rows of minutes before that are not expected any more


@dataclass(frozen=True)
class Quota:
    """A ``config quota`` section."""

    name: str
    limit_bytes: int
    period: str = "month"  #: one of :data:`PERIODS`
    start_day: int = 1  #: of months
    device: str = ""  #: MAC or IP address; empty: all
    network: str = ""  #: an interface; empty: all
    direction: str = "both"  #: one of :data:`DIRECTIONS`
    warn_percent: int = 80
    hook: str = ""  #: path of a program to start; empty: none

    def counted(self, rx_bytes: int, tx_bytes: int) -> int:
        """What of a traffic counts."""
        return {"down": rx_bytes, "up": tx_bytes, "both": rx_bytes + tx_bytes}[self.direction]


class Crossed(NamedTuple):
    """A threshold that was crossed, as it is remembered."""

    quota: str
    since_unix_s: int  #: when the period began
    percent: int


class Crossing(NamedTuple):
    """A threshold that is crossed now."""

    quota: Quota
    percent: int  #: the threshold
    used_bytes: int
    window: Window

    @property
    def crossed(self) -> Crossed:
        """It, as it is remembered."""
        return Crossed(self.quota.name, self.window.since_unix_s, self.percent)


class Watch:
    """One quota in the course of time: each threshold is crossed once in a period, over restarts too.

    :param crossed: what is remembered, of other quotas too.
    """

    def __init__(self, quota: Quota, crossed: Iterable[Crossed] = (), zone: tzinfo | None = None) -> None:
        self.quota = quota
        self.used_bytes = 0  #: in the period that was looked at last
        self._zone = zone
        self._crossed = set(crossed)
        self._settled = (Window(0, 0), 0)  # of the period's first part, and its bytes

    def look(self, now_unix_s: int, used: Callable[[Quota, int, int], int]) -> list[Crossing]:
        """The thresholds that were crossed since the last look, lower ones first.

        :param used: the bytes that a quota counts from one Unix second to another, which is not included. Hours that
            are past are asked for once.
        """
        window = period(self.quota.period, now_unix_s, self._zone, self.quota.start_day)
        self.used_bytes = self._sum(window, now_unix_s, used)
        found = []
        for percent in sorted({self.quota.warn_percent, _REACHED_PERCENT}):
            crossing = Crossing(self.quota, percent, self.used_bytes, window)
            if self.is_over(percent) and crossing.crossed not in self._crossed:
                self._crossed.add(crossing.crossed)
                found.append(crossing)
        return found

    def is_over(self, percent: int) -> bool:
        """True where that part of the limit was used at the last look."""
        return self.used_bytes * 100 >= self.quota.limit_bytes * percent

    def recount(self) -> None:
        """Rows may have changed: the next look asks for the whole period."""
        self._settled = (Window(0, 0), 0)

    def _sum(self, window: Window, now_unix_s: int, used: Callable[[Quota, int, int], int]) -> int:
        settled, settled_bytes = self._settled
        edge_unix_s = max(window.since_unix_s, (now_unix_s // _SETTLES_S - 1) * _SETTLES_S)
        if settled.since_unix_s != window.since_unix_s or settled.until_unix_s > edge_unix_s:
            settled, settled_bytes = Window(window.since_unix_s, window.since_unix_s), 0
        if settled.until_unix_s < edge_unix_s:
            settled_bytes += used(self.quota, settled.until_unix_s, edge_unix_s)
        self._settled = (Window(window.since_unix_s, edge_unix_s), settled_bytes)
        return settled_bytes + used(self.quota, edge_unix_s, window.until_unix_s)


def quotas_of(sections: Sequence[Section], path: str) -> tuple[Quota, ...]:
    """The quotas among *sections*.

    :param path: of their file, for errors.
    :raises UsageError: an option that is missing, unknown or wrong; it names file, line, section and option.
    """
    return tuple(_quota(section, path) for section in sections if section.type == "quota")


def limit_bytes(text: str) -> int | None:
    """The bytes that a size with a unit stands for: ``500GB``, ``1.5 TiB``; None where it is none, or nothing."""
    size = _SIZE.fullmatch(text)
    if not size:
        return None
    whole, part, prefix, binary = size.groups(default="")
    exponent = " kmgtp".index(prefix.lower() or " ")
    found = int(whole + part) * (1024 if binary else 1000) ** exponent // int(10 ** len(part))
    return found if 0 < found <= _LIMIT_MAX else None


def _quota(section: Section, path: str) -> Quota:
    where = f"{path} line {section.line}: quota"
    if not section.name:
        raise UsageError(f"{where} has no name; write config quota 'name'")
    where += f" {section.name}"
    for option in (*section.options, *section.lists):
        if option not in _OPTIONS:
            raise UsageError(f"{where}: unknown option {option}; there are {', '.join(_OPTIONS)}")
    for option in section.lists:
        raise UsageError(f"{where}: {option} has one value; write option {option}, not list {option}")
    values = {}
    for option, text in section.options.items():
        read, wanted = _OPTIONS[option]
        values[option] = read(text)
        if values[option] is None:
            raise UsageError(f"{where}: option {option} {text[:64]!r}: {wanted}")
    if "limit" not in values:
        raise UsageError(f"{where}: option limit is missing; write option limit '500GB'")
    if "device" in values and "network" in values:
        raise UsageError(f"{where}: option device and option network do not go together; make two quotas")
    if "start_day" in values and values.get("period", "month") != "month":
        raise UsageError(f"{where}: option start_day takes option period 'month'")
    return Quota(section.name, values.pop("limit"), **values)


def _one_of(choices: Sequence[str]) -> _Option:
    return lambda text: text if text in choices else None, f"choose from {', '.join(choices)}"


def _from_1_to(most: int) -> _Option:
    def read(text: str) -> int | None:
        return int(text) if re.fullmatch("[0-9]{1,3}", text) and 1 <= int(text) <= most else None

    return read, f"choose from 1 to {most}"


def _matching(pattern: str, wanted: str) -> _Option:
    return lambda text: text if re.fullmatch(pattern, text) else None, wanted


#: By name: the value that a text stands for, None where it stands for none; and what to write then.
_OPTIONS: Mapping[str, _Option] = {
    "device": (address_of, "neither a MAC nor an IP address"),
    "network": _matching(r"[^\s/]{1,15}", "no name of an interface"),
    "period": _one_of(PERIODS),
    "start_day": _from_1_to(31),
    "limit": (limit_bytes, "not a size; give bytes with a unit, as 500GB or 500GiB"),
    "direction": _one_of(DIRECTIONS),
    "warn_percent": _from_1_to(_REACHED_PERCENT),
    "hook": _matching(r"/[^\0]+", "not a path from / on"),
}
