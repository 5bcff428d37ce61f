"""On the way out the kernel says where a packet came in: by routing, over a bridge, or nowhere."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from traffic_analyzer.records import Direction, FlowRecord, HeadKind

from ..lab.counted import counted
from ..lab.netns import Namespace, namespace, veth

_ONE, _TWO = "10.1.0.1", "10.2.0.1"


def _ifindex(inside: Namespace, name: str) -> int:
    with inside.entered():
        return socket.if_nametoindex(name)


def _ping(inside: Namespace, address: str) -> None:
    inside.run("ping", "-c", "2", "-i", "0.2", "-W", "5", address)


@contextmanager
def _home() -> Iterator[tuple[Namespace, Namespace, Namespace]]:
    """A router; a client behind its p1; one behind its p2."""
    with ExitStack() as stack:
        router, one, two = (stack.enter_context(namespace(label)) for label in ("r", "one", "two"))
        veth(one, "c0", router, "p1")
        veth(two, "c0", router, "p2")
        yield router, one, two


@pytest.fixture
def routed() -> Iterator[tuple[Namespace, Namespace, Namespace]]:
    with _home() as (router, one, two):
        router.run("sh", "-c", "echo 1 > /proc/sys/net/ipv4/ip_forward")
        for inside, address, device in (
            (one, f"{_ONE}/24", "c0"), (router, "10.1.0.254/24", "p1"), (router, "10.2.0.254/24", "p2"),
            (two, f"{_TWO}/24", "c0"),
        ):  # fmt: skip
            inside.ip("addr", "add", address, "dev", device)
        one.ip("route", "add", "default", "via", "10.1.0.254")
        two.ip("route", "add", "default", "via", "10.2.0.254")
        yield router, one, two


@pytest.fixture
def bridged() -> Iterator[tuple[Namespace, Namespace, Namespace]]:
    with _home() as (router, one, two):
        router.ip("link", "add", "br0", "type", "bridge")
        for port in ("p1", "p2"):
            router.ip("link", "set", port, "master", "br0")
        router.ip("link", "set", "br0", "up")
        for inside, address, device in ((one, _ONE, "c0"), (two, "10.1.0.2", "c0"), (router, "10.1.0.254", "br0")):
            inside.ip("addr", "add", f"{address}/24", "dev", device)
        yield router, one, two


def _came_by(flows: list[FlowRecord], direction: Direction) -> dict[str, int]:
    """By source: where the pings of a direction came in."""
    return {
        socket.inet_ntoa(flow.src): flow.ingress_ifindex
        for flow in flows
        if flow.direction == direction and flow.l4_proto == 1
    }


def test_what_is_routed_came_by_the_other_interface(routed, pins: Path) -> None:
    router, one, _ = routed
    with counted(router, "p2", pins) as programs:
        _ping(one, _TWO)
        _ping(router, _TWO)
        flows = programs.take().flows
    assert _came_by(flows, Direction.EGRESS) == {_ONE: _ifindex(router, "p1"), "10.2.0.254": 0}
    assert _came_by(flows, Direction.INGRESS) == {_TWO: 0}


def test_what_is_bridged_came_by_the_other_port(bridged, pins: Path) -> None:
    router, one, _ = bridged
    with counted(router, "p2", pins) as programs:
        _ping(one, "10.1.0.2")
        _ping(router, "10.1.0.2")
        flows = programs.take().flows
    assert _came_by(flows, Direction.EGRESS) == {_ONE: _ifindex(router, "p1"), "10.1.0.254": 0}


def test_what_comes_up_from_a_bridge_came_by_it(bridged, pins: Path) -> None:
    router, one, _ = bridged
    with namespace("far") as far:
        veth(far, "f0", router, "wan")
        router.run("sh", "-c", "echo 1 > /proc/sys/net/ipv4/ip_forward")
        far.ip("addr", "add", "10.9.0.1/24", "dev", "f0")
        router.ip("addr", "add", "10.9.0.254/24", "dev", "wan")
        for inside, via in ((one, "10.1.0.254"), (far, "10.9.0.254")):
            inside.ip("route", "add", "default", "via", via)
        with counted(router, "wan", pins) as programs:
            _ping(one, "10.9.0.1")
            flows = programs.take().flows
    assert _came_by(flows, Direction.EGRESS) == {_ONE: _ifindex(router, "br0")}


def test_a_head_says_it_too(routed, pins: Path) -> None:
    router, one, _ = routed
    with counted(router, "p2", pins) as programs:
        for inside in (one, router):
            with inside.entered(), socket.socket(type=socket.SOCK_DGRAM) as client:
                client.sendto(bytes(30), (_TWO, 53))
        _ping(one, _TWO)
        heads = [head for head in programs.heads() if head.kind == HeadKind.DNS]
    assert {(socket.inet_ntoa(head.src), head.ingress_ifindex) for head in heads} == {
        (_ONE, _ifindex(router, "p1")), ("10.2.0.254", 0),
    }  # fmt: skip
