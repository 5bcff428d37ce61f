"""Every report is whole: its order, shares and names refer to columns that it has."""

from __future__ import annotations

import re

import pytest

from traffic_analyzer.reports.declaration import Report, Role
from traffic_analyzer.reports.registry import REPORTS, describe
from traffic_analyzer.units import Unit

_EACH = pytest.mark.parametrize("report", [pytest.param(r, id=r.name) for r in REPORTS.values()])


@_EACH
def test_names_are_fit_for_flags_json_and_metrics(report: Report) -> None:
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", report.name)
    names = [column.name for column in report.columns]
    assert len(set(names)) == len(names) and all(re.fullmatch(r"[a-z][a-z0-9_]*", name) for name in names)
    assert report.title and report.help and "\n" not in report.title + report.help


@_EACH
def test_order_and_shares_refer_to_columns(report: Report) -> None:
    names = [column.name for column in report.columns]
    assert report.order and {name.removeprefix("-") for name in report.order} <= set(names)
    for at, column in enumerate(report.columns):
        assert (column.role is Role.SHARE) == (column.unit is Unit.SHARE) == bool(column.of)
        if column.of:
            assert column.of in names[:at]
        assert column.role in (Role.KEY, Role.SHARE, Role.MAX) or column.unit.is_number


@_EACH
def test_the_order_tells_all_rows_apart(report: Report) -> None:
    keys = {column.name for column in report.columns if column.role is Role.KEY}
    assert keys <= {name.removeprefix("-") for name in report.order}


@_EACH
def test_descriptions_name_every_column_with_its_unit(report: Report) -> None:
    assert [(d["name"], d["title"], Unit(d["unit"]), Role(d["role"])) for d in describe(report)] == [
        (column.name, column.title, column.unit, column.role) for column in report.columns
    ]


@_EACH
def test_what_it_can_be_asked_about_is_what_its_rows_know(report: Report) -> None:
    has_clients = report.name not in {"collector-health", "dns-cache-inspect"}
    assert (report.takes_device, report.takes_domain) == (has_clients, has_clients)
    assert report.takes_by == (report.name in {"top-domain", "top-dns", "top-sni", "top-quic"})
    assert report.needs_domain == (report.name == "domain-detail")
    assert report.default_limit == {"domain-detail": 50, "attribution-coverage": None}.get(report.name, 20)
