"""Which end of a flow is the client, and which device that is."""

from __future__ import annotations

import socket
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

from ..records import (
    BROADCAST,
    FORWARDED,
    MULTICAST,
    THIS_MACHINE,
    Direction,
    FlowRecord,
    Head,
    Interface,
    Role,
)

_NO_MAC = bytes(6)
_GROUP_MAC = 1  # bit of the first byte
_MANY = (FORWARDED, MULTICAST, BROADCAST)  # devices that are not one machine
_ALL_HOSTS = b"\xff\xff\xff\xff"


class Ends(NamedTuple):
    """A flow with its ends named."""

    is_tx: bool  #: sent by the client
    client: bytes
    client_port: int
    remote: bytes
    remote_port: int
    device: str  #: whose it is: see :class:`..records.FlowKey`


def _is_group(address: bytes, interface: Interface) -> bool:
    """Multicast (RFC 5771, RFC 4291 2.7) or broadcast (RFC 919): no machine has such an address."""
    if len(address) == 16:
        return address[0] == 0xFF
    return 224 <= address[0] < 240 or _is_broadcast(address, interface)


def _is_broadcast(address: bytes, interface: Interface) -> bool:
    if address == _ALL_HOSTS:
        return True
    return address[3] & 3 == 3 and any(  # networks of two or one (RFC 3021) have no broadcast address
        int.from_bytes(address, "big") == int.from_bytes(network, "big") | (1 << 32 - prefix_bits) - 1
        for network, prefix_bits in interface.networks
        if len(network) == 4 and prefix_bits < 31
    )


def _network_of(address: bytes, networks: Iterable[tuple[bytes, int]]) -> tuple[bytes, int] | None:
    """The longest of *networks* that holds *address*."""
    best = None
    for network, prefix_bits in networks:
        if len(network) == len(address):
            shift = len(address) * 8 - prefix_bits
            is_in = int.from_bytes(network, "big") >> shift == int.from_bytes(address, "big") >> shift
            if is_in and (best is None or prefix_bits > best[1]):
                best = network, prefix_bits
    return best


def _client_is_source(flow: FlowRecord | Head, interface: Interface) -> bool:
    src_is_group, dst_is_group = _is_group(flow.src, interface), _is_group(flow.dst, interface)
    if src_is_group:
        return False
    src_is_own, dst_is_own = flow.src in interface.addresses, flow.dst in interface.addresses
    if (interface.role is not Role.LAN or dst_is_group) and src_is_own != dst_is_own:
        return src_is_own
    if interface.role is Role.HOST and not dst_is_group:
        src_on_link, dst_on_link = (_network_of(end, interface.networks) is not None for end in (flow.src, flow.dst))
        if src_on_link != dst_on_link:
            return src_on_link
    return (flow.direction == Direction.INGRESS) == (interface.role is Role.LAN)


def ends(flow: FlowRecord | Head, interface: Interface) -> Ends:
    """The ends of *flow* as seen on *interface*.

    On a ``lan`` interface the client is the end beyond it, whatever its address. On ``wan`` and ``host`` it is the end
    with an address of this machine, else (``host``) the one on the link's network, else the sender of what leaves and
    the receiver of what arrives. What comes to a group is a download of that group, unless this machine or a client
    sent it. Public and private addresses are treated alike.

    On ``wan``, what is translated has this machine's address, and is told from its own traffic only by where it came
    from (``sightings``).
    """
    is_tx = _client_is_source(flow, interface)
    client = flow.src if is_tx else flow.dst
    is_neighbour = interface.role is Role.LAN and is_tx == (flow.direction == Direction.INGRESS)
    device = _device(client, flow.neighbour_mac if is_neighbour else _NO_MAC, interface)
    if is_tx:
        return Ends(True, client, flow.src_port, flow.dst, flow.dst_port, device)
    return Ends(False, client, flow.dst_port, flow.src, flow.src_port, device)


def _device(client: bytes, mac: bytes, interface: Interface) -> str:
    """Whose *client* is. Networks behind another router are told apart from that router, whose MAC they come with."""
    is_mac = mac != _NO_MAC and not mac[0] & _GROUP_MAC
    if not is_mac:  # whoever sends with an address of this machine has a MAC of its own
        if client in interface.addresses:
            return THIS_MACHINE
        if _is_group(client, interface):
            return BROADCAST if len(client) == 4 and _is_broadcast(client, interface) else MULTICAST
        if interface.role is Role.WAN:
            return FORWARDED
    behind = _network_of(client, interface.routed) if interface.routed else None
    if behind and behind[1] > _prefix_bits(client, interface):
        return f"{_address_text(behind[0])}/{behind[1]}"
    return _mac_text(mac) if is_mac else _address_text(client)


def _prefix_bits(address: bytes, interface: Interface) -> int:
    on_link = _network_of(address, interface.networks)
    return on_link[1] if on_link else -1


@lru_cache(4096)
def _mac_text(mac: bytes) -> str:
    return mac.hex(":")


@lru_cache(4096)
def _address_text(address: bytes) -> str:
    return socket.inet_ntop(socket.AF_INET if len(address) == 4 else socket.AF_INET6, address)


def is_machine(device: str) -> bool:
    """True where a device is one machine, not a group of them or a network behind another router."""
    return device not in _MANY and "/" not in device


def device_key(found: Ends) -> str | bytes:
    """Whose names a flow is explained by: those of its device where that is one machine, else of the address."""
    return found.device if is_machine(found.device) else found.client
