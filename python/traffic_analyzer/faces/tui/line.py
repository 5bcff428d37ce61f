"""Lines of a terminal: pieces of text, each in a style, that together take no more columns than there are."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from ..width import ELLIPSIS, columns_of, cut


class Style(enum.Enum):
    """What a piece is to its reader; the terminal has its own way to show that."""

    PLAIN = enum.auto()
    STRONG = enum.auto()
    MUTED = enum.auto()
    CHOSEN = enum.auto()  #: the row or the pane one is at
    RX = enum.auto()
    TX = enum.auto()
    GOOD = enum.auto()
    DOUBTFUL = enum.auto()
    BAD = enum.auto()


class Piece(NamedTuple):
    """Text, in columns of its own."""

    text: str
    style: Style = Style.PLAIN


Line = tuple[Piece, ...]


class Glyphs(NamedTuple):
    """What a terminal can write besides ASCII."""

    download: str
    upload: str
    levels: str  #: of a sparkline, none first
    step: str  #: between steps of a way
    ascending: str
    descending: str
    ellipsis: str
    is_ascii: bool

    def text(self, text: str) -> str:
        """*text*, which is escaped already, as it can be written."""
        return text.encode("ascii", "backslashreplace").decode("ascii") if self.is_ascii else text

    def line(self, line: Line) -> Line:
        """*line* with every glyph that it can have."""
        if not self.is_ascii:
            return line
        return tuple(Piece(text.replace(ELLIPSIS, self.ellipsis), style) for text, style in line)


UNICODE = Glyphs("↓", "↑", " ▁▂▃▄▅▆▇█", " › ", "▲", "▼", ELLIPSIS, is_ascii=False)
ASCII = Glyphs("down", "up", " .:-=+*#@", " > ", "^", "v", "~", is_ascii=True)


def size_of(pieces: Iterable[Piece]) -> int:
    """Columns that they take."""
    return sum(columns_of(piece.text) for piece in pieces)


def fitted(pieces: Sequence[Piece], width: int) -> Line:
    """As many of them as there is room for; the last one ends in an ellipsis where that is not all of it."""
    found = []
    for text, style in pieces:
        text = cut(text, width)
        if text:
            found.append(Piece(text, style))
        width -= columns_of(text)
    return tuple(found)


def spread(left: Sequence[Piece], right: Sequence[Piece], width: int) -> Line:
    """*left*, and at the end of the line *right*, where there is room for both."""
    room = width - size_of(left) - size_of(right)
    if not right or room < 1:
        return fitted(left, width)
    return (*left, Piece(" " * room), *right)


def filled(line: Line, width: int, style: Style) -> Line:
    """*line* in one style, to its end."""
    text = "".join(piece.text for piece in line)
    return (Piece(text + " " * (width - columns_of(text)), style),)
