"""A home behind one router: a bridge of two ports, masquerading, an uplink of any kind, and a flowtable of any form."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import count

from ...lab.netns import Namespace, namespace, veth
from . import pppoe

BRIDGE, PORTS, UPLINK, CLIENT_PORT = "br-lan", ("lan1", "lan2"), "wan", "eth0"
LAN_VLAN, UPLINK_VLAN = 10, 7
LAN_IPV4, LAN_IPV6 = "192.168.1", "2001:db8:1:"
UPLINK_IPV4, UPLINK_IPV6 = "203.0.113", "2001:db8:2:"
SERVER_IPV4, SERVER_IPV6 = "198.51.100.7", "2001:db8:f::7"

#: Nothing is sent at a time of the kernel's own choosing, and neighbours are believed for hours.
_IPV6_KNOBS = {"disable_ipv6": 0, "accept_dad": 0, "router_solicitations": 0, "accept_ra": 0,
               "mldv1_unsolicited_report_interval": 10, "mldv2_unsolicited_report_interval": 10}  # fmt: skip
_NEIGHBOUR_KNOBS = {"delay_first_probe_time": 1, "base_reachable_time_ms": 36_000_000}
_REST_S = 3  # a neighbour that is not believed yet is asked after a second
_OFFLOADS = ("tso", "gso", "tx-udp-segmentation", "gro")


@dataclass(frozen=True)
class Form:
    """How a router is built, and what its flowtable lists."""

    name: str
    flowtable: tuple[str, ...] = ()  #: none where it is empty
    vlan_aware: bool = False  #: the bridge filters VLANs, and the LAN is a VLAN of it
    uplink: str = UPLINK  #: the device of the default route; below it is always the Ethernet device ``wan``

    @property
    def lan(self) -> str:
        """The device that has the router's LAN addresses."""
        return f"{BRIDGE}.{LAN_VLAN}" if self.vlan_aware else BRIDGE


VLAN_UPLINK, PPP_UPLINK = f"{UPLINK}.{UPLINK_VLAN}", "pppoe-wan"
#: What OpenWrt writes, and what people write.
FORMS = (
    Form("none"),
    Form("bridge", (BRIDGE, UPLINK)),
    Form("ports", (*PORTS, UPLINK)),
    Form("bridge-and-ports", (BRIDGE, *PORTS, UPLINK)),
    Form("vlan-aware", (*PORTS, UPLINK), vlan_aware=True),
    Form("vlan-uplink", (BRIDGE, UPLINK), uplink=VLAN_UPLINK),
    Form("vlan-uplink-ports", (*PORTS, UPLINK), uplink=VLAN_UPLINK),
    Form("pppoe", (BRIDGE, UPLINK), uplink=PPP_UPLINK),
    Form("pppoe-ports", (*PORTS, UPLINK), uplink=PPP_UPLINK),
)


@dataclass(frozen=True)
class Client:
    """A device of the home."""

    inside: Namespace
    mac: str
    ipv4: str
    ipv6: str


@dataclass(frozen=True)
class Home:
    """A running home."""

    form: Form
    router: Namespace
    internet: Namespace
    clients: tuple[Client, ...]  #: one behind each port

    @property
    def addresses(self) -> set[str]:
        """Those of all clients."""
        return {address for client in self.clients for address in (client.ipv4, client.ipv6)}

    def rest(self) -> None:
        """Lets everybody learn of their neighbours, and returns when nothing is left to be said by itself."""
        for client in self.clients:
            others = self.addresses - {client.ipv4, client.ipv6}
            for address in (f"{LAN_IPV4}.1", f"{LAN_IPV6}:1", SERVER_IPV4, SERVER_IPV6, *others):
                client.inside.run("ping", "-c", "1", "-W", "5", address)
        time.sleep(_REST_S)


def _knobs(inside: Namespace, values: dict[str, object]) -> None:
    inside.run("sh", "-c", "".join(f"echo '{value}' > /proc/sys/net/{knob};" for knob, value in values.items()))


def join(inside: Namespace, device: str, ipv4: str, ipv6: str) -> None:
    """Gives *device* its addresses, and IPv6 at all."""
    values: dict[str, object] = {f"ipv6/conf/{device}/{name}": value for name, value in _IPV6_KNOBS.items()}
    for family in ("ipv4", "ipv6"):
        values |= {f"{family}/neigh/{device}/{name}": value for name, value in _NEIGHBOUR_KNOBS.items()}
    _knobs(inside, values)
    inside.ip("address", "add", f"{ipv4}/24", "dev", device)
    inside.ip("address", "add", f"{ipv6}/64", "dev", device, "nodad")


def single_frames(inside: Namespace, device: str) -> None:
    """Frames as on a wire."""
    inside.run("ethtool", "-K", device, *(word for name in _OFFLOADS for word in (name, "off")))


def _build_lan(form: Form, router: Namespace) -> None:
    router.ip("link", "add", BRIDGE, "address", "02:00:5e:77:00:01", "type", "bridge")
    router.ip("link", "set", BRIDGE, "up")
    if form.vlan_aware:
        router.ip("link", "set", BRIDGE, "type", "bridge", "vlan_filtering", 1)
        router.run("bridge", "vlan", "add", "dev", BRIDGE, "vid", LAN_VLAN, "self")
        router.ip("link", "add", "link", BRIDGE, "name", form.lan, "type", "vlan", "id", LAN_VLAN)
        router.ip("link", "set", form.lan, "up")
    join(router, form.lan, f"{LAN_IPV4}.1", f"{LAN_IPV6}:1")


def _build_client(form: Form, router: Namespace, inside: Namespace, port: str, number: int) -> Client:
    client = Client(inside, f"02:00:5e:77:00:{number}", f"{LAN_IPV4}.{number}", f"{LAN_IPV6}:{number}")
    veth(router, port, inside, CLIENT_PORT)
    inside.ip("link", "set", CLIENT_PORT, "address", client.mac)
    single_frames(inside, CLIENT_PORT)
    single_frames(router, port)
    router.ip("link", "set", port, "master", BRIDGE)
    if form.vlan_aware:
        router.run("bridge", "vlan", "del", "dev", port, "vid", "1")
        router.run("bridge", "vlan", "add", "dev", port, "vid", LAN_VLAN, "pvid", "untagged")
    join(inside, CLIENT_PORT, client.ipv4, client.ipv6)
    inside.ip("route", "add", "default", "via", f"{LAN_IPV4}.1")
    inside.ip("-6", "route", "add", "default", "via", f"{LAN_IPV6}:1")
    return client


def _build_uplink(stack: ExitStack, form: Form, router: Namespace, internet: Namespace) -> None:
    veth(router, UPLINK, internet, UPLINK)
    for inside in (router, internet):
        single_frames(inside, UPLINK)
    if form.uplink == PPP_UPLINK:
        stack.enter_context(pppoe.cable(router, UPLINK, internet, UPLINK, PPP_UPLINK))
    elif form.uplink == VLAN_UPLINK:
        for inside in (router, internet):
            inside.ip("link", "add", "link", UPLINK, "name", VLAN_UPLINK, "type", "vlan", "id", UPLINK_VLAN)
            inside.ip("link", "set", VLAN_UPLINK, "up")
    for inside, number in ((router, 2), (internet, 1)):
        join(inside, form.uplink, f"{UPLINK_IPV4}.{number}", f"{UPLINK_IPV6}:{number}")
    router.ip("route", "add", "default", "via", f"{UPLINK_IPV4}.1")
    router.ip("-6", "route", "add", "default", "via", f"{UPLINK_IPV6}:1", "dev", form.uplink)
    internet.ip("-6", "route", "add", f"{LAN_IPV6}:/64", "via", f"{UPLINK_IPV6}:2", "dev", form.uplink)
    internet.ip("address", "add", SERVER_IPV4, "dev", form.uplink)
    internet.ip("address", "add", SERVER_IPV6, "dev", form.uplink, "nodad")


def ruleset(form: Form) -> str:
    """What nft is told: as OpenWrt's fw4 writes it, reduced to masquerading and the flowtable."""
    devices = ", ".join(f'"{device}"' for device in form.flowtable)
    flowtable = f"flowtable ft {{ hook ingress priority 0; devices = {{ {devices} }}; counter; }}" if devices else ""
    flow = "meta l4proto { tcp, udp } flow offload @ft;" if devices else ""
    return f"""
        table inet fw4 {{
            {flowtable}
            chain forward {{ type filter hook forward priority filter; policy accept; {flow} }}
            chain srcnat {{
                type nat hook postrouting priority srcnat; policy accept;
                oifname "{form.uplink}" meta nfproto ipv4 masquerade
            }}
        }}"""


@contextmanager
def home(form: Form) -> Iterator[Home]:
    """A home with a client behind each port and a server beyond the uplink; gone when the block ends.

    Every frame is as on a wire; TCP and UDP of clients are offloaded as soon as both sides have spoken.
    """
    with ExitStack() as stack:
        router, internet = (stack.enter_context(namespace(label)) for label in ("router", "internet"))
        _knobs(router, {"ipv4/ip_forward": 1, "ipv6/conf/all/forwarding": 1})
        _build_lan(form, router)
        numbers = count(11)
        clients = []
        for port, number in zip(PORTS, numbers, strict=False):
            inside = stack.enter_context(namespace(f"client{number}"))
            clients.append(_build_client(form, router, inside, port, number))
        _build_uplink(stack, form, router, internet)
        router.run("nft", "-f", "-", input=ruleset(form))
        yield Home(form, router, internet, tuple(clients))
