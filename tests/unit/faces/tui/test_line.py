"""Lines fit, whatever they are made of."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from traffic_analyzer.faces.tui.line import ASCII, UNICODE, Piece, Style, filled, fitted, size_of, spread
from traffic_analyzer.units import escaped

_PIECES = st.lists(st.text(st.sampled_from("ab日\u0301 …")).map(lambda text: Piece(escaped(text))), max_size=5)


@given(_PIECES, _PIECES, st.integers(0, 30))
def test_a_line_fits(left: list[Piece], right: list[Piece], width: int) -> None:
    assert size_of(fitted(left, width)) <= width
    line = spread(left, right, width)
    assert size_of(line) <= width
    assert size_of(filled(line, width, Style.CHOSEN)) == width


def test_what_is_right_stays_or_goes() -> None:
    left, right = [Piece("left")], [Piece("right")]
    assert "".join(piece.text for piece in spread(left, right, 12)) == "left   right"
    assert "".join(piece.text for piece in spread(left, right, 9)) == "left"
    assert fitted([Piece("abc"), Piece("def", Style.RX)], 5) == (Piece("abc"), Piece("d…", Style.RX))


def test_a_terminal_that_knows_ascii_alone() -> None:
    assert ASCII.text("日é") == "\\u65e5\\xe9" and UNICODE.text("日é") == "日é"
    assert ASCII.line((Piece("a…"),)) == (Piece("a~"),) and UNICODE.line((Piece("a…"),)) == (Piece("a…"),)
    assert all(glyph.isascii() for glyph in ASCII[:-1]) and len(ASCII.levels) == len(UNICODE.levels)
