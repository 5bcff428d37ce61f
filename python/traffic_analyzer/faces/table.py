"""A result as a table for a terminal."""

from __future__ import annotations

from ..reports.registry import Completeness, Result
from ..units import Unit, bytes_text, escaped, minute_text, value_text

_GAP = "  "
_ELLIPSIS = "…"


def render_table(result: Result, width: int | None) -> str:
    """Title, head, rows and a closing line on what is missing.

    :param width: columns of the terminal; the widest texts are shortened in the middle to fit. None: never.
    """
    columns = result.report.columns
    head = [column.title for column in columns]
    body = [[value_text(value, c.unit) for value, c in zip(row, columns, strict=True)] for row in result.rows]
    widths = [max(len(line[i]) for line in [head, *body]) for i in range(len(columns))]
    if width is not None:
        for unit in (Unit.NAME, Unit.TEXT):  # our own words last
            _narrow(widths, [column.unit is unit for column in columns], width)
    lines = [
        _GAP.join(map(_cell, line, widths, [column.unit.is_number for column in columns])).rstrip()
        for line in [head, *body]
    ]
    lines.insert(1, _GAP.join("-" * size for size in widths))
    if not body:
        lines = ["no traffic in this window"]
    return "\n".join([_title(result), "", *lines, "", _closing(result.completeness)]) + "\n"


def _title(result: Result) -> str:
    selection = result.selection
    asked = (("on", selection.ifaces), ("of", selection.devices), ("under", selection.domains))
    where = "".join(f" {word} {escaped(', '.join(texts))}" for word, texts in asked if texts)
    by = f", by {escaped(selection.by)}" if selection.by != "name" else ""
    since, until = minute_text(selection.since_unix_s), minute_text(selection.until_unix_s)
    return f"{result.report.title}{where}{by}, {since} to {until}"


def _closing(completeness: Completeness) -> str:
    if not completeness.seen_packets:
        return "No packet counters in this window."
    if completeness.not_booked_packets:
        lost, packets = bytes_text(completeness.not_booked_bytes), completeness.not_booked_packets
        loss = f"NOT BOOKED: {lost} in {packets:,} packets (flow map full; raise --flow-map-entries)."
    else:
        loss = "all of it booked."
    return f"Seen: {bytes_text(completeness.seen_bytes)}, of it non-IP {bytes_text(completeness.non_ip_bytes)}; {loss}"


def _cell(text: str, size: int, to_the_right: bool) -> str:
    if len(text) > size:
        kept = size - len(_ELLIPSIS)
        text = text[: (kept + 1) // 2] + _ELLIPSIS + text[len(text) - kept // 2 :]
    return text.rjust(size) if to_the_right else text.ljust(size)


def _narrow(widths: list[int], may_shrink: list[bool], width: int) -> None:
    """Takes from the widest shrinkable column until the line fits or nothing is left to take."""
    smallest = 8
    while sum(widths) + len(_GAP) * (len(widths) - 1) > width:
        size, at = max(((size if may_shrink[i] else 0), i) for i, size in enumerate(widths))
        if size <= smallest:
            return
        widths[at] -= 1
