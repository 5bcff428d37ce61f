"""What SQL does not have: functions on names, called from within the registry's query."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

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


#: By name in SQL: the function, and how many arguments it takes.
FUNCTIONS: Mapping[str, tuple[Callable[..., bool], int]] = {"is_under": (is_under, 2), "is_resolver": (is_resolver, 1)}
