"""Parameters: by the declarations, bounded, and each mistake is a line that speaks of parameters."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from traffic_analyzer.errors import UsageError
from traffic_analyzer.faces.flags import flags_of
from traffic_analyzer.faces.web.questions import (
    ROWS_DEFAULT,
    ROWS_MAX,
    SEQUENCE,
    given_in,
    parameters_of,
    question_of,
    spoken,
)
from traffic_analyzer.reports.declaration import Report
from traffic_analyzer.reports.registry import REPORTS
from traffic_analyzer.settings import Kind

_NOW = 1_764_000_030
_DOMAINS = REPORTS["top-domain"]


@pytest.mark.parametrize("report", [pytest.param(r, id=r.name) for r in REPORTS.values()])
def test_a_report_takes_what_its_command_takes_but_files(report: Report) -> None:
    parameters = {setting.name: setting for setting in parameters_of(report)}
    files = {setting.name for setting in flags_of(report) if setting.kind is Kind.PATH}
    assert files == {"db", "archive"}
    assert set(parameters) == {setting.name for setting in flags_of(report)} - files | {"limit", "format"}
    assert parameters["limit"].maximum == ROWS_MAX
    assert parameters["limit"].default == (report.default_limit or ROWS_DEFAULT)


def test_nothing_is_the_last_hour() -> None:
    selection, shape = question_of(_DOMAINS, "", _NOW)
    assert (selection.since_unix_s, selection.until_unix_s, selection.limit) == (1_763_996_400, _NOW + 1, None)
    assert shape == "json"
    assert question_of(REPORTS["attribution-coverage"], "", _NOW).selection.limit == ROWS_DEFAULT


def test_all_of_it() -> None:
    query = (
        "since=2025-11-24T00%3a00Z&until=2025-11-24T01:00Z&iface=eth0&iface=a+b&device=tv&device=%C3%A9&domain=x.example&"
        "protocol=udp%2f443&by=site&limit=10000&offset=40&sort=bytes&order=asc&format=csv"
    )
    selection, shape = question_of(_DOMAINS, query, _NOW)
    assert (selection.since_unix_s, selection.until_unix_s) == (1_763_942_400, 1_763_946_000)
    assert selection.ifaces == ("eth0", "a b") and selection.devices == ("tv", "é")
    assert selection.domains == ("x.example",) and selection.protocols == ("udp/443",)
    assert (selection.by, selection.limit, selection.offset, selection.sort, selection.order) == (
        "site", 10_000, 40, "bytes", "asc"
    )  # fmt: skip
    assert shape == "csv"


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("limit=0", "limit 0: choose from 1 to 10000"), ("limit=10001", "limit 10001: choose from 1 to 10000"),
        ("limit=1e3", "limit 1e3: not a whole number"), ("limit=", "limit : not a whole number"),
        ("limit=1&limit=1", "limit: given twice; once is enough"),
        ("offset=-1", "offset -1: choose from 0 to 1000000"), ("sort=colour", "sort colour: choose from domain, "),
        ("order=up", "order up: choose from asc, desc"), ("by=colour", "by colour: choose from name, site"),
        ("format=xml", "format xml: choose from json, csv"),
        ("db=/etc/shadow", "db: no such parameter; there is iface, lookback_minutes"),
        ("archive=x", "archive: no such parameter"), ("Limit=1", "Limit: no such parameter"),
        ("=1", ": no such parameter"), ("device=", "device: must not be empty"),
        ("lookback_minutes=60&day=today", "lookback_minutes and day do not go together: choose one"),
        ("until=now", "until takes since, or lookback_minutes"), ("start_day=1", "start_day takes period month, or"),
        ("since=yesteryear", "since yesteryear: not a time; give 2026-03-29"), ("day=32", "day 32: not a day"),
        ("&".join(f"device={n}" for n in range(17)), "device: given more than 16 times; ask in several requests"),
        ("&".join(f"x{n}=" for n in range(200)), "write parameters as name=value, in UTF-8, with & between, at most 1"),
        ("limit", "write parameters as name=value"), ("&", "write parameters"), ("x" * 9000, "write parameters"),
        ("limit=" + "9" * 9000, "limit 9999"), ("x" * 9000 + "=", "xxxx"),
        ("device=%", "a percent sign takes two hexadecimal digits"), ("device=%g0", "a percent sign"),
        ("dev%ice=a", "a percent sign"), ("device=\xe9", "a percent sign"), ("device=%ff", "write parameters"),
        ("device=%ed%a0%80", "write parameters"), ("device=%00", "device: must not hold a NUL character"),
    ],
)  # fmt: skip
def test_what_cannot_be(query: str, said: str) -> None:
    with pytest.raises(UsageError) as raised:
        question_of(_DOMAINS, query, _NOW)
    assert spoken(str(raised.value)).startswith(said)


def test_what_has_to_be_given() -> None:
    with pytest.raises(UsageError, match="^device: has to be given$"):
        question_of(REPORTS["device-detail"], "", _NOW)


@given(st.text("abcdefghilmnopstu_=&%+0123456789-:éA ", max_size=60))
def test_anything_is_a_question_or_a_line(query: str) -> None:
    try:
        question_of(_DOMAINS, query, _NOW)
    except UsageError as error:
        assert str(error)


def test_the_last_slot() -> None:
    assert given_in("since=9007199254740991", (SEQUENCE,)) == {"since": 9_007_199_254_740_991}
    assert given_in("", ()) == {}
    for query in ("since=-1", "since=9007199254740992", "since=x", "until=1"):
        with pytest.raises(UsageError):
            given_in(query, (SEQUENCE,))
    with pytest.raises(UsageError, match="^x: no such parameter; there is none$"):
        given_in("x=1", ())


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("--device tv: no device", "device tv: no device"), ("--db /a: not there", "/a: not there"),
        ("--lookback-minutes and --day", "lookback_minutes and day"),
        ("x--device --devices --device-x", "x--device --devices --device-x"),
        ("top-domain takes no --device", "top-domain takes no device"), ("", ""),
        ("no device; `traffic-analyzer top-device` lists them", "no device; the report top-device lists them"),
        ("no database; `traffic-analyzer run` makes it", "no database; `traffic-analyzer run` makes it"),
    ],
)  # fmt: skip
def test_flags_are_spoken_of_as_parameters(text: str, meant: str) -> None:
    assert spoken(text) == meant
