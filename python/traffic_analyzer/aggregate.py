"""Minute buckets: sums by key, from any number of additions, for a bounded number of keys."""

from __future__ import annotations

from collections.abc import Hashable
from typing import NamedTuple, TypeVar

from .records import OTHER, OTHER_ADDRESS, OTHER_NUMBER, FlowKey, Traffic

Key = TypeVar("Key", bound=Hashable)


def add(bucket: dict[Key, Traffic], key: Key, bytes_: int, packets: int) -> None:
    """Adds to what *bucket* holds under *key*."""
    held = bucket.get(key)
    if held is None:
        bucket[key] = Traffic(bytes_, packets)
    else:
        bucket[key] = Traffic(held.bytes + bytes_, held.packets + packets)


class Most(NamedTuple):
    """How many different keys of flows a minute has room for."""

    flows: int = 16_384  #: as they are
    nameless: int = 12_288  #: of these; a scan has no names, and what has keeps its place
    clients: int = 1_024  #: rests of one client
    devices: int = 1_024  #: rests of one device


class Room:
    """The keys of flows that the running minute has room for. All others are put together, and no sum changes.

    First what is far away goes: remotes, ports, protocols, names, as in a scan. Then clients, where those are made up;
    then devices, where their MACs are. What is left differs by interface, direction, label and evidence only.
    """

    def __init__(self, most: Most | None = None) -> None:
        self._most = most or Most()
        self._flows: set[FlowKey] = set()
        self._clients: set[FlowKey] = set()
        self._devices: set[FlowKey] = set()

    def clear(self) -> None:
        """Another minute begins."""
        for keys in (self._flows, self._clients, self._devices):
            keys.clear()

    def place(self, key: FlowKey) -> FlowKey:
        """Itself, or what it is put together under."""
        flows = self._flows
        if key in flows:
            return key
        if len(flows) < (self._most.flows if key.domain else self._most.nameless):
            flows.add(key)
            return key
        return self._rest(key)

    def _rest(self, key: FlowKey) -> FlowKey:
        rest = key._replace(
            l4_proto=OTHER_NUMBER, client_port=OTHER_NUMBER, remote=OTHER_ADDRESS, remote_port=OTHER_NUMBER,
            domain=OTHER if key.domain else "",
        )  # fmt: skip
        if _holds(self._clients, rest, self._most.clients):
            return rest
        rest = rest._replace(client=OTHER_ADDRESS)
        if _holds(self._devices, rest, self._most.devices):
            return rest
        return rest._replace(device=OTHER)


def _holds(keys: set[FlowKey], key: FlowKey, most: int) -> bool:
    if key not in keys and len(keys) < most:
        keys.add(key)
    return key in keys
