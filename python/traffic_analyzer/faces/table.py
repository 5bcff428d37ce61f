"""A result as a table for a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..reports.declaration import Column, Report, Role
from ..reports.registry import Result
from ..units import USUAL, Notation, Unit, escaped, value_text, window_text
from .height import Block, airy, within
from .paint import PLAIN, Paint
from .verdict import verdict
from .width import columns_of, cut, padded, wrapped

_GAP = "  "
_SMALLEST = 8  # columns that a text is left
_TINY = 4  # where that does not do
_FAIR = 17  # columns that a text should have, before others are shown that can be done without: a MAC
_HEAD = 2  # lines of a table above its rows
_TEXTS = (Unit.NAME, Unit.LIST)
_AMOUNTS = (Role.SUM, Role.SHARE, Role.MAX)


def render_table(
    result: Result, width: int | None, notation: Notation = USUAL, paint: Paint = PLAIN, height: int | None = None
) -> str:
    """Title, tables and a closing line on what is missing.

    :param width: columns of the terminal, which no line is wider than; columns that a report can do without are left
        out, the last one first, and the widest texts are shortened in the middle. None: whatever it takes.
    :param height: lines that there are; rows that they have no room for are counted, from every table as many as are
        too many; where they would be few, no line is empty, and then the last tables go. What is said about all of
        them stays, whatever it takes. None: as many as it takes.
    """
    blocks = []
    for one in result.parts or (result,):
        lines = table_lines(one.report, one.rows, width, notation, paint)
        title = [paint.heading(one.report.title)] if result.parts else []
        blocks.append(Block(title, lines[:_HEAD] if one.rows else lines, lines[_HEAD:] if one.rows else []))
    title = [*map(paint.heading, _lines(_title(result, notation), width))]
    first, *rest = _lines(verdict(result.completeness, notation), width)
    closing = [paint.verdict(first), *rest]
    if height is None:
        lines = airy(blocks)
    else:
        lines = within(blocks, height - len(title) - len(closing), [one.report.title for one in result.parts], width)
    if "" in lines[:1]:
        title.append(lines.pop(0))
    return "\n".join([*title, *lines, *closing]) + "\n"


def table_lines(
    report: Report, rows: Sequence[Sequence[Any]], width: int | None, notation: Notation = USUAL, paint: Paint = PLAIN
) -> list[str]:
    """Head, rule and rows, or what *report* says where there are none; else like :func:`render_table`."""
    if not rows:
        return _lines(report.nothing, width)
    texts = [[value_text(value, column.unit, notation) for value, column in zip(row, report.columns, strict=True)]
             for row in rows]  # fmt: skip
    sizes = [
        max(columns_of(text) for text in (column.title, *(line[at] for line in texts)))
        for at, column in enumerate(report.columns)
    ]
    shown = list(range(len(sizes))) if width is None else _shown(report, sizes, width)
    columns = [report.columns[at] for at in shown]
    widths = [sizes[at] for at in shown]
    if width is not None:
        _fit(widths, columns, width)
    body = _once([[line[at] for at in shown] for line in texts], [[row[at] for at in shown] for row in rows], columns)
    head = [padded(c.title, size, c.unit.is_number) for c, size in zip(columns, widths, strict=True)]
    lines = [paint.heading(_joined(head, width)), _joined(["-" * size for size in widths], width)]
    for line in body:
        cells = [padded(text, size, c.unit.is_number) for text, size, c in zip(line, widths, columns, strict=True)]
        if sum(widths) <= _room(widths, width):  # a line that is cut would lose where its colours end
            cells = [paint.word(cell) if c.unit is Unit.TEXT else cell for cell, c in zip(cells, columns, strict=True)]
            lines.append(_GAP.join(cells).rstrip())
        else:
            lines.append(_joined(cells, width))
    return lines


def _lines(text: str, width: int | None) -> list[str]:
    return [text] if width is None else wrapped(text, width)


def _joined(cells: Sequence[str], width: int | None) -> str:
    line = _GAP.join(cells).rstrip()
    return line if width is None else cut(line, width)


def _shown(report: Report, sizes: Sequence[int], width: int) -> list[int]:
    """The columns that a table of *width* has room for, by their place."""
    columns, shown = report.columns, list(range(len(sizes)))
    kept = {name.removeprefix("-") for name in report.order[:1]}  # what rows are there for
    packets = [at for at, c in enumerate(columns) if c.unit is Unit.PACKETS and not c.is_extra and c.name not in kept]
    spared = [*packets, *(at for at, c in enumerate(columns) if c.is_extra)]  # the last one goes first
    while spared and _least(columns, sizes, shown, _FAIR) > width:
        shown.remove(spared.pop())
    if not any(columns[at].name in kept for at in shown):  # it could be done without, where others tell as much
        kept |= {columns[at].name for at in [at for at in shown if columns[at].role is Role.SUM][:1]}
    while _least(columns, sizes, shown, _SMALLEST) > width and (
        amounts := [at for at in shown if columns[at].role in _AMOUNTS and columns[at].name not in kept]
    ):
        shown.remove(amounts[-1])
    return shown


def _least(columns: Sequence[Column], sizes: Sequence[int], shown: Sequence[int], text: int) -> int:
    """The width of the table when its texts are as narrow as *text*."""
    least = [min(sizes[at], text) if columns[at].unit in _TEXTS else sizes[at] for at in shown]
    return sum(least) + len(_GAP) * (len(least) - 1)


def _fit(widths: list[int], columns: Sequence[Column], width: int) -> None:
    """Shrinks what may be: names; our own words only where that is enough; then either as far as it takes."""
    names, words = ([column.unit in units for column in columns] for units in (_TEXTS, (Unit.TEXT,)))
    _narrow(widths, names, width, _SMALLEST)
    least = [min(size, _SMALLEST) if is_word else size for size, is_word in zip(widths, words, strict=True)]
    if sum(least) <= _room(widths, width):
        _narrow(widths, words, width, _SMALLEST)
    _narrow(widths, [name or word for name, word in zip(names, words, strict=True)], width, _TINY)


def _once(body: list[list[str]], values: Sequence[list[Any]], columns: list[Column]) -> list[list[str]]:
    """*body* with headings left out where their *values* are those of the row above: two hours may read alike."""
    count = sum(column.is_heading for column in columns)  # they come first
    shown = []
    above: list[Any] = []
    for line, row in zip(body, values, strict=True):
        same = next((i for i in range(count) if above[i : i + 1] != row[i : i + 1]), count)
        shown.append([""] * same + line[same:])
        above = row
    return shown


def _title(result: Result, notation: Notation) -> str:
    selection = result.selection
    asked = (("on", selection.ifaces), ("of", selection.devices), ("under", selection.domains),
             ("over", selection.protocols))  # fmt: skip
    where = "".join(f" {word} {escaped(', '.join(texts))}" for word, texts in asked if texts)
    by = f", by {escaped(selection.by)}" if selection.by != "name" else ""
    step = f", by {step}" if (step := result.report.step(result.step)) else ""
    raw = ", in bytes" if notation.is_raw else ""
    window = window_text(selection.since_unix_s, selection.until_unix_s, notation)
    return f"{result.report.title}{where}{by}{step}{raw}, {window}"


def _room(widths: Sequence[int], width: int | None) -> int:
    """What is left for cells of a line of *width*."""
    return sum(widths) if width is None else width - len(_GAP) * (len(widths) - 1)


def _narrow(widths: list[int], may_shrink: list[bool], width: int, least: int) -> None:
    """Takes from the widest shrinkable column until the line fits or nothing is left to take."""
    while sum(widths) > _room(widths, width):
        size, at = max(((size if may_shrink[i] else 0), i) for i, size in enumerate(widths))
        if size <= least:
            return
        widths[at] -= 1
