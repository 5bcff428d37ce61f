"""A report's command takes what its declaration says, and nothing else."""

from __future__ import annotations

import pytest

from traffic_analyzer.faces.flags import flags_of
from traffic_analyzer.reports.declaration import Report
from traffic_analyzer.reports.registry import REPORTS
from traffic_analyzer.settings import REPORT


@pytest.mark.parametrize("report", [pytest.param(r, id=r.name) for r in REPORTS.values()])
def test_flags_follow_the_declaration(report: Report) -> None:
    flags = {setting.name: setting for setting in flags_of(report)}
    assert len(flags) == len(flags_of(report)) and tuple(flags.values())[: len(REPORT)] == REPORT
    assert ("device" in flags, "domain" in flags, "by" in flags) == (
        report.takes_device, report.takes_domain, report.takes_by,
    )  # fmt: skip
    assert [name for name, setting in flags.items() if setting.required] == [
        *["device"] * report.needs_device, *["domain"] * report.needs_domain,
    ]  # fmt: skip
    assert ("protocol" in flags, "sort" in flags) == (report.takes_protocol, not report.parts)
    assert ("limit" in flags) == (report.default_limit is not None)
    assert ("offset" in flags) == ("limit" in flags and "sort" in flags)
    if "sort" in flags:
        assert flags["sort"].choices == tuple(column.name for column in report.columns)
    if "limit" in flags:
        assert flags["limit"].default == report.default_limit


def test_what_is_required_says_so() -> None:
    helps = {name: setting.help for name in ("top-ip", "domain-detail") for setting in flags_of(REPORTS[name])
             if setting.name == "domain"}  # fmt: skip
    assert "(default: all)" in helps["top-ip"] and "default" not in helps["domain-detail"]
    assert "required" in helps["domain-detail"]
    devices = [setting.help for setting in flags_of(REPORTS["device-detail"]) if setting.name == "device"]
    assert ["required" in text and "default" not in text for text in devices] == [True]
