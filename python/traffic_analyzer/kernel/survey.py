"""A survey of what the interfaces of this machine are made of, taken with pyroute2 in a child (see :mod:`.child`).

Everything is asked of netlink, ioctls and ``/proc/net``, which answer for the network namespace of the caller; ``/sys``
may be that of another one.
"""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from . import child, flowtables
from .flowtables import Flowtable

if TYPE_CHECKING:
    from pyroute2 import IPRoute

#: ARPHRD_* of linux/if_arp.h by whether packets begin with an Ethernet header. Other links cannot be read.
LINK_HEADER = {
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

_FEATURES = ("hw-tc-offload", "rx-lro", "rx-gro-hw")  # as the kernel names them, net/ethtool/common.c
_OF_A_DRIVER = ("", "dsa", "veth", "bond")  # kinds of link whose features may be set by a driver
_IFF_UP, _RTN_UNICAST = 1, 1


class Link(NamedTuple):
    """A network device."""

    name: str
    ifindex: int
    arphrd: int
    kind: str = ""  #: rtnetlink's name of what it is; empty: hardware
    is_up: bool = True  #: by its administrator; whether there is a carrier does not matter
    master: int = 0  #: ifindex of the bridge, bond, … that it is a port of; 0: none
    lower: int = 0  #: ifindex of the device that it names as its link, in this namespace; 0: none
    features: dict[str, bool] = {}  #: ethtool features by name; absent: not known


@dataclass(frozen=True)
class Survey:
    """What there is at one moment."""

    links: tuple[Link, ...] = ()
    flowtables: tuple[Flowtable, ...] = ()
    pppoe: tuple[str, ...] = ()  #: devices below PPPoE sessions
    outward: tuple[str, ...] = ()  #: devices of default routes, those of policy routing and of several hops included
    flowtables_unknown: str = ""  #: why flowtables cannot be told; empty: they are all told


def take(with_flowtables: bool) -> Survey:
    """A survey of this network namespace; takes some tenths of a second, on a small router seconds.

    :param with_flowtables: ask ``nft`` too; of no use on a machine that does not forward.
    :raises KernelError: the child did not answer.
    """
    return decode(child.ask(__name__, {"flowtables": with_flowtables}, "survey of the interfaces"))


def decode(answer: Any) -> Survey:
    """A survey out of the child's JSON."""
    return Survey(
        tuple(Link(*link) for link in answer["links"]),
        tuple(Flowtable(f, t, n, tuple(devices), hardware) for f, t, n, devices, hardware in answer["flowtables"]),
        tuple(answer["pppoe"]),
        tuple(answer["outward"]),
        answer["flowtables_unknown"],
    )


def parse_pppoe(text: str) -> list[str]:
    """The devices of ``/proc/net/pppoe``: number, address and device of each session, after a line of titles."""
    rows = (line.split() for line in text.splitlines()[1:])
    return list(dict.fromkeys(row[-1] for row in rows if len(row) >= 3))


# From here on: the child.


def _pppoe() -> list[str]:
    try:
        return parse_pppoe(Path("/proc/net/pppoe").read_text(errors="surrogateescape"))
    except OSError:  # the module is not loaded: no sessions
        return []


def _features(name: str) -> dict[str, bool]:
    try:
        from pyroute2.ethtool.ioctl import IoctlEthtool

        features = IoctlEthtool(name).get_features()
        return {feature: features.is_active(feature) for feature in _FEATURES if feature in features.keys()}  # noqa: SIM118
    except Exception:  # a driver without ethtool, a device that is gone: then they are not known
        return {}


def _links(route: IPRoute) -> Iterator[Link]:
    for message in route.get_links():
        attributes = dict(message["attrs"])
        about = dict((attributes.get("IFLA_LINKINFO") or {"attrs": ()})["attrs"])
        name, kind = os.fsdecode(attributes["IFLA_IFNAME"]), about.get("IFLA_INFO_KIND") or ""  # bytes: no UTF-8
        lower = 0 if "IFLA_LINK_NETNSID" in attributes else attributes.get("IFLA_LINK") or 0
        yield Link(
            name, message["index"], message["ifi_type"], kind, bool(message["flags"] & _IFF_UP),
            attributes.get("IFLA_MASTER") or 0, lower, _features(name) if kind in _OF_A_DRIVER else {},
        )  # fmt: skip


def _outward(route: IPRoute) -> Iterator[int]:
    """ifindexes of the devices of default routes, of any table; ``/proc/net/route`` has the main one's first hops."""
    for family in (socket.AF_INET, socket.AF_INET6):
        for message in route.get_routes(family=family):
            if message["dst_len"] == 0 and message["type"] == _RTN_UNICAST:
                attributes = dict(message["attrs"])
                yield attributes.get("RTA_OIF", 0)
                yield from (hop["oif"] for hop in attributes.get("RTA_MULTIPATH") or ())


def _answer(request: dict[str, Any]) -> dict[str, object]:
    from pyroute2 import IPRoute

    found, unknown = flowtables.read() if request["flowtables"] else ([], "")
    with IPRoute() as route:
        links = list(_links(route))
        outward = set(_outward(route))
    names = [link.name for link in links if link.ifindex in outward and link.name != "lo"]
    return {"links": links, "flowtables": found, "pppoe": _pppoe(), "outward": names, "flowtables_unknown": unknown}


if __name__ == "__main__":
    sys.exit(child.serve(_answer))
