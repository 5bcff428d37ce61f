"""The screen, from what is looked at and what was answered. Pure: lines of styled text, whatever shows them."""

from __future__ import annotations

from typing import NamedTuple

from ...units import Notation, bytes_text, clock_text, escaped, window_text
from ..width import ending
from .answer import Answer
from .body import body
from .keys import hints
from .known import Known, Size
from .line import UNICODE, Glyphs, Line, Piece, Style, fitted, size_of, spread
from .overlay import overlay
from .panes import PANES, takes, title_of
from .rates import rate_text, spark
from .state import Seen, State

COLUMNS_LEAST, LINES_LEAST = 40, 10
_ROOMY = 14  # lines from which on there is one for sums, and one for air
_SPARK_LEAST, _SPARK_MOST = 8, 30
_LATE_S = 3  # that an answer may take before one is told to wait


class Drawn(NamedTuple):
    """Lines for the whole screen, and what they show of the answer."""

    lines: list[Line]
    seen: Seen


def drawn(state: State, known: Known, size: Size, glyphs: Glyphs = UNICODE) -> Drawn:
    """The screen."""
    if size.columns < COLUMNS_LEAST or size.lines < LINES_LEAST:
        text = f"too small: {COLUMNS_LEAST}x{LINES_LEAST} is the least"
        return Drawn([fitted([Piece(text)], size.columns)][: size.lines], Seen())
    above = [_rates(known, state.notation, size.columns, glyphs)]
    if size.lines >= _ROOMY:
        above.append(_sums(state, known, size.columns, glyphs))
    above.append(_tabs(state, size.columns))
    below = _verdict(known, size)
    room = size.lines - len(above) - len(below) - 1
    rows, seen = overlay(state, known, room, size.columns) if state.overlay else body(
        state, known, room, size.columns, glyphs
    )
    rows += [()] * (room - len(rows))
    below.append(_foot(state, known, seen, size.columns))
    return Drawn([glyphs.line(fitted(line, size.columns)) for line in (*above, *rows, *below)], seen)


def _rates(known: Known, notation: Notation, width: int, glyphs: Glyphs) -> Line:
    """What passes now."""
    right = [_source(known), Piece(f" {clock_text(known.now_unix_s, notation)}", Style.MUTED)]
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
    right = [Piece(window_text(shown.since_unix_s, shown.until_unix_s, state.notation), Style.MUTED)] if shown else []
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


def _verdict(known: Known, size: Size) -> list[Line]:
    """What is missing, and what else one must know of the answer; where there is one line for it, the worse of them."""
    if known.answer is None:
        return [()]
    style = Style.MUTED if known.answer.is_complete else Style.BAD
    verdict: Line = (Piece(escaped(known.answer.verdict), style),)
    remarks: list[Line] = [(Piece(escaped(text), Style.DOUBTFUL),) for text in known.answer.remarks[:1]]
    if remarks and size.lines < _ROOMY:
        return remarks if known.answer.is_complete else [verdict]
    return [*remarks, verdict]


def _foot(state: State, known: Known, seen: Seen, width: int) -> Line:
    """What one types; what is wrong; else the keys."""
    right = [Piece("paused", Style.DOUBTFUL)] if state.is_paused else []
    if state.overlay:
        last = max(0, seen.rows - seen.page)
        top = min(state.top, last)
        keys = [("Up Down", "scroll"), ("any other key", "back")] if last else [("any key", "back")]
        told = [part for key, word in keys for part in (Piece(key, Style.STRONG), Piece(f" {word}  ", Style.MUTED))]
        lines = Piece(f"lines {top + 1} to {min(top + seen.page, seen.rows)} of {seen.rows}", Style.DOUBTFUL)
        return spread(told, [lines], width) if last else fitted(told, width)
    if state.typed is not None:
        typed = ending(escaped(state.typed), width - 2)
        return fitted([Piece("/", Style.STRONG), Piece(typed), Piece(" ", Style.CHOSEN)], width)
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
    if pieces:
        pieces[-1] = Piece(pieces[-1].text.rstrip(), pieces[-1].style)
    return spread(pieces, right, width) if right else fitted(pieces, width)


def _trouble(known: Known) -> str:
    if known.waits_s >= _LATE_S:
        return f"no answer for {known.waits_s:.0f} s"
    if known.trouble and known.answer is not None:
        return known.trouble
    return ""
