"""JSON and CSV say the same, and survive every name."""

from __future__ import annotations

import csv
import io
import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from traffic_analyzer.faces.encode import render_csv, render_json
from traffic_analyzer.faces.verdict import verdict
from traffic_analyzer.reports.declaration import Base, Column, Report, Role
from traffic_analyzer.reports.registry import Completeness, Result
from traffic_analyzer.reports.selection import Selection
from traffic_analyzer.units import Unit

_COLUMNS = (
    Column("name", "Name", Unit.NAME),
    Column("bytes", "Total", Unit.BYTES, role=Role.SUM),
    Column("share", "Share", Unit.SHARE, role=Role.SHARE, of="bytes", is_extra=True),
)
_REPORT = Report("r", "Names", "names", Base(None, None, None), _COLUMNS, ("-bytes",))
_PLAIN = {"is_heading": False, "is_extra": False, "selects": None}
_NAMES = st.text(st.characters(codec="utf-8"), min_size=1)


def _result(rows: list[tuple[Any, ...]]) -> Result:
    return Result(_REPORT, Selection(60, 120, ("eth0",), limit=5), rows, Completeness(10, 2, 3, 4, 5, 6, 10, 7, 1, 0))


def _in_parts() -> Result:
    columns = (Column("device", "Device", Unit.NAME), Column("addresses", "Addresses", Unit.LIST, role=Role.LIST))
    lists = Report("lists", "Lists", "lists", Base(None, None, None), columns, ("device",))
    both = Report("both", "Both", "both", Base(None, None, None), (), (), parts=(_REPORT, lists))
    first = _result([("a", 1, 0.5)])
    second = Result(lists, first.selection, [("a", ("10.0.0.1", "::1")), ("b", ())], first.completeness)
    return Result(both, first.selection, [], first.completeness, (first, second))


def _csv_rows(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline="")))


def test_the_whole_json_document() -> None:
    assert json.loads(render_json(_result([("a", 2**53 + 1, 0.5), ("", 0, None)]))) == {
        "report": "r",
        "title": "Names",
        "selection": {
            "since_unix_s": 60, "until_unix_s": 120, "ifaces": ["eth0"], "devices": [], "domains": [],
            "protocols": [], "by": "name", "limit": 5, "offset": 0, "sort": "", "order": "",
        },
        "step": "minute",
        "offsets": [[60, time.localtime(60).tm_gmtoff]],
        "columns": [
            {"name": "name", "title": "Name", "unit": "name", "role": "key"} | _PLAIN,
            {"name": "bytes", "title": "Total", "unit": "bytes", "role": "sum"} | _PLAIN,
            {"name": "share", "title": "Share", "unit": "share", "role": "share"} | _PLAIN | {"is_extra": True},
        ],
        "has_more": False,
        "rows": [{"name": "a", "bytes": 2**53 + 1, "share": 0.5}, {"name": "", "bytes": 0, "share": None}],
        "completeness": {
            "seen_bytes": 10, "seen_packets": 2, "non_ip_bytes": 3, "non_ip_packets": 4, "not_booked_bytes": 5,
            "not_booked_packets": 6, "unseen_bytes": 10, "unseen_packets": 7, "difference_bytes": 1,
            "difference_packets": 0, "share": 0.25,
        },
        "verdict": verdict(Completeness(10, 2, 3, 4, 5, 6, 10, 7, 1, 0)),
        "remarks": [],
    }  # fmt: skip


def test_parts_are_told_apart() -> None:
    document = json.loads(render_json(_in_parts()))
    assert "rows" not in document and "columns" not in document and document["verdict"].startswith("INCOMPLETE")
    assert {name: part["rows"] for name, part in document["parts"].items()} == {
        "r": [{"name": "a", "bytes": 1, "share": 0.5}],
        "lists": [{"device": "a", "addresses": ["10.0.0.1", "::1"]}, {"device": "b", "addresses": []}],
    }
    assert [column["unit"] for column in document["parts"]["lists"]["columns"]] == ["name", "list"]
    assert render_csv(_in_parts()) == (
        'name,bytes,share\n"a",1,0.5\n\ndevice,addresses\n"a","10.0.0.1 ::1"\n"b",""\n'
    )


def test_the_whole_csv() -> None:
    text = render_csv(_result([("plain", 1_500, 0.25), ('co"m,ma', 0, None)]))
    assert text == 'name,bytes,share\n"plain",1500,0.25\n"co""m,ma",0,""\n'


@pytest.mark.parametrize(
    "name", ["a,b", 'a"b', '"', "a\nb", "a\rb", "a\r\nb", ";", " a ", "=1+1", "é", "\x1b[0m"], ids=ascii
)
def test_csv_keeps_awkward_names(name: str) -> None:
    assert _csv_rows(render_csv(_result([(name, 1, 0.5)]))) == [["name", "bytes", "share"], [name, "1", "0.5"]]


@given(st.lists(st.tuples(_NAMES, st.integers(0, 2**63 - 1), st.floats(0, 1))))
def test_both_carry_every_row_back(rows: list[tuple[str, int, float]]) -> None:
    result = _result(rows)
    assert [tuple(row.values()) for row in json.loads(render_json(result))["rows"]] == rows
    assert [(name, int(b), float(s)) for name, b, s in _csv_rows(render_csv(result))[1:]] == rows


def test_json_is_ascii_and_holds_no_raw_control_characters() -> None:
    text = render_json(_result([("\x1b[31m\u202e\u2028é", 1, 1.0)]))
    assert text.isascii() and all(line.isprintable() for line in text.split("\n"))
