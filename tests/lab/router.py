"""A small router in a namespace: a bridge of two ports with a client on each, and an uplink."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from .netns import Namespace, namespace, veth

BRIDGE, PORTS, UPLINK = "br-lan", ("lan1", "lan2"), "wan"
INTERNET = "198.51.100.1"
_LAN, _UPLINK_ADDRESS, _PORT = "192.168.7", "198.51.100.2", 5000


@dataclass(frozen=True)
class Router:
    """The router and its neighbours. Nothing is sent that was not asked for, but for ARP."""

    inside: Namespace
    clients: tuple[Namespace, Namespace]
    internet: Namespace

    def upload(self, packets: int, client: int = 0) -> None:
        """Sends datagrams of 100 bytes from a client to the internet, one by one."""
        with self.clients[client].entered(), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
            for _ in range(packets):
                udp.sendto(bytes(100), (INTERNET, _PORT))


@contextmanager
def router(default_route: bool = True) -> Iterator[Router]:
    """Gone when the block ends.

    :param default_route: whether the uplink is one yet.
    """
    with ExitStack() as stack:
        inside, internet, *clients = (
            stack.enter_context(namespace(label)) for label in ("router", "internet", "client1", "client2")
        )
        inside.run("sh", "-c", "echo 1 > /proc/sys/net/ipv4/ip_forward")
        inside.ip("link", "add", BRIDGE, "type", "bridge", "mcast_snooping", 0)
        inside.ip("link", "set", BRIDGE, "up")
        inside.ip("address", "add", f"{_LAN}.1/24", "dev", BRIDGE)
        for number, (port, client) in enumerate(zip(PORTS, clients, strict=True), start=11):
            veth(inside, port, client, "eth0")
            inside.ip("link", "set", port, "master", BRIDGE)
            client.ip("address", "add", f"{_LAN}.{number}/24", "dev", "eth0")
            client.ip("route", "add", "default", "via", f"{_LAN}.1")
        veth(inside, UPLINK, internet, UPLINK)
        inside.ip("address", "add", f"{_UPLINK_ADDRESS}/24", "dev", UPLINK)
        internet.ip("address", "add", f"{INTERNET}/24", "dev", UPLINK)
        internet.ip("route", "add", f"{_LAN}.0/24", "via", _UPLINK_ADDRESS)
        if default_route:
            inside.ip("route", "add", "default", "via", INTERNET)
        yield Router(inside, (clients[0], clients[1]), internet)
