"""A table for a person: fits the terminal, and no name in it can do any harm."""

from __future__ import annotations

import re
import time
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from traffic_analyzer.faces.paint import PLAIN, Paint
from traffic_analyzer.faces.table import render_table, table_lines
from traffic_analyzer.faces.width import columns_of
from traffic_analyzer.reports.declaration import Base, Column, Report, Role
from traffic_analyzer.reports.registry import REPORTS, Completeness, Result
from traffic_analyzer.reports.selection import Selection
from traffic_analyzer.units import USUAL, Notation, Unit, minute_text, window_text

from ..traffic import MINUTE

_ALL_BOOKED = Completeness(1_000, 10, 60, 1, 0, 0)
_LONG = "a-very-long-name-that-goes-on-and-on.cdn.example.net-and-then-some-more-of-it-until-it-ends"
_WIDEST: dict[Unit, object] = {
    Unit.NAME: "2001:db8:1111:2222:3333:4444:5555:6666", Unit.TEXT: "ambiguous", Unit.COUNT: 65_536, Unit.PORT: 65_535,
    Unit.BYTES: 999_400, Unit.PACKETS: 99_999, Unit.SHARE: 1.0, Unit.MINUTE: MINUTE, Unit.DIRECTION: 0,
    Unit.L4_PROTO: 136, Unit.QTYPE: 28, Unit.DAY: MINUTE, Unit.LIST: ("255.255.255.255", *["::"] * 99),
}  # fmt: skip
_EACH = [part for report in REPORTS.values() for part in report.parts or (report,)]


def _result(rows: list[tuple[Any, ...]], completeness: Completeness = _ALL_BOOKED, **selection: Any) -> Result:
    columns = (Column("name", "Name", Unit.NAME), Column("bytes", "Total", Unit.BYTES, role=Role.SUM))
    report = Report("r", "Names by bytes", "names", Base(None, None, None), columns, ("-bytes",))
    return Result(report, Selection(MINUTE, MINUTE + 60, **selection), rows, completeness)


def _table(text: str) -> list[str]:
    """The first table's lines: head, rule, rows; a title may take several lines."""
    return text.split("\n\n")[1].splitlines()


def test_the_whole_table() -> None:
    text = render_table(_result([("one.example", 1_500), ("", 7)], ifaces=("eth0", "br-lan")), None)
    assert text.splitlines() == [
        f"Names by bytes on eth0, br-lan, {window_text(MINUTE, MINUTE + 60)}",
        "",
        "Name           Total",
        "-----------  -------",
        "one.example  1.50 kB",
        "-                7 B",
        "",
        "Complete. 1.00 kB seen, of it 60 B non-IP; all of it booked, nothing unseen.",
    ]
    assert text.endswith("\n")


def test_the_title_says_what_was_asked_for() -> None:
    result = _result([("a", 1)], devices=("02:aa:bb:cc:dd:01", "10.0.0.1"), domains=("a.example",), by="site")
    assert render_table(result, None).splitlines()[0] == (
        "Names by bytes of 02:aa:bb:cc:dd:01, 10.0.0.1 under a.example, by site, "
        f"{window_text(MINUTE, MINUTE + 60)}"
    )


def test_names_are_shortened_before_our_own_words() -> None:
    columns = (Column("word", "Word", Unit.TEXT), Column("name", "Name", Unit.NAME))
    report = Report("r", "Words", "words", Base(None, None, None), columns, ("name",))
    result = Result(report, Selection(MINUTE, MINUTE + 60), [("a rather long word", _LONG)], _ALL_BOOKED)
    assert _table(render_table(result, 30))[2].startswith("a rather long word  a-ve")
    assert len(_table(render_table(result, 18))[2]) == len("12345678  12345678")


@pytest.mark.parametrize("report", [pytest.param(report, id=report.name) for report in _EACH])
def test_every_report_fits_80_columns_with_the_widest_values(report: Report) -> None:
    row = tuple(_WIDEST[column.unit] for column in report.columns)
    lines = render_table(Result(report, Selection(MINUTE, MINUTE + 60), [row], _ALL_BOOKED), 80).splitlines()
    assert max(map(len, lines)) <= 80
    cells = [match.span() for match in re.finditer("-+", lines[3])]
    kept = [column for column in report.columns if not column.is_extra]
    if "Packets" not in lines[2]:
        kept = [column for column in kept if column.unit is not Unit.PACKETS]
    assert len(cells) >= len(kept)
    if len(cells) == len(report.columns):
        kept = list(report.columns)
    for column, (start, end) in zip(kept, cells, strict=True):
        shown = lines[4][start:end]
        assert column.unit in (Unit.NAME, Unit.LIST) or "…" not in shown, f"{column.name} is shortened to {shown}"


_MAC, _ADDRESSES = "02:aa:bb:cc:dd:01", ("192.168.1.20", *["2001:db8::1"] * 29)
_DEVICES = REPORTS["top-device"]


def _devices(name: str, width: int | None) -> list[str]:
    row = (name, "random", _MAC, _ADDRESSES, 10**9, 10**6, 10**9 + 10**6, 0.123, 10**6, MINUTE)
    return render_table(Result(_DEVICES, Selection(MINUTE, MINUTE + 60), [row], _ALL_BOOKED), width).splitlines()


@pytest.mark.parametrize(
    ("width", "columns"),
    [
        (None, ["Name", "Kind", "Device", "Addresses", "Download", "Upload", "Total", "Share", "Packets", "Last seen"]),
        (126, ["Name", "Kind", "Device", "Addresses", "Download", "Upload", "Total", "Share", "Packets", "Last seen"]),
        (115, ["Name", "Kind", "Device", "Addresses", "Download", "Upload", "Total", "Share", "Last seen"]),
        (106, ["Name", "Kind", "Device", "Addresses", "Download", "Upload", "Share", "Last seen"]),
        (98, ["Name", "Kind", "Addresses", "Download", "Upload", "Share", "Last seen"]),
        (80, ["Name", "Addresses", "Download", "Upload", "Share", "Last seen"]),
    ],
)
def test_what_can_be_done_without_goes_first_and_the_last_one_first(width: int | None, columns: list[str]) -> None:
    lines = _devices(_LONG, width)
    assert re.split(r"  +", lines[2].strip()) == columns
    if width:
        assert max(map(len, lines)) <= width and f"{_ADDRESSES[0]} +29" in lines[4]
        assert (_MAC in lines[4]) == ("Device" in columns)


def test_a_device_without_a_name_is_told_in_whole_at_80_columns() -> None:
    assert _devices(_MAC, 80)[4].startswith(_MAC + "  192.168.1.20 +29  ")


def _headed(rows: list[tuple[Any, ...]], is_extra: bool = False) -> Result:
    columns = (
        Column("hour", "Hour", Unit.MINUTE, is_heading=True, is_extra=is_extra),
        Column("iface", "Iface", Unit.NAME, is_heading=True), Column("item", "Item", Unit.TEXT),
    )  # fmt: skip
    report = Report("r", "Items", "items", Base(None, None, None), columns, ("hour",))
    return Result(report, Selection(MINUTE, MINUTE + 60), rows, _ALL_BOOKED)


def test_headings_are_shown_once() -> None:
    one, two = minute_text(0), minute_text(3600)
    rows = [(0, "a", "x"), (0, "a", "x"), (0, "b", "x"), (3600, "b", "x"), (3600, "b", "y")]
    shown = [re.split(r"\s{2,}", line) for line in render_table(_headed(rows), None).splitlines()[4:9]]
    assert shown == [[one, "a", "x"], ["", "x"], ["", "b", "x"], [two, "b", "x"], ["", "y"]]
    bare = [line.split() for line in _table(render_table(_headed(rows, is_extra=True), 10))[2:]]
    assert bare == [["a", "x"], ["x"], ["b", "x"], ["x"], ["y"]]


def test_two_hours_that_read_alike_are_two(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    first, second = 1_792_886_400, 1_792_890_000  # 2026-10-25 02:00, twice
    lines = render_table(_headed([(second, "a", "x"), (first, "a", "x")]), None).splitlines()[4:6]
    monkeypatch.undo()
    time.tzset()
    assert [line.split() for line in lines] == [["2026-10-25", "02:00", "a", "x"]] * 2


def test_parts_follow_each_other_under_their_titles() -> None:
    first, second = _headed([(0, "a", "x")]), _headed([])
    nothing = replace(second.report, title="Others", nothing="no others")
    both = Report("both", "Both", "both", Base(None, None, None), (), (), parts=(first.report, nothing))
    parts = (first, replace(second, report=nothing))
    lines = render_table(Result(both, first.selection, [], _ALL_BOOKED, parts), None).splitlines()
    assert lines[0].startswith("Both, ") and lines[1:4] == ["", "Items", ""]
    assert lines[7:] == [
        "", "Others", "", "no others", "",
        "Complete. 1.00 kB seen, of it 60 B non-IP; all of it booked, nothing unseen.",
    ]  # fmt: skip


def test_our_own_words_stay_whole_where_shortening_them_would_not_do() -> None:
    assert _table(render_table(_headed([(0, _LONG, "not_booked")]), 36))[2].endswith("  a-ve…nds  not_…ked")
    assert _table(render_table(_headed([(0, _LONG, "not_booked")]), 28))[2].endswith("  a-…s  no…d")


def test_long_names_lose_their_middle() -> None:
    line = _table(render_table(_result([(_LONG, 1)]), 40))[2]
    shown = line[: -len("  Total")]
    assert len(line) == 40
    begin, end = shown.split("…")
    assert _LONG.startswith(begin) and _LONG.endswith(end) and abs(len(begin) - len(end)) <= 1


def test_names_are_whole_without_a_width() -> None:
    assert _LONG in render_table(_result([(_LONG, 1)]), None)


@given(st.integers(2, 90), st.sampled_from(_EACH))
def test_no_line_is_ever_wider_than_the_terminal(width: int, report: Report) -> None:
    wide = _WIDEST | {Unit.NAME: "日本語テレビ" * 9, Unit.BYTES: 10**15, Unit.PACKETS: 10**15}
    rows = [tuple(wide[column.unit] for column in report.columns)]
    selection = Selection(MINUTE, MINUTE + 60, devices=("日本語テレビ" * 3, _LONG))
    for notation in (USUAL, Notation(is_raw=True, is_utc=True)):
        text = render_table(Result(report, selection, rows, _ALL_BOOKED), width, notation)
        assert max(map(columns_of, text.splitlines())) <= width


def test_at_40_columns_the_amount_that_rows_are_ordered_by_stays() -> None:
    row = ("10.0.0.1", 10**9, 10**6, 10**9 + 10**6, 0.123, 10**6)
    result = Result(REPORTS["top-ip"], Selection(MINUTE, MINUTE + 60), [row], _ALL_BOOKED)
    assert _table(render_table(result, 40))[0].split() == ["Remote", "Download", "Upload", "Total"]
    assert _table(render_table(result, 20))[0].split() == ["Remote", "Total"]


@pytest.mark.parametrize(
    ("width", "titles"),
    [(20, "Name Addresses Download"), (40, "Name Addresses Download Upload"),
     (60, "Name Addresses Download Upload Share")],
)  # fmt: skip
def test_devices_by_bytes_have_bytes_however_narrow(width: int, titles: str) -> None:
    row = ("02:be:c0:de:00:0c", "random", "02:be:c0:de:00:0c", ("192.168.1.22", "2001:db8::1"), 2_560_000_000,
           1_630_000_000, 4_190_000_000, 0.154, 3_958_838, MINUTE)  # fmt: skip
    head = table_lines(_DEVICES, [row], width)[0]
    assert re.sub(r"A\S+s", "Addresses", head).split() == titles.split()


def test_wide_characters_take_two_columns() -> None:
    head, rule, *lines = _table(render_table(_result([("日本語のテレビ", 1), ("e\u0301", 2)]), None))
    assert rule == "--------------  -----"
    assert lines == ["日本語のテレビ    1 B", "e\u0301                 2 B"] and head == "Name            Total"


def test_colours_change_no_place() -> None:
    columns = (Column("name", "Name", Unit.NAME), Column("label", "Label", Unit.TEXT))
    report = Report("r", "Names", "names", Base(None, None, None), columns, ("name",))
    rows = [("exact", "exact"), ("b", "ambiguous")]
    gaps = Completeness(5_000, 9, 0, 0, 1_500, 1_234)
    plain, coloured = (
        render_table(Result(report, Selection(MINUTE, MINUTE + 60), rows, gaps), 80, paint=paint)
        for paint in (PLAIN, Paint(True))
    )
    assert re.sub("\x1b\\[[0-9;]*m", "", coloured).splitlines() == [
        line + " " * (len("exact  ambiguous") - len(line)) if line == "exact  exact" else line
        for line in plain.splitlines()
    ]
    assert "exact  \x1b[32mexact    \x1b[0m" in coloured  # a name is no word of ours
    assert "\x1b[1;31mINCOMPLETE\x1b[0m" in coloured and "\x1b[1mName   Label\x1b[0m" in coloured


@pytest.mark.parametrize(
    "hostile", ["\x1b[2J\x1b[31mred", "a\nb", "a\rb", "abc\u202efed", "a\u2028b", "\x9b1m", "\t"], ids=ascii
)
def test_hostile_names_stay_in_their_cell(hostile: str) -> None:
    in_title = ({"ifaces": (hostile,)}, {"devices": (hostile,)}, {"domains": (hostile,)}, {"by": hostile})
    for result in (_result([(hostile, 1)]), *(_result([], **asked) for asked in in_title)):
        text = render_table(result, 100)
        assert all(line.isprintable() for line in text.split("\n"))
        assert len(text.split("\n")) == len(render_table(_result([("x", 1)] if result.rows else []), 100).split("\n"))


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
    assert render_table(_result([("x", 1)], completeness), None).splitlines()[-1].endswith(said)
    lines = render_table(_result([("x", 1)], completeness), 40).split("\n\n")[2].splitlines()
    assert " ".join(lines).endswith(said) and max(map(len, lines)) <= 40
