"""Hours and days begin where the local calendar says."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from traffic_analyzer.store.local_time import day_of, hour_of

_DAY_S = 86_400


@pytest.fixture
def in_zone(monkeypatch: pytest.MonkeyPatch) -> Iterator[object]:
    def to(zone: str) -> ZoneInfo:
        monkeypatch.setenv("TZ", zone)
        _forget()
        return ZoneInfo(zone)

    yield to
    monkeypatch.undo()
    _forget()


def _forget() -> None:
    time.tzset()
    hour_of.cache_clear()
    day_of.cache_clear()


@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "Asia/Kolkata", "America/Santiago"])
def test_every_minute_of_two_years_lies_in_its_hour_and_day(in_zone, zone: str) -> None:
    where = in_zone(zone)
    since = int(datetime(2026, 1, 1, tzinfo=where).timestamp())
    for unix_s in range(since, since + 730 * _DAY_S, 7 * 60 * 13):
        local = datetime.fromtimestamp(unix_s, where)
        hour, day = (datetime.fromtimestamp(of(unix_s), where) for of in (hour_of, day_of))
        assert (hour.date(), hour.hour, hour.minute, hour.second) == (local.date(), local.hour, 0, 0)
        assert hour_of(unix_s) <= unix_s < hour_of(unix_s) + 3600
        assert day.date() == local.date() and day_of(unix_s) <= hour_of(unix_s)
        assert datetime.fromtimestamp(day_of(unix_s) - 1, where).date() != local.date()
        assert hour_of(hour_of(unix_s)) == hour_of(unix_s) and day_of(day_of(unix_s)) == day_of(unix_s)


def test_hours_follow_each_other_where_clocks_are_set_by_half_an_hour(in_zone) -> None:
    where = in_zone("Australia/Lord_Howe")
    since = int(datetime(2026, 1, 1, tzinfo=where).timestamp())
    lengths = Counter(hour_of(minute) for minute in range(since, since + 365 * _DAY_S, 60))
    assert Counter(lengths.values()) == {60: 365 * 24 - 3, 90: 2}
    assert all(hour_of(began) == began and hour_of(began + 60 * n - 1) == began for began, n in lengths.items())


@pytest.mark.parametrize(("date", "hours"), [((2026, 3, 29), 23), ((2026, 10, 25), 25), ((2026, 6, 1), 24)])
def test_a_day_has_the_hours_that_it_has(in_zone, date: tuple[int, int, int], hours: int) -> None:
    where = in_zone("Europe/Berlin")
    noon = int(datetime(*date, 12, tzinfo=where).timestamp())
    minutes = range(day_of(noon), day_of(noon + _DAY_S), 60)
    assert len(minutes) == hours * 60 and len({hour_of(minute) for minute in minutes}) == hours


@pytest.mark.parametrize("before_s", [0, 200 * _DAY_S], ids=["in summer", "in winter"])
def test_a_midnight_that_comes_twice_is_the_first_one(in_zone, before_s: int) -> None:
    where = in_zone("America/Havana")
    first = int(datetime(2026, 11, 1, tzinfo=where).timestamp())
    for minute in range(first, first + 25 * 3600, 600):
        day_of.cache_clear()
        time.mktime(time.localtime(first - 90 * _DAY_S + before_s))  # it guesses from what it was asked last
        assert day_of(minute) == first
