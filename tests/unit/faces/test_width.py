"""Columns of a terminal: what a text takes, and a text in as many as there are."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from traffic_analyzer.faces.width import ELLIPSIS, columns_of, cut, ending, padded, shortened, wrapped
from traffic_analyzer.units import escaped

_ACUTE, _WIDE, _HANGUL = "\u0301", "日本", "\u1112\u1161\u11ab"  # the last one syllable, of three letters
_TEXTS = st.text(st.one_of(st.characters(), st.sampled_from("a日\u0301\u20dd\u1161Ａ📱…"))).map(escaped)


@pytest.mark.parametrize(
    ("text", "columns"),
    [("", 0), ("abc", 3), ("é", 1), ("e" + _ACUTE, 1), (_WIDE, 4), ("Ａ", 2), (_HANGUL, 2), ("📱", 2), ("ﾊ", 1),
     ("a" + _ACUTE * 127, 1), ("\u20dd", 0), ("שלום", 4), (ELLIPSIS, 1), ("कि", 2)],
)  # fmt: skip
def test_columns(text: str, columns: int) -> None:
    assert columns_of(text) == columns


@pytest.mark.parametrize(
    ("text", "size", "begin", "middle"),
    [
        ("abcdef", 6, "abcdef", "abcdef"),
        ("abcdef", 5, "abcd…", "ab…ef"),
        ("abcdef", 4, "abc…", "ab…f"),
        ("abcdef", 1, "…", "…"),
        ("abcdef", 0, "", ""),
        ("日本語日本語", 6, "日本…", "日…語"),
        ("日本語日本語", 5, "日本…", "日…語"),
        ("e\u0301a\u0301bco\u0301o\u0301", 5, "e\u0301a\u0301bc…", "e\u0301a\u0301…o\u0301o\u0301"),
        ("e\u0301a\u0301bco\u0301o\u0301", 3, "e\u0301a\u0301…", "e\u0301…o\u0301"),
    ],
)
def test_what_is_too_long_is_cut_between_characters(text: str, size: int, begin: str, middle: str) -> None:
    assert cut(text, size) == begin
    assert shortened(text, size) == middle


@given(_TEXTS, st.integers(0, 40))
def test_a_text_fits_where_it_is_put(text: str, size: int) -> None:
    assert columns_of(cut(text, size)) <= size
    assert columns_of(shortened(text, size)) <= size
    for to_the_right in (False, True):
        assert columns_of(padded(text, size, to_the_right)) == size
    if columns_of(text) <= size:
        assert cut(text, size) == shortened(text, size) == text
        assert padded(text, size).startswith(text) and padded(text, size, to_the_right=True).endswith(text)


def test_padding() -> None:
    assert padded("日", 4) == "日  " and padded("日", 4, to_the_right=True) == "  日" and padded("日本", 3) == "…本"


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("", []), ("one two", ["one two"]), ("one two three", ["one two", "three"]),
        ("a longerthan8 b", ["a", "longerth", "an8 b"]),
        ("日本語 日本語", ["日本語", "日本語"]), ("日本語日本語", ["日本語日", "本語"]),
    ],
)  # fmt: skip
def test_a_sentence_is_broken_at_its_spaces(text: str, lines: list[str]) -> None:
    assert wrapped(text, 8) == lines
    assert wrapped(text, 10, "  ") == ["  " + line for line in lines]


@given(_TEXTS, st.integers(2, 40))
def test_no_line_is_too_long_and_nothing_is_lost(text: str, size: int) -> None:
    lines = wrapped(text, size)
    assert all(columns_of(line) <= size for line in lines)
    assert "".join("".join(lines).split()) == "".join(text.split())


@pytest.mark.parametrize(("text", "end"), [("abcd", "abcd"), ("abcdef", "…def"), ("a日本語", "…語"), ("", "")])
def test_what_is_typed_shows_its_end(text: str, end: str) -> None:
    assert ending(text, 4) == end and ending("ab", 0) == "" and ending("ab", 1) == "…"
