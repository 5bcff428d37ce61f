"""The frames that are measured, as bytes from the Ethernet header on."""

from __future__ import annotations

import ipaddress
import struct

_MACS = bytes.fromhex("02000000000b02000000000a")  # destination, source
_IPV4, _IPV6, _VLAN, _ARP = 0x0800, 0x86DD, 0x8100, 0x0806
_TCP, _UDP = 6, 17
_PAYLOAD = bytes(64)
_CLIENT, _REMOTES = ipaddress.ip_address("192.168.1.10"), ipaddress.ip_address("198.51.100.0")
_RESOLVER = ipaddress.ip_address("198.51.100.253").packed
_MORE_FRAGMENTS = 0x2000
_LATER_OFFSET = 1480 // 8  # RFC 791: in units of eight bytes


def _ethernet(ethertype: int, payload: bytes) -> bytes:
    return _MACS + struct.pack("!H", ethertype) + payload


def _ipv4_header(l4_proto: int, payload: bytes, flags_offset: int = 0) -> bytes:
    return struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(payload), 4711, flags_offset, 64, l4_proto, 0)


def _ipv4(l4_proto: int, payload: bytes, flags_offset: int = 0, host: int = 7) -> bytes:
    return _ipv4_header(l4_proto, payload, flags_offset) + _CLIENT.packed + (_REMOTES + host).packed + payload


def _tcp(src_port: int, dst_port: int, payload: bytes = _PAYLOAD) -> bytes:
    return struct.pack("!HHIIBBHHH", src_port, dst_port, 1, 1, 5 << 4, 0x10, 1024, 0, 0) + payload


def _udp(src_port: int, dst_port: int, payload: bytes = _PAYLOAD) -> bytes:
    """A UDP datagram, checksum left out."""
    return struct.pack("!HHHH", src_port, dst_port, 8 + len(payload), 0) + payload


def udp_ipv4(number: int) -> bytes:
    """Flow *number* of as many as 2**16 different ones."""
    return _ethernet(_IPV4, _ipv4(_UDP, _udp(1024 + number % 60_000, 443), host=number % 100 + number // 60_000 * 100))


def tcp_ipv4(payload: bytes) -> bytes:
    """A segment to an HTTPS server, of another connection than TCP_IPV4."""
    return _ethernet(_IPV4, _ipv4(_TCP, _tcp(40_001, 443, payload)))


def question(client: int, port: int, message: bytes) -> bytes:
    """A DNS question of client number *client* from *port*."""
    datagram = _udp(port, 53, message)
    return _ethernet(_IPV4, _ipv4_header(_UDP, datagram) + (_CLIENT + client).packed + _RESOLVER + datagram)


def answer(client: int, port: int, message: bytes) -> bytes:
    """What the resolver sends back."""
    datagram = _udp(53, port, message)
    return _ethernet(_IPV4, _ipv4_header(_UDP, datagram) + _RESOLVER + (_CLIENT + client).packed + datagram)


_TCP_IPV4 = _ipv4(_TCP, _tcp(40_000, 443))
_UDP_BYTES = _udp(40_000, 443)
_IPV6_HEADER = struct.pack("!IHBB", 6 << 28, len(_UDP_BYTES), _UDP, 64) + b"".join(
    ipaddress.ip_address(text).packed for text in ("2001:db8:1::10", "2001:db8:2::7")
)

TCP_IPV4 = _ethernet(_IPV4, _TCP_IPV4)
UDP_IPV6 = _ethernet(_IPV6, _IPV6_HEADER + _UDP_BYTES)
VLAN_TCP_IPV4 = _ethernet(_VLAN, struct.pack("!HH", 10, _IPV4) + _TCP_IPV4)
FIRST_FRAGMENT = _ethernet(_IPV4, _ipv4(_UDP, _UDP_BYTES, _MORE_FRAGMENTS))
LATER_FRAGMENT = _ethernet(_IPV4, _ipv4(_UDP, _PAYLOAD, _LATER_OFFSET))
ARP = _ethernet(_ARP, bytes(50))
