"""Super-packets are counted as what they are on the wire: the receiver's own counters are the measure.

A sender with segmentation offload, a router, a receiver behind a link without it: the router's programs see
super-packets on both sides, the receiver sees every segment by itself.
"""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ..lab.counted import counted
from ..lab.netns import Namespace, namespace, veth

_SERVER = ("10.2.0.1", 7000)
_UDP_SEGMENT = 103  # linux/udp.h
_TCP_BYTES = 3_000_001
_DATAGRAM_BYTES, _DATAGRAMS, _SUPER_DATAGRAMS = 1000, 10, 50


@pytest.fixture
def road() -> Iterator[tuple[Namespace, Namespace, Namespace]]:
    with namespace("a") as sender, namespace("r") as router, namespace("c") as receiver:
        veth(sender, "a0", router, "r0")
        veth(router, "r1", receiver, "c0")
        router.run("sh", "-c", "echo 1 > /proc/sys/net/ipv4/ip_forward")
        for inside, address, device in (
            (sender, "10.1.0.1/24", "a0"), (router, "10.1.0.254/24", "r0"),
            (router, "10.2.0.254/24", "r1"), (receiver, "10.2.0.1/24", "c0"),
        ):  # fmt: skip
            inside.ip("addr", "add", address, "dev", device)
        sender.ip("route", "add", "default", "via", "10.1.0.254")
        receiver.ip("route", "add", "default", "via", "10.2.0.254")
        for device in ("r1", "c0"):
            inside = router if device == "r1" else receiver
            inside.run("ethtool", "-K", device, "tso", "off", "gso", "off", "tx-udp-segmentation", "off")
        yield sender, router, receiver


def _tcp(sender: Namespace, receiver: Namespace) -> None:
    with receiver.entered():
        listener = socket.create_server(_SERVER)
    with sender.entered():
        client = socket.socket()

    def serve() -> None:
        connection, _ = listener.accept()
        with connection:
            left = _TCP_BYTES
            while left:
                left -= len(connection.recv(1 << 20))

    server = threading.Thread(target=serve)
    server.start()
    with client, listener:
        client.connect(_SERVER)
        client.sendall(bytes(_TCP_BYTES))
        server.join(30)
        assert not server.is_alive()


def _udp(sender: Namespace, receiver: Namespace) -> None:
    with receiver.entered():
        server = socket.socket(type=socket.SOCK_DGRAM)
        server.bind(_SERVER)
        server.settimeout(60)
    with sender.entered():
        client = socket.socket(type=socket.SOCK_DGRAM)
    with server, client:
        client.setsockopt(socket.IPPROTO_UDP, _UDP_SEGMENT, _DATAGRAM_BYTES)
        for _ in range(_SUPER_DATAGRAMS):
            client.sendto(bytes(_DATAGRAM_BYTES * _DATAGRAMS - 1), _SERVER)
            for _ in range(_DATAGRAMS):
                server.recv(65536)


def _received(receiver: Namespace) -> tuple[int, int]:
    counters = json.loads(receiver.ip("-s", "-j", "link", "show", "dev", "c0"))[0]["stats64"]["rx"]
    return counters["bytes"], counters["packets"]


@pytest.mark.parametrize("transfer", [_tcp, _udp])
@pytest.mark.parametrize("device, direction", [("r1", 1), ("r0", 0)])
def test_as_on_the_wire(
    road, pins: Path, transfer: Callable[[Namespace, Namespace], None], device: str, direction: int
) -> None:
    sender, router, receiver = road
    sender.run("ping", "-c", "1", "-W", "5", _SERVER[0])  # neighbours are known from here on: no ARP at the edges
    with counted(router, device, pins) as programs:
        before = _received(receiver)
        transfer(sender, receiver)
        after = _received(receiver)
        generation = programs.take()
    l4_proto = 6 if transfer is _tcp else 17
    flows = [f for f in generation.flows if f.direction == direction and f.l4_proto == l4_proto]
    assert (sum(f.bytes for f in flows), sum(f.packets for f in flows)) == (
        after[0] - before[0], after[1] - before[1],
    )  # fmt: skip
    payload_packets = _TCP_BYTES // 1460 if transfer is _tcp else _SUPER_DATAGRAMS * _DATAGRAMS
    assert sum(f.packets for f in flows) >= payload_packets


def test_the_sender_does_send_super_packets(road) -> None:
    """Without them the tests above would compare nothing: the sender's interface counts fewer packets than arrive."""
    sender, _, receiver = road
    sender.run("ping", "-c", "1", "-W", "5", _SERVER[0])
    _tcp(sender, receiver)
    sent = json.loads(sender.ip("-s", "-j", "link", "show", "dev", "a0"))[0]["stats64"]["tx"]["packets"]
    assert sent < _received(receiver)[1] / 2
