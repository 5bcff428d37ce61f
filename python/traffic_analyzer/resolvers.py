"""Public resolvers that are known to answer over TLS, HTTPS or QUIC; the list is ``resolvers.tsv``."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from .sites import above

_LIST = Path(__file__).with_name("resolvers.tsv")


class Resolver(NamedTuple):
    """One provider's resolvers."""

    provider: str
    names: tuple[str, ...]  #: names under them are the provider's too
    addresses: tuple[str, ...]  #: text as inet_ntop writes it; nothing but resolvers answers there
    source: str  #: URL of the provider's documentation


def _read(text: str) -> tuple[Resolver, ...]:
    lines = (line.split("\t") for line in text.splitlines() if not line.startswith("#"))
    return tuple(
        Resolver(provider, tuple(names.split()), tuple(addresses.split()), source)
        for provider, names, addresses, source in lines
    )


RESOLVERS = _read(_LIST.read_text("utf-8"))
NAMES = frozenset(name for resolver in RESOLVERS for name in resolver.names)
ADDRESSES = frozenset(address for resolver in RESOLVERS for address in resolver.addresses)
_ENDS = frozenset(".".join(name.rsplit(".", 2)[-2:]) for name in NAMES)


def is_resolver(name: str) -> bool:
    """True where *name* is a known resolver's, or under it."""
    if ".".join(name.rsplit(".", 2)[-2:]) not in _ENDS:  # quick; an escaped dot is none of theirs
        return False
    return not NAMES.isdisjoint(above(name))
