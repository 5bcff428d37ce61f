"""DNS messages on a TCP connection, each behind two bytes that say how long it is (RFC 1035 4.2.2, RFC 7766 8)."""

from __future__ import annotations

from ..errors import WireError
from .stream import Stream

#: pieces behind a gap that are waited with; then the gap is taken for lost
WAITING_PIECES = 32
#: of a stream: the longest message, and a segment of which only the first byte belongs to it
MEMORY_BYTES_MAX = 2 * 65_537

_SEQUENCES = 1 << 32  # offsets are counted modulo this, as TCP does
_PREFIX_BYTES = 2
_PREFIX_AND_HEADER_BYTES = _PREFIX_BYTES + 12
_OPCODE_MAX = 6  # RFC 8490
_ZERO_BIT = 0x40  # of the header's fourth byte (RFC 1035 4.1.1)


class DnsStream:
    """One direction of a connection, cut into messages. Holds at most ``MEMORY_BYTES_MAX`` bytes.

    What is lost costs the message that it is part of, of which the beginning is still handed out. Where the beginning
    of a message is lost, or cannot be one, nothing is read until a piece comes that is whole messages and nothing else.
    """

    __slots__ = ("_at", "_is_framed", "_lost", "_stream", "_waiting")

    def __init__(self) -> None:
        self._begin(0)

    def add(self, offset: int, data: bytes, sent_bytes: int = 0) -> list[bytes]:
        """Messages, or beginnings of such, that the piece completes; without their length prefix, in order.

        :param offset: of the piece, behind the first byte of the connection that was seen, modulo 2**32
        :param sent_bytes: how long the piece was on the wire, where less was captured of it
        """
        start = (offset - self._at + _SEQUENCES // 2) % _SEQUENCES - _SEQUENCES // 2
        is_elsewhere = abs(start) > MEMORY_BYTES_MAX
        if is_elsewhere or not self._is_framed:
            if sent_bytes <= len(data) and _is_whole(data):
                self._begin(offset)
                return self.add(offset, data)
            if not self._is_framed:
                return []
        end = start + len(data)
        if sent_bytes > len(data):
            self._lost = range(end, start + sent_bytes)
        is_behind_gap = end > self._stream.head_bytes
        if not self._stream.add(start, data) and (is_behind_gap or is_elsewhere):
            self._waiting += 1
        return self._take()

    def _begin(self, offset: int) -> None:
        self._at = offset  # of the message that comes next, where it is known
        self._is_framed = True  # it is
        self._stream = Stream(MEMORY_BYTES_MAX)  # from there on
        self._lost = range(0)  # what was sent but not captured, counted from there
        self._waiting = 0

    def _lose(self) -> None:
        self._is_framed = False
        self._stream = Stream(0)

    def _forget(self, length_bytes: int) -> None:
        self._at = (self._at + length_bytes) % _SEQUENCES
        self._stream.forget(length_bytes)
        self._lost = range(self._lost.start - length_bytes, self._lost.stop - length_bytes)

    def _take(self) -> list[bytes]:
        messages: list[bytes] = []
        while True:
            head, at = self._stream.head, 0
            try:
                while (message := _pull_message(head, at)) is not None:
                    messages.append(message)
                    at += _PREFIX_BYTES + len(message)
            except WireError:
                self._lose()
                return messages
            if at:
                self._forget(at)
                self._waiting = 0
                head = head[at:]
            if len(head) not in self._lost and self._waiting <= WAITING_PIECES:
                return messages
            self._waiting = 0
            if len(head) < _PREFIX_AND_HEADER_BYTES:
                self._lose()
                return messages
            messages.append(head[_PREFIX_BYTES:])
            self._forget(_PREFIX_BYTES + _length(head, 0))


def _length(data: bytes, at: int) -> int:
    return data[at] << 8 | data[at + 1]


def _pull_message(data: bytes, at: int) -> bytes | None:
    """The message whose prefix is at ``at``; None where it is not there yet.

    :raises WireError: no message begins so: fewer bytes than a header, an unknown opcode, a bit that is always 0, or
        several questions (RFC 9619)
    """
    if len(data) < at + _PREFIX_AND_HEADER_BYTES:
        return None
    length, start = _length(data, at), at + _PREFIX_BYTES
    opcode = data[start + 2] >> 3 & 0xF
    is_message = length >= _PREFIX_AND_HEADER_BYTES - _PREFIX_BYTES and opcode <= _OPCODE_MAX
    if not is_message or data[start + 3] & _ZERO_BIT or _length(data, start + 4) > 1:
        raise WireError(f"no message of {length} bytes")
    return data[start : start + length] if len(data) >= start + length else None


def _is_whole(data: bytes) -> bool:
    """Whether it is messages from the first byte to the last."""
    at = 0
    try:
        while (message := _pull_message(data, at)) is not None:
            at += _PREFIX_BYTES + len(message)
    except WireError:
        return False
    return 0 < at == len(data)
