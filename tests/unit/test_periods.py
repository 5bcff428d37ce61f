"""Windows of local time: compared with sums by hand, with GNU date, and with each other in every zone."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from traffic_analyzer.errors import UsageError
from traffic_analyzer.periods import KINDS, TIMES, Window, between, day, moment, period
from traffic_analyzer.reports import registry
from traffic_analyzer.reports.selection import Selection

from .traffic import batch, flow_key, stored

_HOUR, _DAY = 3_600, 86_400
_BERLIN, _SANTIAGO, _LORD_HOWE = map(ZoneInfo, ("Europe/Berlin", "America/Santiago", "Australia/Lord_Howe"))
_ST_JOHNS = ZoneInfo("America/St_Johns")  # changed its clocks a minute after midnight until 2011
#: What OpenWrt has in TZ, where there is no table of zones.
_RULES = {"Europe/Berlin": "CET-1CEST,M3.5.0,M10.5.0/3", "Australia/Lord_Howe": "<+1030>-10:30<+11>-11,M10.1.0,M4.1.0"}
_NOW = 1_795_503_900  # 2026-11-24T07:05:00Z, a Tuesday

_zones = st.sampled_from(sorted(z for z in available_timezones() if not z.startswith(("posix", "right"))))
_times = st.integers(0, 4_102_444_799)  # 1970 to 2099


def _at(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp())


@contextmanager
def _system_zone(rule: str) -> Iterator[None]:
    before = os.environ.get("TZ")
    os.environ["TZ"] = rule
    time.tzset()
    try:
        yield
    finally:
        if before is None:
            del os.environ["TZ"]
        else:
            os.environ["TZ"] = before
        time.tzset()


@pytest.mark.parametrize(
    ("zone", "month", "since", "until", "hours"),
    [
        ("Europe/Berlin", "2026-03", "2026-03-01T00:00+01:00", "2026-04-01T00:00+02:00", 31 * 24 - 1),
        ("Europe/Berlin", "2026-10", "2026-10-01T00:00+02:00", "2026-11-01T00:00+01:00", 31 * 24 + 1),
        ("America/Santiago", "2026-04", "2026-04-01T00:00-03:00", "2026-05-01T00:00-04:00", 30 * 24 + 1),
        ("America/Santiago", "2026-09", "2026-09-01T00:00-04:00", "2026-10-01T00:00-03:00", 30 * 24 - 1),
        ("Australia/Lord_Howe", "2026-04", "2026-04-01T00:00+11:00", "2026-05-01T00:00+10:30", 30 * 24 + 0.5),
        ("Australia/Lord_Howe", "2026-10", "2026-10-01T00:00+10:30", "2026-11-01T00:00+11:00", 31 * 24 - 0.5),
        ("UTC", "2026-02", "2026-02-01T00:00+00:00", "2026-03-01T00:00+00:00", 28 * 24),
    ],
)
def test_a_month_report_over_a_change_of_the_clock(
    tmp_path: Path, zone: str, month: str, since: str, until: str, hours: float
) -> None:
    """A packet of one byte in every half hour of the month and of the two days around it, summed by hand."""
    begin, end = _at(since), _at(until)
    minutes = range(begin - _DAY, end + _DAY, 1_800)
    edges = (begin - 60, begin, end - 60, end)  # 100 to 103 bytes besides: which of them are in shows in the sum
    flows = {flow_key(minute_unix_s=minute): (1, 1) for minute in minutes}
    flows |= {flow_key(minute_unix_s=minute, remote_port=80): (100 + n, 1) for n, minute in enumerate(edges)}
    path = stored(tmp_path / "month.db", batch(flows))
    for now in (begin, begin + 15 * _DAY, end - 1):
        window = period("month", now, ZoneInfo(zone))
        assert window == (begin, end), month
        (row,) = registry.run(path, "top-ip", Selection(*window)).rows
        assert row[3] == hours * 2 + 101 + 102
    assert period("month", end, ZoneInfo(zone), back=1) == (begin, end)


@pytest.mark.parametrize(("zone", "rule"), _RULES.items())
@pytest.mark.parametrize("kind", KINDS)
def test_the_zone_of_the_system_is_one_like_any_other(zone: str, rule: str, kind: str) -> None:
    with _system_zone(rule):
        for now in range(_at("2026-01-01T00:30+00:00"), _at("2027-01-01T00:00+00:00"), 5 * _HOUR // 2):
            assert period(kind, now) == period(kind, now, ZoneInfo(zone))
        for text in ("2026-03-29T02:30", "2026-10-25T02:30", "2026-04-05T01:45", "2026-10-04T02:15", "today"):
            assert moment(text, _NOW) == moment(text, _NOW, ZoneInfo(zone))


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/Santiago", "Australia/Lord_Howe", "Asia/Kathmandu", "UTC"])
def test_months_begin_where_gnu_date_says(zone: str) -> None:
    for year in (1999, 2026, 2037):
        texts = [f"{year}-{month:02}-17 00:00" for month in range(1, 13)]
        ran = subprocess.run(["date", "-f", "-", "+%s"], input="\n".join(texts), env={"TZ": zone}, capture_output=True,
                             text=True, check=True)  # fmt: skip
        said = ran.stdout.split()
        begins = [period("month", int(unix_s) + _HOUR, ZoneInfo(zone), 17).since_unix_s for unix_s in said]
        assert begins == list(map(int, said))


@given(_zones, _times, st.sampled_from(KINDS), st.integers(1, 31))
@example("America/St_Johns", 1_194_145_320, "day", 1)  # 2007-11-03T23:32 for the second time, after a first midnight
@example("America/Toronto", 0, "day", 1)
@settings(max_examples=400)
def test_periods_tile_time(zone: str, now: int, kind: str, start_day: int) -> None:
    at = ZoneInfo(zone)
    window = period(kind, now, at, start_day)
    assert window.since_unix_s <= now < window.until_unix_s
    assert period(kind, window.since_unix_s, at, start_day) == window
    assert period(kind, window.until_unix_s - 1, at, start_day) == window
    assert period(kind, window.until_unix_s, at, start_day).since_unix_s == window.until_unix_s
    assert period(kind, now, at, start_day, back=1).until_unix_s == window.since_unix_s
    assert (window.since_unix_s % 60, window.until_unix_s % 60) == (0, 0) or now < 100_000_000  # Liberia until 1972


@given(_zones, st.integers(2000, 2099), st.integers(1, 31))
@settings(max_examples=60)
def test_the_twelve_months_of_a_year_follow_each_other(zone: str, year: int, start_day: int) -> None:
    at = ZoneInfo(zone)
    windows = [period("month", _at(f"{year}-{m:02}-15T12:00+00:00"), at, start_day) for m in range(1, 13)]
    assert all(a.until_unix_s == b.since_unix_s for a, b in zip(windows, windows[1:], strict=False))
    assert len(set(windows)) == 12


@pytest.mark.parametrize(
    ("start_day", "now", "since", "until"),
    [
        (1, "2026-11-24", "2026-11-01", "2026-12-01"),
        (15, "2026-11-14", "2026-10-15", "2026-11-15"),
        (15, "2026-11-15", "2026-11-15", "2026-12-15"),
        (15, "2027-01-03", "2026-12-15", "2027-01-15"),
        (31, "2026-02-27", "2026-01-31", "2026-02-28"),
        (31, "2026-02-28", "2026-02-28", "2026-03-31"),
        (30, "2024-02-28", "2024-01-30", "2024-02-29"),
        (29, "2024-02-29", "2024-02-29", "2024-03-29"),
        (29, "2026-03-28", "2026-02-28", "2026-03-29"),
        (31, "2026-04-30", "2026-04-30", "2026-05-31"),
    ],
)
def test_a_month_begins_on_its_day_or_on_its_last(start_day: int, now: str, since: str, until: str) -> None:
    at = _at(f"{now}T23:59+00:00")
    window = (_at(f"{since}T00:00+00:00"), _at(f"{until}T00:00+00:00"))
    assert period("month", at, ZoneInfo("UTC"), start_day) == window


@pytest.mark.parametrize(
    ("kind", "since", "until"),
    [
        ("hour", "2026-11-24T08:00+01:00", "2026-11-24T09:00+01:00"),
        ("day", "2026-11-24T00:00+01:00", "2026-11-25T00:00+01:00"),
        ("week", "2026-11-23T00:00+01:00", "2026-11-30T00:00+01:00"),
        ("month", "2026-11-01T00:00+01:00", "2026-12-01T00:00+01:00"),
        ("year", "2026-01-01T00:00+01:00", "2027-01-01T00:00+01:00"),
    ],
)
def test_the_running_period(kind: str, since: str, until: str) -> None:
    assert period(kind, _NOW, _BERLIN) == (_at(since), _at(until))


def test_earlier_periods() -> None:
    assert period("month", _NOW, _BERLIN, 15, back=2) == (
        _at("2026-09-15T00:00+02:00"), _at("2026-10-15T00:00+02:00"),
    )  # fmt: skip
    assert period("week", _NOW, _BERLIN, back=5) == (_at("2026-10-19T00:00+02:00"), _at("2026-10-26T00:00+01:00"))
    assert period("hour", _NOW, _BERLIN, back=9).until_unix_s == period("hour", _NOW, _BERLIN).since_unix_s - 8 * _HOUR


@pytest.mark.parametrize(
    ("zone", "begins"),
    [
        (_BERLIN, ["2026-10-25T01:00+02:00", "2026-10-25T02:00+02:00", "2026-10-25T02:00+01:00",
                   "2026-10-25T03:00+01:00"]),
        (_BERLIN, ["2026-03-29T01:00+01:00", "2026-03-29T03:00+02:00", "2026-03-29T04:00+02:00"]),
        (_LORD_HOWE, ["2026-04-05T00:00+11:00", "2026-04-05T01:00+11:00", "2026-04-05T01:30+10:30",
                      "2026-04-05T02:00+10:30"]),
        (_ST_JOHNS, ["2007-11-03T23:00-02:30", "2007-11-04T00:00-02:30", "2007-11-03T23:01-03:30",
                      "2007-11-04T00:00-03:30", "2007-11-04T01:00-03:30"]),
        (_LORD_HOWE, ["2026-10-04T01:00+10:30", "2026-10-04T02:30+11:00", "2026-10-04T03:00+11:00"]),
    ],
)  # fmt: skip
def test_hours_where_the_clock_changes(zone: ZoneInfo, begins: list[str]) -> None:
    edges = [_at(text) for text in begins]
    for since, until in zip(edges, edges[1:], strict=False):
        for now in (since, until - 1):
            assert period("hour", now, zone) == (since, until)


@pytest.mark.parametrize(
    ("zone", "text", "begin", "hours"),
    [
        (_BERLIN, "2026-03-29", "2026-03-29T00:00+01:00", 23),
        (_BERLIN, "2026-10-25", "2026-10-25T00:00+02:00", 25),
        (_BERLIN, "today", "2026-11-24T00:00+01:00", 24),
        (_BERLIN, "yesterday", "2026-11-23T00:00+01:00", 24),
        (_SANTIAGO, "2026-09-06", "2026-09-06T01:00-03:00", 23),  # its midnight is skipped
        (_SANTIAGO, "2026-04-04", "2026-04-04T00:00-03:00", 25),  # its last hour comes twice
        (_LORD_HOWE, "2026-04-05", "2026-04-05T00:00+11:00", 24.5),
        (_LORD_HOWE, "2026-10-04", "2026-10-04T00:00+10:30", 23.5),
        (ZoneInfo("Pacific/Apia"), "2011-12-30", "2011-12-31T00:00+14:00", 0),  # was left out
    ],
)
def test_days(zone: ZoneInfo, text: str, begin: str, hours: float) -> None:
    assert day(text, _NOW, zone) == (_at(begin), _at(begin) + hours * _HOUR)


@pytest.mark.parametrize(
    ("text", "means"),
    [
        ("now", "2026-11-24T08:05+01:00"),
        ("today", "2026-11-24T00:00+01:00"),
        ("yesterday", "2026-11-23T00:00+01:00"),
        ("90m", "2026-11-24T06:35+01:00"),
        ("36h", "2026-11-22T20:05+01:00"),
        ("7d", "2026-11-17T08:05+01:00"),
        ("31d", "2026-10-24T09:05+02:00"),
        ("0m", "2026-11-24T08:05+01:00"),
        ("2w", "2026-11-10T08:05+01:00"),
        ("2026-07-01", "2026-07-01T00:00+02:00"),
        ("2026-07-01T14:30", "2026-07-01T14:30+02:00"),
        ("2026-07-01 14:30", "2026-07-01T14:30+02:00"),
        ("2026-07-01T14:30:15", "2026-07-01T14:30:15+02:00"),
        ("2026-07-01T14:30Z", "2026-07-01T14:30+00:00"),
        ("2026-07-01 14:30-0330", "2026-07-01T14:30-03:30"),
        ("2026-07-01T14:30+05:45", "2026-07-01T14:30+05:45"),
        ("2026-03-29T02:30", "2026-03-29T03:00+02:00"),  # skipped
        ("2026-10-25T02:30", "2026-10-25T02:30+02:00"),  # twice
        ("2026-10-25T02:30+01:00", "2026-10-25T02:30+01:00"),
    ],
)
def test_moments(text: str, means: str) -> None:
    assert moment(text, _NOW, _BERLIN) == _at(means)


@pytest.mark.parametrize(
    "text",
    [
        "", "Now", "tomorrow", "2026", "2026-07", "2026-13-01", "2026-02-29", "2026-07-01T", "2026-07-01T24:30",
        "2026-07-01T14", "2026-07-01T14:60", "2026-07-01T14:30:60", "2026-07-01T14:30+2", "2026-07-01T14:30+25:00",
        "2026-07-01Z", "1969-12-31", "3000-01-01", "12026-07-01", "2026-07-01\n", " 2026-07-01", "٢٠٢٦-07-01", "-5m",
        "5", "5s", "1.5h", "5 m", "1e3h", "2026-W30-1", "20260701", "\x1b[2J",
    ],
    ids=ascii,
)  # fmt: skip
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        moment(text, _NOW, _BERLIN)
    assert str(caught.value) == f"{text}: not a time; give {TIMES}"


def test_mistakes_are_short() -> None:
    for read in (moment, day):
        with pytest.raises(UsageError) as caught:
            read("9" * 100_000, _NOW, _BERLIN)
        assert len(str(caught.value)) < 250


def test_an_age_does_not_lead_to_before_1970() -> None:
    assert moment(f"{_NOW // 60}m", _NOW, _BERLIN) == _NOW % 60
    for text in (f"{_NOW // 60 + 1}m", "999999999w"):
        with pytest.raises(UsageError, match=f"^{text}: before 1970$"):
            moment(text, _NOW, _BERLIN)


@pytest.mark.parametrize("text", ["", "now", "tomorrow", "2026-07-01T00:00", "2026-02-30", "7d", "1969-12-31"])
def test_what_is_no_day_is_refused(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        day(text, _NOW, _BERLIN)
    assert str(caught.value) == f"{text}: not a day; give 2026-03-29, today or yesterday"


@given(_zones, _times, st.integers(0, 200_000))
def test_later_times_are_never_earlier_moments(zone: str, unix_s: int, more_s: int) -> None:
    earlier = datetime(1970, 1, 1) + timedelta(seconds=unix_s)
    texts = [f"{wall:%Y-%m-%dT%H:%M:%S}" for wall in (earlier, earlier + timedelta(seconds=more_s))]
    first, second = (moment(text, _NOW, ZoneInfo(zone)) for text in texts)
    assert first <= second


@given(_times, _times)
def test_whole_minutes_hold_what_was_asked_for(since: int, until: int) -> None:
    window = between(since, until)
    assert window.since_unix_s <= since < window.since_unix_s + 60 and window.since_unix_s % 60 == 0
    assert window.until_unix_s - 60 < until <= window.until_unix_s and window.until_unix_s % 60 == 0
    assert isinstance(window, Window)
