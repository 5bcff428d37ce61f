"""The reference names all there is, in tables that hold."""

from __future__ import annotations

import re

import pytest

from traffic_analyzer.faces.reference import render_reference
from traffic_analyzer.reports.declaration import Report
from traffic_analyzer.reports.registry import REPORTS
from traffic_analyzer.settings import LIMIT, PRUNE, REPORT, RUN, Kind, Setting

_PAGE = render_reference()


def _section(head: str) -> str:
    found = re.search(rf"^##+ {re.escape(head)}.*?(?=^##|\Z)", _PAGE, re.MULTILINE | re.DOTALL)
    assert found, f"no section {head}"
    return found[0]


@pytest.mark.parametrize(("head", "settings"), [("`run`", RUN), ("`prune`", PRUNE), ("Reports", (*REPORT, LIMIT))])
def test_every_flag_has_its_default_and_bounds(head: str, settings: tuple[Setting, ...]) -> None:
    rows = [line.split(" | ") for line in _section(head).splitlines() if line.startswith("| `")]
    assert len(rows) == len(settings)
    for row, setting in zip(rows, settings, strict=True):
        default = "" if setting.default is None else f"`{setting.default}`"
        bounds = f"{setting.minimum} to {setting.maximum}" if setting.kind is Kind.INTEGER else ""
        assert row == [f"| `{setting.flag}`", default, bounds, f"{setting.help} |"]


@pytest.mark.parametrize("report", [pytest.param(r, id=r.name) for r in REPORTS.values()])
def test_every_column_has_its_unit(report: Report) -> None:
    rows = [line for line in _section(f"`{report.name}`").splitlines() if line.startswith("| `")]
    assert rows == [f"| `{c.name}` | {c.title} | {c.unit.value} | {c.role.value} |" for c in report.columns]


def test_every_table_has_as_many_cells_in_each_row() -> None:
    tables = re.findall(r"(?:^\|.*\n)+", _PAGE, re.MULTILINE)
    assert len(tables) == 3 + len(REPORTS)
    for table in tables:
        assert len({len(re.findall(r"(?<!\\)\|", line)) for line in table.splitlines()}) == 1
