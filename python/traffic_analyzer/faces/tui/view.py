"""The screen, from what is looked at and what was answered. Pure: lines of styled text, whatever shows them."""

from __future__ import annotations

import textwrap
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from ...reports.declaration import Report
from ...units import bytes_text, escaped, window_text
from ..width import columns_of, shortened
from .answer import Answer, Question, Rates, Standing
from .grid import Grid
from .keys import help_rows, hints
from .line import UNICODE, Glyphs, Line, Piece, Style, filled, fitted, size_of, spread
from .listing import Row, link_of, rows_of
from .panes import PANES, by_of, sorted_by, takes, title_of
from .rates import rate_text, spark
from .state import Place, Seen, State

COLUMNS_LEAST, LINES_LEAST = 40, 10
_ROOMY = 14  # lines from which on there is one for sums, and one for air
_SPARK_LEAST, _SPARK_MOST = 8, 30
_STEP_LEAST = 12  # columns that a step of the way may take
_LATE_S = 3  # that an answer may take before one is told to wait


class Size(NamedTuple):
    """Of the terminal."""

    lines: int
    columns: int


@dataclass(frozen=True)
class Known:
    """What was answered so far."""

    answer: Answer | None = None  #: to what is looked at
    sums: Answer | None = None  #: by time
    rates: Rates | None = None
    standing: Standing | None = None
    away: str = ""  #: why the collector is not asked; empty: it is
    trouble: str = ""  #: why there is no answer
    waits_s: float = 0  #: since it was asked for
    now_unix_s: int = 0
    question: Question | None = None  #: of the answer


class Drawn(NamedTuple):
    """Lines for the whole screen, and what they show of the answer."""

    lines: list[Line]
    seen: Seen


def drawn(state: State, known: Known, size: Size, glyphs: Glyphs = UNICODE) -> Drawn:
    """The screen."""
    if size.columns < COLUMNS_LEAST or size.lines < LINES_LEAST:
        text = f"too small: {COLUMNS_LEAST}x{LINES_LEAST} is the least"
        return Drawn([fitted([Piece(text)], size.columns)][: size.lines], Seen())
    above = [_rates(known, size.columns, glyphs)]
    if size.lines >= _ROOMY:
        above.append(_sums(state, known, size.columns, glyphs))
    above.append(_tabs(state, size.columns))
    below = [_verdict(known, size.columns), _foot(state, known, size.columns)]
    room = size.lines - len(above) - len(below)
    body, seen = _overlay(state, known, room, size.columns) if state.overlay else _body(
        state, known, room, size.columns, glyphs
    )
    body += [()] * (room - len(body))
    return Drawn([glyphs.line(fitted(line, size.columns)) for line in (*above, *body, *below)], seen)


def _rates(known: Known, width: int, glyphs: Glyphs) -> Line:
    """What passes now."""
    right = [_source(known), Piece(time.strftime(" %H:%M", time.localtime(known.now_unix_s)), Style.MUTED)]
    if known.rates is None:
        left = [Piece("traffic-analyzer", Style.STRONG)]
        history: tuple[float, ...] = _history(known.sums)
    else:
        left = [
            Piece(f"{glyphs.download} {rate_text(known.rates.rx_bytes_s):<11}", Style.RX),
            Piece(f"  {glyphs.upload} {rate_text(known.rates.tx_bytes_s):<11}", Style.TX),
        ]
        history = known.rates.history
    room = min(width - size_of(left) - size_of(right) - 4, _SPARK_MOST)
    if room >= _SPARK_LEAST:
        left.append(Piece("  " + spark(history, room, glyphs.levels), Style.RX))
    return spread(left, right, width)


def _source(known: Known) -> Piece:
    """Whom answers come from."""
    if known.standing is not None and not known.standing.is_counting:
        return Piece("not counting", Style.BAD)
    if known.question is None:
        return Piece("")
    return Piece("database", Style.DOUBTFUL) if known.away else Piece("live", Style.GOOD)


def _history(sums: Answer | None) -> tuple[float, ...]:
    """Bytes by time, oldest first."""
    if sums is None:
        return ()
    return tuple(float(value or 0) for value in reversed(_values(sums, "bytes")))


def _values(sums: Answer, name: str) -> list[int]:
    table = sums.tables[0]
    at = [column.name for column in table.report.columns].index(name)
    return [row[at] for row in table.rows]


def _sums(state: State, known: Known, width: int, glyphs: Glyphs) -> Line:
    """What passed in the window."""
    title = escaped(state.windows[state.window].title)
    left = [Piece(f"{title[:1].upper()}{title[1:]}  ", Style.STRONG)]
    if known.sums is not None:
        for name, glyph, style in (("rx_bytes", glyphs.download, Style.RX), ("tx_bytes", glyphs.upload, Style.TX)):
            total = sum(value or 0 for value in _values(known.sums, name))
            left.append(Piece(f"{glyph} {bytes_text(total):<9}", style))
    shown = known.answer or known.sums
    right = [Piece(window_text(shown.since_unix_s, shown.until_unix_s), Style.MUTED)] if shown else []
    return spread(left, right, width)


def _tabs(state: State, width: int) -> Line:
    """Panes, with that one in sight where one is; those that cannot tell of what is looked at are faint."""
    filters = dict(state.place.filters)
    pieces: list[Piece] = []
    at = 0
    for number, report in enumerate(PANES):
        is_here = report is state.place.declared
        if not is_here and (report.needs_device or report.needs_domain) and not takes(report, filters):
            continue
        if is_here:
            at = len(pieces)
        digit = f"{(number + 1) % 10} " if number < 10 else ""
        style = Style.CHOSEN if is_here else Style.PLAIN if takes(report, filters) else Style.MUTED
        pieces.append(Piece(f" {digit}{title_of(report)} ", style))
    first = at
    while first > 0 and size_of(pieces[first - 1 : at + 2]) <= width - 2:
        first -= 1
    if first:
        return (Piece("<"), *fitted(pieces[first:], width - 1))
    return fitted(pieces, width)


def _way(state: State, glyphs: Glyphs, width: int) -> Line:
    """How one came here, and what is shown."""
    place = state.place
    pieces: list[Piece] = []
    for step in state.trail[1:]:
        text = shortened(glyphs.text(escaped(step.text)), max(_STEP_LEAST, width // 4))
        pieces += [Piece(text, Style.STRONG), Piece(glyphs.step, Style.MUTED)]
    pieces.append(Piece(place.declared.title + (f", by {by}" if (by := by_of(place.declared)) != "name" else "")))
    if place.search or state.typed is not None:
        pieces.append(Piece(f"  with “{glyphs.text(escaped(place.search))}”" if not glyphs.is_ascii
                            else f'  with "{glyphs.text(escaped(place.search))}"', Style.DOUBTFUL))  # fmt: skip
    while len(pieces) > 3 and size_of(pieces) > width:  # the latest steps say most
        pieces = [Piece("…" + glyphs.step, Style.MUTED), *pieces[3 if pieces[0].text.startswith("…") else 2 :]]
    return tuple(pieces)


def _body(state: State, known: Known, room: int, width: int, glyphs: Glyphs) -> tuple[list[Line], Seen]:
    place = state.place
    lines = [fitted(_way(state, glyphs, width), width)]
    if room >= _ROOMY - 5:
        lines.append(())
    if known.answer is None:
        wrapped = textwrap.wrap(escaped(known.trouble) or "reading", width)
        style = Style.BAD if known.trouble else Style.MUTED
        return lines + [(Piece(glyphs.text(text), style),) for text in wrapped], Seen()
    rows = rows_of(known.answer, place.search)
    if len(known.answer.tables) == 1:
        head, body = _table(known.answer, rows, place, width, glyphs)
        lines += head
    else:
        body = _parts(known.answer, rows, place, width, glyphs)
    cursor = min(place.row, len(rows) - 1)
    page = max(1, room - len(lines))
    at = next((i for i, each in enumerate(body) if each.number == cursor), 0)
    start = at // page * page
    for i, (number, line, whole) in enumerate(body[start : start + page]):
        line = whole if i == 0 or number == cursor else line
        lines.append(filled(line, width, Style.CHOSEN) if rows and number == cursor else line)
    row = rows[cursor] if rows else None
    has_more = any(table.has_more for table in known.answer.tables)
    if rows:
        count = f" {place.offset + cursor + 1:,} of {place.offset + len(rows):,}{'+' * has_more}"
        lines[0] = spread(fitted(lines[0], width - len(count) - 1), [Piece(count, Style.MUTED)], width)
    link = link_of(known.answer.tables[row.table].report, row.values) if row else None
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


def _table(answer: Answer, rows: tuple[Row, ...], place: Place, width: int, glyphs: Glyphs) -> tuple[list[Line], _Body]:
    """The head of the only table, and its lines."""
    (table,) = answer.tables
    if not rows:
        return [], [_said(_nothing(table.report, place), Style.MUTED)]
    grid = Grid(table.report, table.rows, sorted_by(table.report, place.sort), width, glyphs)
    return [grid.head()], list(_told(grid, list(enumerate(rows))))


def _parts(answer: Answer, rows: tuple[Row, ...], place: Place, width: int, glyphs: Glyphs) -> _Body:
    """All tables, each under its title."""
    body: _Body = []
    for number, table in enumerate(answer.tables):
        mine = [(at, row) for at, row in enumerate(rows) if row.table == number]
        if place.search and not mine:
            continue
        body.append(_said(table.report.title, Style.STRONG))
        if not mine:
            body += [_said(table.report.nothing, Style.MUTED), _said("", Style.PLAIN)]
            continue
        grid = Grid(table.report, table.rows, sorted_by(table.report, ""), width, glyphs)
        body += [_Told(None, grid.head(), grid.head()), *_told(grid, mine), _said("", Style.PLAIN)]
    return body or [_said(_nothing(place.declared, place), Style.MUTED)]


def _nothing(report: Report, place: Place) -> str:
    return "no row has that text" if place.search else report.nothing


def _verdict(known: Known, width: int) -> Line:
    if known.answer is None:
        return ()
    if known.answer.remarks:
        return fitted([Piece(escaped(known.answer.remarks[0]), Style.DOUBTFUL)], width)
    style = Style.MUTED if known.answer.is_complete else Style.BAD
    return fitted([Piece(escaped(known.answer.verdict), style)], width)


def _foot(state: State, known: Known, width: int) -> Line:
    """What one types; what is wrong; else the keys."""
    right = [Piece("paused", Style.DOUBTFUL)] if state.is_paused else []
    if state.typed is not None:
        return fitted([Piece("/", Style.STRONG), Piece(escaped(state.typed)), Piece(" ", Style.CHOSEN)], width)
    trouble = _trouble(known)
    if state.message or trouble:
        style = Style.DOUBTFUL if state.message else Style.BAD
        text = escaped(state.message or trouble)
        return spread(fitted([Piece(text, style)], width - size_of(right) - bool(right)), right, width)
    pieces: list[Piece] = []
    for key, word in hints():
        new = [Piece(key, Style.STRONG), Piece(f" {word}  ", Style.MUTED)]
        if size_of([*pieces, *new]) - 2 > width - size_of(right) - bool(right):
            break
        pieces += new
    return spread(pieces, right, width) if right else fitted(pieces, width)


def _trouble(known: Known) -> str:
    if known.waits_s >= _LATE_S:
        return f"no answer for {known.waits_s:.0f} s"
    if known.trouble and known.answer is not None:
        return known.trouble
    return ""


def _overlay(state: State, known: Known, room: int, width: int) -> tuple[list[Line], Seen]:
    lines = _help(width) if state.overlay == "help" else _about(known, width)
    return lines[state.top : state.top + room], Seen(len(lines), room)


def _help(width: int) -> list[Line]:
    rows = help_rows()
    keys = max(columns_of(names) for names, _ in rows) + 2
    if keys > width // 2:
        keys = 16
    lines: list[Line] = []
    for names, text in rows:
        told = textwrap.wrap(text, max(10, width - keys))
        left = [names] if columns_of(names) < keys else textwrap.wrap(names, keys - 1)
        for at in range(max(len(told), len(left))):
            name = left[at] if at < len(left) else ""
            lines.append((Piece(f"{name:<{keys}}", Style.STRONG), Piece(told[at] if at < len(told) else "")))
    return lines


def _about(known: Known, width: int) -> list[Line]:
    paragraphs: list[tuple[str, Style]] = []
    if known.answer is not None:
        paragraphs.append((window_text(known.answer.since_unix_s, known.answer.until_unix_s), Style.STRONG))
        paragraphs.append((known.answer.verdict, Style.PLAIN if known.answer.is_complete else Style.BAD))
        paragraphs += [(text, Style.DOUBTFUL) for text in known.answer.remarks]
    paragraphs += [(text, Style.DOUBTFUL) for text in (known.trouble, known.away) if text]
    if known.standing is not None and not known.standing.is_counting:
        paragraphs.append(("Nothing is counted: start it with `traffic-analyzer run`.", Style.BAD))
    if known.standing is not None:
        paragraphs += [(text, Style.PLAIN) for text in known.standing.notices]
        if not known.standing.notices:
            paragraphs.append(("Nothing on this machine hides traffic, as far as can be told.", Style.PLAIN))
    lines: list[Line] = []
    for text, style in paragraphs:
        lines += [(Piece(line, style),) for line in textwrap.wrap(escaped(text), width)] + [()]
    return lines
