"""Rows, and how one came to them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from ...reports.declaration import Report
from ...units import escaped
from ..width import shortened, wrapped
from .answer import Answer
from .grid import Grid
from .known import Known
from .line import Glyphs, Line, Piece, Style, filled, fitted, size_of, spread
from .listing import Row, link_of, rows_of
from .panes import by_of, sorted_by
from .state import Place, Seen, State

_AIRY = 9  # lines from which on one of them is empty
_STEP_LEAST = 12  # columns that a step of the way may take


def body(state: State, known: Known, room: int, width: int, glyphs: Glyphs) -> tuple[list[Line], Seen]:
    """As many lines as there is *room* for, and what they show of the answer."""
    place = state.place
    lines = [fitted(_way(state, known.answer, glyphs, width), width)]
    if room >= _AIRY:
        lines.append(())
    if known.answer is None:
        style = Style.BAD if known.trouble else Style.MUTED
        told = glyphs.text(escaped(known.trouble) or "reading")
        return lines + [(Piece(text, style),) for text in wrapped(told, width)], Seen()
    rows = rows_of(known.answer, place.search, state.notation)
    if len(known.answer.tables) == 1:
        head, rest = _table(known.answer, rows, state, width, glyphs)
        lines += head
    else:
        rest = _parts(known.answer, rows, state, width, glyphs)
    cursor = min(place.row, len(rows) - 1)
    page = max(1, room - len(lines))
    at = next((i for i, each in enumerate(rest) if each.number == cursor), 0)
    start = at // page * page
    for i, (number, line, whole) in enumerate(rest[start : start + page]):
        line = whole if i == 0 or number == cursor else line
        lines.append(filled(line, width, Style.CHOSEN) if rows and number == cursor else line)
    row = rows[cursor] if rows else None
    has_more = any(table.has_more for table in known.answer.tables)
    if rows:
        count = f" {place.offset + cursor + 1:,} of {place.offset + len(rows):,}{'+' * has_more}"
        lines[0] = spread(fitted(lines[0], width - len(count) - 1), [Piece(count, Style.MUTED)], width)
    link = link_of(known.answer.tables[row.table].report, row.values, state.notation) if row else None
    return lines[:room], Seen(len(rows), page, has_more, link)


class _Told(NamedTuple):
    """A line of the body."""

    number: int | None  #: of the row that it is
    line: Line
    whole: Line  #: the same, with headings that it shares with the row above


_Body = list[_Told]


def _said(text: str, style: Style) -> _Told:
    """A line that is no row."""
    line = (Piece(text, style),) if text else ()
    return _Told(None, line, line)


def _told(grid: Grid, rows: Sequence[tuple[int, Row]]) -> Iterator[_Told]:
    above = None
    for number, row in rows:
        yield _Told(number, grid.row(row.values, above), grid.row(row.values))
        above = row.values


def _table(answer: Answer, rows: tuple[Row, ...], state: State, width: int, glyphs: Glyphs) -> tuple[list[Line], _Body]:
    """The head of the only table, and its lines."""
    place = state.place
    (table,) = answer.tables
    if not rows:
        return [], [_said(_nothing(table.report, place), Style.MUTED)]
    grid = Grid(table.report, table.rows, sorted_by(table.report, place.sort), width, glyphs, state.notation)
    return [grid.head()], list(_told(grid, list(enumerate(rows))))


def _parts(answer: Answer, rows: tuple[Row, ...], state: State, width: int, glyphs: Glyphs) -> _Body:
    """All tables, each under its title."""
    place = state.place
    lines: _Body = []
    for number, table in enumerate(answer.tables):
        mine = [(at, row) for at, row in enumerate(rows) if row.table == number]
        if place.search and not mine:
            continue
        lines.append(_said(table.report.title, Style.STRONG))
        if not mine:
            lines += [_said(table.report.nothing, Style.MUTED), _said("", Style.PLAIN)]
            continue
        grid = Grid(table.report, table.rows, sorted_by(table.report, ""), width, glyphs, state.notation)
        lines += [_Told(None, grid.head(), grid.head()), *_told(grid, mine), _said("", Style.PLAIN)]
    return lines or [_said(_nothing(place.declared, place), Style.MUTED)]


def _nothing(report: Report, place: Place) -> str:
    return "no row has that text" if place.search else report.nothing


def _way(state: State, answer: Answer | None, glyphs: Glyphs, width: int) -> Line:
    """How one came here, and what is shown."""
    place = state.place
    pieces: list[Piece] = []
    for step in state.trail[1:]:
        text = shortened(glyphs.text(escaped(step.text)), max(_STEP_LEAST, width // 4))
        pieces += [Piece(text, Style.STRONG), Piece(glyphs.step, Style.MUTED)]
    title = place.declared.title
    ways = (by_of(place.declared), place.declared.step(answer.step) if answer else "")
    pieces.append(Piece(title + "".join(f", by {way}" for way in ways if way not in ("", "name"))))
    if place.search or state.typed is not None:
        pieces.append(Piece(f"  with “{glyphs.text(escaped(place.search))}”" if not glyphs.is_ascii
                            else f'  with "{glyphs.text(escaped(place.search))}"', Style.DOUBTFUL))  # fmt: skip
    while len(pieces) > 3 and size_of(pieces) > width:  # the latest steps say most
        pieces = [Piece("…" + glyphs.step, Style.MUTED), *pieces[3 if pieces[0].text.startswith("…") else 2 :]]
    return tuple(pieces)
