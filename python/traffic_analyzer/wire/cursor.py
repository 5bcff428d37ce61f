"""A place in a message, and what is read from there on (RFC 8446 3.3, 3.4)."""

from __future__ import annotations

from ..errors import WireError


class Cursor:
    """Reads big-endian numbers, bytes and vectors of ``data`` from ``at`` up to ``end``, never beyond.

    :param end: first byte that is not to be read; the end of the data where None
    :raises WireError: from each ``pull_``, and from ``skip``, where less is left than is asked for;
        the place is then unchanged
    """

    __slots__ = ("at", "data", "end")

    def __init__(self, data: bytes, at: int = 0, end: int | None = None) -> None:
        self.data = data
        self.end = len(data) if end is None else min(end, len(data))
        self.at = at
        if not 0 <= at <= self.end:
            raise WireError(f"place {at} is outside of {self.end} bytes")

    @property
    def left(self) -> int:
        """How many bytes are left to read."""
        return self.end - self.at

    def pull_u8(self) -> int:
        """The next byte."""
        if self.at >= self.end:
            raise self._missing("u8", 1)
        value = self.data[self.at]
        self.at += 1
        return value

    def pull_u16(self) -> int:
        """The next two bytes, as a number."""
        return self._pull_number("u16", 2)

    def pull_u24(self) -> int:
        """The next three bytes, as a number."""
        return self._pull_number("u24", 3)

    def pull_u32(self) -> int:
        """The next four bytes, as a number."""
        return self._pull_number("u32", 4)

    def pull_bytes(self, length: int) -> bytes:
        """The next ``length`` bytes."""
        start = self.at
        self.skip(length)
        return self.data[start : self.at]

    def pull_vector(self, length_bytes: int) -> bytes:
        """What a vector holds whose length stands in front of it, in 1, 2 or 3 bytes (RFC 8446 3.4)."""
        start = self.at
        length = self._pull_number(f"length of {length_bytes} bytes", length_bytes)
        if length > self.end - self.at:
            missing = self._missing("vector", length)
            self.at = start
            raise missing
        return self.pull_bytes(length)

    def skip(self, length: int) -> None:
        """Goes on behind the next ``length`` bytes."""
        if not 0 <= length <= self.end - self.at:
            raise self._missing("bytes", length)
        self.at += length

    def _pull_number(self, what: str, size: int) -> int:
        if self.end - self.at < size:
            raise self._missing(what, size)
        start = self.at
        self.at += size
        return int.from_bytes(self.data[start : self.at], "big")

    def _missing(self, what: str, size: int) -> WireError:
        return WireError(f"{what}: {size} bytes needed at {self.at}, {self.end - self.at} left")
