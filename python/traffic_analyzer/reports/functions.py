"""What SQL does not have: functions on names and times, called from within the registry's query."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Any

from ..sites import labels_of
from . import resolvers


def _above(name: str) -> Iterator[str]:
    """*name*, and every name that it is under."""
    labels = labels_of(name)
    return (".".join(labels[at:]) for at in range(len(labels)))


def is_under(name: str, other: str) -> bool:
    """True where *name* is *other*, or under it."""
    return other in _above(name)


def is_resolver(name: str) -> bool:
    """True where *name* is a known resolver's, or under it."""
    return not resolvers.NAMES.isdisjoint(_above(name))


_CACHED_TIMES = 65_536


@lru_cache(_CACHED_TIMES)
def hour_of(unix_s: int) -> int:
    """When the hour of the local clock that *unix_s* lies in began, Unix seconds."""
    local = time.localtime(unix_s)
    return unix_s - local.tm_min * 60 - local.tm_sec


@lru_cache(_CACHED_TIMES)
def day_of(unix_s: int) -> int:
    """When the day of the local calendar that *unix_s* lies in began, Unix seconds. It may have 23 or 25 hours."""
    local = time.localtime(unix_s)
    return int(time.mktime((*local[:3], 0, 0, 0, 0, 0, -1)))


#: By name in SQL: the function, and how many arguments it takes.
FUNCTIONS: Mapping[str, tuple[Callable[..., Any], int]] = {
    "is_under": (is_under, 2),
    "is_resolver": (is_resolver, 1),
    "folded": (str.casefold, 1),  # LOWER of SQLite knows ASCII only
    "hour_of": (hour_of, 1),
    "day_of": (day_of, 1),
}
