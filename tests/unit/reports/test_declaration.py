"""Every report is whole: its order, shares and names refer to columns that it has."""

from __future__ import annotations

import re

import pytest

from traffic_analyzer.reports.declaration import Report, Role
from traffic_analyzer.reports.registry import REPORTS, describe
from traffic_analyzer.units import Unit

_EACH = pytest.mark.parametrize("report", [pytest.param(r, id=r.name) for r in REPORTS.values()])
_TABLES = {(r.name, *(p.name for p in parts)): each for r in REPORTS.values()
           for parts, each in ([((p,), p) for p in r.parts] or [((), r)])}  # fmt: skip
_EACH_TABLE = pytest.mark.parametrize("report", [pytest.param(r, id="/".join(n)) for n, r in _TABLES.items()])
_SUMMARIES = (Role.DETAIL, Role.LIST, Role.MAX, Role.KEY, Role.SHARE)


@_EACH
def test_names_are_fit_for_flags_json_and_metrics(report: Report) -> None:
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", report.name)
    names = [column.name for column in report.columns]
    assert len(set(names)) == len(names) and all(re.fullmatch(r"[a-z][a-z0-9_]*", name) for name in names)
    assert report.title and report.help and "\n" not in report.title + report.help


@_EACH_TABLE
def test_order_and_shares_refer_to_columns(report: Report) -> None:
    names = [column.name for column in report.columns]
    assert report.order and {name.removeprefix("-") for name in report.order} <= set(names)
    for at, column in enumerate(report.columns):
        assert (column.role is Role.SHARE) == (column.unit is Unit.SHARE) == bool(column.of)
        if column.of:
            assert column.of in names[:at]
        assert (column.role is Role.LIST) == (column.unit is Unit.LIST)
        assert column.role in _SUMMARIES or column.unit.is_number
    headings = [column.is_heading for column in report.columns]
    assert headings == sorted(headings, reverse=True)  # they come first
    assert not all(column.is_extra for column in report.columns)


@_EACH_TABLE
def test_the_order_tells_all_rows_apart(report: Report) -> None:
    keys = {column.name for column in report.columns if column.role is Role.KEY}
    assert keys <= {name.removeprefix("-") for name in report.order}


@_EACH
def test_a_report_has_either_columns_or_parts(report: Report) -> None:
    assert bool(report.columns) != bool(report.parts)
    names = [part.name for part in report.parts]
    assert len(set(names)) == len(names)
    for part in report.parts:
        assert re.fullmatch(r"[a-z]+", part.name) and part.title and part.help and part.nothing and not part.parts
        assert part.takes_device


@_EACH_TABLE
def test_rows_lead_to_reports_that_can_be_asked_for_them(report: Report) -> None:
    selects = [column.selects for column in report.columns if column.selects]
    assert set(selects) <= {"device", "domain", "protocol", "port"} and ("port" in selects) <= ("protocol" in selects)
    if report.leads_to:
        further = REPORTS[report.leads_to]
        takes = {"device": further.takes_device, "domain": further.takes_domain, "protocol": further.takes_protocol}
        assert selects and all(takes[name] for name in selects if name != "port")
        assert further is not report
    if report.base.timeline:
        timeline = REPORTS[report.base.timeline]
        assert timeline.base is report.base and timeline.columns[0].unit is Unit.MINUTE


def test_every_place_where_all_is_told_at_once_has_one_report() -> None:
    summaries = [report.summary for report in REPORTS.values() if report.summary]
    assert sorted(summary.place for summary in summaries) == ["devices", "labels", "sites"]
    assert all(summary.by == "name" or r.takes_by for r in REPORTS.values() if (summary := r.summary))


@_EACH_TABLE
def test_descriptions_name_every_column_with_its_unit(report: Report) -> None:
    assert [(d["name"], d["title"], Unit(d["unit"]), Role(d["role"])) for d in describe(report)] == [
        (column.name, column.title, column.unit, column.role) for column in report.columns
    ]


@_EACH
def test_what_it_can_be_asked_about_is_what_its_rows_know(report: Report) -> None:
    has_clients = report.name not in {"collector-health", "dns-cache-inspect", "ledger", "usage"}
    assert (report.takes_device, report.takes_domain) == (has_clients, has_clients and not report.parts)
    assert report.takes_by == (report.name in {"top-domain", "top-dns", "top-sni", "top-quic"})
    assert report.needs_domain == (report.name == "domain-detail")
    assert report.needs_device == (report.name == "device-detail")
    limits = {"domain-detail": 50, "device-detail": 25, "timeline": 121}
    limits |= dict.fromkeys(("attribution-coverage", "ledger", "usage"))
    assert report.default_limit == limits.get(report.name, 20)
