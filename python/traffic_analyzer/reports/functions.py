"""What SQL does not have: functions on names and times, called from within the registry's query."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ..resolvers import is_resolver
from ..sites import above
from ..store.local_time import day_of, hour_of


def is_under(name: str, other: str) -> bool:
    """True where *name* is *other*, or under it."""
    return other in above(name)


#: What :data:`STEP` is for a query, by what it tells times apart by.
STEPS: Mapping[str, Callable[[int], int]] = {"minute": int, "hour": hour_of, "day": day_of}
STEP = "step_of"
#: By name in SQL: the function, and how many arguments it takes.
FUNCTIONS: Mapping[str, tuple[Callable[..., Any], int]] = {
    "is_under": (is_under, 2),
    "is_resolver": (is_resolver, 1),
    "folded": (str.casefold, 1),  # LOWER of SQLite knows ASCII only
    "hour_of": (hour_of, 1),
    "day_of": (day_of, 1),
}
