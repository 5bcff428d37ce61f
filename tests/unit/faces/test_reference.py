"""The reference names all there is, in tables that hold."""

from __future__ import annotations

import re

import pytest

from traffic_analyzer.faces.commands import COMMANDS, Command, every_command, line_of
from traffic_analyzer.faces.flags import flags_of
from traffic_analyzer.faces.reference import render_reference
from traffic_analyzer.reports.declaration import Report
from traffic_analyzer.reports.registry import REPORTS
from traffic_analyzer.settings import PRUNE, REPORT, RUN, STATUS, UTC, VIEW, WATCH, Kind, Setting

_PAGE = render_reference()


def _section(head: str) -> str:
    found = re.search(rf"^##+ {re.escape(head)}.*?(?=^##|\Z)", _PAGE, re.MULTILINE | re.DOTALL)
    assert found, f"no section {head}"
    return found[0]


def _assert_told(rows: list[str], settings: tuple[Setting, ...]) -> None:
    assert len(rows) == len(settings)
    for row, setting in zip(rows, settings, strict=True):
        default = "" if setting.default is None or setting.kind is Kind.SWITCH else f"`{setting.default}`"
        is_number = setting.kind is Kind.INTEGER
        bounds = f"{setting.minimum} to {setting.maximum}" if is_number else ", ".join(setting.choices)
        assert row == f"| `{setting.flag}` | {default} | {bounds} | {setting.help} |"


def _rows(head: str) -> list[str]:
    return [line for line in _section(head).splitlines() if line.startswith("| `")]


@pytest.mark.parametrize(("head", "settings"), [("`run`", RUN), ("`prune`", PRUNE), ("`status`", (*STATUS, UTC, WATCH)),
                                               ("Reports", (*REPORT, *VIEW))])
def test_every_flag_has_its_default_and_bounds(head: str, settings: tuple[Setting, ...]) -> None:
    _assert_told(_rows(head), settings)


@pytest.mark.parametrize("report", [pytest.param(r, id=r.name) for r in REPORTS.values()])
def test_every_report_has_its_own_flags_and_columns(report: Report) -> None:
    rows = _rows(f"`{report.name}`")
    own = flags_of(report)[len(REPORT) :]
    _assert_told(rows[: len(own)], own)
    columns = [column for each in (report, *report.parts) for column in each.columns]
    assert rows[len(own) :] == [f"| `{c.name}` | {c.title} | {c.unit.value} | {c.role.value} |" for c in columns]
    for part in report.parts:
        assert f"\nPart `{part.name}`: {part.help}\n" in _section(f"`{report.name}`")


@pytest.mark.parametrize(("name", "limit"), [("top-ip", 20), ("domain-detail", 50), ("attribution-coverage", None)])
def test_a_limit_is_that_of_its_report(name: str, limit: int | None) -> None:
    found = re.findall(r"^\| `--limit` \| `(\d+)`", _section(f"`{name}`"), re.MULTILINE)
    assert found == ([] if limit is None else [str(limit)])


@pytest.mark.parametrize("command", every_command(), ids=lambda command: command.name)
def test_every_command_has_its_examples(command: Command) -> None:
    shown = [line for line in _section(f"`{command.name}`").splitlines() if line.startswith("- `")]
    assert shown == [f"- `{line_of(command, arguments)}`: {says}" for arguments, says in command.examples]


def test_every_table_has_as_many_cells_in_each_row() -> None:
    tables = re.findall(r"(?:^\|.*\n)+", _PAGE, re.MULTILINE)
    columns = sum(len(report.parts) or 1 for report in REPORTS.values())
    assert len(tables) == len(COMMANDS) + 2 + columns + sum(len(flags_of(r)) > len(REPORT) for r in REPORTS.values())
    for table in tables:
        assert len({len(re.findall(r"(?<!\\)\|", line)) for line in table.splitlines()}) == 1
