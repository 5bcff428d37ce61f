"""Rows of a report in columns that fit the terminal, and stay where they are while numbers change."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from ...reports.declaration import Column, Report, Role
from ...units import USUAL, Notation, Unit, value_text
from ..width import columns_of, padded
from .line import Glyphs, Line, Piece, Style

_GAP = 2
_FAIR = 17  # columns that a text should have before others are shown: a MAC
_SMALLEST = 8  # that a text is left
_WIDEST = 72  # that a text is given
_TEXTS = (Unit.NAME, Unit.LIST)
#: Numbers take as much whatever they are, or everything to their right would move with them.
_LEAST = {Unit.BYTES: 7, Unit.SHARE: 6, Unit.PACKETS: 9, Unit.COUNT: 6, Unit.PORT: 7}
_AMOUNTS = {"rx_bytes": Style.RX, "tx_bytes": Style.TX}
_WORDS = {"exact": Style.GOOD, "ambiguous": Style.DOUBTFUL, "hidden": Style.DOUBTFUL, "unknown": Style.MUTED,
          "unseen": Style.BAD, "not_booked": Style.BAD}  # fmt: skip


class _Cell(NamedTuple):
    at: int  #: of the report's columns
    column: Column
    width: int


class Grid:
    """The columns of *report* in *width*, as its *rows* are.

    :param sort: the column that rows come by, and whether from the most.
    """

    def __init__(
        self, report: Report, rows: Sequence[tuple[Any, ...]], sort: tuple[str, bool], width: int, glyphs: Glyphs,
        notation: Notation = USUAL,
    ) -> None:  # fmt: skip
        self._glyphs, self._sort, self._columns, self._notation = glyphs, sort, report.columns, notation
        natural = [self._natural(at, column, rows) for at, column in enumerate(report.columns)]
        shown = _chosen(report.columns, natural, sort[0], width)
        widths = {at: natural[at] for at in shown}
        texts = [at for at in shown if report.columns[at].unit in _TEXTS]
        _narrow(widths, texts, width)
        room = width - sum(widths.values()) - _GAP * (len(shown) - 1)
        if texts and room > 0:
            widths[texts[0]] = max(widths[texts[0]], min(widths[texts[0]] + room, _WIDEST))
        self._cells = [_Cell(at, report.columns[at], widths[at]) for at in shown]

    def head(self) -> Line:
        """Titles; that of the column that rows come by has a sign of it."""
        name, is_descending = self._sort
        pieces = []
        for cell in self._cells:
            sign = (self._glyphs.descending if is_descending else self._glyphs.ascending) * (cell.column.name == name)
            title = padded(cell.column.title + sign, cell.width, cell.column.unit.is_number)
            pieces += [Piece(title, Style.STRONG if sign else Style.MUTED), Piece(" " * _GAP)]
        return tuple(pieces[:-1])

    def row(self, values: Sequence[Any], above: Sequence[Any] | None = None) -> Line:
        """A row; headings that it shares with the one *above* are left out."""
        pieces = []
        is_same = above is not None
        amounts = [value for column, value in zip(self._columns, values, strict=True) if column.role is Role.SUM]
        is_none = not any(amounts)
        for at, column, width in self._cells:
            is_same = is_same and column.is_heading and above is not None and above[at] == values[at]
            text = "" if is_same else self._glyphs.text(value_text(values[at], column.unit, self._notation))
            style = _style(column, values[at])
            if style is Style.BAD and is_none:
                style = Style.MUTED
            pieces += [Piece(padded(text, width, column.unit.is_number), style), Piece(" " * _GAP)]
        return tuple(pieces[:-1])

    def _natural(self, at: int, column: Column, rows: Sequence[tuple[Any, ...]]) -> int:
        texts = (self._glyphs.text(value_text(values[at], column.unit, self._notation)) for values in rows)
        return max(len(column.title) + 1, _LEAST.get(column.unit, 0), *map(columns_of, texts), 1)


def _style(column: Column, value: object) -> Style:
    if column.unit is Unit.TEXT:
        return _WORDS.get(str(value), Style.PLAIN)
    return _AMOUNTS.get(column.name, Style.PLAIN)


def _chosen(columns: Sequence[Column], natural: Sequence[int], sort: str, width: int) -> list[int]:
    """The columns that there is room for, in their order: headings, the first one, what rows come by, then the others
    as declared, and last those that one can do without."""
    first = next(at for at, column in enumerate(columns) if not column.is_extra)
    must = [at for at, column in enumerate(columns) if column.is_heading and not column.is_extra or at == first]
    must += [at for at, column in enumerate(columns) if column.name == sort and at not in must]

    def has_room(chosen: Sequence[int]) -> bool:
        sizes = [min(natural[at], _FAIR) if columns[at].unit in _TEXTS else natural[at] for at in chosen]
        return sum(sizes) + _GAP * (len(sizes) - 1) <= width

    # Headings alone would tell nothing: all but the first go where they leave no room for a row and its amount.
    told = [next((at for at, column in enumerate(columns) if is_told(column)), first) for is_told in (_is_own, _is_sum)]
    spared = [at for at in must if columns[at].is_heading and at != first and columns[at].name != sort]
    while spared and not has_room(list({*must, *told})):
        must.remove(spared.pop(0))
    dropped = {at for at, column in enumerate(columns) if column.is_heading and not column.is_extra} - {*must}
    rest = [at for at in range(len(columns)) if at not in must and at not in dropped]
    rest.sort(key=lambda at: columns[at].is_extra)
    chosen: list[int] = []
    for at in (*must, *rest):
        if not chosen or has_room([*chosen, at]):
            chosen.append(at)
    return sorted(chosen)


def _is_own(column: Column) -> bool:
    """It differs from row to row."""
    return not column.is_heading and not column.is_extra


def _is_sum(column: Column) -> bool:
    return column.role is Role.SUM


def _narrow(widths: dict[int, int], texts: Sequence[int], width: int) -> None:
    """Takes from the widest text until the line fits; where that is not enough, from whatever is widest."""
    while (over := sum(widths.values()) + _GAP * (len(widths) - 1) - width) > 0:
        widest = max(texts, key=lambda at: widths[at], default=None)
        if widest is None or widths[widest] <= _SMALLEST:
            widest = max(widths, key=lambda at: widths[at])
            if widths[widest] <= 1:
                return
        widths[widest] -= 1 if over < 8 else min(over // 4, max(1, widths[widest] - _SMALLEST))
