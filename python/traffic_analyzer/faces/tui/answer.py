"""What is asked, and what is answered, whoever answers it: a question, tables of rows, rates, and how things stand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from ...reports.declaration import Report
from ...reports.registry import REPORTS, Result
from ..sentences import remarked
from ..verdict import verdict

_COMPLETE = "Complete."


class Question(NamedTuple):
    """A report, and settings by name, as a command takes them."""

    report: str
    given: tuple[tuple[str, Any], ...]


@dataclass(frozen=True)
class Table:
    """Rows of a report, or of a part of one: a value a column."""

    report: Report
    rows: tuple[tuple[Any, ...], ...]
    has_more: bool = False


@dataclass(frozen=True)
class Answer:
    """That of a report: its table, or those of its parts."""

    tables: tuple[Table, ...]
    since_unix_s: int = 0
    until_unix_s: int = 0
    verdict: str = ""
    remarks: tuple[str, ...] = ()
    step: str = "minute"  #: that the window is told by: minute, hour or day

    @property
    def is_complete(self) -> bool:
        """False where its verdict says that something is missing."""
        return not self.verdict or self.verdict.startswith(_COMPLETE)


class Rates(NamedTuple):
    """What passes now, as its clients see it: bytes a second."""

    rx_bytes_s: float
    tx_bytes_s: float
    history: tuple[float, ...]  #: of both, by time, oldest first
    span_s: int  #: that the history is of


@dataclass(frozen=True)
class Standing:
    """How the collector stands."""

    is_counting: bool
    notices: tuple[str, ...] = field(default=())  #: sentences, not escaped yet


def answer_of(result: Result) -> Answer:
    """*result*, as every source tells it."""
    tables = tuple(Table(one.report, tuple(one.rows), one.has_more) for one in result.parts or (result,))
    window = result.selection.since_unix_s, result.selection.until_unix_s
    return Answer(tables, *window, verdict(result.completeness), remarked(result.remarks), result.step)


def answer_in(document: Mapping[str, Any]) -> Answer:
    """The same, of the endpoint's document.

    :raises KeyError, TypeError: it is none.
    """
    report = REPORTS[document["report"]]
    parts = document.get("parts")
    tables = [(part, parts[part.name]) for part in report.parts] if parts else [(report, document)]
    selection, remarks = document["selection"], tuple(remark["text"] for remark in document["remarks"])
    return Answer(
        tuple(Table(one, _rows(one, found["rows"]), bool(found["has_more"])) for one, found in tables),
        selection["since_unix_s"], selection["until_unix_s"], document["verdict"], remarks, document["step"],
    )  # fmt: skip


def _rows(report: Report, rows: list[dict[str, Any]]) -> tuple[tuple[Any, ...], ...]:
    """Values in the order of columns; a list as a tuple again."""
    names = [column.name for column in report.columns]
    values = ([row.get(name) for name in names] for row in rows)
    return tuple(tuple(tuple(value) if isinstance(value, list) else value for value in row) for row in values)
