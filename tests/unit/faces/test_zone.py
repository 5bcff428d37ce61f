"""Local time for faces elsewhere: the C library says the same of every minute."""

from __future__ import annotations

import time
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from traffic_analyzer.faces.zone import utc_offsets

from ..store.tiers.archives import time_zone

_DAY_S = 86_400


def _unix_s(*date: int, zone: str = "UTC") -> int:
    return int(datetime(*date, tzinfo=ZoneInfo(zone)).timestamp())  # type: ignore[misc, arg-type]


def test_a_clock_that_is_set_twice_a_year(monkeypatch: pytest.MonkeyPatch) -> None:
    with time_zone(monkeypatch, "Europe/Berlin"):
        since, until = _unix_s(2026, 1, 1), _unix_s(2027, 1, 1)
        assert utc_offsets(since, until) == [
            (since, 3600), (_unix_s(2026, 3, 29, 1), 7200), (_unix_s(2026, 10, 25, 1), 3600),
        ]  # fmt: skip
        night = _unix_s(2026, 3, 29, 0, 30)
        assert utc_offsets(night, night) == [(night, 3600)]


def test_one_that_never_is(monkeypatch: pytest.MonkeyPatch) -> None:
    with time_zone(monkeypatch, "Asia/Kolkata"):
        assert utc_offsets(0, 2**31) == [(0, 19_800)]


@pytest.mark.parametrize("window", [(2**62, 2**62), (-(2**62), 2**62), (5, -5)], ids=["late", "ever", "backwards"])
def test_windows_of_no_time_that_there_is(window: tuple[int, int]) -> None:
    assert len(utc_offsets(*window)) >= 1


@given(st.integers(0, 2**31), st.integers(1, 3 * 365 * _DAY_S), st.floats(0, 1))
def test_every_minute_of_it(since: int, length_s: int, part: float) -> None:
    with pytest.MonkeyPatch.context() as patch, time_zone(patch, "Australia/Lord_Howe"):  # half an hour
        offsets = utc_offsets(since, since + length_s)
        minute = since + int(part * length_s) // 60 * 60
        *_, (_, offset_s) = [entry for entry in offsets if entry[0] <= minute]
        assert time.localtime(minute).tm_gmtoff == offset_s
