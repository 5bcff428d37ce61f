"""The rows that are shown of an answer, and where each of them leads."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from ...reports.declaration import Column, Report
from ...reports.registry import REPORTS
from ...settings import DEVICE, DOMAIN, PROTOCOL
from ...units import USUAL, Notation, Unit, protocol_name, value_text
from .answer import Answer

_OTHER = "(other)"  # what was put together
_HIDDEN = "hidden by ECH ("
_PORT = "port"


class Link(NamedTuple):
    """Where a row leads: a report, and the filters that ask it for this row's traffic alone."""

    report: str
    filters: tuple[tuple[str, tuple[str, ...]], ...]
    text: str  #: what the row is about


class Row(NamedTuple):
    """One that is shown."""

    table: int  #: of the answer's
    values: tuple[Any, ...]


def rows_of(answer: Answer, search: str, notation: Notation = USUAL) -> tuple[Row, ...]:
    """The rows with *search* somewhere in what they show, whatever its case."""
    sought = search.casefold()
    return tuple(
        Row(at, values)
        for at, table in enumerate(answer.tables)
        for values in table.rows
        if not sought or any(sought in text.casefold() for text in texts_of(table.report.columns, values, notation))
    )


def texts_of(columns: Sequence[Column], values: Sequence[Any], notation: Notation = USUAL) -> list[str]:
    """A row as a person reads it; of a list all of it."""
    return [
        " ".join(map(str, value)) if column.unit is Unit.LIST and isinstance(value, tuple)
        else value_text(value, column.unit, notation)
        for column, value in zip(columns, values, strict=True)
    ]  # fmt: skip


def link_of(report: Report, values: Sequence[Any], notation: Notation = USUAL) -> Link | None:
    """Where a row of *report* leads; None: nowhere, or it cannot be asked for alone."""
    if report.leads_to not in REPORTS:
        return None
    found: dict[str, str] = {}
    for column, value in zip(report.columns, values, strict=True):
        if not column.selects:
            continue
        if value in (None, "", _OTHER, -1) or str(value).startswith(_HIDDEN):
            return None
        found[column.selects] = protocol_name(value) if column.unit is Unit.L4_PROTO else str(value)
    if _PORT in found:
        port = found.pop(_PORT)
        if PROTOCOL.name in found:
            found[PROTOCOL.name] += f"/{port}"
    if not found or not found.keys() <= {DEVICE.name, DOMAIN.name, PROTOCOL.name}:
        return None
    text = _text(report, values, found, notation)
    return Link(report.leads_to, tuple((name, (value,)) for name, value in found.items()), text)


def _text(report: Report, values: Sequence[Any], found: dict[str, str], notation: Notation) -> str:
    """What its first column that is always there says; of a protocol, with its port."""
    if PROTOCOL.name in found:
        return found[PROTOCOL.name]
    at = next(at for at, column in enumerate(report.columns) if not column.is_extra)
    return value_text(values[at], report.columns[at].unit, notation)
