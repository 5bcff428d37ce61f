"""Frames made by hand, byte by byte, independent of the programs that read them."""

from __future__ import annotations

import struct
from ipaddress import IPv4Address, IPv6Address

SRC_MAC = bytes.fromhex("020000000001")
DST_MAC = bytes.fromhex("020000000002")
V4 = ("192.0.2.1", "198.51.100.7")
V6 = ("2001:db8::1", "2001:db8:ffff::7")


def ethernet(ethertype: int, payload: bytes, *tags: tuple[int, int]) -> bytes:
    """A frame; *tags* are (TPID, VLAN) from the outside in."""
    frame = DST_MAC + SRC_MAC
    for tpid, vlan in tags:
        frame += struct.pack("!HH", tpid, vlan)
    return frame + struct.pack("!H", ethertype) + payload


def pppoe(protocol: int, payload: bytes) -> bytes:
    """A PPPoE session frame's payload, RFC 2516."""
    return struct.pack("!BBHHH", 0x11, 0, 7, len(payload) + 2, protocol) + payload


def ipv4(
    l4_proto: int, payload: bytes, *, options: bytes = b"", identification: int = 1, offset_flags: int = 0
) -> bytes:
    """An IPv4 packet; *offset_flags* as in the header (0x2000 = more fragments; offset in units of eight bytes)."""
    ihl = 5 + len(options) // 4
    return (
        struct.pack("!BBHHHBBH", 0x40 | ihl, 0, ihl * 4 + len(payload), identification, offset_flags, 64, l4_proto, 0)
        + IPv4Address(V4[0]).packed
        + IPv4Address(V4[1]).packed
        + options
        + payload
    )


def ipv6(next_header: int, payload: bytes) -> bytes:
    """An IPv6 packet."""
    head = struct.pack("!IHBB", 6 << 28, len(payload), next_header, 64)
    return head + IPv6Address(V6[0]).packed + IPv6Address(V6[1]).packed + payload


def extension(next_header: int, units: int = 0) -> bytes:
    """A hop-by-hop, routing or destination header of (units + 1) * 8 bytes."""
    return struct.pack("!BB", next_header, units) + bytes(6 + units * 8)


def authentication(next_header: int) -> bytes:
    """An AH of 24 bytes, RFC 4302."""
    return struct.pack("!BB", next_header, 4) + bytes(22)


def fragment(next_header: int, offset_flags: int, identification: int = 9) -> bytes:
    """An IPv6 fragment header; *offset_flags* as in the header (1 = more fragments)."""
    return struct.pack("!BBHI", next_header, 0, offset_flags, identification)


def tcp(src_port: int = 1024, dst_port: int = 443, payload: bytes = b"") -> bytes:
    """A TCP segment without options."""
    return struct.pack("!HHIIBBHHH", src_port, dst_port, 0, 0, 0x50, 0x10, 1024, 0, 0) + payload


def udp(src_port: int = 1024, dst_port: int = 53, payload: bytes = b"") -> bytes:
    """A UDP datagram."""
    return struct.pack("!HHHH", src_port, dst_port, 8 + len(payload), 0) + payload


def sctp(src_port: int = 1024, dst_port: int = 9899) -> bytes:
    """An SCTP packet without chunks."""
    return struct.pack("!HHII", src_port, dst_port, 0, 0)
