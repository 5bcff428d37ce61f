"""The interfaces of this machine as they are now: index, kind of link, addresses, default route.

Asked of libc (getifaddrs), an ioctl and ``/proc/net``, all of which answer for the network namespace of the caller, in
well under a millisecond and without netlink code in the daemon's memory.
"""

from __future__ import annotations

import ctypes
import dataclasses
import fcntl
import os
import socket
import struct
from collections.abc import Iterable
from pathlib import Path

from ..errors import KernelError, UsageError
from ..records import Interface, Role

_SIOCGIFHWADDR = 0x8927
_RTF_REJECT = 0x0200

#: ARPHRD_* of linux/if_arp.h by whether packets begin with an Ethernet header.
_LINK_HEADER = {
    1: True,  # Ethernet, and all that looks like it: bridge, VLAN, veth, Wi-Fi
    772: True,  # loopback
    512: False,  # PPP
    519: False,  # raw IP (mobile modems)
    768: False,  # IP in IP
    769: False,  # IPv6 tunnel
    776: False,  # 6in4
    778: False,  # GRE
    823: False,  # GRE over IPv6
    0xFFFE: False,  # none: tun, WireGuard
}


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
class _Addresses:
    addresses: set[bytes] = dataclasses.field(default_factory=set)
    networks: list[tuple[bytes, int]] = dataclasses.field(default_factory=list)


def _getifaddrs() -> dict[str, _Addresses]:
    """What is assigned, by interface name."""
    libc = ctypes.CDLL(None, use_errno=True)
    head = ctypes.POINTER(_Ifaddrs)()
    if libc.getifaddrs(ctypes.byref(head)):
        raise KernelError(f"getifaddrs: {os.strerror(ctypes.get_errno())}")
    assigned: dict[str, _Addresses] = {}
    try:
        at = head
        while at:
            entry, at = at.contents, at.contents.next
            if not entry.address or not (address := _packed(entry.address)):
                continue
            interface = assigned.setdefault(os.fsdecode(entry.name).partition(":")[0], _Addresses())
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
        return [line.split() for line in Path(path).read_text().splitlines()]
    except OSError:  # no IPv6, or no /proc: then there is nothing to read from it
        return []


def default_route_interfaces() -> list[str]:
    """Names of the interfaces with a default route, the best metric first, IPv4 before IPv6."""
    ipv4 = [
        (int(fields[6]), fields[0])
        for fields in _lines("/proc/net/route")[1:]
        if fields[1] == fields[7] == "00000000" and not int(fields[3], 16) & _RTF_REJECT
    ]
    ipv6 = [
        (int(fields[5], 16), fields[9])
        for fields in _lines("/proc/net/ipv6_route")
        if fields[0] == "0" * 32 and fields[1] == "00" and not int(fields[8], 16) & _RTF_REJECT
    ]
    return list(dict.fromkeys(name for _, name in sorted(ipv4) + sorted(ipv6) if name != "lo"))


def _forwards() -> bool:
    knobs = ("/proc/sys/net/ipv4/ip_forward", "/proc/sys/net/ipv6/conf/all/forwarding")
    return any(fields == ["1"] for knob in knobs for fields in _lines(knob))


def interfaces(names: Iterable[str]) -> dict[str, Interface]:
    """Those of *names* that exist, each with its role.

    A machine that forwards has clients (``lan``) behind every interface but those of its default routes (``wan``);
    one that does not is the client itself (``host``).

    :raises UsageError: packets of an interface begin with a header that is not read here.
    """
    forwards, outward, assigned = _forwards(), set(default_route_interfaces()), _getifaddrs()
    found = {}
    for name in names:
        try:
            ifindex, arphrd = socket.if_nametoindex(name), _arphrd(name)
        except OSError:
            continue
        if arphrd not in _LINK_HEADER:
            raise UsageError(f"{name}: links of ARPHRD type {arphrd} cannot be read; choose an Ethernet, PPP, tun or "
                             f"WireGuard interface")  # fmt: skip
        role = (Role.WAN if name in outward else Role.LAN) if forwards else Role.HOST
        has = assigned.get(name, _Addresses())
        found[name] = Interface(
            name, ifindex, _LINK_HEADER[arphrd], role, frozenset(has.addresses), tuple(has.networks)
        )
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
