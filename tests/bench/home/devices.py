"""The devices of a home: who they are, and when they are used."""

from __future__ import annotations

from random import Random
from typing import NamedTuple

_PREFIX, _LOCAL_PREFIX = bytes.fromhex("20010db800010000"), bytes.fromhex("fd00000000010000")


class Kind(NamedTuple):
    """What sort of device."""

    name: str
    owned: int  #: by the home
    visits: float  #: of a site, in an average minute
    flows: float  #: that a visit has on average
    is_thing: bool  #: talks to its makers day and night; else to any site, when its people are awake
    size: float = 1.0  #: of its flows, times the usual


KINDS = (
    Kind("phone", 12, 0.65, 18.0, False),
    Kind("laptop", 6, 0.8, 20.0, False, 1.5),
    Kind("tablet", 4, 0.5, 15.0, False),
    Kind("television", 3, 0.9, 6.0, False, 4.0),
    Kind("console", 2, 0.5, 6.0, False, 3.0),
    Kind("thing", 13, 0.25, 5.0, True, 0.3),
)

#: How much a device of people's is used, by local hour; 1 on average.
_AWAKE = (
    0.35, 0.20, 0.10, 0.08, 0.08, 0.15, 0.45, 0.85, 0.95, 0.85, 0.85, 0.95,
    1.15, 1.05, 0.95, 1.05, 1.25, 1.50, 1.75, 2.05, 2.25, 2.15, 1.60, 1.05,
)  # fmt: skip


class Device:
    """A device and its addresses, packed: one of IPv4, two or three of IPv6."""

    def __init__(self, number: int, kind: Kind, random: Random) -> None:
        self.kind = kind
        self.mac = bytes.fromhex("02bec0de00") + bytes([number])
        self.ipv4 = bytes([192, 168, 1, 10 + number])
        interface = random.randbytes(8)
        self._stable = [_PREFIX + interface] + [_LOCAL_PREFIX + interface] * (number % 2)
        self._private = b""
        self._random = random
        self.cached: dict[str, float] = {}  #: names whose addresses it knows, until when: simulated seconds

    def wake(self) -> None:
        """A new day: another private address, and names are asked for anew."""
        self._private = _PREFIX + self._random.randbytes(8)
        self.cached.clear()

    def ipv6(self) -> bytes:
        """The address that its next flow is from: mostly the private one (RFC 8981)."""
        return self._private if self._random.random() < 0.9 else self._random.choice(self._stable)

    def visits(self, hour: int) -> float:
        """How many sites it visits on average in a minute of that local hour."""
        return self.kind.visits * (1.0 if self.kind.is_thing else _AWAKE[hour] * 24 / sum(_AWAKE))


def devices(random: Random) -> list[Device]:
    """All of them."""
    kinds = [kind for kind in KINDS for _ in range(kind.owned)]
    return [Device(number, kind, random) for number, kind in enumerate(kinds)]
