"""What is said where no command is named: the last hour and today on one screen, drawn from declarations."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC
from itertools import zip_longest
from pathlib import Path

from ...clock import now_unix_s, read
from ...errors import StoreError
from ...reports import registry
from ...reports.declaration import Role
from ...reports.registry import Result
from ...reports.selection import Selection
from ...reports.status import Status, status
from ...reports.totals import Totals, totals
from ...units import USUAL, Notation, Unit, bytes_text, escaped, minute_text, value_text
from ..commands import PROGRAM
from ..paint import PLAIN, Paint
from ..sentences import remarked, sentence
from ..verdict import verdict
from ..width import columns_of, cut, padded, wrapped
from ..window import window_of
from .shown import Said, notation_of, remark_lines, show
from .status import counting
from .terminal import Terminal

_SIZE = (80, 24)  # in a pipe
_GAP = "   "
_PANE_LEAST = 36  # columns; where there are not as many for two, one is under the other
_LISTS = ("devices", "sites")
_SHARES = "labels"
_BETWEEN = "  "
_NAME_LEAST = 17  # columns, a MAC; where amounts leave less they go
_HEAD = 1  # lines above the rows of a list
_ROWS_LEAST, _ROWS_FEW = 1, 3  # of a list: without any it tells nothing; fewer are worth more than air
_MORE = "`traffic-analyzer status` tells more of this machine, `--help` lists the reports."


@dataclass(frozen=True)
class Found:
    """All that it tells of."""

    now_unix_s: int
    hour: Totals
    today: Totals
    lists: Sequence[Result]  #: of the last hour
    shares: Result
    status: Status


def found_in(database: Path, archive: Path | None, now: int, is_utc: bool = False) -> Found:
    """What a summary is drawn from.

    :raises StoreError: the database cannot be read.
    """
    zone = UTC if is_utc else None
    hour = Selection(*window_of({}, now, zone))
    today = Selection(*window_of({"period": "day"}, now, zone))

    def result(place: str) -> Result:
        report = next(r for r in registry.REPORTS.values() if r.summary and r.summary.place == place)
        assert report.summary
        limit = report.summary.limit or report.default_limit
        return registry.run(database, report.name, replace(hour, by=report.summary.by, limit=limit), archive)

    return Found(
        now, totals(database, hour, archive), totals(database, today, archive), [result(place) for place in _LISTS],
        result(_SHARES), status(database, now, archive),
    )  # fmt: skip


def render_summary(found: Found, size: tuple[int, int], notation: Notation = USUAL, paint: Paint = PLAIN) -> str:
    """As many lines as *size*, columns and lines, has room for, one less for the prompt.

    Where that is little, lists have a row less each, then no line is empty, then what is told elsewhere too is left
    out; more lines than there are it has where they are fewer than all that takes.
    """
    width, height = size
    state, sums = _state(found, width, notation, paint), _totals(found, width, notation, paint)
    missing = _missing(found, width, notation, paint)
    others = [_notices(found, width), _sure(found.shares, width, paint), wrapped(_MORE, width)]
    is_beside = width >= 2 * _PANE_LEAST + len(_GAP)
    count = 1 if is_beside else len(found.lists)  # lists that are one under the other
    air = 2 + count

    def rows_in(air: int, others: Sequence[Sequence[str]]) -> int:
        room = height - 1 - len(state) - len(sums) - len(missing) - sum(map(len, others)) - air
        return room // count - _HEAD

    if rows_in(air, others) < _ROWS_FEW:
        air = 0
    while rows_in(air, others) < _ROWS_LEAST and others:
        others.pop()
    rows = rows_in(air, others)
    blank = [""] if air else []
    above = [*state, *blank, *sums, *blank]
    below = [*blank, *(others[1] if len(others) > 1 else []), *missing, *(others[0] if others else []),
             *(others[2] if len(others) > 2 else [])]  # fmt: skip
    size_of_one = (width - len(_GAP) * (len(found.lists) - 1)) // len(found.lists) if is_beside else width
    panes = [_pane(one, size_of_one, max(rows, _ROWS_LEAST), notation, paint) for one in found.lists]
    if is_beside:
        empty = " " * size_of_one
        lines = [_GAP.join(parts) for parts in zip_longest(*panes, fillvalue=empty)]
    else:
        lines = [line for at, pane in enumerate(panes) for line in (*(blank if at else []), *pane)]
    lines = [line.rstrip() for line in lines]
    return "\n".join([*above, *lines, *below]) + "\n"


def _state(found: Found, width: int, notation: Notation, paint: Paint) -> list[str]:
    places = ", ".join(escaped(place.iface) + (f" ({place.role})" if place.role else "") for place in
                       found.status.places)  # fmt: skip
    on = f" On {places}." if found.status.is_counting and places else ""
    zone = " UTC" if notation.is_utc else ""
    first, *rest = wrapped(f"{minute_text(found.now_unix_s, notation)}{zone}  {counting(found.status)}{on}", width)
    return [paint.heading(first) if found.status.is_counting else paint.alarm(first), *rest]


def _totals(found: Found, width: int, notation: Notation, paint: Paint) -> list[str]:
    told = {"Last hour": found.hour, "Today": found.today}
    body = [[name, *(bytes_text(count, notation) for count in (t.rx_bytes, t.tx_bytes, t.rx_bytes + t.tx_bytes))]
            for name, t in told.items()]  # fmt: skip
    table = [["", "Download", "Upload", "Total"], *body]
    sizes = [max(len(line[at]) for line in table) for at in range(len(table[0]))]
    lines = [_BETWEEN.join(padded(cell, sizes[at], at > 0) for at, cell in enumerate(line)) for line in table]
    head, *rest = [cut(line, width) for line in lines]
    return [paint.heading(head), *rest]


def _pane(result: Result, width: int, rows: int, notation: Notation, paint: Paint) -> list[str]:
    """A head and at most *rows* rows, each of *width* columns: names, our own words, and the amounts there is room for.

    The amount that rows are ordered by stays in any case.
    """
    columns, place = result.report.columns, result.report.summary
    title = f"{place.place.capitalize()}, last hour" if place else result.report.title
    if not result.rows:
        return [paint.heading(padded(title, width)), padded(result.report.nothing, width)]
    shown = [at for at, c in enumerate(columns) if at and not c.is_extra and
             (c.unit is Unit.TEXT or c.unit is Unit.BYTES and c.role is Role.SUM)]  # fmt: skip
    texts = [[value_text(value, c.unit, notation) for value, c in zip(row, columns, strict=True)]
             for row in result.rows[:rows]]  # fmt: skip
    sizes = {at: max(columns_of(text) for text in (columns[at].title, *(line[at] for line in texts))) for at in shown}

    def left() -> int:
        return width - sum(sizes[at] + len(_BETWEEN) for at in shown)

    first = result.report.order[0].removeprefix("-")
    while left() < _NAME_LEAST and (dropped := [at for at in shown if columns[at].name != first]):
        shown.remove(next((at for at in dropped if columns[at].unit is Unit.BYTES), dropped[-1]))
    name = max(left(), 0)
    if not name:  # no room for a name: its amount alone would tell nothing
        shown, name = [], width
    head = [padded(title, name), *(padded(columns[at].title, sizes[at], columns[at].unit.is_number) for at in shown)]
    lines = [paint.heading(_BETWEEN.join(head))]
    for line in texts:
        cells = [padded(line[0], name)]
        for at in shown:
            cell = padded(line[at], sizes[at], columns[at].unit.is_number)
            cells.append(paint.word(cell) if columns[at].unit is Unit.TEXT else cell)
        lines.append(_BETWEEN.join(cells))
    return lines


def _sure(shares: Result, width: int, paint: Paint) -> list[str]:
    """How sure names are, in a line: the shares by the report's first column."""
    at = next(i for i, column in enumerate(shares.report.columns) if column.role is Role.SHARE)
    sums: dict[str, float] = {}
    for row in shares.rows:
        sums[str(row[0])] = sums.get(str(row[0]), 0.0) + (row[at] or 0.0)
    if not sums:
        return []
    most = sorted(sums.items(), key=lambda each: -each[1])
    parts = [f"{word} {value_text(share, Unit.SHARE)}" for word, share in most]
    lines = wrapped(f"{shares.report.title}: {', '.join(parts)}.", width)
    for word in sums:
        lines = [line.replace(word, paint.word(word)) for line in lines]
    return lines


def _missing(found: Found, width: int, notation: Notation, paint: Paint) -> list[str]:
    first, *rest = wrapped(verdict(found.status.lately, notation), width)
    return [paint.verdict(first), *rest]


def _notices(found: Found, width: int) -> list[str]:
    """The first one, and how many there are besides."""
    if not found.status.notices:
        return []
    notice, *others = found.status.notices
    text = sentence(notice.code, escaped(notice.subject), escaped(notice.detail))
    more = f" ({len(others)} more: `traffic-analyzer status`)" if others else ""
    return [cut(cut(text, width - len(more)) + more, width)]


def print_summary(arguments: argparse.Namespace) -> int:
    """Prints what there is to be known at once."""
    try:
        return show(arguments, lambda terminal: _said(arguments, terminal))
    except StoreError as error:
        if arguments.given:
            raise
        raise StoreError(f"{error}; `{PROGRAM} --help` lists all commands") from None  # likely his first word to us


def _said(arguments: argparse.Namespace, terminal: Terminal) -> Said:
    notation = notation_of(arguments)
    archive = Path(arguments.archive) if arguments.archive else None
    found = found_in(Path(arguments.db), archive, now_unix_s(*read()), notation.is_utc)
    columns, lines = terminal.size or _SIZE
    remarks = remarked(found.status.remarks)

    def drawn(height: int) -> str:
        return render_summary(found, (columns, height + 1), notation, terminal.paint)

    beside = len(remark_lines(remarks, columns)) if terminal.size else 0  # most likely on the same terminal
    return Said(drawn(lines - 1 - beside), remarks, drawn)
