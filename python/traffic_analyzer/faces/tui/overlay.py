"""What is shown in place of rows: help, and all that is to be said of a window and this machine."""

from __future__ import annotations

from ...units import Notation, escaped, window_text
from ..sentences import how_to_start
from ..width import columns_of, wrapped
from .keys import help_rows
from .known import Known
from .line import Line, Piece, Style
from .state import Seen, State


def overlay(state: State, known: Known, room: int, width: int) -> tuple[list[Line], Seen]:
    """The part of it that there is *room* for, and how much there is."""
    lines = _help(width) if state.overlay == "help" else _about(known, state.notation, width)
    top = min(state.top, max(0, len(lines) - room))  # the terminal may have grown since
    return lines[top : top + room], Seen(len(lines), room)


def _help(width: int) -> list[Line]:
    rows = help_rows()
    keys = max(columns_of(names) for names, _ in rows) + 2
    if keys > width // 2:
        keys = 16
    lines: list[Line] = []
    for names, text in rows:
        told = wrapped(text, max(10, width - keys))
        left = [names] if columns_of(names) < keys else wrapped(names, keys - 1)
        for at in range(max(len(told), len(left))):
            name = left[at] if at < len(left) else ""
            lines.append((Piece(f"{name:<{keys}}", Style.STRONG), Piece(told[at] if at < len(told) else "")))
    return lines


def _about(known: Known, notation: Notation, width: int) -> list[Line]:
    paragraphs: list[tuple[str, Style]] = []
    if known.answer is not None:
        paragraphs.append((window_text(known.answer.since_unix_s, known.answer.until_unix_s, notation), Style.STRONG))
        paragraphs.append((known.answer.verdict, Style.PLAIN if known.answer.is_complete else Style.BAD))
        paragraphs += [(text, Style.DOUBTFUL) for text in known.answer.remarks]
    paragraphs += [(text, Style.DOUBTFUL) for text in (known.trouble, known.away) if text]
    if known.standing is not None and not known.standing.is_counting:
        paragraphs.append((f"Nothing is counted: start it with `{how_to_start()}`.", Style.BAD))
    if known.standing is not None:
        paragraphs += [(text, Style.PLAIN) for text in known.standing.notices]
        if not known.standing.notices:
            paragraphs.append(("Nothing on this machine hides traffic, as far as can be told.", Style.PLAIN))
    lines: list[Line] = []
    for text, style in paragraphs:
        lines += [(Piece(line, style),) for line in wrapped(escaped(text), width)] + [()]
    return lines
