"""Heads in any order, repeated, in pieces, of other protocols: each message once, and nothing else."""

from __future__ import annotations

import random
import struct
from collections.abc import Iterable
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from traffic_analyzer.dissector import Dissector
from traffic_analyzer.records import Head, HeadKind
from traffic_analyzer.wire import dns
from traffic_analyzer.wire.http import RequestHead
from traffic_analyzer.wire.quic_crypto import PythonCipher, find_cipher
from traffic_analyzer.wire.tls import ClientHello

from .traffic import MAC, packed
from .wire import hello_writer, initial_writer
from .wire.dhcp_writer import V4, V6, dhcpv4, dhcpv6, labels, option_6, said

_S = 10**9
_CLIENT, _SERVER = packed("192.168.1.5"), packed("203.0.113.7")
_TCP, _UDP = 6, 17


def record(name: str, pad: int = 0) -> bytes:
    """A TLS record with a ClientHello."""
    return hello_writer.records(_hello(name, pad))


def _hello(name: str, pad: int) -> bytes:
    return hello_writer.client_hello([(21, bytes(pad)), hello_writer.server_name(name.encode())])


def initial(name: str, pad: int = 0) -> list[bytes]:
    """The datagrams of a client's first flight."""
    hello, dcid = _hello(name, pad), name.encode().ljust(8, b"-")[:8]
    pieces = [hello[at : at + 1100] for at in range(0, len(hello), 1100)]
    return [
        initial_writer.initial(initial_writer.crypto(1100 * number, piece), dcid, number=number, pad_to=1200)
        for number, piece in enumerate(pieces)
    ]


_SOLICIT = dhcpv6(V6.SOLICIT, option_6(39, b"\0" + labels(b"tablet")))


def _head(kind: HeadKind, payload: bytes, **changed: object) -> Head:
    l4_proto = _TCP if kind in (HeadKind.TLS, HeadKind.HTTP) else _UDP
    ends = (_CLIENT, 50_000, _SERVER, 443)
    head = Head(3, 0, l4_proto, *ends, MAC, 5 * _S, kind, 1000, 0, len(payload), payload)
    return head._replace(**({"sequence": 0} if l4_proto == _UDP else {}) | changed)


def _back(head: Head, payload: bytes, direction: int = 1) -> Head:
    """The other way."""
    return head._replace(src=head.dst, src_port=head.dst_port, dst=head.src, dst_port=head.src_port,
                         direction=direction, payload=payload)  # fmt: skip


def _names(dissector: Dissector, heads: Iterable[Head]) -> list[str | None]:
    names: list[str | None] = []
    for head in heads:
        for _, message in dissector.dissect(head):
            if isinstance(message, ClientHello):
                names.append(message.server_name)
            elif isinstance(message, RequestHead):
                names.append(message.host)
            elif isinstance(message, dns.Message):
                names.append(message.questions[0].name)
            else:
                names.append(message.host_name)
    return names


def _dissector(most: int = 256) -> Dissector:
    return Dissector(find_cipher(), most)


def _segments(payload: bytes, *cuts: int, start: int = 1000) -> list[Head]:
    bounds = [0, *cuts, len(payload)]
    return [
        _head(HeadKind.TLS, payload[a:b], sequence=(start + a) % 2**32)
        for a, b in zip(bounds, bounds[1:], strict=False)
    ]


def _query(name: bytes, number: int = 7) -> bytes:
    labels = b"".join(bytes([len(label)]) + label for label in name.split(b"."))
    return struct.pack("!6H", number, 0x0100, 1, 0, 0, 0) + labels + b"\0\0\1\0\1"


def test_each_kind_is_read() -> None:
    heads = [
        _head(HeadKind.DNS, _query(b"dns.example"), dst_port=53),
        _head(HeadKind.MDNS, _query(b"printer.local"), dst_port=5353),
        _head(HeadKind.TLS, record("tls.example")),
        _head(HeadKind.QUIC, initial("quic.example")[0]),
        _head(HeadKind.HTTP, b"GET / HTTP/1.1\r\nHost: http.example\r\n\r\n"),
        _head(HeadKind.DHCP, dhcpv4(said(V4.REQUEST, (12, b"phone"))), src=bytes(4), dst_port=67),
        _head(HeadKind.DHCP, _SOLICIT, src=packed("fe80::1"), dst=packed("ff02::1:2"), dst_port=547),
    ]
    names = ["dns.example", "printer.local", "tls.example", "quic.example", "http.example", "phone", "tablet"]
    assert _names(_dissector(), heads) == names


@pytest.mark.parametrize("start", [1000, 2**32 - 300])
@pytest.mark.parametrize("order", list(permutations(range(4))))
def test_a_client_hello_in_segments_of_any_order(order: tuple[int, ...], start: int) -> None:
    segments = _segments(record("site.example", pad=1500), 200, 700, 1400, start=start)
    dissector = _dissector()
    assert _names(dissector, [segments[i] for i in order] + segments) == ["site.example"]
    assert dissector.malformed == 0


@pytest.mark.parametrize("first", [1, 2, 5, 6, 9])
def test_a_first_segment_of_few_bytes(first: int) -> None:
    assert _names(_dissector(), _segments(record("site.example"), first)) == ["site.example"]


def test_a_second_connection_between_the_same_ports() -> None:
    heads = _segments(record("one.example"), 50) + _segments(record("two.example"), 50, start=900_000)
    assert _names(_dissector(), heads) == ["one.example", "two.example"]


def test_flows_do_not_mix() -> None:
    one, two = _segments(record("one.example"), 60), _segments(record("two.example"), 60)
    two = [head._replace(src_port=50_001) for head in two]
    assert _names(_dissector(), [one[0], two[0], two[1], one[1]]) == ["two.example", "one.example"]


def test_what_is_no_client_hello_is_counted_and_left() -> None:
    dissector = _dissector()
    wrong = b"\x16\3\1\0\x20\1\0\0\x1c" + bytes(40)
    assert _names(dissector, _segments(wrong, 20)) == []
    assert dissector.malformed == 1


def test_quic_in_several_datagrams_and_back() -> None:
    datagrams = initial("site.example", pad=2500)
    assert len(datagrams) > 1
    heads = [_head(HeadKind.QUIC, datagram) for datagram in datagrams]
    for order in permutations(heads):
        dissector = _dissector()
        answers = [_back(heads[0], datagrams[0], direction) for direction in (0, 1)]
        assert _names(dissector, [order[0], *answers, *order[1:], *heads, *answers]) == ["site.example"]
        assert dissector.malformed == 0


def test_a_later_quic_connection_between_the_same_ports() -> None:
    one, two = initial("one.example")[0], initial("two.example")[0]
    heads = [_head(HeadKind.QUIC, one), _head(HeadKind.QUIC, two, boot_ns=20 * _S)]
    assert _names(_dissector(), heads) == ["one.example", "two.example"]


def test_datagrams_that_are_no_client_s_are_not_remembered() -> None:
    dissector = _dissector(most=2)
    junk = [_head(HeadKind.QUIC, bytes.fromhex("c00000000108") + bytes(1200), src_port=port) for port in range(9)]
    assert _names(dissector, junk) == []
    assert (dissector.malformed, dissector.overflow) == (9, 0)


def test_a_cipher_without_time_is_counted() -> None:
    dissector = Dissector(PythonCipher(packets_per_s=1))
    heads = [_head(HeadKind.QUIC, initial("site.example")[0], src_port=port) for port in range(3)]
    assert _names(dissector, heads) == ["site.example"]
    assert dissector.overflow == 2


def test_dns_over_tcp_in_pieces() -> None:
    messages = [_query(b"one.example"), _query(b"two.example")]
    stream = b"".join(struct.pack("!H", len(message)) + message for message in messages)
    for cut in range(1, len(stream)):
        pieces = [(0, stream[:cut]), (cut, stream[cut:])]
        heads = [_head(HeadKind.DNS, piece, l4_proto=_TCP, dst_port=53, sequence=(2**32 - 20 + at) % 2**32)
                 for at, piece in pieces]  # fmt: skip
        assert _names(_dissector(), heads) == ["one.example", "two.example"]


def _fragments(payload: bytes, *cuts: int, datagram: int = 9) -> list[Head]:
    bounds = [0, *cuts, len(payload)]
    return [
        _head(HeadKind.DNS, payload[a:b], dst_port=53, sequence=a, datagram=datagram,
              length=b - a if a else len(payload))
        for a, b in zip(bounds, bounds[1:], strict=False)
    ]  # fmt: skip


def test_a_datagram_in_fragments() -> None:
    fragments = _fragments(_query(b"a-rather-long-name-for-a-site.example"), 16, 32)
    for order in permutations(fragments):
        assert _names(_dissector(), order) == ["a-rather-long-name-for-a-site.example"]
    other = _fragments(_query(b"x.example"), 16, datagram=10)
    assert _names(_dissector(), [fragments[0], other[0], fragments[1]]) == []


def test_a_datagram_that_is_given_up_is_read_as_far_as_it_goes() -> None:
    dissector = _dissector()
    whole = _query(b"site.example") + b"\xc0\x0c" + bytes(8)
    first = _fragments(whole, len(whole) - 4)[0]
    assert _names(dissector, [first]) == []
    assert list(dissector.give_up(5 * _S)) == []
    ((head, message),) = dissector.give_up(5 * _S + 1)
    assert head == first and isinstance(message, dns.Message) and message.questions[0].name == "site.example"
    assert list(dissector.give_up(9 * _S)) == []


def test_dhcp_is_read_where_it_is_whole_and_a_client_s() -> None:
    dissector = _dissector()
    asked = dhcpv4(said(V4.REQUEST, (12, b"phone")))
    head = _head(HeadKind.DHCP, asked, src=bytes(4), dst_port=67)
    cut = head._replace(payload=asked[:-20])
    pieces = [head._replace(datagram=9), head._replace(datagram=9, sequence=8), head._replace(l4_proto=_TCP)]
    answer = head._replace(payload=dhcpv4(said(V4.OFFER), op=2))
    assert _names(dissector, [cut, *pieces, answer]) == []
    assert dissector.malformed == 0
    assert _names(dissector, [head._replace(payload=bytes(length), length=length) for length in (1, 300)]) == []
    assert dissector.malformed == 2
    assert _names(dissector, [head, head]) == ["phone", "phone"]


def test_additional_records_are_kept_of_multicast_answers() -> None:
    record = b"\1a\5local\0\0\1\x80\1\0\0\0\x78\0\4" + _CLIENT
    answer = struct.pack("!6H", 0, 0x8400, 0, 0, 0, 1) + record
    for kind, count in ((HeadKind.MDNS, 1), (HeadKind.DNS, 0)):
        ((_, message),) = _dissector().dissect(_head(kind, answer))
        assert isinstance(message, dns.Message) and len(message.additional) == count


def test_what_was_read_makes_room_without_a_loss() -> None:
    dissector = _dissector(most=4)
    for port in range(20):
        heads = [*_segments(record("site.example"), 60), _head(HeadKind.QUIC, initial("quic.example")[0])]
        query = b"\0\x1d" + _query(b"dns.example")
        heads.append(_head(HeadKind.DNS, query, l4_proto=_TCP, dst_port=53))
        names = _names(dissector, [head._replace(src_port=port) for head in heads])
        assert names == ["site.example", "quic.example", "dns.example"]
    assert dissector.overflow == 0


def test_tables_are_bounded_and_what_goes_is_counted() -> None:
    dissector = _dissector(most=8)
    for port in range(12):
        first, _ = _segments(record("site.example"), 60)
        assert _names(dissector, [first._replace(src_port=port)]) == []
    assert dissector.overflow == 4
    first = _fragments(_query(b"one.example"), 16)[0]._replace(src_port=1)
    second = _fragments(_query(b"two.example"), 24)[0]._replace(src_port=2)
    assert _names(dissector, [first]) == []
    assert _names(dissector, [second]) == []  # of the one given up not even the question had come
    assert (dissector.overflow, dissector.malformed) == (5, 1)


_HEADS = st.builds(
    lambda kind, tcp, port, sequence, datagram, payload: _head(
        kind, payload, l4_proto=_TCP if tcp else _UDP, src_port=port, sequence=sequence, datagram=datagram
    ),
    st.sampled_from(HeadKind), st.booleans(), st.integers(1, 3), st.integers(0, 2**32 - 1), st.integers(0, 2),
    st.binary(min_size=1, max_size=60),
)  # fmt: skip


@given(st.lists(_HEADS, max_size=30))
def test_nothing_escapes(heads: list[Head]) -> None:
    dissector = _dissector(most=16)
    for head in heads:
        dissector.dissect(head)
    list(dissector.give_up(9 * _S))


def test_bytes_that_were_changed_on_the_way_invent_no_name() -> None:
    rolls = random.Random(7)
    for _ in range(300):
        wrong = bytearray(initial("site.example")[0])
        wrong[rolls.randrange(len(wrong))] ^= 1 << rolls.randrange(8)
        assert _names(_dissector(), [_head(HeadKind.QUIC, bytes(wrong))]) in ([], ["site.example"])
