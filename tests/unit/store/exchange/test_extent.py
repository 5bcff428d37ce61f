"""How much there is, and of which time."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from traffic_analyzer.store.database import open_writable
from traffic_analyzer.store.exchange.extent import extent_of, extreme_start, minute_span, minutes_since
from traffic_analyzer.store.facts import MINUTES_SINCE, Facts
from traffic_analyzer.store.local_time import hour_of

from ...traffic import MINUTE, home, stored

_HOUR = hour_of(MINUTE)


def test_nothing_is_of_no_time(tmp_path: Path) -> None:
    with closing(open_writable(stored(tmp_path / "new.db"))) as database:
        found = extent_of(database)
        assert not any(found.rows.values()) and found[1:] == (None, None)
        first, last = minute_span(database, "main")
        assert first > last and extreme_start(database, "main", "hour", "min") is None


def test_rows_are_counted_and_the_time_is_that_of_all_of_them(tmp_path: Path) -> None:
    path = stored(tmp_path / "traffic.db", home(MINUTE), replace(home(MINUTE + 60), generation=1))
    with closing(open_writable(path)) as database:
        database.execute_sql("INSERT INTO health_day VALUES (1000, 'eth0', 1, 1, 1, 1, 1, 1, 1)")
        found = extent_of(database)
        assert (found.rows["flow_minute"], found.rows["device_name"], found.rows["days"]) == (10, 1, 1)
        assert found.rows["hours"] > 10 and found[1:] == (1000, MINUTE + 60)
        assert minute_span(database, "main") == (MINUTE, MINUTE + 60)
        assert [extreme_start(database, "main", "pending", which) for which in ("min", "max")] == [_HOUR, _HOUR]
        assert extreme_start(database, "main", "pending", "min", _HOUR + 1) is None


@pytest.mark.parametrize(
    ("first_hour", "noted", "minutes", "since"),
    [
        (None, None, True, None), (_HOUR, None, True, None), (_HOUR - 3600, None, True, MINUTE),
        (_HOUR - 3600, 77, True, 77), (None, None, False, None), (_HOUR, None, False, _HOUR + 3600),
    ],
)  # fmt: skip
def test_since_when_minutes_are_whole(
    tmp_path: Path, first_hour: int | None, noted: int | None, minutes: bool, since: int | None
) -> None:
    path = stored(tmp_path / "traffic.db", *([home(MINUTE)] if minutes else []))
    with closing(open_writable(path)) as database:
        if first_hour is not None:
            database.execute_sql("INSERT INTO health_hour VALUES (?, 'eth0', 1, 1, 1, 1, 1, 1, 1)", (first_hour,))
        if noted is not None:
            Facts(database).put(MINUTES_SINCE, noted)
        assert minutes_since(database, "main") == since
