"""Windows to choose from."""

from __future__ import annotations

import pytest

from traffic_analyzer.faces.tui.windows import windows_of
from traffic_analyzer.faces.window import window_of

_NOW = 1_800_000_000


def test_the_usual_ones() -> None:
    windows, at = windows_of({})
    assert windows[at].title == "last hour" and windows[at].given == (("lookback_minutes", 60),)
    titles = [window.title for window in windows]
    assert titles[:4] == ["last 5 minutes", "last 15 minutes", "last hour", "last 3 hours"]
    lengths = [until - since for since, until in (window_of(dict(window.given), _NOW) for window in windows)]
    assert lengths == sorted(lengths) and len(set(lengths)) == len(lengths)


@pytest.mark.parametrize(("minutes", "title"), [(60, "last hour"), (90, "last 90 minutes"), (2_880, "last 2 days")])
def test_a_length_has_its_place(minutes: int, title: str) -> None:
    windows, at = windows_of({"lookback_minutes": minutes})
    assert windows[at].title == title
    assert [window.given[0][1] for window in windows] == sorted({window.given[0][1] for window in windows})


@pytest.mark.parametrize(
    ("given", "title"),
    [
        ({"period": "month", "start_day": 5}, "this month"),
        ({"period": "last-week"}, "last week"),
        ({"day": "2026-03-29"}, "2026-03-29"),
        ({"since": "yesterday", "until": "today"}, "from yesterday to today"),
        ({"since": "7d"}, "from 7d"),
        ({"until": "today", "lookback_minutes": 1_440}, "last day to today"),
    ],
)
def test_one_of_its_own_comes_first(given: dict[str, object], title: str) -> None:
    windows, at = windows_of(given)
    assert at == 0 and windows[0].title == title and dict(windows[0].given) == given
    assert windows[1].title == "last 5 minutes"
    window_of(dict(windows[0].given), _NOW)
