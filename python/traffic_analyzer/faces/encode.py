"""A result for programs: JSON and CSV. Numbers stay numbers, with their unit beside the column."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import asdict

from ..reports.registry import Result, describe


def render_json(result: Result) -> str:
    """One object: report, window, columns with units, rows as objects, completeness."""
    names = [column.name for column in result.report.columns]
    document = {
        "report": result.report.name,
        "title": result.report.title,
        "selection": asdict(result.selection),
        "columns": describe(result.report),
        "rows": [dict(zip(names, row, strict=True)) for row in result.rows],
        "completeness": asdict(result.completeness),
    }
    return json.dumps(document, indent=2) + "\n"


def render_csv(result: Result) -> str:
    """A head of column names and a line a row (RFC 4180, with line feeds); every text is quoted, no number is."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow([column.name for column in result.report.columns])
    csv.writer(text, lineterminator="\n", quoting=csv.QUOTE_NONNUMERIC).writerows(result.rows)
    return text.getvalue()
