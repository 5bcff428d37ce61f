"""Rows that are searched, and where they lead."""

from __future__ import annotations

from pathlib import Path

import pytest

from traffic_analyzer.faces.tui.listing import link_of, rows_of
from traffic_analyzer.reports.registry import REPORTS

from ...traffic import MAC
from .answers import answer, database


def _columns(report: str) -> dict[str, object]:
    return {column.name: None for column in REPORTS[report].columns}


def _link(report: str, **values: object) -> object:
    found = link_of(REPORTS[report], list((_columns(report) | values).values()))
    return found and (found.report, dict(found.filters), found.text)


def test_a_row_leads_where_its_report_says() -> None:
    device = ("top-domain", {"device": (MAC,)}, "laptop")
    assert _link("top-device", device=MAC, name="laptop") == device
    assert _link("top-domain", domain="a.example") == ("top-flow", {"domain": ("a.example",)}, "a.example")
    assert _link("top-protocol", proto=17, port=443) == ("top-device", {"protocol": ("udp/443",)}, "udp/443")
    assert _link("top-dohdot", device=MAC, name="tv", kind="DoT") == ("top-domain", {"device": (MAC,)}, "tv")


@pytest.mark.parametrize("value", [None, "", "(other)", "hidden by ECH (a.example)"])
def test_a_row_that_cannot_be_asked_for_leads_nowhere(value: object) -> None:
    assert _link("top-domain", domain=value) is None
    assert _link("top-device", device=value, name="x") is None


def test_numbers_that_were_put_together_lead_nowhere() -> None:
    assert _link("top-protocol", proto=-1, port=443) is None and _link("top-protocol", proto=6, port=-1) is None
    assert _link("top-flow", src_ip="10.0.0.1") is None  # flows are the end of the way


@pytest.mark.parametrize(("search", "count"), [("", 3), ("one.EXAMPLE", 1), ("exact", 2), ("800 B", 1), ("nothing", 0)])
def test_rows_are_searched_in_what_they_show(tmp_path: Path, search: str, count: int) -> None:
    rows = rows_of(answer(database(tmp_path), "top-domain"), search)
    assert len(rows) == count


def test_all_tables_and_lists_are_searched(tmp_path: Path) -> None:
    source = database(tmp_path)
    found = rows_of(answer(source, "device-detail", device=("laptop",)), "quad9")
    assert len({row.table for row in found}) >= 1 and found
    assert len(rows_of(answer(source, "top-device"), "2001:db8:1::20")) == 1
