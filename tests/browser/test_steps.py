"""Steps of time below a chart, and the lines beside it."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from .modules import Modules

_ZONE = ZoneInfo("Europe/Berlin")


def _unix_s(*wall: int) -> int:
    return int(datetime(*wall, tzinfo=_ZONE).timestamp())  # type: ignore[misc]


_SPRING, _AUTUMN = _unix_s(2026, 3, 29, 3), _unix_s(2026, 10, 25, 3)
_OFFSETS = [[0, 3_600], [_SPRING, 7_200], [_AUTUMN, 3_600]]


@pytest.mark.parametrize(("month", "day", "hours"), [(3, 28, 24), (3, 29, 23), (10, 25, 25)])
def test_a_day_has_its_hours(modules: Modules, month: int, day: int, hours: int) -> None:
    window = _unix_s(2026, month, day), _unix_s(2026, month, day + 1)
    found = modules.call("steps.all", *window, "hour", _OFFSETS)
    assert len(found) == hours
    assert [found[0][0], found[-1][1]] == list(window)
    assert all(end == since for (_, end), (since, _) in zip(found, found[1:], strict=False))


@pytest.mark.parametrize("month", [3, 10])
def test_days_are_those_of_the_calendar(modules: Modules, month: int) -> None:
    found = modules.call("steps.all", _unix_s(2026, month, 1), _unix_s(2026, month + 1, 1), "day", _OFFSETS)
    assert [since for since, _ in found] == [_unix_s(2026, month, day) for day in range(1, 32)]


def test_a_running_step_is_one(modules: Modules) -> None:
    assert modules.call("steps.all", 60, 3_601, "minute", [])[-1] == [3_600, 3_660]
    assert modules.call("steps.all", 90, 180, "minute", []) == [[90, 120], [120, 180]]


def test_years_of_days_are_put_together(modules: Modules) -> None:
    since, until = _unix_s(2016, 1, 1), _unix_s(2026, 1, 1)
    found = modules.call("steps.all", since, until, "day", [[0, 3_600]])
    assert len(found) <= 400
    assert [found[0][0], found[-1][1]] == [since, until]
    assert all(end == at for (_, end), (at, _) in zip(found, found[1:], strict=False))


def test_what_holds_a_time(modules: Modules) -> None:
    found = [[0, 60], [60, 120], [120, 180]]
    times = {-1: -1, 0: 0, 59: 0, 60: 1, 179: 2, 180: -1}
    assert modules.calls("steps.holding", [(found, at) for at in times]) == list(times.values())


def test_words_fit_and_a_new_day_is_named(modules: Modules) -> None:
    hours = modules.call("steps.all", _unix_s(2026, 3, 12, 20), _unix_s(2026, 3, 13, 20), "hour", _OFFSETS)
    words = modules.call("steps.words", hours, "hour", _OFFSETS, 8)
    assert [word["text"] for word in words] == \
        ["21:00", "Fri 03-13", "03:00", "06:00", "09:00", "12:00", "15:00", "18:00"]
    assert [word["at"] for word in words if word["is_new"]] == [4]
    days = modules.call("steps.all", _unix_s(2026, 3, 1), _unix_s(2026, 4, 1), "day", _OFFSETS)
    assert len(modules.call("steps.words", days, "day", _OFFSETS, 31)) == 31
    assert 2 <= len(modules.call("steps.words", days, "day", _OFFSETS, 6)) <= 6


def test_words_stand_apart_and_a_new_day_before_others(modules: Modules) -> None:
    spans = [(0, 34, False), (36, 99, True), (101, 135, False), (139, 173, False)]
    words = [{"from": since, "until": until, "is_new": is_new} for since, until, is_new in spans]
    assert [word["from"] for word in modules.call("steps.apart", words)] == [36, 139]


@pytest.mark.parametrize(
    ("years", "most", "first"),
    [(1, 12, ["2024-02", "2024-03"]), (1, 5, ["2024-03", "2024-05"]), (10, 8, ["2026-01", "2028-01"])],
)
def test_long_times_are_told_by_months(modules: Modules, years: int, most: int, first: list[str]) -> None:
    days = modules.call("steps.all", _unix_s(2024, 1, 2), _unix_s(2024 + years, 1, 1), "day", [[0, 3_600]])
    words = [word["text"] for word in modules.call("steps.words", days, "day", [[0, 3_600]], most)]
    assert words[:2] == first
    assert len(words) <= most


@pytest.mark.parametrize(
    ("low", "high", "lines"),
    [
        (0, 0, ["0"]),
        (0, 3, ["0 B", "1 B", "2 B", "3 B"]),
        (900_000_000, 3_000_000_000, ["1 GB", "0 B", "1 GB", "2 GB", "3 GB"]),
        (480_000_000, 600_000_000, ["500 MB", "250 MB", "0 B", "250 MB", "500 MB", "750 MB"]),
    ],
)
def test_lines_are_round(modules: Modules, low: int, high: int, lines: list[str]) -> None:
    found = modules.call("steps.lines", low, high)
    assert found[0] <= -low
    assert found[-1] >= high
    if high:
        assert [modules.call("steps.amount", line) for line in found] == lines
