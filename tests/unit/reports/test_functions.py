"""A name is under another where whole labels say so; a day is one of the calendar."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from traffic_analyzer.reports.functions import day_of, hour_of, is_resolver, is_under


@pytest.mark.parametrize(
    ("name", "other", "expected"),
    [
        ("a.example", "a.example", True), ("b.a.example", "a.example", True), ("c.b.a.example", "a.example", True),
        ("ba.example", "a.example", False), ("example", "a.example", False), (r"b\.a.example", "a.example", False),
        (r"b\.a.example", "example", True), (r"b\\.a.example", "a.example", True), ("", "a", False), ("", "", True),
    ],
)  # fmt: skip
def test_under(name: str, other: str, expected: bool) -> None:
    assert is_under(name, other) is expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("dns.google", True), ("dns64.dns.google", True), ("abc123.dns.nextdns.io", True), ("nextdns.io", False),
        ("xdns.google", False), (r"x\.dns.google", False), ("dns.google.example", False), ("mask.icloud.com", False),
        ("www.google.com", False), ("cloudflare-ech.com", False), ("", False),
    ],
)  # fmt: skip
def test_resolvers(name: str, expected: bool) -> None:
    assert is_resolver(name) is expected


@pytest.fixture
def zone(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[ZoneInfo]:
    monkeypatch.setenv("TZ", request.param)
    time.tzset()
    yield ZoneInfo(request.param)
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize(
    ("zone", "day"),
    [
        ("UTC", "2026-11-24"), ("Europe/Berlin", "2026-03-29"), ("Europe/Berlin", "2026-10-25"),
        ("Asia/Kathmandu", "2026-11-24"), ("Australia/Lord_Howe", "2026-04-05"), ("America/Sao_Paulo", "2018-11-04"),
        ("America/Havana", "2026-11-01"), ("Pacific/Apia", "2011-12-31"),
    ],
    indirect=["zone"],
)  # fmt: skip
def test_hours_and_days_are_those_of_the_local_clock(zone: ZoneInfo, day: str) -> None:
    hour_of.cache_clear()
    day_of.cache_clear()
    noon = int(datetime.fromisoformat(day + "T12:00").replace(tzinfo=zone).timestamp())
    for unix_s in range(noon - 40 * 3600, noon + 40 * 3600, 60):
        local = datetime.fromtimestamp(unix_s, zone)
        began = datetime.fromtimestamp(day_of(unix_s), zone)
        assert began.date() == local.date() and day_of(unix_s) <= unix_s
        assert datetime.fromtimestamp(day_of(unix_s) - 1, zone).date() != local.date()  # its first second
        hour = datetime.fromtimestamp(hour_of(unix_s), zone)
        assert (hour.date(), hour.hour, hour.minute) == (local.date(), local.hour, 0) or hour.hour == local.hour
        assert 0 <= unix_s - hour_of(unix_s) < 3600
    hour_of.cache_clear()
    day_of.cache_clear()
