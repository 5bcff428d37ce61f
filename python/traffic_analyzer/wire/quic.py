"""ClientHello out of a client's QUIC Initial packets (RFC 9000 17.2, RFC 9001 5, RFC 9369 3)."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator

from ..errors import WireError
from . import quic_crypto
from .cursor import Cursor
from .quic_crypto import SAMPLE_BYTES, VERSIONS, Cipher
from .quic_packet import Packet, decode_number, pull_varint, split_datagram
from .stream import Stream
from .tls import STREAM_BYTES, ClientHello, parse_client_hello

_ATTEMPTS_MAX = 2  # keys and streams kept: before a Retry, and after
_FIRST_DCID_BYTES_MIN = 8  # RFC 9000 7.2
_PADDING = re.compile(rb"\x00+")
_PING = 0x01
_ACK, _ACK_ECN = 0x02, 0x03
_CONNECTION_CLOSE = 0x1C


class _Attempt:
    """What one set of keys opened."""

    __slots__ = ("cipher", "keys", "largest", "read_bytes", "stream", "version")

    def __init__(self, cipher: Cipher, version: int, dcid: bytes) -> None:
        self.cipher = cipher
        self.version = version
        self.keys = quic_crypto.client_keys(VERSIONS[version], dcid)
        self.largest = -1  # packet number
        self.stream = Stream(STREAM_BYTES)
        self.read_bytes = 0  # of the stream: where the next message begins

    def open(self, datagram: bytes, packet: Packet) -> bytes | None:
        """The frames in *packet*, or None where these are not its keys. RFC 9001 5.3, 5.4.2; RFC 9000 A.3."""
        sample_at = packet.number_at + 4
        if sample_at + SAMPLE_BYTES > packet.end:
            raise WireError("packet too short for header protection")
        mask = self.cipher.mask(self.keys, datagram[sample_at : sample_at + SAMPLE_BYTES])
        first = datagram[packet.start] ^ mask[0] & 0x0F
        number_bytes = (first & 0x03) + 1
        text_at = packet.number_at + number_bytes
        number = bytes(a ^ b for a, b in zip(datagram[packet.number_at : text_at], mask[1:], strict=False))
        header = bytes([first]) + datagram[packet.start + 1 : packet.number_at] + number
        full_number = decode_number(int.from_bytes(number, "big"), 8 * number_bytes, self.largest)
        nonce = (int.from_bytes(self.keys.iv, "big") ^ full_number).to_bytes(len(self.keys.iv), "big")
        text = self.cipher.open(self.keys, nonce, header, datagram[text_at : packet.end])
        if text is not None:
            self.largest = max(self.largest, full_number)
        return text

    def read(self, frames: bytes) -> tuple[ClientHello, bytes] | None:
        """The ClientHello that these frames complete, and its bytes. A second one follows a HelloRetryRequest."""
        if not _add_frames(self.stream, frames, VERSIONS[self.version].crypto_frame):
            return None
        rest = self.stream.head[self.read_bytes :]
        hello = parse_client_hello(rest)
        if hello is not None:
            self.read_bytes += hello.length_bytes
            return hello, rest[: hello.length_bytes]
        if self.stream.is_full:
            raise WireError(f"ClientHello does not end within {STREAM_BYTES} bytes")
        return None


class Initials:
    """What a client sends in Initial packets on one four-tuple.

    The datagrams may come in any order. A Retry and a version negotiation change the keys; they are noticed by packets
    that only the keys of their own Destination Connection ID open.
    """

    def __init__(self, cipher: Cipher) -> None:
        self._cipher = cipher
        self._attempts: dict[tuple[int, bytes], _Attempt] = {}  # the newest last
        self._last_sha256 = b""  # of the ClientHello returned last

    @property
    def has_opened(self) -> bool:
        """Whether a packet was opened: the sender is a client that speaks QUIC."""
        return bool(self._attempts)

    def add(self, datagram: bytes, boot_ns: int) -> ClientHello | None:
        """The ClientHello that this datagram completes. None where more is needed, where it adds nothing, where the
        cipher takes no more packets now, and for a ClientHello that was returned already (it is sent again after a
        Retry).

        :param datagram: UDP payload; a packet that is cut short cannot be verified and is left out
        :param boot_ns: when, for the cipher's cap
        :raises WireError: no Initial of a client that these keys or its own open, or a malformed ClientHello
        """
        error = WireError("no Initial packet")
        is_read, hello = False, None
        for packet in split_datagram(datagram):
            if not packet.is_initial:
                continue
            try:
                hello = self._add(datagram, packet, boot_ns) or hello
                is_read = True
            except WireError as failed:
                error = failed
        if not is_read:
            raise error
        return hello

    def _add(self, datagram: bytes, packet: Packet, boot_ns: int) -> ClientHello | None:
        for attempt in self._candidates(packet):
            if not self._cipher.may_open(boot_ns):
                return None
            frames = attempt.open(datagram, packet)
            if frames is None:
                continue
            if attempt not in self._attempts.values():
                self._keep(packet, attempt)
            found = attempt.read(frames)
            return None if found is None else self._unless_repeated(*found)
        raise WireError("not an Initial packet of this client")

    def _candidates(self, packet: Packet) -> Iterator[_Attempt]:
        """Whose keys may open *packet*, at most two: those of its connection ID, before these the latest.

        The client takes the server's connection ID for its own next packets and goes on with the keys that it has.
        """
        known = self._attempts.get((packet.version, packet.dcid))
        if known is not None:
            yield known
            return
        latest = next(reversed(self._attempts.values()), None)
        if latest is not None and latest.version == packet.version:
            yield latest
        # With a token it is the connection ID that a Retry gave, which may be shorter (RFC 9000 17.2.5.2).
        if len(packet.dcid) >= _FIRST_DCID_BYTES_MIN or packet.has_token:
            yield _Attempt(self._cipher, packet.version, packet.dcid)

    def _unless_repeated(self, hello: ClientHello, message: bytes) -> ClientHello | None:
        """RFC 9000 17.2.5.2: after a Retry the client sends the same message again."""
        digest = hashlib.sha256(message).digest()
        if digest == self._last_sha256:
            return None
        self._last_sha256 = digest
        return hello

    def _keep(self, packet: Packet, attempt: _Attempt) -> None:
        if len(self._attempts) == _ATTEMPTS_MAX:
            del self._attempts[next(iter(self._attempts))]
        self._attempts[packet.version, packet.dcid] = attempt


def _add_frames(stream: Stream, frames: bytes, crypto_frame: int) -> bool:
    """Whether the stream's head grew by the CRYPTO frames in a packet (RFC 9000 12.4, 19). All or none are added.

    :raises WireError: no frame at all, a malformed one, or one that has no place in an Initial
    """
    if not frames:
        raise WireError("packet without frames")
    pieces = []
    cursor = Cursor(frames)
    while cursor.left:
        padding = _PADDING.match(frames, cursor.at)
        if padding:
            cursor.skip(len(padding[0]))
            continue
        kind = cursor.pull_u8()
        if kind == crypto_frame:
            offset = pull_varint(cursor)
            pieces.append((offset, cursor.pull_bytes(pull_varint(cursor))))
        elif kind in (_ACK, _ACK_ECN):
            _skip_ack(cursor, kind)
        elif kind == _CONNECTION_CLOSE:
            pull_varint(cursor)
            pull_varint(cursor)
            cursor.skip(pull_varint(cursor))
        elif kind != _PING:
            raise WireError(f"frame {kind:#04x} in an Initial packet")
    has_grown = False
    for offset, data in pieces:
        has_grown |= stream.add(offset, data)
    return has_grown


def _skip_ack(cursor: Cursor, kind: int) -> None:
    """RFC 9000 19.3: largest, delay, count, first range; count times gap and range; three counts of ECN."""
    pull_varint(cursor)
    pull_varint(cursor)
    numbers = 1 + 2 * pull_varint(cursor) + (3 if kind == _ACK_ECN else 0)
    for _ in range(numbers):  # a count that is too high ends with the packet
        pull_varint(cursor)
