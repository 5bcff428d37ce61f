"""DNS over TCP: messages whole whatever the pieces, and what becomes of losses."""

from __future__ import annotations

import itertools
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from traffic_analyzer.wire.dns_stream import MEMORY_BYTES_MAX, WAITING_PIECES, DnsStream

from .dns_writer import header, question, record


def _framed(message: bytes) -> bytes:
    return len(message).to_bytes(2, "big") + message


_SMALL = [header(1, id=number) + question(f"n{number}.example") for number in range(4)]
_BIG = header(1, 1, id=9) + question("big.example") + record(b"\xc0\x0c", 16, bytes(4_000))
_WHOLE = b"".join(map(_framed, _SMALL))


def _pieces(data: bytes, cuts: list[int]) -> list[tuple[int, bytes]]:
    places = [0, *sorted(cuts), len(data)]
    return [(start, data[start:end]) for start, end in itertools.pairwise(places)]


def test_one_message_a_piece() -> None:
    stream, offset = DnsStream(), 0
    for message in _SMALL:
        assert stream.add(offset, _framed(message)) == [message]
        offset += 2 + len(message)


def test_all_messages_in_one_piece() -> None:
    assert DnsStream().add(0, _WHOLE) == _SMALL


@pytest.mark.parametrize("cut", range(1, len(_WHOLE)))
def test_every_cut_in_two(cut: int) -> None:
    stream = DnsStream()
    assert stream.add(0, _WHOLE[:cut]) + stream.add(cut, _WHOLE[cut:]) == _SMALL
    late = DnsStream()
    assert late.add(cut, _WHOLE[cut:]) == []
    assert late.add(0, _WHOLE[:cut]) == _SMALL


def test_single_bytes_in_order() -> None:
    stream = DnsStream()
    assert [m for place in range(len(_WHOLE)) for m in stream.add(place, _WHOLE[place : place + 1])] == _SMALL


@given(st.lists(st.integers(1, len(_WHOLE) - 1), max_size=10, unique=True), st.randoms(use_true_random=False))
def test_pieces_in_any_order_and_repeated(cuts: list[int], order: random.Random) -> None:
    pieces = _pieces(_WHOLE, cuts) * 2
    order.shuffle(pieces)
    stream = DnsStream()
    assert [message for offset, piece in pieces for message in stream.add(offset, piece)] == _SMALL


@given(st.lists(st.tuples(st.integers(0, len(_WHOLE)), st.integers(1, 60)), max_size=12))
def test_overlapping_pieces(spans: list[tuple[int, int]]) -> None:
    stream = DnsStream()
    found = [m for start, length in spans for m in stream.add(start, _WHOLE[start : start + length])]
    found += stream.add(0, _WHOLE)
    assert found == _SMALL


def test_the_longest_message() -> None:
    message = header(1) + question("a") + bytes(65_535 - 19)
    stream = DnsStream()
    assert len(message) == 65_535
    for start in range(0, 65_537 - 1_448, 1_448):
        assert stream.add(start, _framed(message)[start : start + 1_448]) == []
    start += 1_448
    assert stream.add(start, _framed(message)[start:] + _framed(_SMALL[0])[:5]) == [message]
    assert stream.add(65_537 + 5, _framed(_SMALL[0])[5:]) == [_SMALL[0]]


def test_offsets_go_round() -> None:
    stream, length = DnsStream(), len(_framed(_SMALL[0]))
    assert stream.add(1 << 31, _framed(_SMALL[0])) == [_SMALL[0]]
    offset = (1 << 32) - length - 10
    assert stream.add(offset, _framed(_SMALL[0])) == [_SMALL[0]]
    assert stream.add(20, _WHOLE[30:]) == []
    assert stream.add((1 << 32) - 10, _WHOLE[:30]) == _SMALL
    assert stream.add(len(_WHOLE) - 10, _framed(_SMALL[1])) == [_SMALL[1]]


# Losses


def test_a_piece_that_was_cut_gives_the_beginning_of_its_message() -> None:
    stream, whole = DnsStream(), _framed(_BIG)
    assert stream.add(0, whole[:1_500], len(whole)) == [_BIG[:1_498]]
    assert stream.add(len(whole), _framed(_SMALL[0])) == [_SMALL[0]]


def test_a_cut_piece_that_ends_within_the_message() -> None:
    stream, whole = DnsStream(), _framed(_BIG)
    assert stream.add(0, whole[:1_500], 2_896) == [_BIG[:1_498]]
    assert stream.add(2_896, whole[2_896:] + _framed(_SMALL[0])) == [_SMALL[0]]


def test_a_cut_piece_that_holds_more_than_its_message() -> None:
    whole = _framed(_BIG) + _framed(_SMALL[0]) + _framed(_SMALL[1])
    stream = DnsStream()
    assert stream.add(0, whole[:1_500], len(whole)) == [_BIG[:1_498]]
    assert stream.add(len(whole), _framed(_SMALL[2])) == [_SMALL[2]]


def test_a_piece_cut_between_messages() -> None:
    stream, whole = DnsStream(), _framed(_SMALL[0])
    assert stream.add(0, whole, len(whole) + 50) == [_SMALL[0]]
    assert stream.add(len(whole) + 50, _framed(_SMALL[1])) == [_SMALL[1]]


def test_a_cut_piece_that_came_before_the_one_in_front_of_it() -> None:
    stream, whole = DnsStream(), _framed(_BIG)
    assert stream.add(1_000, whole[1_000:2_000], len(whole) - 1_000) == []
    assert stream.add(0, whole[:1_000]) == [_BIG[:1_998]]


def test_a_lost_piece_is_waited_for_only_so_long() -> None:
    stream, whole = DnsStream(), _framed(_BIG)
    found = stream.add(0, whole[:100])
    offset = len(whole)
    for _ in range(WAITING_PIECES):
        found += stream.add(offset, _framed(_SMALL[1]))
        offset += len(_framed(_SMALL[1]))
    assert found == []
    assert stream.add(offset, _framed(_SMALL[2])) == [_BIG[:98], *[_SMALL[1]] * WAITING_PIECES, _SMALL[2]]


def test_a_lost_beginning_is_found_again_by_a_piece_of_whole_messages() -> None:
    stream, lost = DnsStream(), len(_framed(_SMALL[0]))
    offset = lost
    for _ in range(WAITING_PIECES):
        assert stream.add(offset, _framed(_BIG)[:50]) == []
        offset += 50
    assert stream.add(offset, b"x") == []
    assert stream.add(offset + 1, _WHOLE[:-1]) == []
    assert stream.add(offset + 1, _WHOLE, len(_WHOLE) + 1) == []
    assert stream.add(offset + 1, _WHOLE) == _SMALL
    assert stream.add(offset + 1 + len(_WHOLE), _framed(_SMALL[0])) == [_SMALL[0]]


def test_another_connection_between_the_same_ports() -> None:
    stream = DnsStream()
    assert stream.add(0, _framed(_SMALL[0])) == [_SMALL[0]]
    assert stream.add(1_000_000_000, _framed(_SMALL[1])) == [_SMALL[1]]
    assert stream.add(4_000_000_000, _framed(_SMALL[2])) == [_SMALL[2]]
    assert stream.add(4_000_000_000 + len(_framed(_SMALL[2])), _framed(_SMALL[3])) == [_SMALL[3]]


def test_a_far_piece_that_is_no_message_gives_nothing_and_stalls_nothing() -> None:
    stream = DnsStream()
    for _ in range(3):
        assert stream.add(1_000_000, b"\0\x20" + bytes(20)) == []
    assert stream.add(0, _WHOLE) == _SMALL


@pytest.mark.parametrize(
    "beginning",
    [
        b"\0\0" + bytes(12),
        b"\0\x0b" + bytes(12),  # shorter than a header
        _framed(header(1, flags=0x7800) + bytes(20)),  # opcode 15
        _framed(header(1, flags=0x0040) + bytes(20)),  # a bit that is always 0
        _framed(header(2) + bytes(20)),  # two questions
        b"GET / HTTP/1.1\r\n\r\n",
    ],
)
def test_what_begins_no_message_ends_the_reading(beginning: bytes) -> None:
    stream = DnsStream()
    assert stream.add(0, beginning + _WHOLE) == []
    assert stream.add(len(beginning + _WHOLE), _WHOLE[1:]) == []
    assert stream.add(5_000, _WHOLE) == _SMALL


def test_a_beginning_without_a_header_is_not_handed_out() -> None:
    stream = DnsStream()
    assert stream.add(0, _framed(_BIG)[:13], 4_000) == []
    assert stream.add(4_000, _WHOLE) == _SMALL


@given(
    st.lists(
        st.tuples(st.integers(0, (1 << 32) - 1) | st.integers(0, 300), st.binary(max_size=80), st.integers(0, 200))
    )
)
def test_any_pieces(pieces: list[tuple[int, bytes, int]]) -> None:
    stream = DnsStream()
    for offset, piece, sent_bytes in pieces:
        for message in stream.add(offset, piece, sent_bytes):
            assert 12 <= len(message) <= 65_535
    assert len(stream._stream._data) <= MEMORY_BYTES_MAX


def test_memory_is_bounded() -> None:
    stream = DnsStream()
    for offset in range(1, 200_000, 1_400):
        stream.add(offset, b"x" * 1_400)
    assert len(stream._stream._data) <= MEMORY_BYTES_MAX
