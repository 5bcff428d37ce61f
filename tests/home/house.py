"""The house: namespaces, cables, addresses, routes. What runs in it is in ``servers`` and ``lives``."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from ..lab.netns import Namespace, namespace, veth
from .servers import dns_server, ech_key, servers
from .sites import (
    CLIENTS,
    LAN_IPV4,
    LAN_IPV6,
    ROUTER_IPV4,
    ROUTER_IPV6,
    ROUTER_MAC,
    SITES,
    UPLINK_IPV4,
    UPLINK_IPV6,
    Site,
)
from .trust import Authority

BRIDGE, UPLINK, CLIENT_PORT = "br-lan", "wan", "eth0"
_SEGMENTATION = ("tso", "gso", "tx-udp-segmentation")
_QUIET_S, _QUIET_AT_MOST_S = 1.5, 60

#: Nothing is sent at a time of the kernel's own choosing: no duplicate address detection, no router solicitations,
#: group reports at once, neighbours asked after within a second and then believed for hours.
_IPV6_KNOBS = {"accept_dad": 0, "router_solicitations": 0, "accept_ra": 0, "mldv1_unsolicited_report_interval": 10,
               "mldv2_unsolicited_report_interval": 10, "disable_ipv6": 0}  # fmt: skip
_NEIGHBOUR_KNOBS = {"delay_first_probe_time": 1, "base_reachable_time_ms": 36_000_000}

#: A frame in flight for each 1.5 kB of it: no queue of a cable overflows.
_TCP_WINDOW_BYTES = 131_072


@dataclass(frozen=True)
class Client:
    """A device of the home."""

    name: str
    inside: Namespace
    mac: str
    ipv4: str
    ipv6: str
    etc: Path  #: its resolv.conf and nsswitch.conf

    def command(self, *argv: object) -> list[str]:
        """*argv* as a command line that runs on this client and asks the home's DNS; the machine's stays as it is."""
        script = 'for name in resolv nsswitch; do mount --bind "$0/$name.conf" /etc/$name.conf; done; exec "$@"'
        return self.inside.command("unshare", "--mount", "sh", "-e", "-c", script, self.etc, *argv)


@dataclass(frozen=True)
class Home:
    """A running home. *folder* holds all of its files and goes with it."""

    router: Namespace
    internet: Namespace
    clients: tuple[Client, ...]
    authority: Authority
    folder: Path

    def wait_until_quiet(self) -> None:
        """Returns when nothing passed the bridge for a second and a half; AssertionError where it never rests."""
        until_s = time.monotonic() + _QUIET_AT_MOST_S
        last, since_s = -1, time.monotonic()
        while time.monotonic() - since_s < _QUIET_S:
            (link,) = json.loads(self.router.ip("-s", "-j", "link", "show", "dev", BRIDGE))
            packets = sum(link["stats64"][way]["packets"] for way in ("rx", "tx"))
            if packets != last:
                last, since_s = packets, time.monotonic()
            assert time.monotonic() < until_s, f"{BRIDGE} does not become quiet"
            time.sleep(0.1)


def _set(inside: Namespace, knobs: dict[str, object]) -> None:
    inside.run("sh", "-c", "".join(f"echo '{value}' > /proc/sys/net/{knob};" for knob, value in knobs.items()))


def _join(inside: Namespace, device: str, ipv4: str, ipv6: str) -> None:
    """Gives *device* its addresses, and IPv6 at all."""
    knobs = {f"ipv6/conf/{device}/{name}": value for name, value in _IPV6_KNOBS.items()}
    for family in ("ipv4", "ipv6"):
        knobs |= {f"{family}/neigh/{device}/{name}": value for name, value in _NEIGHBOUR_KNOBS.items()}
    _set(inside, knobs)
    inside.ip("address", "add", f"{ipv4}/24", "dev", device)
    inside.ip("address", "add", f"{ipv6}/64", "dev", device, "nodad")


def _offloads(inside: Namespace, device: str, segmentation: bool, merging: bool) -> None:
    words = {False: "off", True: "on"}
    pairs = [word for name in _SEGMENTATION for word in (name, words[segmentation])]
    inside.run("ethtool", "-K", device, *pairs, "gro", words[merging])


def _build_router(router: Namespace, internet: Namespace, sites: Sequence[Site], offloads: bool) -> None:
    _set(router, {"ipv4/ip_forward": 1, "ipv6/conf/all/forwarding": 1})
    router.ip("link", "add", BRIDGE, "address", ROUTER_MAC, "type", "bridge", "mcast_snooping", 0)
    router.ip("link", "set", BRIDGE, "up")
    _join(router, BRIDGE, ROUTER_IPV4, ROUTER_IPV6)
    veth(router, UPLINK, internet, UPLINK)
    _join(router, UPLINK, f"{UPLINK_IPV4}.2", f"{UPLINK_IPV6}:2")
    _join(internet, UPLINK, f"{UPLINK_IPV4}.1", f"{UPLINK_IPV6}:1")
    for inside, device in ((router, BRIDGE), (router, UPLINK), (internet, UPLINK)):
        _offloads(inside, device, segmentation=offloads, merging=offloads)
    router.ip("route", "add", "default", "via", f"{UPLINK_IPV4}.1")
    router.ip("-6", "route", "add", "default", "via", f"{UPLINK_IPV6}:1")
    internet.ip("route", "add", f"{LAN_IPV4}.0/24", "via", f"{UPLINK_IPV4}.2")
    internet.ip("-6", "route", "add", f"{LAN_IPV6}:/64", "via", f"{UPLINK_IPV6}:2")
    for address in {address for site in sites for address in site.addresses}:
        internet.ip("address", "add", address, "dev", UPLINK, *(["nodad"] if ":" in address else []))


def _build_client(router: Namespace, inside: Namespace, name: str, number: int, folder: Path, offloads: bool) -> Client:
    client = Client(name, inside, f"02:00:5e:77:00:{number}", f"{LAN_IPV4}.{number}", f"{LAN_IPV6}:{number}",
                    folder)  # fmt: skip
    veth(router, f"lan-{name}", inside, CLIENT_PORT)
    inside.ip("link", "set", CLIENT_PORT, "address", client.mac)
    router.ip("link", "set", f"lan-{name}", "master", BRIDGE)
    _join(inside, CLIENT_PORT, client.ipv4, client.ipv6)
    inside.ip("route", "add", "default", "via", ROUTER_IPV4)
    inside.ip("-6", "route", "add", "default", "via", ROUTER_IPV6)
    _offloads(inside, CLIENT_PORT, segmentation=False, merging=False)
    _offloads(router, f"lan-{name}", segmentation=False, merging=offloads)
    return client


@contextmanager
def home(offloads: bool = False, sites: Sequence[Site] = SITES, names: Sequence[str] = CLIENTS) -> Iterator[Home]:
    """A home with its DNS on the router and its servers in the internet; gone when the block ends.

    A client's cable always carries frames as on a wire.

    :param offloads: True: the router merges what comes in, and the internet hands super-packets over, so that the
        bridge sees super-packets both ways. False: single frames everywhere.
    :param sites: what is in the internet.
    :param names: those of the clients, at most 80.
    """
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="ta-home-")))
        (folder / "resolv.conf").write_text(f"nameserver {ROUTER_IPV4}\nnameserver {ROUTER_IPV6}\n")
        (folder / "nsswitch.conf").write_text("hosts: files dns\n")
        router, internet = (stack.enter_context(namespace(label)) for label in ("router", "internet"))
        _build_router(router, internet, sites, offloads)
        clients = []
        for number, name in enumerate(names, start=11):
            inside = stack.enter_context(namespace(name))
            clients.append(_build_client(router, inside, name, number, folder, offloads))
        for inside in (internet, *(client.inside for client in clients)):
            _set(inside, {f"ipv4/tcp_{end}mem": f"4096 65536 {_TCP_WINDOW_BYTES}" for end in "rw"})
        authority, ech = Authority(folder, [site.name for site in sites]), ech_key(sites, folder)
        stack.enter_context(dns_server(router, sites, ech, folder))
        stack.enter_context(servers(internet, sites, authority, ech, folder))
        yield Home(router, internet, tuple(clients), authority, folder)
