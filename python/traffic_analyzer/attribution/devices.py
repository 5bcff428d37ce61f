"""Which end of a flow is the client, and which device that is."""

from __future__ import annotations

from typing import NamedTuple

from ..records import Direction, FlowRecord, Head, Interface, Role

_NO_MAC = bytes(6)
_GROUP_MAC = 1  # bit of the first byte
_THIS_MACHINE = b"this machine"
_BROADCAST = b"\xff\xff\xff\xff"


class Ends(NamedTuple):
    """A flow with its ends named."""

    is_tx: bool  #: sent by the client
    client: bytes
    client_port: int
    remote: bytes
    remote_port: int
    device: bytes  #: MAC of the client; empty where the link does not tell it


def _is_group(address: bytes, interface: Interface) -> bool:
    """Multicast (RFC 5771, RFC 4291 2.7) or broadcast (RFC 919): no machine has such an address."""
    if len(address) == 16:
        return address[0] == 0xFF
    if 224 <= address[0] < 240 or address == _BROADCAST:
        return True
    return address[3] & 3 == 3 and any(  # networks of two or one (RFC 3021) have no broadcast address
        int.from_bytes(address, "big") == int.from_bytes(network, "big") | (1 << 32 - prefix_bits) - 1
        for network, prefix_bits in interface.networks
        if len(network) == 4 and prefix_bits < 31
    )


def _on_link(address: bytes, interface: Interface) -> bool:
    for network, prefix_bits in interface.networks:
        if len(network) == len(address):
            shift = len(address) * 8 - prefix_bits
            if int.from_bytes(network, "big") >> shift == int.from_bytes(address, "big") >> shift:
                return True
    return False


def _client_is_source(flow: FlowRecord | Head, interface: Interface) -> bool:
    src_is_group, dst_is_group = _is_group(flow.src, interface), _is_group(flow.dst, interface)
    if src_is_group:
        return False
    src_is_own, dst_is_own = flow.src in interface.addresses, flow.dst in interface.addresses
    if (interface.role is not Role.LAN or dst_is_group) and src_is_own != dst_is_own:
        return src_is_own
    if interface.role is Role.HOST and not dst_is_group:
        src_on_link, dst_on_link = _on_link(flow.src, interface), _on_link(flow.dst, interface)
        if src_on_link != dst_on_link:
            return src_on_link
    return (flow.direction == Direction.INGRESS) == (interface.role is Role.LAN)


def ends(flow: FlowRecord | Head, interface: Interface) -> Ends:
    """The ends of *flow* as seen on *interface*.

    On a ``lan`` interface the client is the end beyond it, whatever its address. On ``wan`` and ``host`` it is the end
    with an address of this machine, else (``host``) the one on the link's network, else the sender of what leaves and
    the receiver of what arrives. What comes to a group is a download of that group, unless this machine or a client
    sent it. Public and private addresses are treated alike.
    """
    is_tx = _client_is_source(flow, interface)
    client_is_neighbour = interface.role is Role.LAN and is_tx == (flow.direction == Direction.INGRESS)
    is_device = client_is_neighbour and flow.neighbour_mac != _NO_MAC and not flow.neighbour_mac[0] & _GROUP_MAC
    device = flow.neighbour_mac if is_device else b""
    if is_tx:
        return Ends(True, flow.src, flow.src_port, flow.dst, flow.dst_port, device)
    return Ends(False, flow.dst, flow.dst_port, flow.src, flow.src_port, device)


def device_key(found: Ends, interface: Interface) -> bytes:
    """Whose names a flow is explained by: its MAC, this machine, or else the client's address."""
    return found.device or (_THIS_MACHINE if found.client in interface.addresses else found.client)
