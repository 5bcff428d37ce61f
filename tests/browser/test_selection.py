"""The state of explore: an address for each, and where rows lead."""

from __future__ import annotations

from typing import Any

import pytest

from traffic_analyzer.faces.describe import describe_report
from traffic_analyzer.reports.registry import REPORTS

from .modules import Modules

_DEVICE, _HOSTILE = "02:00:00:00:00:01", "a&b=#?%'\"<i>\u202e客厅"
_DESCRIBED = {name: describe_report(report) for name, report in REPORTS.items()}
_STATES: tuple[dict[str, Any], ...] = (
    {},
    {"report": "top-domain", "period": "day", "by": "site", "sort": "bytes", "order": "desc", "offset": "20"},
    {"report": "top-flow", "device": [_DEVICE, _HOSTILE], "domain": ["example.org"], "protocol": ["udp/443"]},
    {"report": "top-flow", "from": ["top-device", "top-domain:device"], "within": ["since=2026-03-10&until=now"]},
)


@pytest.mark.parametrize("state", _STATES)
def test_a_state_is_its_hash(modules: Modules, state: dict[str, Any]) -> None:
    assert modules.call("selection.parse", "#" + modules.call("selection.format", state)) == state


def test_hashes_that_nobody_wrote(modules: Modules) -> None:
    parsed = modules.calls("selection.parse", [("",), ("#",), ("#token=secret&report=x",), ("#A=1&b-c=2&d=",),
                                               ("#device=a&device=a&device=b",), ("#%ff%zz=1&report=%",)])  # fmt: skip
    assert parsed == [{}, {}, {"report": "x"}, {}, {"device": ["a", "b"]}, {"report": "%"}]
    many = modules.call("selection.parse", "#" + "&".join(f"device={n}" for n in range(99)))
    assert many == {"device": [str(n) for n in range(16)]}


def test_a_question_is_what_the_report_takes_each_of_its_type(modules: Modules) -> None:
    state = {"report": "top-domain", "lookback_minutes": "60", "device": [_DEVICE], "limit": "50", "offset": "x",
             "by": "site", "order": "asc", "from": ["top-device"], "unheard": "of"}  # fmt: skip
    assert modules.call("selection.question", state, _DESCRIBED["top-domain"]) == \
        {"lookback_minutes": 60, "device": [_DEVICE], "limit": 50, "by": "site"}
    assert modules.call("selection.question", state, _DESCRIBED["ledger"]) == {"lookback_minutes": 60}


_PROTO = (
    {"name": "proto", "selects": "protocol", "unit": "l4_proto"},
    {"name": "port", "selects": "port", "unit": "port"},
)
_NAMED = ({"name": "name", "selects": None, "unit": "name"}, {"name": "device", "selects": "device", "unit": "name"})


@pytest.mark.parametrize(
    ("columns", "row", "selected"),
    [
        (_PROTO, {"proto": 17, "port": 443}, {"protocol": "udp/443"}),
        (_PROTO, {"proto": 99, "port": 0}, {"protocol": "99/0"}),
        (_PROTO, {"proto": -1, "port": -1}, None),
        (_PROTO, {"proto": 6, "port": -1}, None),
        (_PROTO[1:], {"port": 1}, None),
        (_NAMED, {"name": "tv", "device": _DEVICE}, {"device": _DEVICE}),
        (_NAMED, {"name": "tv", "device": ""}, None),
        (_NAMED, {"name": "tv", "device": None}, None),
        (_NAMED, {"name": "tv", "device": "(other)"}, None),
        (_NAMED, {"name": "tv", "device": "hidden by ECH (cloudflare-ech.com)"}, None),
        (_NAMED[:1], {"name": "tv"}, None),
    ],
)
def test_what_a_row_selects(modules: Modules, columns: Any, row: dict[str, Any], selected: Any) -> None:
    assert modules.call("selection.selected", columns, row) == selected


def test_down_and_back(modules: Modules) -> None:
    devices = {"report": "top-device", "period": "day", "iface": ["br-lan"], "sort": "name", "offset": "20"}
    sites = modules.call("selection.into", devices, _DESCRIBED["top-domain"], {"device": _DEVICE})
    kept = {"period": "day", "iface": ["br-lan"], "by": "site"}
    assert sites == {"report": "top-domain", "device": [_DEVICE], "from": ["top-device:iface"], **kept}
    flows = modules.call("selection.into", sites, _DESCRIBED["top-flow"], {"domain": "example.org"})
    way = modules.call("selection.way", flows)
    added = [["iface", "br-lan"]], [["device", _DEVICE]], [["domain", "example.org"]]
    assert [step["added"] for step in way] == list(added)
    assert way[0]["state"] == {"report": "top-device", **kept}
    assert way[1]["state"] == sites
    assert way[2]["state"] == flows


def test_a_row_leads_nowhere(modules: Modules) -> None:
    state = {"report": "top-flow", "device": [_DEVICE]}
    flows = _DESCRIBED["top-flow"]
    assert modules.call("selection.into", state, flows, None) is None
    assert modules.call("selection.into", state, flows, {"device": _DEVICE}) is None
    assert modules.call("selection.into", state, _DESCRIBED["ledger"], {"device": _DEVICE}) is None


def test_another_report_keeps_what_it_takes(modules: Modules) -> None:
    state = {"report": "top-flow", "day": "today", "device": [_DEVICE], "iface": ["wan"], "sort": "bytes",
             "from": ["x"], "offset": "20"}  # fmt: skip
    assert modules.call("selection.turned", state, _DESCRIBED["ledger"]) == \
        {"report": "ledger", "day": "today", "iface": ["wan"]}


def test_every_row_of_a_declared_report_leads_to_a_report(modules: Modules) -> None:
    values = {"device": _DEVICE, "domain": "example.org", "protocol": 6, "port": 443}
    leading = [report for report in _DESCRIBED.values() if report["leads_to"]]
    assert leading
    for report in leading:
        row = {column["name"]: values.get(column["selects"], 1) for column in report["columns"]}
        selected = modules.call("selection.selected", report["columns"], row)
        assert selected, report["name"]
        state = {"report": report["name"]}
        assert modules.call("selection.into", state, _DESCRIBED[report["leads_to"]], selected), report["name"]
