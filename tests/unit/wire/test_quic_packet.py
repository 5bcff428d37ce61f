"""Long headers: what is a packet, where it ends, what number it has."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from traffic_analyzer.errors import WireError
from traffic_analyzer.wire.cursor import Cursor
from traffic_analyzer.wire.quic_packet import Packet, decode_number, is_initial, pull_varint, split_datagram

from .initial_writer import (
    DRAFT_28,
    DRAFT_29,
    HANDSHAKE,
    INITIAL,
    PING,
    RECORDED,
    RETRY,
    T051,
    V1,
    V2,
    ZERO_RTT,
    initial,
    recorded,
    unprotected,
    varint,
)

_DCID = b"firstcid"


def _refuses(datagram: bytes) -> None:
    with pytest.raises(WireError):
        split_datagram(datagram)


def _kinds(datagram: bytes) -> list[bool]:
    return [packet.is_initial for packet in split_datagram(datagram)]


@pytest.mark.parametrize(  # RFC 9000 A.1
    ("encoded", "value"),
    [
        ("c2197c5eff14e88c", 151288809941952652),
        ("9d7f3e7d", 494878333),
        ("7bbd", 15293),
        ("25", 37),
        ("4025", 37),
    ],
)
def test_the_varints_of_the_rfc(encoded: str, value: int) -> None:
    cursor = Cursor(bytes.fromhex(encoded))
    assert pull_varint(cursor) == value
    assert cursor.left == 0
    for cut in range(len(encoded) // 2):
        with pytest.raises(WireError):
            pull_varint(Cursor(bytes.fromhex(encoded)[:cut]))


@pytest.mark.parametrize(
    ("truncated", "bits", "largest", "number"),
    [
        (0x9B32, 16, 0xA82F30EA, 0xA82F9B32),  # RFC 9000 A.3
        (0, 8, -1, 0),
        (255, 8, -1, 255),
        (0, 8, 255, 256),
        (1, 8, 0x1FF, 0x201),
        (0xF0, 8, 0x201, 0x1F0),
        (0x7F, 8, 0, 0x7F),
        (0, 8, 0x27F, 0x300),
        (0x80, 8, 0x1FF, 0x280),
        (5, 8, (1 << 62) - 2, (1 << 62) - 251),  # would be beyond the last number
    ],
)
def test_packet_numbers(truncated: int, bits: int, largest: int, number: int) -> None:
    assert decode_number(truncated, bits, largest) == number


@pytest.mark.parametrize(
    ("name", "version", "places"),
    [("rfc9001-client", V1, (0, 18, 1200)), ("rfc9369-client", V2, (0, 18, 1200))],
)
def test_the_packets_of_the_rfcs(name: str, version: int, places: tuple[int, int, int]) -> None:
    datagram = (RECORDED / f"{name}.bin").read_bytes()
    assert is_initial(datagram)
    assert split_datagram(datagram) == [Packet(version, True, bytes.fromhex("8394c8f03e515708"), False, *places)]


@pytest.mark.parametrize(  # RFC 9001 A.4, RFC 9369 A.4
    "retry",
    [
        "ff000000010008f067a5502a4262b5746f6b656e04a265ba2eff4d829058fb3f0f2496ba",
        "cf6b3343cf0008f067a5502a4262b5746f6b656ec8646ce8bfe33952d955543665dcc7b6",
    ],
)
def test_a_retry_is_no_initial(retry: str) -> None:
    packet = bytes.fromhex(retry)
    assert not is_initial(packet)
    assert [found.is_initial for found in split_datagram(packet)] == [False]


@pytest.mark.parametrize("version", [0, 0x1A2A3A4A, 0xFF000016, 0xFF000023, 2])
def test_unknown_versions(version: int) -> None:
    packet = initial(PING, _DCID)
    packet = packet[:1] + version.to_bytes(4, "big") + packet[5:]
    assert not is_initial(packet)
    _refuses(packet)


@pytest.mark.parametrize("name", ["chromium", "firefox", "super-firefox", "curl-cffi"])
def test_recorded_datagrams_are_initials(name: str) -> None:
    for datagram in recorded(name):
        assert is_initial(datagram)
        assert _kinds(datagram)[0]


@pytest.mark.parametrize("version", [V1, V2, DRAFT_28, DRAFT_29, T051])
def test_types_by_version(version: int) -> None:
    types = (INITIAL, ZERO_RTT, HANDSHAKE, RETRY)
    token_and_rest = varint(3) + b"tok" + varint(30) + bytes(30)
    first = unprotected(version, INITIAL, _DCID, b"scid", b"")[:-2] + token_and_rest
    packets = [first, *(unprotected(version, kind, _DCID, b"scid") for kind in types[1:])]
    assert [is_initial(packet) for packet in packets] == [True, False, False, False]
    assert [_kinds(packet) for packet in packets] == [[True], [False], [False], [False]]
    (found,) = split_datagram(packets[0])
    assert found == Packet(version, True, _DCID, True, 0, len(first) - 30, len(first))


def test_coalesced_packets() -> None:
    one = initial(PING, _DCID)
    zero_rtt, handshake = (unprotected(V1, kind, _DCID) for kind in (ZERO_RTT, HANDSHAKE))
    assert _kinds(one + zero_rtt + handshake + one) == [True, False, False, True]
    found = split_datagram(zero_rtt + one + bytes(100))
    assert [(packet.start, packet.end) for packet in found] == [
        (0, len(zero_rtt)),
        (len(zero_rtt), len(zero_rtt + one)),
    ]
    assert _kinds(one + b"\x40short header") == [True]
    assert _kinds(one + unprotected(V1, RETRY, _DCID) + one) == [True, False]
    assert _kinds(one + initial(PING, b"stranger") + one) == [True]
    assert _kinds(one + one[:-1]) == [True]
    assert _kinds(one * 20) == [True] * 8


def test_the_fixed_bit_may_have_either_value() -> None:
    assert is_initial(initial(PING, _DCID, fixed_bit=False))


def test_connection_ids_are_bounded() -> None:
    assert _kinds(initial(PING, bytes(20), scid=bytes(20))) == [True]
    assert _kinds(initial(PING, b"")) == [True]
    _refuses(initial(PING, bytes(21)))
    _refuses(initial(PING, _DCID, scid=bytes(21)))


def test_every_truncation_is_refused() -> None:
    datagram = initial(PING, _DCID, scid=b"scid", token=bytes(90))
    for cut in range(len(datagram)):
        _refuses(datagram[:cut])


@pytest.mark.parametrize("datagram", [b"", b"\x80", b"\xc0\x00\x00\x00", b"\x40\x00\x00\x00\x01" + bytes(50)])
def test_no_initial(datagram: bytes) -> None:
    assert not is_initial(datagram)
    _refuses(datagram)


@given(st.binary(max_size=120))
def test_random_bytes(noise: bytes) -> None:
    for datagram in (noise, b"\xc0\x00\x00\x00\x01" + noise, b"\xf0\x00\x00\x00\x01\x00\x00" + noise):
        is_initial(datagram)
        try:
            packets = split_datagram(datagram)
        except WireError:
            continue
        assert packets[0].start == 0
        assert all(packet.start < packet.number_at <= packet.end <= len(datagram) for packet in packets)
