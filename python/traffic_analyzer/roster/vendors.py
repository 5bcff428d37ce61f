"""Who made a network card: the vendor that the prefix of its MAC was assigned to (standards-oui.ieee.org).

The lists are compiled at build time by ``hack/compile-vendors``. A look-up reads two to four pieces of the file,
of 8,192 prefixes or 1,024 names, and keeps none of them. Where the file is missing, or is none, there are no vendors.
"""

from __future__ import annotations

import zlib
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from functools import cache
from itertools import accumulate
from pathlib import Path
from typing import NamedTuple

DATA = Path(__file__).parents[1] / "data" / "vendors"

_PREFIX_DIGITS = (9, 7, 6)  # MA-S, MA-M, MA-L: the longest wins
_PIECE_NAMES = 1_024
_RANDOMISED = 0x02  # locally administered, IEEE 802 8.2.2


class _Index(NamedTuple):
    """Where the pieces of the file are."""

    firsts: list[int]  #: the first key of each, in order; those behind are of names
    starts: list[int]  #: of each, and the end of the last; bytes


def is_randomised(mac: str) -> bool:
    """True where a device made *mac* (``aa:bb:cc:dd:ee:ff``) up, or a person did."""
    return bool(int(mac[:2], 16) & _RANDOMISED)


def vendor_of(mac: str, path: Path = DATA) -> str | None:
    """Whom the prefix of *mac* (``aa:bb:cc:dd:ee:ff``) was assigned to; None where it was to nobody, or made up.

    :param path: the compiled lists.
    """
    if is_randomised(mac):
        return None
    digits = mac.replace(":", "").upper()
    try:
        index = _load(path)
        for count in _PREFIX_DIGITS:
            if (vendor := _find(path, index, digits[:count])) is not None:
                return vendor
    except (OSError, zlib.error, ValueError):
        pass
    return None


@cache
def _load(path: Path) -> _Index:
    with path.open("rb") as file:
        packed_bytes = int.from_bytes(file.read(4), "big")
        lines = zlib.decompress(file.read(packed_bytes)).decode("ascii").split("\n")
    firsts, sizes = zip(*(line.split(" ") for line in lines), strict=True)
    starts = accumulate(map(int, sizes), initial=4 + packed_bytes)
    return _Index([int(first, 16) for first in firsts if first != "-"], list(starts))


def _find(path: Path, index: _Index, prefix: str) -> str | None:
    key = int(f"{prefix:0<9}{len(prefix)}", 16)
    piece = bisect_right(index.firsts, key) - 1
    if piece < 0:
        return None
    *steps, high, low = _columns(_read(path, index, piece))
    ahead = list(accumulate(int.from_bytes(step, "big") for step in zip(*steps, strict=True)))  # of the first key
    at = bisect_left(ahead, key - index.firsts[piece])
    if at == len(ahead) or ahead[at] != key - index.firsts[piece]:
        return None
    number = high[at] << 8 | low[at]
    (names,) = _columns(_read(path, index, len(index.firsts) + number // _PIECE_NAMES))
    return names.decode("utf-8").split("\n")[number % _PIECE_NAMES]


def _columns(piece: bytes) -> Iterator[bytes]:
    while piece:
        column = zlib.decompressobj()
        yield column.decompress(piece)
        if not column.eof:
            raise ValueError("the file is cut")
        piece = column.unused_data


def _read(path: Path, index: _Index, piece: int) -> bytes:
    start, end = index.starts[piece : piece + 2]
    with path.open("rb") as file:
        file.seek(start)
        return file.read(end - start)
