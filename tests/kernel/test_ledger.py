"""A real collector's ledger adds up, and says what the interfaces themselves say: nothing is unseen."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest

from traffic_analyzer.kernel import statistics
from traffic_analyzer.records import LinkCounters, Traffic

from ..lab import blast
from ..lab.collector import Collector, collector
from ..lab.frames import send
from ..lab.netns import Namespace, namespace, veth
from ..lab.packets import ipv4, tcp
from .conftest import plain_cable
from .test_offload import _tcp, road  # noqa: F401
from .test_packets import FLOWS
from .test_tun import tun  # noqa: F401

_REST_S = 2.5  # two turns in which nothing moves
_BOOKED = ("exact", "ambiguous", "hidden", "unknown", "non_ip", "not_booked", "unseen")
#: How long a neighbour is believed before it is asked again, in s: no ARP in between.
_PROBES = "/proc/sys/net/ipv4/neigh/*/delay_first_probe_time"
_CPUS = min(2, os.cpu_count() or 1)

Items = dict[tuple[str, int], dict[str, Traffic]]


class Scene(NamedTuple):
    """Where the collector runs, and what happens there."""

    inside: Namespace
    ifaces: tuple[str, ...]
    act: Callable[[], object]


def _items(running: Collector) -> Items:
    """By interface and direction."""
    found: Items = {}
    for iface, direction, counter, bytes_, packets in running.rows(
        "SELECT iface.text, direction, counter, sum(bytes), sum(packets) FROM counter_minute"
        " JOIN iface ON iface.id = iface_id GROUP BY 1, 2, 3"
    ):
        found.setdefault((iface, direction), {})[counter] = Traffic(bytes_, packets)
    return found


def _said(inside: Namespace) -> dict[str, LinkCounters]:
    with inside.entered():
        return statistics.read()


def _total(of: dict[str, Traffic], names: tuple[str, ...]) -> tuple[int, int]:
    parts = [of.get(name, Traffic(0, 0)) for name in names]
    return sum(part.bytes for part in parts), sum(part.packets for part in parts)


def _check(scene: Scene, folder: Path) -> Items:
    with collector(scene.inside, folder, *(word for iface in scene.ifaces for word in ("--iface", iface))) as running:
        time.sleep(_REST_S)
        before = _said(scene.inside)
        scene.act()
        time.sleep(_REST_S)
        after = _said(scene.inside)
        assert running.stop() == 0
        items = _items(running)
    for (iface, direction), of in items.items():
        assert _total(of, ("interface", "headers", "uncounted")) == _total(of, _BOOKED), (iface, direction, of)
        assert _total(of, _BOOKED[:-1]) == of.get("seen", Traffic(0, 0)), (iface, direction, of)
        moved = [Traffic(a.bytes - b.bytes, a.packets - b.packets)
                 for a, b in zip(after[iface], before[iface], strict=True)]  # fmt: skip
        assert of["interface"] == moved[direction], (iface, direction, of)
        assert of["unseen"] == (0, 0), (iface, direction, of)
        assert of.get("uncounted", Traffic(0, 0)) == (0, 0), (iface, direction, of)
    return items


@pytest.mark.parametrize("end", ["tx", "rx"])
def test_frames_of_every_kind(cable, tmp_path: Path, end: str) -> None:
    """VLAN, QinQ, PPPoE among them, sent by hand."""
    sender, receiver = cable
    frames = [frame for frame, *_ in FLOWS.values()] * 5
    scene = Scene(sender if end == "tx" else receiver, (end,), lambda: send(sender, "tx", frames))
    items = _check(scene, tmp_path)
    assert items[end, int(end == "tx")]["seen"] == (sum(map(len, frames)), len(frames))


@pytest.mark.parametrize("offloads", ["on", "off"])
def test_offloads(road, tmp_path: Path, offloads: str) -> None:  # noqa: F811
    sender, router, receiver = road
    if offloads == "off":
        for inside, device in ((sender, "a0"), (router, "r0"), (router, "r1"), (receiver, "c0")):
            inside.run("ethtool", "-K", device, "tso", "off", "gso", "off", "gro", "off", "tx-udp-segmentation", "off")
    for inside in road:
        inside.run("sh", "-c", f"for f in {_PROBES}; do echo 120 > $f; done")
    sender.run("ping", "-c", "1", "-W", "5", "10.2.0.1")
    items = _check(Scene(router, ("r0", "r1"), lambda: _tcp(sender, receiver)), tmp_path)
    for place in (("r0", 0), ("r1", 1)):
        assert items[place]["seen"].bytes > 3_000_001
    assert items["r0", 0]["seen"] == items["r1", 1]["seen"]
    if offloads == "off":
        assert _total(items["r1", 1], ("headers",)) == (0, 0)
    else:
        assert items["r0", 0]["headers"].packets > 1000  # super-packets, which the interface counts as one


def test_under_load(cable, tmp_path: Path) -> None:
    """Both CPUs send as fast as they can."""
    sender, _ = cable
    sent: list[tuple[int, int]] = []
    scene = Scene(
        sender, ("tx",), lambda: sent.append(blast.finish(blast.start(sender, "tx", _CPUS, 500, 4)))
    )  # fmt: skip
    items = _check(scene, tmp_path)
    assert items["tx", 1]["seen"][::-1] == sent[0]


def test_a_tun_device(tun, tmp_path: Path) -> None:  # noqa: F811
    inside, fd = tun

    def act() -> None:
        for _ in range(20):
            os.write(fd, ipv4(6, tcp()))
        with inside.entered(), socket.socket(type=socket.SOCK_DGRAM) as client:
            for _ in range(30):
                client.sendto(b"x" * 50, ("10.3.0.9", 6000))
                os.read(fd, 2048)  # then it counts as sent

    items = _check(Scene(inside, ("tun0",), act), tmp_path)
    assert (items["tun0", 0]["seen"].packets, items["tun0", 1]["seen"].packets) == (20, 30)


@contextmanager
def _bridge() -> Iterator[tuple[Namespace, Namespace]]:
    with ExitStack() as stack:
        router, client = (stack.enter_context(namespace(label)) for label in ("r", "c"))
        veth(client, "c0", router, "p1")
        router.ip("link", "add", "br0", "type", "bridge", "mcast_snooping", 0)
        router.ip("link", "set", "p1", "master", "br0")
        router.ip("link", "set", "br0", "up")
        for inside, address, device in ((client, "10.1.0.1/24", "c0"), (router, "10.1.0.254/24", "br0")):
            inside.ip("addr", "add", address, "dev", device)
        client.run("ping", "-c", "1", "-W", "5", "10.1.0.254")
        yield router, client


def test_a_bridge(tmp_path: Path) -> None:
    """It takes the Ethernet header off before it counts what it receives."""
    with _bridge() as (router, client):
        items = _check(
            Scene(router, ("br0",), lambda: client.run("ping", "-c", "20", "-i", "0.05", "10.1.0.254")), tmp_path
        )
    received = items["br0", 0]
    assert received["headers"] == (14 * received["seen"].packets, 0)


def test_a_gap_stands_in_the_ledger_as_what_was_sent_in_it(tmp_path: Path) -> None:
    """Our filter is taken away for a moment, behind our back."""
    frame = FLOWS["tcp"][0]
    with plain_cable() as (sender, receiver), collector(receiver, tmp_path, "--iface", "rx") as running:
        time.sleep(_REST_S)
        send(sender, "tx", [frame] * 7)
        time.sleep(_REST_S)
        receiver.run("tc", "qdisc", "del", "dev", "rx", "clsact")
        send(sender, "tx", [frame] * 5)
        time.sleep(_REST_S)
        running.stop()
        of = _items(running)["rx", 0]
    assert (of["seen"].packets, of["interface"].packets) == (7, 12)
    assert of["unseen"] == (5 * len(frame), 5)
