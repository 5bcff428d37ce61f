"""A result as a table for a terminal."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import Any

from ..reports.declaration import Column
from ..reports.registry import Result
from ..units import Unit, escaped, value_text, window_text
from .verdict import verdict
from .width import columns_of, padded

_GAP = "  "
_LINE_LEAST = 20  # columns that a sentence is broken at, however narrow the terminal
_SMALLEST = 8  # columns that a text is left
_FAIR = 17  # columns that a text should have, before others are shown that can be done without: a MAC
_TEXTS = (Unit.NAME, Unit.LIST)


def render_table(result: Result, width: int | None) -> str:
    """Title, tables and a closing line on what is missing.

    :param width: columns of the terminal; columns that a report can do without are left out, the last one first, and
        the widest texts are shortened in the middle to fit. None: never.
    """
    lines = [_title(result), ""]
    for part in result.parts:
        lines += [part.report.title, "", *_table(part, width), ""]
    if not result.parts:
        lines += [*_table(result, width), ""]
    last = verdict(result.completeness)
    return "\n".join([*lines, *([last] if width is None else textwrap.wrap(last, max(width, _LINE_LEAST)))]) + "\n"


def _table(result: Result, width: int | None) -> list[str]:
    if not result.rows:
        return [result.report.nothing]
    shown = list(enumerate(result.report.columns))
    while width is not None and _fair(shown, result) > width and any(column.is_extra for _, column in shown):
        del shown[max(i for i, (_, column) in enumerate(shown) if column.is_extra)]
    columns = [column for _, column in shown]
    head = [column.title for column in columns]
    values = [[row[at] for at, _ in shown] for row in result.rows]
    body = [[value_text(value, column.unit) for value, column in zip(row, columns, strict=True)] for row in values]
    widths = [max(columns_of(line[i]) for line in [head, *body]) for i in range(len(columns))]
    if width is not None:
        _narrow(widths, [column.unit in _TEXTS for column in columns], width)
        words = [column.unit is Unit.TEXT for column in columns]  # our own: last, and only where that is enough
        least = [min(size, _SMALLEST) if is_word else size for size, is_word in zip(widths, words, strict=True)]
        if sum(least) <= _room(widths, width):
            _narrow(widths, words, width)
    lines = [
        _GAP.join(map(padded, line, widths, [column.unit.is_number for column in columns])).rstrip()
        for line in [head, *_once(body, values, columns)]
    ]
    lines.insert(1, _GAP.join("-" * size for size in widths))
    return lines


def _fair(shown: list[tuple[int, Column]], result: Result) -> int:
    """The width of the table when its texts are as narrow as they should get."""
    sizes = [
        min(size, _FAIR) if column.unit in _TEXTS else size
        for at, column in shown
        for size in [max(len(column.title), *(columns_of(value_text(row[at], column.unit)) for row in result.rows))]
    ]
    return sum(sizes) + len(_GAP) * (len(sizes) - 1)


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


def _title(result: Result) -> str:
    selection = result.selection
    asked = (("on", selection.ifaces), ("of", selection.devices), ("under", selection.domains))
    where = "".join(f" {word} {escaped(', '.join(texts))}" for word, texts in asked if texts)
    by = f", by {escaped(selection.by)}" if selection.by != "name" else ""
    return f"{result.report.title}{where}{by}, {window_text(selection.since_unix_s, selection.until_unix_s)}"


def _room(widths: list[int], width: int) -> int:
    """What is left for cells of a line of *width*."""
    return width - len(_GAP) * (len(widths) - 1)


def _narrow(widths: list[int], may_shrink: list[bool], width: int) -> None:
    """Takes from the widest shrinkable column until the line fits or nothing is left to take."""
    while sum(widths) > _room(widths, width):
        size, at = max(((size if may_shrink[i] else 0), i) for i, size in enumerate(widths))
        if size <= _SMALLEST:
            return
        widths[at] -= 1
