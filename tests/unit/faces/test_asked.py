"""Settings come to a selection; what is not said is the default."""

from __future__ import annotations

from datetime import UTC

import pytest

from traffic_analyzer.errors import UsageError
from traffic_analyzer.faces.asked import selection_of
from traffic_analyzer.reports.selection import Selection

_NOW = 1_764_000_030


def test_nothing_is_the_last_hour_of_everything() -> None:
    assert selection_of({}, _NOW) == Selection(1_763_996_400, _NOW + 1)


def test_all_of_it() -> None:
    given = {
        "since": "2025-11-24", "until": "2025-11-25", "iface": ["a", "b"], "device": ["tv"], "domain": ["x.example"],
        "protocol": ["udp"], "by": "site", "limit": 5, "offset": 10, "sort": "bytes", "order": "asc",
    }  # fmt: skip
    assert selection_of(given, _NOW, UTC) == Selection(
        1_763_942_400, 1_764_028_800, ("a", "b"), ("tv",), ("x.example",), ("udp",), "site", 5, 10, "bytes", "asc"
    )


def test_a_window_that_is_none() -> None:
    with pytest.raises(UsageError, match="^--since and --day"):
        selection_of({"day": "today", "since": "now"}, _NOW)
