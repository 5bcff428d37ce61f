"""Payload heads: known packets in, exactly the bytes that tell a name out."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from traffic_analyzer.kernel.instance import Sizes
from traffic_analyzer.records import Head, HeadKind

from ..lab.counted import Counted, counted
from ..lab.frames import send
from ..lab.netns import Namespace
from ..lab.packets import SRC_MAC, V4, ethernet, fragment, ipv4, ipv6, udp
from .conftest import own_pins, plain_cable

Cable = tuple[Namespace, Namespace]
Line = tuple[Namespace, Counted]
_IPV4, _IPV6, _TCP, _UDP, _FRAGMENT = 0x0800, 0x86DD, 6, 17, 44
_SYN, _ACK = 0x02, 0x10
_DNS = bytes(range(12)) + b"\x07example\x00\x00\x01\x00\x01"
_INITIAL = bytes.fromhex("c00000000108") + bytes(range(200)) * 6
_REQUEST = b"GET / HTTP/1.1\r\nHost: site.example\r\n\r\n"


def _hello(length: int) -> bytes:
    """A record with a ClientHello of *length* bytes in all, header of the record included."""
    body = bytes(i % 251 for i in range(length - 9))
    return struct.pack("!BHHB", 22, 0x0301, length - 5, 1) + len(body).to_bytes(3, "big") + body


def _tcp(
    payload: bytes, sequence: int, *, flags: int = _ACK, src_port: int = 1024, dst_port: int = 8443,
    options: bytes = b"",
) -> bytes:  # fmt: skip
    offset = (20 + len(options)) // 4 << 4
    head = struct.pack("!HHIIBBHHH", src_port, dst_port, sequence % 2**32, 0, offset, flags, 1024, 0, 0)
    return ethernet(_IPV4, ipv4(_TCP, head + options + payload))


def _datagram(payload: bytes, src_port: int = 1024, dst_port: int = 53) -> bytes:
    return ethernet(_IPV4, ipv4(_UDP, udp(src_port, dst_port, payload)))


@contextmanager
def _sent(cable: Cable, pins: Path, frames: Iterable[bytes], sizes: Sizes | None = None) -> Iterator[Counted]:
    """What was counted when all *frames* were sent."""
    sender, receiver = cable
    with counted(receiver, "rx", pins, sizes) as counts:
        frames = list(frames)
        assert send(sender, "tx", frames) == len(frames)
        yield counts


@pytest.fixture(scope="module")
def line() -> Iterator[Line]:
    """A cable with one instance at its end, for all tests that need no other sizes."""
    with plain_cable() as (sender, receiver), own_pins() as pins, counted(receiver, "rx", pins) as counts:
        yield sender, counts


def _heads(line: Line, frames: Iterable[bytes]) -> list[Head]:
    """What is captured of *frames*, in a generation of their own."""
    sender, counts = line
    frames = list(frames)
    counts.take()
    assert send(sender, "tx", frames) == len(frames)
    return counts.heads()


def _lost(counts: Counted) -> dict[str, int]:
    """Packets whose heads were lost, by counter."""
    kinds = tuple(kind.name.lower() for kind in HeadKind)
    return {c.counter: c.packets for c in counts.take().counters if c.counter.startswith(kinds)}


def test_a_record_tells_where_its_bytes_come_from(line: Line) -> None:
    (head,) = _heads(line, [_datagram(_DNS)])
    packed = [bytes(map(int, address.split("."))) for address in V4]
    assert head[1:8] == (0, _UDP, packed[0], 1024, packed[1], 53, SRC_MAC)
    assert head.kind == HeadKind.DNS and head.payload == _DNS
    assert head.length == len(_DNS) and head.sequence == head.datagram == 0
    with Path("/proc/uptime").open() as uptime:
        now_s = float(uptime.read().split()[0])
    assert 0 <= now_s - head.boot_ns / 1e9 + 0.01 < 60


@pytest.mark.parametrize(
    ("frame", "kind", "payload"),
    [
        (_datagram(_DNS), HeadKind.DNS, _DNS),
        (_datagram(_DNS, 53, 1024), HeadKind.DNS, _DNS),
        (_datagram(_DNS, 5353, 5353), HeadKind.MDNS, _DNS),
        (_datagram(_INITIAL, 1024, 4433), HeadKind.QUIC, _INITIAL),
        (_datagram(bytes.fromhex("d06b3343cf08") + bytes(40), dst_port=443), HeadKind.QUIC, None),
        (_datagram(bytes.fromhex("c0ff00001d08") + bytes(40), dst_port=443), HeadKind.QUIC, None),
        (ethernet(_IPV6, ipv6(_UDP, udp(dst_port=53, payload=_DNS))), HeadKind.DNS, _DNS),
        (ethernet(0x0800, ipv4(_UDP, udp(payload=_DNS)), (0x8100, 7)), HeadKind.DNS, _DNS),
        (_tcp(_hello(300), 5), HeadKind.TLS, _hello(300)),
        (_tcp(_hello(300), 5, options=bytes(12)), HeadKind.TLS, _hello(300)),
        (_tcp(_hello(300) + b"early data", 5), HeadKind.TLS, _hello(300)),
        (_tcp(_hello(300), 5, flags=_SYN), HeadKind.TLS, _hello(300)),
        (_tcp(b"\0\x05" + bytes(5), 5, dst_port=53), HeadKind.DNS, b"\0\x05" + bytes(5)),
        (_tcp(_REQUEST, 5, dst_port=80), HeadKind.HTTP, _REQUEST),
    ],
)
def test_captured(line: Line, frame: bytes, kind: HeadKind, payload: bytes | None) -> None:
    (head,) = _heads(line, [frame])
    assert head.kind == kind
    if payload is not None:
        assert head.payload == payload


@pytest.mark.parametrize(
    "frame",
    [
        _datagram(bytes(40), dst_port=443),
        _datagram(bytes.fromhex("400000000108") + bytes(40), dst_port=443),  # short header
        _datagram(bytes.fromhex("e00000000108") + bytes(40), dst_port=443),  # a Handshake packet
        _datagram(bytes.fromhex("c06b3343cf08") + bytes(40), dst_port=443),  # 0-RTT of version 2
        _datagram(bytes.fromhex("c00000000008") + bytes(40), dst_port=443),  # version negotiation
        _datagram(b"", dst_port=443),
        _tcp(b"", 5),
        _tcp(bytes([23, 3, 3, 0, 100, 1]) + bytes(100), 5),
        _tcp(bytes([22, 3, 3, 0, 100, 2]) + bytes(100), 5),  # ServerHello
        _tcp(_REQUEST, 5, dst_port=8080),
        _tcp(b"HTTP/1.1 200 OK\r\n\r\n", 5, dst_port=80),
    ],
)
def test_left_alone(line: Line, frame: bytes) -> None:
    assert _heads(line, [frame]) == []


def test_the_padding_of_a_short_frame_is_no_payload(line: Line) -> None:
    (head,) = _heads(line, [_datagram(b"\1\2\3") + bytes(15)])
    assert head.payload == b"\1\2\3"


def test_a_large_datagram_is_cut_and_says_so(line: Line) -> None:
    (head,) = _heads(line, [_datagram(bytes(3000))])
    assert (len(head.payload), head.length) == (1500, 3000)


@pytest.mark.parametrize("order", [(0, 1, 2, 3), (0, 3, 2, 1), (2, 0, 1, 3), (3, 2, 1, 0)])
def test_a_client_hello_in_segments(line: Line, order: tuple[int, ...]) -> None:
    hello, start = _hello(2000), 2**32 - 700
    bounds = [(0, 600), (600, 1200), (1200, 1400), (1400, 2000)]
    segments = [_tcp(hello[a:b] + (b"more" if b == 2000 else b""), start + 1 + a) for a, b in bounds]
    frames = [_tcp(b"", start, flags=_SYN), *(segments[i] for i in order), _tcp(bytes(500), start + 2005)]
    pieces = {}
    for head in _heads(line, frames):
        assert head.kind == HeadKind.TLS
        pieces[(head.sequence - start - 1) % 2**32] = head.payload
    got = bytearray(2000)
    for at, piece in pieces.items():
        got[at : at + len(piece)] = piece[: 2000 - at]
    assert bytes(got) == hello
    assert sorted(pieces) == [a for a, _ in bounds]


def test_a_client_hello_without_its_syn(line: Line) -> None:
    hello = _hello(2000)
    pieces = (b"220 ready\r\n", 1), (hello[:900], 50), (hello[900:], 950)
    heads = _heads(line, [_tcp(*piece, src_port=2000) for piece in pieces])
    assert b"".join(head.payload for head in heads) == hello


def test_tiny_first_segment(line: Line) -> None:
    hello = _hello(300)
    frames = [_tcp(b"", 9, flags=_SYN), _tcp(hello[:1], 10), _tcp(hello[1:3], 11), _tcp(hello[3:], 13)]
    assert b"".join(head.payload for head in _heads(line, frames)) == hello


def test_what_follows_another_beginning_is_left_alone(line: Line) -> None:
    frames = [_tcp(b"", 9, flags=_SYN), _tcp(b"SSH-2.0-x\r\n", 10), *(_tcp(bytes(100), 21 + i) for i in range(5))]
    assert _heads(line, frames) == []


def test_a_stream_is_captured_to_16_kb_at_most(line: Line) -> None:
    endless = struct.pack("!BHHB", 22, 0x0301, 16_000, 1) + b"\xff\xff\xff"
    frames = [_tcp(endless + bytes(991), 0), *(_tcp(bytes(1000), 1000 * i) for i in range(1, 25))]
    assert sum(len(head.payload) for head in _heads(line, frames)) == 16_384


def test_a_flow_that_goes_on_is_not_looked_into(cable: Cable, pins: Path) -> None:
    with _sent(cable, pins, [*(_tcp(bytes(100), 100 * i) for i in range(40)), _tcp(_hello(300), 4000)]) as counts:
        assert counts.heads() == []
        counts.take()
        assert send(cable[0], "tx", [_tcp(_hello(300), 4300)]) == 1
        assert [head.sequence for head in counts.heads()] == [4300]


@pytest.mark.parametrize("version", [4, 6])
def test_fragments_of_a_dns_answer(line: Line, version: int) -> None:
    whole = udp(53, 1024, bytes(i % 251 for i in range(2800)))
    first, later = whole[:1480], whole[1480:]
    if version == 4:
        frames = [
            ethernet(_IPV4, ipv4(_UDP, first, identification=77, offset_flags=0x2000)),
            ethernet(_IPV4, ipv4(_UDP, later, identification=77, offset_flags=1480 // 8)),
        ]
    else:
        frames = [
            ethernet(_IPV6, ipv6(_FRAGMENT, fragment(_UDP, 1, 77) + first)),
            ethernet(_IPV6, ipv6(_FRAGMENT, fragment(_UDP, 1480, 77) + later)),
        ]
    one, two = _heads(line, frames)
    assert one.payload + two.payload == whole[8:]
    assert (one.sequence, two.sequence, one.length) == (0, 1472, 2800)
    assert one.datagram == two.datagram != 0
    assert (one.src_port, two.src_port) == (53, 53)


def test_a_ring_that_is_full(cable: Cable, pins: Path) -> None:
    sizes = Sizes(ring_bytes=4096)
    with _sent(cable, pins, [_datagram(bytes(1000))] * 10, sizes) as counts:
        got = counts.heads()
        assert 0 < len(got) < 10
        assert _lost(counts) == {"dns_ring_full": 10 - len(got)}


def test_a_flow_has_its_share(cable: Cable, pins: Path) -> None:
    endless = struct.pack("!BHHB", 22, 0x0301, 16_000, 1) + b"\xff\xff\xff"
    frames = [_tcp(endless + bytes(i), 0) for i in range(70)]
    with _sent(cable, pins, frames[:30]) as counts:
        assert (len(counts.heads()), _lost(counts)) == (30, {})
    initials = [_datagram(_INITIAL, dst_port=443)] * 31
    with _sent(cable, pins, [*initials, *initials]) as counts:  # no more than the early ones
        assert len(counts.heads()) == 32


def test_a_second_has_its_share(cable: Cable, pins: Path) -> None:
    frames = [_datagram(_DNS)] * 50 + [_datagram(_INITIAL, dst_port=443)] * 5
    with _sent(cable, pins, frames, Sizes(heads_per_s=20)) as counts:
        got, lost = counts.heads(), _lost(counts)
    assert len(got) >= 20
    assert len(got) + sum(lost.values()) == 55
    assert set(lost) == {"dns_rate_cap", "quic_rate_cap"}


def test_none_is_captured_where_none_is_wanted(cable: Cable, pins: Path) -> None:
    with _sent(cable, pins, [_datagram(_DNS), _tcp(_hello(300), 5)], Sizes(heads_per_s=0)) as counts:
        assert counts.heads() == []
        generation = counts.take()
    assert {counter.counter for counter in generation.counters} == {"seen", "buffers"}
    assert sum(flow.packets for flow in generation.flows) == 2


def test_what_is_said_to_a_dhcp_server(line: Line) -> None:
    """And not what it answers."""
    said = b"\x01\x01\x06\x00" + bytes(range(250))
    solicit = ethernet(_IPV6, ipv6(_UDP, udp(546, 547, said)))
    advertise = ethernet(_IPV6, ipv6(_UDP, udp(547, 546, said)))
    frames = [_datagram(said, 68, 67), _datagram(said, 67, 68), solicit, advertise]
    heads = _heads(line, frames)
    assert [(head.kind, head.dst_port, head.payload, head.neighbour_mac) for head in heads] == [
        (HeadKind.DHCP, 67, said, SRC_MAC), (HeadKind.DHCP, 547, said, SRC_MAC),
    ]  # fmt: skip


def test_the_first_packet_is_dated(cable: Cable, pins: Path) -> None:
    with _sent(cable, pins, [_datagram(_DNS)]) as counts:
        (head,) = counts.heads()
        (flow,) = counts.take().flows
        assert 0 <= head.boot_ns - flow.first_boot_ns < 1_000_000_000
        assert send(cable[0], "tx", [_datagram(_DNS)]) == 1
        (later,) = counts.take().flows
        assert later.first_boot_ns > flow.first_boot_ns


def test_a_connection_that_is_opened_is_marked(line: Line) -> None:
    sender, counts = line
    counts.take()
    frames = [_tcp(b"", 1, src_port=1), _tcp(b"", 1, src_port=2, flags=_SYN), _tcp(b"", 1, src_port=2, flags=_ACK),
              _tcp(b"", 1, src_port=3, flags=_SYN | _ACK)]  # fmt: skip
    assert send(sender, "tx", frames) == len(frames)
    assert {flow.src_port: flow.opened for flow in counts.take().flows} == {1: False, 2: True, 3: False}
