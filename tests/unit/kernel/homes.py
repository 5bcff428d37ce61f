"""Homes as surveys: what the interfaces of a machine are, told by a table of links."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from traffic_analyzer.kernel.flowtables import Flowtable
from traffic_analyzer.kernel.survey import Link, Survey
from traffic_analyzer.kernel.topology import Topology
from traffic_analyzer.records import Role

_ARPHRD = {"ppp": 512, "wireguard": 0xFFFE, "tun": 0xFFFE, "loopback": 772, "can": 280}
_KIND = {"loopback": "", "can": ""}


def flowtable(*devices: str, hardware: bool = False) -> Flowtable:
    """fw4's."""
    return Flowtable("inet", "fw4", "ft", devices, hardware)


def survey(table: str, *flowtables: Flowtable, pppoe: Sequence[str] = ()) -> Survey:
    """A survey of links, a line each: ``name [kind] [master=…] [lower=…] [down] [lro]``; ifindexes as they come."""
    lines = [line.split() for line in ("lo loopback", *table.strip().splitlines())]
    indexes = {words[0]: at for at, words in enumerate(lines, start=1)}
    links = []
    for name, *words in lines:
        facts = dict(word.split("=") for word in words if "=" in word)
        flags = {word for word in words if word in ("down", "lro")}
        kind = next((word for word in words if "=" not in word and word not in flags), "")
        links.append(
            Link(name, indexes[name], _ARPHRD.get(kind, 1), _KIND.get(kind, kind), "down" not in flags,
                 indexes.get(facts.get("master", ""), 0), indexes.get(facts.get("lower", ""), 0),
                 {"rx-lro": "lro" in flags})
        )  # fmt: skip
    return Survey(tuple(links), flowtables, tuple(pppoe))


def router(found: Survey, *outward: str, given: Mapping[str, Role] | None = None) -> Topology:
    """A machine that forwards."""
    return Topology(found, True, outward, given or {})


PORTS = """
br-lan bridge
lan1 dsa master=br-lan
lan2 dsa master=br-lan
phy0-ap0 master=br-lan
"""
PLAIN = PORTS + "wan dsa"
PPPOE = PORTS + "wan dsa\npppoe-wan ppp"
TAGGED = PORTS + "wan dsa\nwan.7 vlan lower=wan\npppoe-wan ppp"
VLAN_AWARE = PORTS + "br-lan.10 vlan lower=br-lan\nbr-lan.20 vlan lower=br-lan\nwan dsa"
SWCONFIG = "eth0\neth0.1 vlan lower=eth0\neth0.2 vlan lower=eth0\nbr-lan bridge\nphy0-ap0 master=br-lan".replace(
    "eth0.1 vlan lower=eth0", "eth0.1 vlan lower=eth0 master=br-lan"
)
