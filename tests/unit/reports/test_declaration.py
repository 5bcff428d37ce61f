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
    limits = {"domain-detail": 50, "device-detail": 25} | dict.fromkeys(("attribution-coverage", "ledger", "usage"))
    assert report.default_limit == limits.get(report.name, 20)
