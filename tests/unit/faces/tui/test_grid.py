"""Columns fit any terminal, and those that say most stay."""

from __future__ import annotations

from pathlib import Path

import pytest

from traffic_analyzer.faces.tui.grid import Grid
from traffic_analyzer.faces.tui.line import ASCII, UNICODE, Style, size_of
from traffic_analyzer.faces.tui.panes import sorted_by
from traffic_analyzer.reports.registry import REPORTS

from ...traffic import CLIENT
from .answers import answer, database

_WIDTHS = (40, 41, 60, 80, 100, 132, 250)


@pytest.mark.parametrize("name", REPORTS)
def test_every_report_fits(tmp_path: Path, name: str) -> None:
    report = REPORTS[name]
    devices, domains = {"device": (CLIENT,)}, {"domain": ("one.example",)}
    given = devices if report.needs_device else domains if report.needs_domain else {}
    for table in answer(database(tmp_path), name, **given).tables:
        sort = sorted_by(table.report, "")
        for width in _WIDTHS:
            grid = Grid(table.report, table.rows, sort, width, UNICODE)
            lines = [grid.head(), *map(grid.row, table.rows)]
            assert len({size_of(line) for line in lines}) == 1 and size_of(lines[0]) <= width
            head = "".join(piece.text for piece in grid.head())
            assert "▼" in head or "▲" in head


def _text(line: tuple[object, ...]) -> str:
    return "".join(piece.text for piece in line)  # type: ignore[attr-defined]


def test_extras_go_first_and_the_sorted_column_stays() -> None:
    report = REPORTS["top-device"]
    row = ("laptop", "mac", "02:aa:bb:cc:dd:01", ("192.168.1.2",), 5, 6, 11, 0.5, 3, 60)
    narrow = _text(Grid(report, [row], ("bytes", True), 40, UNICODE).head())
    assert narrow.startswith("Name") and "Total▼" in narrow and "Kind" not in narrow
    assert "Last seen▲" in _text(Grid(report, [row], ("last_seen", False), 40, UNICODE).head())
    wide = _text(Grid(report, [row], ("bytes", True), 200, ASCII).head())
    assert "Totalv" in wide and all(column.title in wide for column in report.columns)


def test_numbers_that_change_move_nothing() -> None:
    report = REPORTS["top-domain"]
    heads = {
        _text(Grid(report, [("a.example", "exact", n, n, n, 0.1, n)], ("bytes", True), 80, UNICODE).head())
        for n in (0, 999, 1_000, 123_456)
    }
    assert len(heads) == 1


def test_headings_are_shown_once() -> None:
    report = REPORTS["ledger"]
    rows = [(3600, "eth0", 0, "seen", 1, 1), (3600, "eth0", 0, "exact", 1, 1), (3600, "eth1", 0, "exact", 1, 1)]
    grid = Grid(report, rows, ("hour", True), 80, UNICODE)
    assert "eth0" in _text(grid.row(rows[0])) and "eth0" not in _text(grid.row(rows[1], rows[0]))
    third = _text(grid.row(rows[2], rows[1]))
    assert "eth1" in third and "ingress" in third and "1970" not in third


@pytest.mark.parametrize(("width", "titles"), [(40, "Hour▼ Item Bytes"), (50, "Hour▼ Direction Item Bytes"),
                                               (80, "Hour▼ Iface Direction Item Bytes Packets")])  # fmt: skip
def test_headings_leave_room_for_an_amount(width: int, titles: str) -> None:
    rows = [(3600, "br-lan", 0, "ambiguous", 8_920_000, 23_017)]
    assert _text(Grid(REPORTS["ledger"], rows, ("hour", True), width, UNICODE).head()).split() == titles.split()


def test_what_is_missing_stands_out_where_something_is() -> None:
    report = REPORTS["ledger"]
    rows = [(3600, "eth0", 0, "unseen", bytes_, bytes_) for bytes_ in (0, 7)]
    none, some = (Grid(report, rows, ("hour", True), 80, UNICODE).row(row) for row in rows)
    assert Style.BAD not in {piece.style for piece in none} and Style.BAD in {piece.style for piece in some}


def test_hostile_names_take_the_room_they_take() -> None:
    report = REPORTS["top-domain"]
    names = ("\x1b[2J", "日本語" * 30, "e" + "\u0301" * 200, "\u202eabc", "a" * 255)
    rows = [(name, "exact", 1, 1, 1, 0.1, 1) for name in names]
    for width in _WIDTHS:
        for glyphs in (UNICODE, ASCII):
            grid = Grid(report, rows, ("bytes", True), width, glyphs)
            assert len({size_of(grid.row(row)) for row in rows}) == 1
            assert all(_text(grid.row(row)).isprintable() for row in rows)
    row = Grid(report, rows, ("bytes", True), 80, UNICODE).row(rows[0])
    assert {piece.style for piece in row} >= {Style.RX, Style.TX, Style.GOOD}
