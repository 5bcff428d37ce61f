"""Windows before and after, in the router's time."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from traffic_analyzer.faces.window import window_of

from .modules import Modules

_ZONE = ZoneInfo("Europe/Berlin")
_CHANGES = {"2025-03-30": 7_200, "2025-10-26": 3_600, "2026-03-29": 7_200, "2026-10-25": 3_600}  # at 01:00 UTC
_OFFSETS = [[0, 3_600]] + [
    [int(datetime.fromisoformat(f"{day}T01:00Z").timestamp()), offset_s] for day, offset_s in _CHANGES.items()
]
_NOW = int(datetime(2026, 3, 31, 15, 4, 30, tzinfo=_ZONE).timestamp())


def _window(given: dict[str, Any]) -> tuple[int, int]:
    """What the endpoint makes of it."""
    numbers = {name: int(value) if name == "lookback_minutes" else value for name, value in given.items()}
    return tuple(window_of(numbers, _NOW, _ZONE))  # type: ignore[return-value]


def _answer(given: dict[str, Any]) -> dict[str, Any]:
    since, until = _window(given)
    return {"selection": {"since_unix_s": since, "until_unix_s": until}, "offsets": _OFFSETS}


@pytest.mark.parametrize(
    ("given", "before"),
    [
        ({"day": "today"}, {"day": "2026-03-30"}),
        ({"day": "2026-03-30"}, {"day": "2026-03-29"}),
        ({"day": "2026-03-29"}, {"day": "2026-03-28"}),  # 23 hours
        ({"period": "week"}, {"since": "2026-03-23", "until": "2026-03-30"}),
        ({"period": "month"}, {"since": "2026-02-01", "until": "2026-03-01"}),
        ({"period": "last-month"}, {"since": "2026-01-01", "until": "2026-02-01"}),
        ({"period": "year"}, {"since": "2025-01-01", "until": "2026-01-01"}),
        ({"since": "2026-03-05", "until": "2026-03-08"}, {"since": "2026-03-02", "until": "2026-03-05"}),
        ({"lookback_minutes": "60"}, {"since": "2026-03-31T11:04Z", "until": "2026-03-31T12:04Z"}),
        (
            {"since": "2026-03-29T01:30", "until": "2026-03-29T04:30"},  # two hours
            {"since": "2026-03-28T22:30Z", "until": "2026-03-29T00:30Z"},
        ),
    ],
)  # fmt: skip
def test_before_and_after_again(modules: Modules, given: dict[str, Any], before: dict[str, Any]) -> None:
    assert modules.call("periods.shifted", given, _answer(given), -1) == before
    assert _window(before)[1] == _window(given)[0]
    again = modules.call("periods.shifted", before, _answer(before), 1)
    since, until = _window(given)
    assert _window(again) == (since, until - until % 60)  # the running minute goes with the last hour alone


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"day": "2026-03-29"}, "2026-03-29"),
        ({"period": "week"}, "2026-03-30 to 2026-04-05"),
        ({"period": "month"}, "2026-03-01 to 2026-03-31"),
        ({"since": "2026-03-30T10:00", "until": "2026-03-30T11:30"}, "2026-03-30 10:00 to 11:30"),
        ({"since": "2026-03-30T22:00", "until": "2026-03-31T02:00"}, "2026-03-30 22:00 to 2026-03-31 02:00"),
    ],
)
def test_words(modules: Modules, given: dict[str, Any], words: str) -> None:
    assert modules.call("periods.words", *_window(given), _OFFSETS) == words


def test_zones(modules: Modules) -> None:
    assert modules.call("periods.zones", *_window({"day": "2026-03-28"}), _OFFSETS) == "UTC+01:00"
    assert modules.call("periods.zones", *_window({"day": "2026-03-29"}), _OFFSETS) == "UTC+01:00, then UTC+02:00"


def test_another_window_begins_at_the_first_row(modules: Modules) -> None:
    state = {"report": "x", "day": "today", "offset": "20", "device": ["a"]}
    assert modules.call("periods.put", state, {"period": "week"}) == {"report": "x", "device": ["a"], "period": "week"}


def test_a_window_is_the_last_hour_where_none_is_named(modules: Modules) -> None:
    assert modules.call("periods.of", {"report": "x"}) == {"lookback_minutes": "60"}


def test_what_a_window_is_called(modules: Modules) -> None:
    called = {
        "Last hour": {"lookback_minutes": "60"},
        "Last 5 minutes": {"lookback_minutes": "5"},
        "Last 2,880 minutes": {"lookback_minutes": "2880"},
        "Last year": {"period": "last-year"},
        "2026-03-29": {"day": "2026-03-29"},
        "2026-03-29 – now": {"since": "2026-03-29", "until": "now"},
        "2026-03-29 01:00 to 04:00": {"since": "2026-03-29T00:00Z", "until": "2026-03-29T02:00Z"},
    }
    assert [modules.call("periods.called", window, _OFFSETS) for window in called.values()] == list(called)
