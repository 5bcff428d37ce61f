"""Arms cover a window exactly, each minute once; where minutes or hours are gone it grows, to whole ones."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from traffic_analyzer.store.local_time import day_of, hour_of
from traffic_analyzer.store.tiers.cover import ALWAYS, NEVER, Arm, Cover, Kept, Tier, cover

_HOUR_S, _DAY_S = 3600, 86_400
_SHORT_S = 2 * _HOUR_S + 60
#: A Monday, and around it in each zone: a summer time that begins or ends, or nothing at all.
_NOONS = {
    "UTC": 1_763_899_200, "Europe/Berlin": 1_792_929_600, "America/New_York": 1_772_971_200,
    "Asia/Kathmandu": 1_763_899_200, "Asia/Kolkata": 1_763_899_200, "Australia/Lord_Howe": 1_775_354_400,
    "Pacific/Apia": 1_325_246_400, "America/Havana": 1_793_548_800,
}  # fmt: skip


@contextmanager
def _zone(name: str) -> Iterator[None]:
    before = os.environ.get("TZ")
    os.environ["TZ"] = name
    time.tzset()
    hour_of.cache_clear()
    day_of.cache_clear()
    try:
        yield
    finally:
        if before is None:
            del os.environ["TZ"]
        else:
            os.environ["TZ"] = before
        time.tzset()
        hour_of.cache_clear()
        day_of.cache_clear()


def _minutes(since: int, until: int) -> set[int]:
    return set(range(-(-since // 60) * 60, until, 60))


def _read(arm: Arm, all_minutes: set[int]) -> set[int]:
    """The minutes that are in the rows of an arm, which are chosen by when they begin."""
    if arm.tier is Tier.MINUTE:
        return {minute for minute in all_minutes if arm.since_unix_s <= minute < arm.until_unix_s}
    begin = hour_of if arm.tier is Tier.HOUR else day_of
    low, high = begin(arm.since_unix_s), begin(arm.until_unix_s)
    return {minute for minute in all_minutes if low <= begin(minute) < high}


def _grown(minutes: set[int], all_minutes: set[int], kept: Kept) -> set[int]:
    """What must be answered for where single minutes, or hours, are kept no more: by brute force."""
    lost = min(kept.hours_since, kept.days_until)
    days = {day_of(minute) for minute in minutes if day_of(minute) < lost}
    hours = {hour_of(minute) for minute in minutes if minute < kept.minutes_since}
    whole = {minute for minute in all_minutes if day_of(minute) in days or hour_of(minute) in hours}
    return minutes | whole


@st.composite
def _cases(draw: st.DrawFn) -> tuple[str, int, int, Kept, bool]:
    zone = draw(st.sampled_from(sorted(_NOONS)))
    noon = _NOONS[zone]
    since = noon + 60 * draw(st.integers(-3 * 1440, 3 * 1440)) + draw(st.sampled_from((0, 0, 1, 59)))
    length_s = draw(st.one_of(st.integers(0, 3 * _HOUR_S), st.integers(0, 3 * _DAY_S)))
    minutes_since = draw(st.one_of(st.just(ALWAYS), st.integers(-3 * 1440, 4 * 1440).map(lambda n: noon + n * 60)))
    with _zone(zone):
        days_until = draw(st.sampled_from((ALWAYS, *(day_of(noon + n * _DAY_S) for n in range(-4, 4)))))
        first = draw(st.sampled_from((ALWAYS, *(hour_of(noon + n * 5 * _HOUR_S) for n in range(-20, 20)))))
    hours_since = min(first, days_until) if days_until > ALWAYS else ALWAYS  # days are rolled up first
    newest = draw(st.one_of(st.just(NEVER), st.integers(0, 4 * 1440).map(lambda n: noon + n * 60)))
    return zone, since, since + length_s, Kept(minutes_since, hours_since, days_until, newest), draw(st.booleans())


@settings(max_examples=100)
@given(_cases())
def test_every_minute_of_the_span_is_read_once_from_what_is_kept(case: tuple[str, int, int, Kept, bool]) -> None:
    zone, since, until, kept, may_take_days = case
    with _zone(zone):
        noon = _NOONS[zone]
        everything = _minutes(noon - 5 * _DAY_S, min(kept.newest + 1, noon + 8 * _DAY_S))
        found = cover(since, until, kept, may_take_days)
        parts = [_read(arm, everything) for arm in found.arms]
        read = set().union(*parts)
        assert sum(map(len, parts)) == len(read), "a minute is read twice"
        asked = _minutes(since, until) & everything
        assert asked <= read == _minutes(found.since_unix_s, found.until_unix_s) & everything
        assert read <= _grown(asked, everything, kept)
        if (found.since_unix_s, found.until_unix_s) == (since, until):
            assert read == asked
        for arm, minutes in zip(found.arms, parts, strict=True):
            if minutes and arm.tier is Tier.MINUTE:
                assert min(minutes) >= kept.minutes_since
            if minutes and arm.tier is Tier.DAY:
                assert max(minutes) < kept.days_until and (
                    may_take_days or day_of(min(minutes)) < max(kept.hours_since, ALWAYS + 1)
                )
            if minutes and arm.tier is Tier.HOUR and min(minutes) < kept.hours_since:
                assert min(minutes) >= kept.days_until  # nothing has it
        other = cover(since, until, kept, not may_take_days)
        assert (other.since_unix_s, other.until_unix_s) == (found.since_unix_s, found.until_unix_s)


_DAY = 1_763_856_000  # 00:00 UTC
_ALL = Kept(ALWAYS, ALWAYS, _DAY, _DAY + _DAY_S)


@pytest.fixture
def _utc() -> Iterator[None]:
    with _zone("UTC"):
        yield


@pytest.mark.usefixtures("_utc")
@pytest.mark.parametrize(
    ("since", "until", "kept", "may_take_days", "arms"),
    [
        (_DAY + 60, _DAY + 60 + _SHORT_S, _ALL, True, [("MINUTE", 60, 60 + _SHORT_S)]),
        (_DAY + 60, _DAY + 120 + _SHORT_S, _ALL, True, [
            ("MINUTE", 60, _HOUR_S), ("HOUR", _HOUR_S, 2 * _HOUR_S), ("MINUTE", 2 * _HOUR_S, 120 + _SHORT_S),
        ]),
        (_DAY - _DAY_S, _DAY + _HOUR_S, _ALL, True, [("DAY", -_DAY_S, 0), ("HOUR", 0, _HOUR_S)]),
        (_DAY - _DAY_S, _DAY + _HOUR_S, _ALL, False, [("HOUR", -_DAY_S, _HOUR_S)]),
        (_DAY - _DAY_S - 60, _DAY, _ALL, True, [("MINUTE", -_DAY_S - 60, -_DAY_S), ("DAY", -_DAY_S, 0)]),
        (_DAY - _DAY_S - 60, _DAY, Kept(_DAY, ALWAYS, _DAY), True, [
            ("HOUR", -_DAY_S - _HOUR_S, -_DAY_S), ("DAY", -_DAY_S, 0),
        ]),
        (_DAY - 60, _DAY - 30, Kept(_DAY, ALWAYS, _DAY), True, [("HOUR", -_HOUR_S, 0)]),
        (_DAY - 60, _DAY - 30, Kept(_DAY, _DAY, _DAY), False, [("DAY", -_DAY_S, 0)]),
        (_DAY, _DAY + 9 * _DAY_S, Kept(_DAY, ALWAYS, _DAY, _DAY + 90), True, [("HOUR", 0, _HOUR_S)]),
        (_DAY, _DAY + 9 * _DAY_S, Kept(NEVER, ALWAYS, _DAY, _DAY - 60), True, [("MINUTE", 0, 9 * _DAY_S)]),
        (0, 2**50, Kept(_DAY, ALWAYS, _DAY, _DAY), True, [("DAY", -_DAY, 0), ("HOUR", 0, _HOUR_S)]),
    ],
)  # fmt: skip
def test_which_tier_answers(
    since: int, until: int, kept: Kept, may_take_days: bool, arms: list[tuple[str, int, int]]
) -> None:
    found = cover(since, until, kept, may_take_days)
    assert [(a.tier.name, a.since_unix_s - _DAY, a.until_unix_s - _DAY) for a in found.arms] == arms


@pytest.mark.usefixtures("_utc")
def test_all_time_is_as_it_was_asked_for() -> None:
    found = cover(-(2**33), 2**50, _ALL, True)
    assert (found.since_unix_s, found.until_unix_s) == (-(2**33), 2**50) and not found.is_by_minute
    assert found.rolled == (0, _DAY + _DAY_S + _HOUR_S)


def test_a_span_without_a_minute_is_one_of_minutes() -> None:
    assert cover(5, 5, _ALL, True) == Cover((Arm(Tier.MINUTE, 5, 5),), 5, 5)
    assert cover(61, 119, _ALL, True).is_by_minute
