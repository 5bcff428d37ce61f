"""Every report is a pane, in an order, and is asked only for what it takes."""

from __future__ import annotations

import pytest

from traffic_analyzer.faces.flags import flags_of
from traffic_analyzer.faces.tui.panes import PANES, SUMS, by_of, given_of, sorted_by, takes, title_of
from traffic_analyzer.reports.registry import REPORTS
from traffic_analyzer.reports.selection import Selection, checked

_EACH = pytest.mark.parametrize("name", REPORTS)


def test_every_report_is_a_pane() -> None:
    assert {report.name for report in PANES} == set(REPORTS)
    assert [title_of(report) for report in PANES][:10] == [
        "Sites", "Devices", "Addresses", "DNS", "SNI", "QUIC", "DoH/DoT", "Coverage", "Ledger", "Health",
    ]  # fmt: skip
    places = [report.pane.at for report in PANES if report.pane]
    assert len(places) == len(set(places)) == len(PANES)
    assert len({title_of(report) for report in PANES}) == len(PANES)
    assert all(by_of(report) == "name" or report.takes_by for report in PANES)
    assert not PANES[0].needs_device and not PANES[0].needs_domain


@_EACH
def test_it_is_asked_only_for_what_it_takes(name: str) -> None:
    report = REPORTS[name]
    sort = f"-{report.columns[0].name}" if report.columns else ""
    given = given_of(report, {}, sort, 20, 7)
    assert set(given) <= {setting.name for setting in flags_of(report)}
    filters = {"device": ("10.0.0.1",)} if report.needs_device else {"domain": ("a.b",)} if report.needs_domain else {}
    assert takes(report, filters)
    assert takes(report, {}) != (report.needs_device or report.needs_domain)
    asked = {"sort": given.get("sort", ""), "order": given.get("order", ""), "offset": given.get("offset", 0)}
    checked(Selection(0, 60, devices=filters.get("device", ()), domains=filters.get("domain", ()), **asked), report)


@_EACH
@pytest.mark.parametrize("filter_name", ["device", "domain", "protocol"])
def test_filters_are_those_of_the_command(name: str, filter_name: str) -> None:
    report = REPORTS[name]
    is_flag = filter_name in {setting.name for setting in flags_of(report)}
    others = {"device": ("x",)} if report.needs_device else {"domain": ("x",)} if report.needs_domain else {}
    assert takes(report, {**others, filter_name: ("x",)}) == is_flag


def test_an_order_is_a_column_and_a_way() -> None:
    report = REPORTS["top-domain"]
    assert sorted_by(report, "") == ("bytes", True)
    assert sorted_by(report, "domain") == ("domain", False) and sorted_by(report, "-domain") == ("domain", True)
    assert sorted_by(REPORTS["device-detail"], "") == ("", False)
    assert given_of(report, {}, "", 0, 20) == {"by": "site"}  # what is so by default is not said
    assert given_of(report, {}, "domain", 0, 10) == {"by": "site", "limit": 10, "sort": "domain", "order": "asc"}


def test_sums_are_told_with_any_filter() -> None:
    assert takes(SUMS, {"device": ("x",), "domain": ("x",), "protocol": ("x",)})
    assert {"rx_bytes", "tx_bytes", "bytes"} <= {column.name for column in SUMS.columns}
