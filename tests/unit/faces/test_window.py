"""One window, however it was asked for; what does not go together is one line."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from traffic_analyzer.errors import UsageError
from traffic_analyzer.faces.window import window_of
from traffic_analyzer.reports.registry import lookback
from traffic_analyzer.settings import PERIOD

_BERLIN = ZoneInfo("Europe/Berlin")
_NOW = int(datetime(2026, 11, 24, 8, 5, 20, tzinfo=_BERLIN).timestamp())


def _at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=_BERLIN).timestamp())


@pytest.mark.parametrize(
    ("given", "since", "until"),
    [
        ({"period": "hour"}, "2026-11-24 08:00", "2026-11-24 09:00"),
        ({"period": "day"}, "2026-11-24", "2026-11-25"),
        ({"period": "week"}, "2026-11-23", "2026-11-30"),
        ({"period": "month"}, "2026-11-01", "2026-12-01"),
        ({"period": "month", "start_day": 25}, "2026-10-25", "2026-11-25"),
        ({"period": "year"}, "2026-01-01", "2027-01-01"),
        ({"period": "last-week"}, "2026-11-16", "2026-11-23"),
        ({"period": "last-month"}, "2026-10-01", "2026-11-01"),
        ({"period": "last-month", "start_day": 15}, "2026-10-15", "2026-11-15"),
        ({"period": "last-year"}, "2025-01-01", "2026-01-01"),
        ({"day": "2026-10-25"}, "2026-10-25", "2026-10-26"),
        ({"day": "yesterday"}, "2026-11-23", "2026-11-24"),
        ({"since": "2026-11-20"}, "2026-11-20", "2026-11-24 08:06"),
        ({"since": "90m"}, "2026-11-24 06:35", "2026-11-24 08:06"),
        ({"since": "2026-11-20", "until": "2026-11-20 00:00:01"}, "2026-11-20", "2026-11-20 00:01"),
        ({"since": "2026-11-20T12:00:59", "until": "today"}, "2026-11-20 12:00", "2026-11-24"),
        ({"since": "today", "until": "2026-12-24"}, "2026-11-24", "2026-12-24"),
        ({"lookback_minutes": 90, "until": "today"}, "2026-11-23 22:30", "2026-11-24"),
        ({"lookback_minutes": 1, "until": "2026-11-20 10:00:30"}, "2026-11-20 10:00", "2026-11-20 10:01"),
    ],
    ids=str,
)
def test_windows(given: dict[str, Any], since: str, until: str) -> None:
    assert window_of(given, _NOW, _BERLIN) == (_at(since), _at(until))


@pytest.mark.parametrize("choice", PERIOD.choices)
def test_every_period_can_be_had(choice: str) -> None:
    since, until = window_of({"period": choice}, _NOW, _BERLIN)
    assert (since <= _NOW < until) is not choice.startswith("last-")


def test_looking_back_is_the_default() -> None:
    assert window_of({}, _NOW) == lookback(_NOW, 60)
    assert window_of({"lookback_minutes": 5}, _NOW) == lookback(_NOW, 5)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"period": "day", "day": "today"}, "--period and --day do not go together: choose one"),
        ({"lookback_minutes": 60, "period": "day"}, "--lookback-minutes and --period do not go together: choose one"),
        ({"lookback_minutes": 5, "since": "1h"}, "--lookback-minutes and --since do not go together: choose one"),
        ({"since": "1h", "day": "today"}, "--since and --day do not go together: choose one"),
        ({"until": "today"}, "--until takes --since, or --lookback-minutes"),
        ({"until": "today", "period": "day"}, "--until takes --since, or --lookback-minutes"),
        ({"until": "today", "day": "today"}, "--until takes --since, or --lookback-minutes"),
        ({"start_day": 1}, "--start-day takes --period month, or last-month"),
        ({"start_day": 1, "period": "week"}, "--start-day takes --period month, or last-month"),
        ({"start_day": 1, "since": "1h"}, "--start-day takes --period month, or last-month"),
        ({"since": "now"}, None),
        ({"since": "2026-11-24 08:07"}, "--since 2026-11-24 08:07: not before --until now"),
        ({"since": "today", "until": "today"}, "--since today: not before --until today"),
        ({"since": "today", "until": "2026-11-01"}, "--since today: not before --until 2026-11-01"),
        ({"since": "1x"}, "--since 1x: not a time; give "),
        ({"since": "1h", "until": "1x"}, "--until 1x: not a time; give "),
        ({"day": "1h"}, "--day 1h: not a day; give 2026-03-29, today or yesterday"),
    ],
    ids=str,
)
def test_mistakes(given: dict[str, Any], said: str | None) -> None:
    if said is None:  # the running minute
        assert window_of(given, _NOW, _BERLIN) == (_NOW - 20, _NOW + 40)
        return
    with pytest.raises(UsageError) as caught:
        window_of(given, _NOW, _BERLIN)
    assert str(caught.value).startswith(said) and "\n" not in str(caught.value)


_BOOT_DAY_S = 86_400


@pytest.mark.parametrize("zone", [_BERLIN, ZoneInfo("America/New_York"), ZoneInfo("Pacific/Kiritimati"), None], ids=str)
@pytest.mark.parametrize("up_s", [0, 60, 6 * 3600, 23 * 3600])
@pytest.mark.parametrize("choice", PERIOD.choices)
def test_before_the_clock_is_set_periods_begin_with_the_machine(choice: str, up_s: int, zone: ZoneInfo | None) -> None:
    since, until = window_of({"period": choice}, up_s, zone)
    if choice.startswith("last-"):
        assert since < until <= up_s
    else:
        assert since <= (up_s if choice == "hour" else 0) and up_s < until


@pytest.mark.parametrize(
    ("given", "window"),
    [
        ({}, (-3_000, 601)),
        ({"since": "36h"}, (600 - 36 * 3600, 600)),
        ({"since": "5m", "until": "now"}, (300, 600)),
        ({"since": "today"}, (0, 600)),
        ({"since": "yesterday", "until": "today"}, (-_BOOT_DAY_S, 0)),
        ({"day": "today"}, (0, _BOOT_DAY_S)),
        ({"day": "yesterday"}, (-_BOOT_DAY_S, 0)),
        ({"day": "2026-11-20"}, (_at("2026-11-20"), _at("2026-11-21"))),
        ({"since": "2026-11-20", "until": "2026-11-20T12:00"}, (_at("2026-11-20"), _at("2026-11-20 12:00"))),
    ],
    ids=str,
)  # fmt: skip
def test_before_the_clock_is_set_ages_and_dates_can_be_had(given: dict[str, Any], window: tuple[int, int]) -> None:
    assert window_of(given, 600, _BERLIN) == window


def test_before_the_clock_is_set_a_date_is_not_before_now() -> None:
    with pytest.raises(UsageError, match="^--since 2026-11-20: not before --until now$"):
        window_of({"since": "2026-11-20"}, 600, _BERLIN)
