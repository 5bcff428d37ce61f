"""QUIC packets with a long header, as they stand in a datagram, still protected (RFC 9000 12.2, 17.2; RFC 9369 3.2)."""

from __future__ import annotations

from typing import NamedTuple

from ..errors import WireError
from .cursor import Cursor
from .quic_crypto import VERSIONS

_PACKETS_MAX = 8  # looked at in one datagram, of any type
_CONNECTION_ID_BYTES_MAX = 20  # RFC 9000 17.2
_LONG_HEADER = 0x80
_RETRY_AFTER_INITIAL = 3  # type bits of Initial, 0-RTT, Handshake, Retry follow each other, from each version's Initial


class Packet(NamedTuple):
    """A packet with a long header, still protected; places are those in its datagram."""

    version: int
    is_initial: bool
    dcid: bytes
    has_token: bool
    start: int
    number_at: int  #: where the packet number begins
    end: int


def is_initial(datagram: bytes) -> bool:
    """Whether it begins like an Initial of a known version; nothing is verified.

    The fixed bit (RFC 9000 17.2) is not looked at: RFC 9287 lets clients send either value.
    """
    version = VERSIONS.get(int.from_bytes(datagram[1:5], "big"))
    return bool(version and datagram[0] & _LONG_HEADER and datagram[0] >> 4 & 3 == version.initial_type)


def split_datagram(datagram: bytes) -> list[Packet]:
    """The packets with a long header that *datagram* begins with, at most 8; at least one (RFC 9000 12.2).

    Ends with the first that has a short header, is of another connection, or is malformed, cut or of unknown version.

    :raises WireError: the first one does so
    """
    packets = [_parse_packet(datagram, 0)]
    while len(packets) < _PACKETS_MAX and packets[-1].end < len(datagram):
        try:
            packet = _parse_packet(datagram, packets[-1].end)
        except WireError:
            break
        if packet.dcid != packets[0].dcid:
            break
        packets.append(packet)
    return packets


def _parse_packet(datagram: bytes, start: int) -> Packet:
    """RFC 9000 17.2, 17.2.2 to 17.2.5; RFC 9369 3.2."""
    cursor = Cursor(datagram, start)
    first = cursor.pull_u8()
    if not first & _LONG_HEADER:
        raise WireError("no long header")
    number = cursor.pull_u32()
    version = VERSIONS.get(number)
    if version is None:
        raise WireError(f"QUIC version {number:#010x}")
    dcid, scid = cursor.pull_vector(1), cursor.pull_vector(1)
    if len(dcid) > _CONNECTION_ID_BYTES_MAX or len(scid) > _CONNECTION_ID_BYTES_MAX:
        raise WireError("connection ID of more than 20 bytes")
    kind = (first >> 4) - version.initial_type & 3
    if kind == _RETRY_AFTER_INITIAL:
        return Packet(number, False, dcid, False, start, cursor.end, cursor.end)
    token_bytes = pull_varint(cursor) if kind == 0 else 0
    cursor.skip(token_bytes)
    length_bytes = pull_varint(cursor)
    number_at = cursor.at
    cursor.skip(length_bytes)
    return Packet(number, kind == 0, dcid, token_bytes > 0, start, number_at, cursor.at)


def pull_varint(cursor: Cursor) -> int:
    """RFC 9000 16."""
    first = cursor.pull_u8()
    rest = cursor.pull_bytes((1 << (first >> 6)) - 1)
    return int.from_bytes(bytes([first & 0x3F]) + rest, "big")


def decode_number(truncated: int, bits: int, largest: int) -> int:
    """The packet number whose last *bits* bits are *truncated* and that is next to the one expected (RFC 9000 A.3)."""
    expected = largest + 1
    window = 1 << bits
    number = expected & -window | truncated
    if number + window // 2 <= expected and number + window < 1 << 62:
        return number + window
    if number > expected + window // 2 and number >= window:
        return number - window
    return number
