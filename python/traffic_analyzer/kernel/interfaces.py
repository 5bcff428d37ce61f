"""The interfaces of this machine as they are now: index, kind of link, addresses, routes.

Asked of libc (getifaddrs), an ioctl and ``/proc/net``, all of which answer for the network namespace of the caller, in
well under a millisecond and without netlink code in the daemon's memory. What they are to each other is in a
:class:`~.topology.Topology`, which is made when they change.
"""

from __future__ import annotations

import contextlib
import ctypes
import dataclasses
import fcntl
import os
import socket
import struct
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from ..errors import KernelError, UsageError
from ..records import Interface
from .survey import LINK_HEADER, Link, Survey
from .topology import Topology

_SIOCGIFHWADDR = 0x8927
_RTF_GATEWAY, _RTF_REJECT = 0x0002, 0x0200
_LINK_LOCAL = 0xFE80 >> 6  # the first ten bits, RFC 4291 2.5.6

Network = tuple[bytes, int]  # address, prefix length in bits


class _Ifaddrs(ctypes.Structure):
    pass


_Ifaddrs._fields_ = [
    ("next", ctypes.POINTER(_Ifaddrs)),
    ("name", ctypes.c_char_p),
    ("flags", ctypes.c_uint),
    ("address", ctypes.c_void_p),
    ("netmask", ctypes.c_void_p),
    ("peer", ctypes.c_void_p),
    ("data", ctypes.c_void_p),
]


def _packed(sockaddr: int) -> bytes:
    """The address in a struct sockaddr_in or sockaddr_in6; empty for other families."""
    (family,) = struct.unpack("=H", ctypes.string_at(sockaddr, 2))
    if family == socket.AF_INET:
        return ctypes.string_at(sockaddr + 4, 4)
    if family == socket.AF_INET6:
        return ctypes.string_at(sockaddr + 8, 16)
    return b""


@dataclasses.dataclass
class Assigned:
    """What an interface was given."""

    addresses: set[bytes] = dataclasses.field(default_factory=set)
    networks: list[Network] = dataclasses.field(default_factory=list)

    @property
    def is_network_device(self) -> bool:
        """It has more than the link-local address that every Ethernet device gives itself."""
        return any(len(a) == 4 or int.from_bytes(a[:2], "big") >> 6 != _LINK_LOCAL for a in self.addresses)


def _getifaddrs() -> dict[str, Assigned]:
    """What is assigned, by interface name."""
    libc = ctypes.CDLL(None, use_errno=True)
    head = ctypes.POINTER(_Ifaddrs)()
    if libc.getifaddrs(ctypes.byref(head)):
        raise KernelError(f"getifaddrs: {os.strerror(ctypes.get_errno())}")
    assigned: dict[str, Assigned] = {}
    try:
        at = head
        while at:
            entry, at = at.contents, at.contents.next
            if not entry.address or not (address := _packed(entry.address)):
                continue
            interface = assigned.setdefault(os.fsdecode(entry.name).partition(":")[0], Assigned())
            interface.addresses.add(address)
            if entry.netmask:
                mask = _packed(entry.netmask)
                interface.networks.append((address, int.from_bytes(mask, "big").bit_count()))
    finally:
        libc.freeifaddrs(head)
    return assigned


def _arphrd(name: str) -> int:
    """The kind of an interface's link, ARPHRD_*; OSError where it is gone."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        answer = fcntl.ioctl(any_socket, _SIOCGIFHWADDR, struct.pack("16s24x", os.fsencode(name)))
    return int(struct.unpack_from("=H", answer, 16)[0])


def _lines(path: str) -> list[list[str]]:
    try:
        return [line.split() for line in Path(path).read_text(errors="surrogateescape").splitlines()]
    except OSError:  # no IPv6, or no /proc: then there is nothing to read from it
        return []


class _Route(NamedTuple):
    iface: str
    network: Network
    metric: int
    has_gateway: bool

    @property
    def is_default(self) -> bool:
        """A half of all addresses is as good: some VPN programs lay two of these over the default route."""
        return self.network[1] <= 1


def _ipv4_routes() -> Iterator[_Route]:
    for fields in _lines("/proc/net/route")[1:]:
        flags = int(fields[3], 16)
        destination, mask = (int(fields[at], 16).to_bytes(4, sys.byteorder) for at in (1, 7))
        if not flags & _RTF_REJECT:
            prefix_bits = int.from_bytes(mask, "big").bit_count()
            yield _Route(fields[0], (destination, prefix_bits), int(fields[6]), bool(flags & _RTF_GATEWAY))


def _ipv6_routes() -> Iterator[_Route]:
    for fields in _lines("/proc/net/ipv6_route"):
        flags = int(fields[8], 16)
        if not flags & _RTF_REJECT and fields[9] != "lo":
            network = bytes.fromhex(fields[0]), int(fields[1], 16)
            yield _Route(fields[9], network, int(fields[5], 16), bool(flags & _RTF_GATEWAY))


def _forwards() -> bool:
    knobs = ("/proc/sys/net/ipv4/ip_forward", "/proc/sys/net/ipv6/conf/all/forwarding")
    return any(fields == ["1"] for knob in knobs for fields in _lines(knob))


@dataclasses.dataclass(frozen=True)
class State:
    """What interfaces are used for now. Read anew when addresses or routes change."""

    forwards: bool
    outward: tuple[str, ...]  #: those with a default route, the best metric first, IPv4 before IPv6
    assigned: dict[str, Assigned]  #: by name
    routed: dict[str, tuple[Network, ...]]  #: by name: what is behind other routers, by no default route

    @property
    def addressed(self) -> frozenset[str]:
        """Names of the interfaces that have addresses, link-local ones left aside."""
        return frozenset(name for name, assigned in self.assigned.items() if assigned.is_network_device)


def read() -> State:
    """The state of this network namespace."""
    outward: list[str] = []
    routed: dict[str, list[Network]] = {}
    for routes in (_ipv4_routes(), _ipv6_routes()):
        defaults: list[tuple[int, str]] = []
        for route in routes:
            if route.is_default:
                defaults.append((route.metric, route.iface))
            elif route.has_gateway:
                routed.setdefault(route.iface, []).append(route.network)
        outward += [name for _, name in sorted(defaults) if name != "lo"]
    behind = {name: tuple(dict.fromkeys(networks)) for name, networks in routed.items()}
    return State(_forwards(), tuple(dict.fromkeys(outward)), _getifaddrs(), behind)


def bare_survey() -> Survey:
    """What can be told without netlink: that there are these interfaces, and none below another."""
    links = []
    for ifindex, name in socket.if_nameindex():
        with contextlib.suppress(OSError):  # gone just now
            links.append(Link(name, ifindex, _arphrd(name)))
    return Survey(tuple(links))


def interfaces(
    names: Iterable[str], topology: Topology | None = None, state: State | None = None, attached: Iterable[str] = ()
) -> dict[str, Interface]:
    """Those of *names* that exist, as they are now.

    A device has the addresses of those above it too: a port those of its bridge, an Ethernet device those of its VLANs
    and PPPoE sessions.

    :param topology: what they are to each other; None: nothing, and roles by the default routes alone.
    :param state: as just read; None: it is read now.
    :param attached: names of those that are counted on.
    :raises UsageError: packets of an interface begin with a header that is not read here.
    """
    state = state or read()
    topology = topology or Topology(bare_survey(), state.forwards, state.outward)
    primaries, counted_on = topology.primaries(attached), set(attached)
    found = {}
    for name in names:
        try:
            ifindex, arphrd = socket.if_nametoindex(name), _arphrd(name)
        except OSError:
            continue
        if arphrd not in LINK_HEADER:
            raise UsageError(f"{name}: links of ARPHRD type {arphrd} cannot be read; choose an Ethernet, PPP, tun or "
                             f"WireGuard interface")  # fmt: skip
        has = [state.assigned[each] for each in (name, *topology.above(name)) if each in state.assigned]
        routed = [network for each in (name, *topology.above(name)) for network in state.routed.get(each, ())]
        link, is_primary = topology.links.get(name), name not in counted_on or name in primaries
        found[name] = Interface(
            name, ifindex, LINK_HEADER[arphrd], topology.role(name),
            frozenset(address for each in has for address in each.addresses),
            tuple(dict.fromkeys(network for each in has for network in each.networks)),
            tuple(dict.fromkeys(routed)), link.kind if link else "",
            is_primary, topology.passed_by(name),
            topology.bottom(name) if is_primary and topology.passed_by(name) else (), topology.hides_origin(name),
        )  # fmt: skip
    return found


def unknown(ifindex: int) -> Interface:
    """A stand-in for an interface of which only the index is left."""
    try:
        name = socket.if_indextoname(ifindex)
    except OSError:
        name = f"ifindex-{ifindex}"
    return Interface(name, ifindex, True)


def interface_names() -> list[str]:
    """The names of all interfaces, in alphabetical order."""
    return sorted(name for _, name in socket.if_nameindex())
