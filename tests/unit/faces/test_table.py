"""A table for a person: fits the terminal, and no name in it can do any harm."""

from __future__ import annotations

import re
from typing import Any

import pytest

from traffic_analyzer.faces.table import render_table
from traffic_analyzer.reports.declaration import Base, Column, Report, Role
from traffic_analyzer.reports.registry import REPORTS, Completeness, Result
from traffic_analyzer.reports.selection import Selection
from traffic_analyzer.units import Unit, minute_text

from ..traffic import MINUTE

_ALL_BOOKED = Completeness(1_000, 10, 60, 1, 0, 0)
_LONG = "a-very-long-name-that-goes-on-and-on.cdn.example.net-and-then-some-more-of-it-until-it-ends"
_WIDEST: dict[Unit, object] = {
    Unit.NAME: "2001:db8:1111:2222:3333:4444:5555:6666", Unit.TEXT: "ambiguous", Unit.COUNT: 65_536, Unit.PORT: 65_535,
    Unit.BYTES: 999_400, Unit.PACKETS: 99_999, Unit.SHARE: 1.0, Unit.MINUTE: MINUTE, Unit.DIRECTION: 0,
    Unit.L4_PROTO: 136, Unit.QTYPE: 28,
}  # fmt: skip


def _result(rows: list[tuple[Any, ...]], completeness: Completeness = _ALL_BOOKED, **selection: Any) -> Result:
    columns = (Column("name", "Name", Unit.NAME), Column("bytes", "Total", Unit.BYTES, role=Role.SUM))
    report = Report("r", "Names by bytes", "names", Base(None, None, None), columns, ("-bytes",))
    return Result(report, Selection(MINUTE, MINUTE + 60, **selection), rows, completeness)


def test_the_whole_table() -> None:
    text = render_table(_result([("one.example", 1_500), ("", 7)], ifaces=("eth0", "br-lan")), None)
    assert text.splitlines() == [
        f"Names by bytes on eth0, br-lan, {minute_text(MINUTE)} to {minute_text(MINUTE + 60)}",
        "",
        "Name           Total",
        "-----------  -------",
        "one.example  1.50 kB",
        "-                7 B",
        "",
        "Seen: 1.00 kB, of it non-IP 60 B; all of it booked.",
    ]
    assert text.endswith("\n")


def test_the_title_says_what_was_asked_for() -> None:
    result = _result([("a", 1)], devices=("02:aa:bb:cc:dd:01", "10.0.0.1"), domains=("a.example",), by="site")
    assert render_table(result, None).splitlines()[0] == (
        "Names by bytes of 02:aa:bb:cc:dd:01, 10.0.0.1 under a.example, by site, "
        f"{minute_text(MINUTE)} to {minute_text(MINUTE + 60)}"
    )


def test_names_are_shortened_before_our_own_words() -> None:
    columns = (Column("word", "Word", Unit.TEXT), Column("name", "Name", Unit.NAME))
    report = Report("r", "Words", "words", Base(None, None, None), columns, ("name",))
    result = Result(report, Selection(MINUTE, MINUTE + 60), [("a rather long word", _LONG)], _ALL_BOOKED)
    assert render_table(result, 30).splitlines()[4].startswith("a rather long word  a-ve")
    assert len(render_table(result, 18).splitlines()[4]) == len("12345678  12345678")


@pytest.mark.parametrize("report", [pytest.param(r, id=r.name) for r in REPORTS.values()])
def test_every_report_fits_80_columns_with_the_widest_values(report: Report) -> None:
    row = tuple(_WIDEST[column.unit] for column in report.columns)
    lines = render_table(Result(report, Selection(MINUTE, MINUTE + 60), [row], _ALL_BOOKED), 80).splitlines()
    assert max(map(len, lines)) <= 80
    for column, cell in zip(report.columns, re.finditer("-+", lines[3]), strict=True):
        shown = lines[4][cell.start() : cell.end()]
        assert column.unit is Unit.NAME or "…" not in shown, f"{column.name} is shortened to {shown}"


def test_long_names_lose_their_middle() -> None:
    line = render_table(_result([(_LONG, 1)]), 40).splitlines()[4]
    shown = line[: -len("  Total")]
    assert len(line) == 40
    begin, end = shown.split("…")
    assert _LONG.startswith(begin) and _LONG.endswith(end) and abs(len(begin) - len(end)) <= 1


def test_names_are_whole_without_a_width() -> None:
    assert _LONG in render_table(_result([(_LONG, 1)]), None)


def test_a_terminal_too_narrow_gets_the_narrowest_table() -> None:
    assert len(render_table(_result([(_LONG, 1)]), 5).splitlines()[4]) == len("12345678  Total")


@pytest.mark.parametrize(
    "hostile", ["\x1b[2J\x1b[31mred", "a\nb", "a\rb", "abc\u202efed", "a\u2028b", "\x9b1m", "\t"], ids=ascii
)
def test_hostile_names_stay_in_their_cell(hostile: str) -> None:
    in_title = ({"ifaces": (hostile,)}, {"devices": (hostile,)}, {"domains": (hostile,)}, {"by": hostile})
    for result in (_result([(hostile, 1)]), *(_result([], **asked) for asked in in_title)):
        text = render_table(result, 80)
        assert all(line.isprintable() for line in text.split("\n"))
        assert len(text.split("\n")) == len(render_table(_result([("x", 1)] if result.rows else []), 80).split("\n"))


def test_no_rows() -> None:
    assert "no traffic in this window" in render_table(_result([]), 80)


@pytest.mark.parametrize(
    ("completeness", "said"),
    [
        (Completeness(0, 0, 0, 0, 0, 0), "No packet counters in this window."),
        (Completeness(5_000, 9, 0, 0, 1_500, 1_234),
         "NOT BOOKED: 1.50 kB in 1,234 packets (flow map full; raise --flow-map-entries)."),
    ],
)  # fmt: skip
def test_the_last_line_says_what_is_missing(completeness: Completeness, said: str) -> None:
    assert render_table(_result([("x", 1)], completeness), 80).splitlines()[-1].endswith(said)
