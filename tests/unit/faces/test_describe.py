"""What faces elsewhere are told of reports and settings is what is declared."""

from __future__ import annotations

import json

import pytest

from traffic_analyzer.faces.describe import describe_report, describe_setting
from traffic_analyzer.faces.flags import flags_of
from traffic_analyzer.reports.declaration import Report
from traffic_analyzer.reports.registry import REPORTS
from traffic_analyzer.settings import RUN


@pytest.mark.parametrize("report", [pytest.param(r, id=r.name) for r in REPORTS.values()])
def test_a_report(report: Report) -> None:
    told = json.loads(json.dumps(describe_report(report)))
    assert (told["name"], told["title"], told["needs_device"]) == (report.name, report.title, report.needs_device)
    assert [column["name"] for column in told["columns"]] == [column.name for column in report.columns]
    assert [part["name"] for part in told["parts"]] == [part.name for part in report.parts]
    names = [setting["name"] for setting in told["filters"]]
    assert {*names, "db", "archive"} == {setting.name for setting in flags_of(report)}


def test_where_it_leads_and_what_it_is_told_with() -> None:
    told = describe_report(REPORTS["top-device"])
    assert (told["leads_to"], told["timeline"]) == ("top-domain", "timeline")
    assert told["summary"] == {"place": "devices", "by": "name", "limit": 10}
    assert [describe_report(REPORTS[name])["timeline"] for name in ("top-quic", "top-dohdot", "top-dns")] == [None] * 3
    assert describe_report(REPORTS["usage"])["timeline"] is describe_report(REPORTS["usage"])["summary"] is None


def test_settings() -> None:
    told = {setting.name: describe_setting(setting) for setting in RUN}
    assert (told["flush_interval_secs"]["minimum"], told["flush_interval_secs"]["maximum"]) == (1, 60)
    assert (told["db"]["kind"], told["db"]["minimum"]) == ("path", None)
    assert json.dumps(told)
