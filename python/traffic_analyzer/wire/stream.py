"""Bytes that arrive in pieces, put together again: TCP segments (RFC 9293 3.10.7.4), CRYPTO frames (RFC 9000 19.6)."""

from __future__ import annotations

from bisect import bisect_left, bisect_right

#: stretches with gaps between them; clients that cut a ClientHello into single bytes send some 20 pieces at a time
STRETCHES_MAX = 256


class Stream:
    """The first ``limit_bytes`` of a stream, from pieces in any order, overlapping and repeated.

    Where two pieces disagree about a byte, the one that arrived first is believed. A piece that would be one stretch
    too many is dropped. Memory: at most ``limit_bytes`` and ``STRETCHES_MAX`` stretches.

    :param limit_bytes: what lies behind is dropped
    """

    __slots__ = ("_data", "_ends", "_starts", "has_overflowed", "limit_bytes")

    def __init__(self, limit_bytes: int) -> None:
        self.limit_bytes = limit_bytes
        self.has_overflowed = False  #: bytes were dropped, for the limit or for the number of stretches
        self._data = bytearray()
        self._starts: list[int] = []  # of the stretches, which neither overlap nor touch
        self._ends: list[int] = []

    @property
    def head_bytes(self) -> int:
        """How many bytes :attr:`head` has."""
        return self._ends[0] if self._starts and not self._starts[0] else 0

    @property
    def head(self) -> bytes:
        """All bytes from the beginning up to the first gap."""
        return bytes(memoryview(self._data)[: self.head_bytes])

    @property
    def is_full(self) -> bool:
        """Whether the head reaches the limit, so that nothing more can be added."""
        return self.head_bytes >= self.limit_bytes

    def add(self, offset: int, data: bytes) -> bool:
        """Whether the head grew by ``data``, which begins ``offset`` bytes behind the stream's beginning.

        What lies before the beginning (a negative offset) is left out.
        """
        start, end = max(offset, 0), min(offset + len(data), self.limit_bytes)
        if offset + len(data) > self.limit_bytes:
            self.has_overflowed = True
        if start >= end:
            return False
        first = bisect_left(self._ends, start)
        behind = bisect_right(self._starts, end)
        if first == behind and start and len(self._starts) >= STRETCHES_MAX:
            self.has_overflowed = True
            return False
        head_bytes = self.head_bytes
        self._fill(start, end, offset, data, first, behind)
        if first < behind:
            start, end = min(start, self._starts[first]), max(end, self._ends[behind - 1])
        self._starts[first:behind] = [start]
        self._ends[first:behind] = [end]
        return self.head_bytes > head_bytes

    def forget(self, length_bytes: int) -> None:
        """Drops that many bytes from the beginning, arrived or not; the byte behind them becomes the first."""
        del self._data[:length_bytes]
        first = bisect_right(self._ends, length_bytes)
        self._starts = [max(start - length_bytes, 0) for start in self._starts[first:]]
        self._ends = [end - length_bytes for end in self._ends[first:]]

    def _fill(self, start: int, end: int, offset: int, data: bytes, first: int, behind: int) -> None:
        """Copies into the gaps between the stretches from ``first`` to before ``behind`` only."""
        if len(self._data) < end:
            self._data.extend(bytes(end - len(self._data)))
        for index in range(first, behind):
            gap_end = self._starts[index]
            if start < gap_end:
                self._data[start:gap_end] = data[start - offset : gap_end - offset]
            start = max(start, self._ends[index])
        if start < end:
            self._data[start:end] = data[start - offset : end - offset]
