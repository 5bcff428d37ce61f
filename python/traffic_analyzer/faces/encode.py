"""A result for programs: JSON and CSV. Numbers stay numbers, with their unit beside the column."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import asdict

from ..reports.registry import Result, describe
from ..reports.status import Status
from .sentences import of_page, sentence
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
        "remarks": [_said(*remark) for remark in result.remarks],
    }


def status_as_dict(found: Status) -> dict[str, object]:
    """What ``status --json`` writes."""
    return {
        "is_counting": found.is_counting,
        "interfaces": [place._asdict() for place in found.places],
        "completeness": asdict(found.lately) | {"share": found.lately.share},
        "verdict": verdict(found.lately),
        "notices": [_said(*said, since_unix_s=since_unix_s) for *said, since_unix_s in found.notices],
        "remarks": [_said(*remark) for remark in found.remarks],
    }


def _said(code: str, subject: str, detail: str, **more: object) -> dict[str, object]:
    """A notice or a remark by its parts, what the command line says of it, and a page, with its parts left open."""
    text, template = sentence(code, subject, detail), of_page(code)
    return {"code": code, "subject": subject, "detail": detail, **more, "text": text, "template": template}


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
