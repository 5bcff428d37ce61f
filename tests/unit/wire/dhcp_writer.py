"""DHCP messages by hand."""

from __future__ import annotations

import struct
from enum import IntEnum

COOKIE = bytes.fromhex("63825363")
END = b"\xff"


class V4(IntEnum):
    """Message types, RFC 2132 9.6."""

    DISCOVER, OFFER, REQUEST, DECLINE, ACK, NAK, RELEASE, INFORM = range(1, 9)


class V6(IntEnum):
    """Message types, RFC 8415 7.3."""

    SOLICIT, ADVERTISE, REQUEST, CONFIRM, RENEW, REBIND, REPLY, RELEASE, DECLINE = range(1, 10)
    RECONFIGURE, INFORMATION_REQUEST, RELAY_FORWARD = range(10, 13)


def option(code: int, data: bytes) -> bytes:
    return bytes([code, len(data)]) + data


def dhcpv4(
    options: bytes, mac: bytes = bytes.fromhex("020000000102"), *, op: int = 1, hardware: tuple[int, int] = (1, 6),
    own: bytes = bytes(4), name: bytes = b"", file: bytes = b"",
) -> bytes:  # fmt: skip
    """A message; *options* with their message type and end."""
    head = struct.pack("!BBBBIHH", op, *hardware, 0, 0xB27EA267, 0, 0) + own + bytes(12)
    return head + mac.ljust(16, b"\0") + name.ljust(64, b"\0") + file.ljust(128, b"\0") + COOKIE + options


def said(kind: int, *options: tuple[int, bytes]) -> bytes:
    """Options of a message of this type, end included."""
    return option(53, bytes([kind])) + b"".join(option(code, data) for code, data in options) + END


def labels(*names: bytes, root: bool = True) -> bytes:
    return b"".join(bytes([len(name)]) + name for name in names) + b"\0" * root


def option_6(code: int, data: bytes) -> bytes:
    return struct.pack("!HH", code, len(data)) + data


def duid_llt(mac: bytes) -> bytes:
    return struct.pack("!HHI", 1, 1, 0x2B1C0DE5) + mac


def duid_ll(mac: bytes) -> bytes:
    return struct.pack("!HH", 3, 1) + mac


def ia_na(*addresses: bytes) -> bytes:
    inner = b"".join(option_6(5, address + bytes(8)) for address in addresses)
    return option_6(3, struct.pack("!III", 7, 0, 0) + inner)


def dhcpv6(kind: int, *options: bytes) -> bytes:
    return struct.pack("!I", kind << 24 | 0xABCDEF) + b"".join(options)
