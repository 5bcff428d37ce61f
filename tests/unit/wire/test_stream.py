"""Pieces in any order, overlapping and repeated, put together within bounds."""

from __future__ import annotations

import random
import sys

from hypothesis import given
from hypothesis import strategies as st

from traffic_analyzer.wire.stream import STRETCHES_MAX, Stream


def test_in_order() -> None:
    stream = Stream(100)
    assert stream.add(0, b"abc")
    assert stream.add(3, b"def")
    assert (stream.head, stream.head_bytes) == (b"abcdef", 6)


def test_a_gap_hides_what_is_behind_it() -> None:
    stream = Stream(100)
    assert not stream.add(3, b"def")
    assert stream.head == b""
    assert stream.add(0, b"ab")
    assert stream.head == b"ab"
    assert stream.add(2, b"c")
    assert stream.head == b"abcdef"


def test_the_first_arrival_is_believed() -> None:
    stream = Stream(100)
    stream.add(2, b"cd")
    stream.add(0, b"XXXXXX")
    assert stream.head == b"XXcdXX"
    assert not stream.add(0, b"------")
    assert stream.head == b"XXcdXX"


def test_a_piece_that_says_nothing_new() -> None:
    stream = Stream(100)
    stream.add(0, b"abc")
    assert not stream.add(1, b"b")
    assert not stream.add(3, b"")
    assert not stream.add(-9, b"abc")
    assert not stream.has_overflowed


def test_bytes_before_the_beginning_are_left_out() -> None:
    stream = Stream(100)
    assert stream.add(-2, b"yzabc")
    assert stream.head == b"abc"


def test_bytes_behind_the_limit_are_dropped() -> None:
    stream = Stream(4)
    assert stream.add(0, b"abc")
    assert not stream.is_full
    assert not stream.has_overflowed
    assert stream.add(3, b"de")
    assert (stream.head, stream.is_full, stream.has_overflowed) == (b"abcd", True, True)
    assert not stream.add(4, b"e")


def test_a_piece_far_behind_the_limit_takes_no_room() -> None:
    stream = Stream(4)
    assert not stream.add(1 << 31, b"abc")
    assert stream.has_overflowed
    assert sys.getsizeof(stream._data) < 100


def test_a_limit_that_becomes_known_later() -> None:
    stream = Stream(65_535)
    stream.add(4, b"ef")
    stream.limit_bytes = 6
    stream.add(0, b"abcd")
    assert stream.is_full


def test_single_bytes_in_any_order() -> None:
    whole = bytes(range(200))
    places = list(range(200))
    random.Random(1).shuffle(places)
    stream = Stream(200)
    grown = [stream.add(place, whole[place : place + 1]) for place in places]
    assert stream.head == whole
    assert grown[places.index(0)]


def test_the_number_of_gaps_is_bounded() -> None:
    stream = Stream(16_384)
    for place in range(1, 16_384, 2):
        stream.add(place, b"x")
    assert len(stream._starts) == len(stream._ends) == STRETCHES_MAX
    assert stream.has_overflowed
    assert stream.add(0, b"y")
    assert stream.head == b"yx"
    for place in range(2, 16_384, 2):
        stream.add(place, b"y")
    assert stream.head_bytes == STRETCHES_MAX * 2 + 1
    assert stream.add(0, b"z" * 16_384)
    assert stream.is_full
    assert len(stream._starts) == 1


def test_the_beginning_finds_room_always() -> None:
    stream = Stream(16_384)
    for place in range(10, 16_384, 2):
        stream.add(place, b"x")
    assert stream.add(0, b"abc")
    assert stream.head == b"abc"


def test_forgetting_moves_the_beginning() -> None:
    stream = Stream(6)
    stream.add(0, b"abc")
    stream.add(5, b"f")
    stream.forget(2)
    assert stream.head == b"c"
    assert stream.add(1, b"de")
    assert stream.head == b"cdef"
    assert stream.add(4, b"ghi")
    assert stream.head == b"cdefgh"


def test_forgetting_across_a_gap() -> None:
    stream = Stream(10)
    stream.add(0, b"a")
    stream.add(4, b"efg")
    stream.forget(5)
    assert stream.head == b"fg"
    stream.forget(9)
    assert (stream.head, stream.head_bytes) == (b"", 0)
    assert stream.add(0, b"xy")
    assert stream.head == b"xy"


_PIECES = st.lists(st.tuples(st.integers(-4, 45), st.binary(max_size=12)), max_size=40)


@given(_PIECES, st.integers(0, 45), st.integers(0, 50))
def test_a_stream_is_a_table_of_first_arrivals(
    pieces: list[tuple[int, bytes]], limit_bytes: int, forgotten: int
) -> None:
    stream, table, dropped = Stream(limit_bytes), {}, False
    for offset, piece in pieces:
        before = stream.head
        grew = stream.add(offset, piece)
        for place, byte in enumerate(piece, offset):
            if 0 <= place < limit_bytes:
                table.setdefault(place, byte)
            dropped |= place >= limit_bytes
        expected = _head(table)
        assert stream.head == expected
        assert grew == (len(expected) > len(before))
        assert stream.is_full == (len(expected) >= limit_bytes)
        assert not dropped or stream.has_overflowed
    stream.forget(forgotten)
    assert stream.head == _head({place - forgotten: byte for place, byte in table.items()})


def _head(table: dict[int, int]) -> bytes:
    head = bytearray()
    while len(head) in table:
        head.append(table[len(head)])
    return bytes(head)
