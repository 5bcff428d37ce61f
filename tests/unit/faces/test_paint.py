"""Colours where they are wanted, and not a byte of them where not."""

from __future__ import annotations

import pytest

from traffic_analyzer.faces.paint import PLAIN, Paint

_ON = Paint(True)


def test_plain_is_as_it_was() -> None:
    for drawn in (PLAIN.heading, PLAIN.word, PLAIN.alarm, PLAIN.verdict):
        assert drawn("INCOMPLETE: exact") == "INCOMPLETE: exact"
    assert PLAIN.word("exact") == "exact"


@pytest.mark.parametrize(
    ("word", "colour"), [("exact  ", "32"), ("ambiguous", "33"), ("hidden", "35"), ("unknown", "2"), ("unseen", "1;31")]
)
def test_words_have_theirs(word: str, colour: str) -> None:
    assert _ON.word(word) == f"\x1b[{colour}m{word}\x1b[0m"


def test_others_and_spaces_have_none() -> None:
    assert _ON.word("random") == "random" and _ON.heading("  ") == "  "


def test_what_is_missing_is_red() -> None:
    assert _ON.verdict("INCOMPLETE: 65 % counted.") == "\x1b[1;31mINCOMPLETE\x1b[0m: 65 % counted."
    assert _ON.verdict("Complete. 1 kB seen") == "Complete. 1 kB seen"
