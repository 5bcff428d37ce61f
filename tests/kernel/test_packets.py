"""Every kind of packet that the programs claim to read, sent as known bytes and compared exactly."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from ipaddress import ip_address

import pytest

from traffic_analyzer.kernel.libbpf import LIBRARIES
from traffic_analyzer.records import Traffic

from ..lab.counted import Counted, counted
from ..lab.frames import send
from ..lab.packets import (
    SRC_MAC,
    V4,
    V6,
    authentication,
    ethernet,
    extension,
    fragment,
    ipv4,
    ipv6,
    pppoe,
    sctp,
    tcp,
    udp,
)  # fmt: skip
from .conftest import own_pins, plain_cable

IPV4, IPV6, ARP, PPPOE, Q, AD = 0x0800, 0x86DD, 0x0806, 0x8864, 0x8100, 0x88A8
TCP, UDP, ICMP, SCTP, GRE, FRAGMENT, NO_NEXT = 6, 17, 1, 132, 47, 44, 59
MORE_V4, MORE_V6 = 0x2000, 1
_TAGS = tuple(bytes.fromhex(tpid) for tpid in ("8100", "88a8"))

FLOWS = {
    "tcp": (ethernet(IPV4, ipv4(TCP, tcp(payload=b"x" * 100))), TCP, V4, 1024, 443),
    "udp": (ethernet(IPV4, ipv4(UDP, udp())), UDP, V4, 1024, 53),
    "sctp": (ethernet(IPV4, ipv4(SCTP, sctp())), SCTP, V4, 1024, 9899),
    "icmp": (ethernet(IPV4, ipv4(ICMP, bytes(8))), ICMP, V4, 0, 0),
    "gre": (ethernet(IPV4, ipv4(GRE, bytes(24))), GRE, V4, 0, 0),
    "padded": (ethernet(IPV4, ipv4(UDP, udp())) + bytes(18), UDP, V4, 1024, 53),
    "ipv4 options": (ethernet(IPV4, ipv4(TCP, tcp(), options=bytes(40))), TCP, V4, 1024, 443),
    "vlan": (ethernet(IPV4, ipv4(TCP, tcp()), (Q, 5)), TCP, V4, 1024, 443),
    "qinq": (ethernet(IPV6, ipv6(UDP, udp()), (AD, 5), (Q, 6)), UDP, V6, 1024, 53),
    "three tags": (ethernet(IPV4, ipv4(UDP, udp()), (AD, 1), (Q, 2), (Q, 3)), UDP, V4, 1024, 53),
    "snap": (ethernet(36, bytes.fromhex("aaaa030000000800") + ipv4(UDP, udp())), UDP, V4, 1024, 53),
    "mobility": (ethernet(IPV6, ipv6(135, extension(NO_NEXT))), 135, V6, 0, 0),
    "pppoe ipv4": (ethernet(PPPOE, pppoe(0x0021, ipv4(TCP, tcp()))), TCP, V4, 1024, 443),
    "pppoe ipv6 in vlan": (ethernet(PPPOE, pppoe(0x0057, ipv6(TCP, tcp())), (Q, 7)), TCP, V6, 1024, 443),
    "ipv6": (ethernet(IPV6, ipv6(TCP, tcp())), TCP, V6, 1024, 443),
    "hop by hop": (ethernet(IPV6, ipv6(0, extension(TCP) + tcp())), TCP, V6, 1024, 443),
    "long extensions": (
        ethernet(IPV6, ipv6(0, extension(43, 3) + extension(60, 200) + extension(UDP, 1) + udp())), UDP, V6, 1024, 53,
    ),
    "authentication": (ethernet(IPV6, ipv6(51, authentication(UDP) + udp())), UDP, V6, 1024, 53),
    "atomic fragment": (ethernet(IPV6, ipv6(FRAGMENT, fragment(UDP, 0) + udp())), UDP, V6, 1024, 53),
    "no next header": (ethernet(IPV6, ipv6(NO_NEXT, b"")), NO_NEXT, V6, 0, 0),
    "seven extensions": (ethernet(IPV6, ipv6(60, extension(60) * 7 + extension(UDP) + udp())), UDP, V6, 1024, 53),
}  # fmt: skip

Count = Callable[..., tuple[dict[tuple[object, ...], tuple[int, int]], dict[str, tuple[int, int]]]]


@pytest.fixture(scope="module", params=LIBRARIES)
def count(request: pytest.FixtureRequest) -> Iterator[Count]:
    """Sends frames; what the receiving end's ingress booked: flows and counters, each as (bytes, packets).

    Loaded as on machines without unaligned access, where the verifier refuses more.
    """
    with (
        own_pins() as pins,
        plain_cable() as (sender, receiver),
        counted(receiver, "rx", pins, libraries=(request.param,), strict_alignment=True) as programs,
    ):

        def count(*frames: bytes):
            send(sender, "tx", frames)
            flows, counters = summed(programs)
            tags = sum(frame[12:14] in _TAGS for frame in frames)  # taken out of the frame before it is seen
            held = Traffic(*counters["seen"])
            assert counters.pop("buffers") == (held.bytes - 4 * tags, held.packets)
            return flows, counters

        yield count


def summed(programs: Counted):
    generation = programs.take()
    flows = {
        (f.l4_proto, str(ip_address(f.src)), f.src_port, str(ip_address(f.dst)), f.dst_port): (f.bytes, f.packets)
        for f in generation.flows
        if f.direction == 0
    }
    assert all(f.neighbour_mac == SRC_MAC for f in generation.flows if f.direction == 0)
    return flows, {c.counter: (c.bytes, c.packets) for c in generation.counters if c.direction == 0}


def test_flows(count: Count) -> None:
    for name, (frame, l4_proto, (src, dst), src_port, dst_port) in FLOWS.items():
        flows, counters = count(frame, frame)
        twice = (2 * len(frame), 2)
        assert flows == {(l4_proto, src, src_port, dst, dst_port): twice}, name
        assert counters == {"seen": twice}, name


@pytest.mark.parametrize(
    "frame, counter",
    [
        (ethernet(ARP, bytes(28)), None),
        (ethernet(0x8847, bytes(60)), None),
        (ethernet(PPPOE, pppoe(0xC021, bytes(10))), None),
        (ethernet(38, bytes.fromhex("424203") + bytes(35)), None),  # spanning tree
        (ethernet(IPV4, b"\x45" + bytes(10)), "malformed"),
        (ethernet(IPV4, b"\x44" + bytes(40)), "malformed"),
        (ethernet(IPV4, ipv6(TCP, tcp())), "malformed"),
        (ethernet(IPV6, ipv4(TCP, tcp())), "malformed"),
        (ethernet(IPV6, ipv6(TCP, b"")[:30]), "malformed"),
    ],
)
def test_not_ip(count: Count, frame: bytes, counter: str | None) -> None:
    flows, counters = count(frame)
    once = (len(frame), 1)
    assert flows == {}
    assert counters == {"seen": once, "non_ip": once} | ({counter: once} if counter else {})


@pytest.mark.parametrize(
    "frame, l4_proto, ends, counter",
    [
        (ethernet(IPV4, ipv4(TCP, b"\x04")), TCP, V4, "l4_truncated"),
        (ethernet(IPV6, ipv6(60, b"\x11")), 60, V6, "extensions_too_long"),
        (ethernet(IPV6, ipv6(60, extension(60) * 8 + extension(UDP) + udp())), 60, V6, "extensions_too_long"),
        (ethernet(IPV4, ipv4(UDP, bytes(64), offset_flags=185)), UDP, V4, "fragment_orphan"),
        (ethernet(IPV6, ipv6(FRAGMENT, fragment(UDP, 8 * 8) + bytes(64))), UDP, V6, "fragment_orphan"),
    ],
)
def test_booked_without_ports(count: Count, frame: bytes, l4_proto: int, ends: tuple[str, str], counter: str) -> None:
    flows, counters = count(frame)
    once = (len(frame), 1)
    assert flows == {(l4_proto, ends[0], 0, ends[1], 0): once}
    assert counters == {"seen": once, counter: once}


def test_later_fragments_go_to_the_flow_of_the_first(count: Count) -> None:
    pieces = [
        ethernet(IPV4, ipv4(UDP, udp(payload=bytes(56)), identification=77, offset_flags=MORE_V4)),
        ethernet(IPV4, ipv4(UDP, bytes(64), identification=77, offset_flags=MORE_V4 | 8)),
        ethernet(IPV4, ipv4(UDP, bytes(10), identification=77, offset_flags=16)),
        ethernet(IPV6, ipv6(0, extension(FRAGMENT) + fragment(60, MORE_V6) + extension(TCP) + tcp())),
        ethernet(IPV6, ipv6(0, extension(FRAGMENT) + fragment(60, 64) + bytes(30))),
    ]
    flows, counters = count(*pieces)
    assert flows == {
        (UDP, V4[0], 1024, V4[1], 53): (sum(map(len, pieces[:3])), 3),
        (TCP, V6[0], 1024, V6[1], 443): (sum(map(len, pieces[3:])), 2),
    }
    assert counters == {"seen": (sum(map(len, pieces)), 5)}


def test_fragments_of_another_datagram_are_not_mixed_up(count: Count) -> None:
    first = ethernet(IPV4, ipv4(UDP, udp(payload=bytes(56)), identification=1, offset_flags=MORE_V4))
    other = ethernet(IPV4, ipv4(UDP, bytes(64), identification=2, offset_flags=8))
    flows, counters = count(first, other)
    assert flows[UDP, V4[0], 1024, V4[1], 53] == (len(first), 1)
    assert flows[UDP, V4[0], 0, V4[1], 0] == (len(other), 1)
    assert counters["fragment_orphan"] == (len(other), 1)


@pytest.mark.parametrize("tags", [(), ((Q, 5),), ((AD, 5), (Q, 6))])
@pytest.mark.parametrize("mac", ["ffffffffffff", "01005e0000fb", "3333000000fb", "0180c2000000"])
def test_what_goes_to_a_group_of_the_link(count: Count, mac: str, tags: tuple[tuple[int, int], ...]) -> None:
    frames = [ethernet(ethertype, payload, *tags) for ethertype, payload in (
        (IPV4, ipv4(UDP, udp())), (IPV6, ipv6(UDP, udp())), (ARP, bytes(28)),
    )]  # fmt: skip
    frames = [bytes.fromhex(mac) + frame[6:] for frame in frames]
    alone = frames[0][6:]
    _, counters = count(*frames, bytes.fromhex("02000000000a") + alone)
    held = sum(map(len, frames)) - 4 * bool(tags) * len(frames)
    assert counters["group"] == (held, len(frames))
