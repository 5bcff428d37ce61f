"""Reading from a place, and never beyond the end."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from traffic_analyzer.errors import WireError
from traffic_analyzer.wire.cursor import Cursor


def test_numbers_are_big_endian_and_follow_each_other() -> None:
    cursor = Cursor(bytes(range(1, 11)))
    assert (cursor.pull_u8(), cursor.pull_u16(), cursor.pull_u24(), cursor.pull_u32()) == (
        0x01,
        0x0203,
        0x040506,
        0x0708090A,
    )
    assert (cursor.at, cursor.left) == (10, 0)


@pytest.mark.parametrize("length_bytes", [1, 2, 3])
def test_a_vector_is_what_its_length_says(length_bytes: int) -> None:
    cursor = Cursor((3).to_bytes(length_bytes, "big") + b"abcd")
    assert cursor.pull_vector(length_bytes) == b"abc"
    assert cursor.pull_bytes(1) == b"d"
    assert cursor.left == 0


def test_an_end_and_a_place_inside_of_the_data() -> None:
    cursor = Cursor(b"abcdef", 1, 4)
    cursor.skip(1)
    assert (cursor.data, cursor.at, cursor.end, cursor.left) == (b"abcdef", 2, 4, 2)
    assert cursor.pull_bytes(2) == b"cd"
    with pytest.raises(WireError, match="u8: 1 bytes needed at 4, 0 left"):
        cursor.pull_u8()


def test_an_end_behind_the_data_is_that_of_the_data() -> None:
    assert Cursor(b"ab", 0, 9).left == 2


@pytest.mark.parametrize(("at", "end"), [(-1, None), (3, None), (2, 1), (0, -1)])
def test_a_place_outside_is_refused(at: int, end: int | None) -> None:
    with pytest.raises(WireError, match="outside"):
        Cursor(b"ab", at, end)


@pytest.mark.parametrize(
    ("data", "pull", "message"),
    [
        (b"", Cursor.pull_u8, "u8: 1 bytes needed at 0, 0 left"),
        (b"\1", Cursor.pull_u16, "u16: 2 bytes needed at 0, 1 left"),
        (b"\1\1", Cursor.pull_u24, "u24: 3 bytes needed at 0, 2 left"),
        (b"\1\1\1", Cursor.pull_u32, "u32: 4 bytes needed at 0, 3 left"),
        (b"ab", lambda cursor: cursor.pull_bytes(3), "bytes: 3 bytes needed at 0, 2 left"),
        (b"ab", lambda cursor: cursor.pull_bytes(-1), "bytes: -1 bytes needed"),
        (b"ab", lambda cursor: cursor.skip(3), "bytes: 3 bytes needed at 0, 2 left"),
        (b"\0", lambda cursor: cursor.pull_vector(2), "length of 2 bytes: 2 bytes needed at 0, 1 left"),
        (b"\0\3ab", lambda cursor: cursor.pull_vector(2), "vector: 3 bytes needed at 2, 2 left"),
    ],
)
def test_what_is_missing_is_named_and_nothing_is_taken(
    data: bytes, pull: Callable[[Cursor], object], message: str
) -> None:
    cursor = Cursor(data)
    with pytest.raises(WireError, match=message):
        pull(cursor)
    assert cursor.at == 0


_PULLS: list[Callable[[Cursor], object]] = [
    Cursor.pull_u8,
    Cursor.pull_u16,
    Cursor.pull_u24,
    Cursor.pull_u32,
    lambda cursor: cursor.pull_vector(1),
    lambda cursor: cursor.pull_vector(2),
    lambda cursor: cursor.pull_vector(3),
    lambda cursor: cursor.pull_bytes(5),
    lambda cursor: cursor.skip(5),
]


@given(st.binary(max_size=40), st.integers(0, 45), st.lists(st.sampled_from(_PULLS)))
def test_nothing_but_wire_errors_and_never_beyond_the_end(
    data: bytes, end: int, pulls: list[Callable[[Cursor], object]]
) -> None:
    cursor = Cursor(data, 0, end)
    for pull in pulls:
        before = cursor.at
        try:
            pull(cursor)
        except WireError:
            assert cursor.at == before
        assert before <= cursor.at <= cursor.end <= len(data)
