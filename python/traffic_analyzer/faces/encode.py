"""A result for programs: JSON and CSV. Numbers stay numbers, with their unit beside the column."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import asdict

from ..reports.registry import Result, describe
from ..reports.status import Known, Status
from .sentences import SENTENCES, sentence
from .verdict import verdict
from .zone import utc_offsets


def render_json(result: Result) -> str:
    """One object: report, window, columns with units, rows as objects, completeness."""
    return json.dumps(as_dict(result), indent=2) + "\n"


def as_dict(result: Result) -> dict[str, object]:
    """What :func:`render_json` writes."""
    return {
        "report": result.report.name,
        "title": result.report.title,
        "selection": asdict(result.selection),
        "step": result.step,
        "offsets": utc_offsets(result.selection.since_unix_s, result.selection.until_unix_s),
        **_rows(result),
        "completeness": asdict(result.completeness) | {"share": result.completeness.share},
        "verdict": verdict(result.completeness),
        "remarks": list(result.remarks),
    }


def status_as_dict(found: Status) -> dict[str, object]:
    """What ``status --json`` writes."""
    return {
        "is_counting": found.is_counting,
        "interfaces": [place._asdict() for place in found.places],
        "completeness": asdict(found.lately) | {"share": found.lately.share},
        "verdict": verdict(found.lately),
        "notices": [_notice(notice) for notice in found.notices],
        "remarks": list(found.remarks),
    }


def _notice(notice: Known) -> dict[str, object]:
    """Its parts, what it says, and that with its parts left open, for who translates it."""
    text = sentence(notice.code, notice.subject, notice.detail)
    return notice._asdict() | {"text": text, "template": SENTENCES.get(notice.code, "")}


def _rows(result: Result) -> dict[str, object]:
    """Columns and rows; of a report in parts, those of each part by its name."""
    if result.parts:
        return {"parts": {part.report.name: _rows(part) for part in result.parts}}
    names = [column.name for column in result.report.columns]
    rows = [dict(zip(names, row, strict=True)) for row in result.rows]
    return {"columns": describe(result.report), "rows": rows, "has_more": result.has_more}


def render_csv(result: Result) -> str:
    """A head of column names and a line a row (RFC 4180, with line feeds); every text is quoted, no number is.

    The values of a list are separated by spaces. The parts of a report follow each other, with an empty line between.
    """
    if result.parts:
        return "\n".join(map(render_csv, result.parts))
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow([column.name for column in result.report.columns])
    rows = ([" ".join(value) if isinstance(value, tuple) else value for value in row] for row in result.rows)
    csv.writer(text, lineterminator="\n", quoting=csv.QUOTE_NONNUMERIC).writerows(rows)
    return text.getvalue()
