"""Each step takes a bounded number of the oldest rows, and says first what is kept; what is not rolled up stays."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from peewee import SqliteDatabase

from traffic_analyzer.store.database import open_writable
from traffic_analyzer.store.facts import DAYS_SINCE, DAYS_UNTIL, HOURS_SINCE, MINUTES_SINCE, ROLLED, Facts
from traffic_analyzer.store.keeping.retention import (  # fmt: skip
    DAYS,
    HOURS,
    MINUTES,
    NEVER,
    is_full,
    prune_archive,
    prune_minutes,
    prune_spans,
    used_bytes,
)
from traffic_analyzer.store.local_time import day_of

from ...traffic import MAC, MINUTE, batch, flow_key, stored

_DAY_S = 86_400
_FLOW = "INSERT INTO flow_minute VALUES (?, 1, 0, 0, 6, 1, ?, 2, 443, 0, 0, 1, 0, 0, 100, 1)"
_COUNTER = "INSERT INTO counter_minute VALUES (?, 1, 0, 'seen', 100, 1)"


@pytest.fixture
def database(tmp_path: Path) -> Iterator[SqliteDatabase]:
    with closing(open_writable(tmp_path / "traffic.db")) as opened:
        yield opened


def _fill(database: SqliteDatabase, minutes: int, flows: int, first_unix_s: int = MINUTE) -> int:
    """Minutes with as many flows each, all of them rolled up; the start of the last."""
    with database.atomic():
        for minute in range(first_unix_s, first_unix_s + 60 * minutes, 60):
            database.execute_sql(_COUNTER, (minute,))
            database.connection().cursor().executemany(_FLOW, [(minute, port) for port in range(flows)])
        Facts(database).put(ROLLED, first_unix_s + 60 * (minutes - 1))
    return first_unix_s + 60 * (minutes - 1)


def _minutes(database: SqliteDatabase) -> list[tuple[int, int]]:
    return list(database.execute_sql("SELECT minute_unix_s, count(*) FROM flow_minute GROUP BY 1"))


def _since(database: SqliteDatabase, fact: str = MINUTES_SINCE) -> int:
    return Facts(database).number(fact, NEVER)


def test_steps_are_bounded_and_the_oldest_go_first(database: SqliteDatabase) -> None:
    _fill(database, minutes=10, flows=30)
    keep = MINUTE + 6 * 60
    assert prune_minutes(database, keep, 0, rows=70) == {"flow_minute": 60, "counter_minute": 2}
    assert _minutes(database)[0] == (MINUTE + 120, 30)
    assert _since(database) == MINUTE + 120
    for _ in range(2):
        assert prune_minutes(database, keep, 0, rows=70)
    assert not prune_minutes(database, keep, 0, rows=70)
    assert _minutes(database) == [(MINUTE + 60 * n, 30) for n in range(6, 10)]
    assert _since(database) == keep


def test_a_minute_that_is_larger_than_a_step_is_given_up_before_its_first_row_goes(database: SqliteDatabase) -> None:
    _fill(database, minutes=2, flows=100)
    assert prune_minutes(database, MINUTE + 60, 0, rows=40) == {"flow_minute": 40, "counter_minute": 1}
    assert (_since(database), _minutes(database)[0]) == (MINUTE + 60, (MINUTE, 60))
    taken = [prune_minutes(database, MINUTE + 60, 0, rows=40)["flow_minute"] for _ in range(3)]
    assert (taken, _minutes(database)) == ([40, 20, 0], [(MINUTE + 60, 100)])


def test_minutes_that_are_not_rolled_up_stay(database: SqliteDatabase) -> None:
    _fill(database, minutes=3, flows=2)
    Facts(database).put(ROLLED, MINUTE)
    assert prune_minutes(database, MINUTE + _DAY_S, 1) == {"flow_minute": 2, "counter_minute": 1}
    assert not prune_minutes(database, MINUTE + _DAY_S, 1)
    assert len(_minutes(database)) == 2


def test_by_size_only_as_much_goes_as_is_too_much(database: SqliteDatabase) -> None:
    last = _fill(database, minutes=400, flows=50)
    most = used_bytes(database) * 12 // 10
    assert is_full(database, most)
    assert not is_full(database, 0)
    while prune_minutes(database, 0, most, rows=500):
        assert used_bytes(database) > most // 3
    assert most // 3 < used_bytes(database) <= most // 2
    left = _minutes(database)
    assert left == [(minute, 50) for minute in range(_since(database), last + 60, 60)]
    pages = database.execute_sql("PRAGMA page_count").fetchone()[0]
    _fill(database, minutes=100, flows=50, first_unix_s=last + 60)
    assert database.execute_sql("PRAGMA page_count").fetchone()[0] == pages, "free pages are written again"


def test_minutes_by_a_boot_clock_go_only_where_room_is_short(database: SqliteDatabase) -> None:
    _fill(database, minutes=3, flows=2, first_unix_s=6000)
    Facts(database).put(ROLLED, MINUTE)
    assert not prune_minutes(database, MINUTE, 0)
    assert prune_minutes(database, MINUTE, 1, rows=2) == {"flow_minute": 2, "counter_minute": 1}
    assert _since(database) == NEVER, "they move later, and nobody knows where to"
    assert _minutes(database) == [(6060, 2), (6120, 2)]


_TODAY = day_of(MINUTE)
_DAYS = [day_of(_TODAY - n * _DAY_S + _DAY_S // 2) for n in range(40, -1, -1)]


def _fill_archive(database: SqliteDatabase, until_unix_s: int) -> None:
    with database.atomic():
        for day in _DAYS:
            for hour in range(24):
                row = (day + hour * 3600, 1, 0, "seen", 10, 1)
                database.execute_sql("INSERT INTO counter_hour VALUES (?, ?, ?, ?, ?, ?)", row)
            if day < until_unix_s:
                database.execute_sql("INSERT INTO counter_day VALUES (?, 1, 0, 'seen', 240, 24)", (day,))
        Facts(database).put(DAYS_UNTIL, until_unix_s)


def _first(database: SqliteDatabase, table: str) -> int:
    return int(database.execute_sql(f"SELECT min(start_unix_s) FROM {table}").fetchone()[0])


def test_whole_days_of_hours_go_and_then_days(database: SqliteDatabase) -> None:
    _fill_archive(database, _TODAY)
    hours, days = _DAYS[10] + 5 * 3600, _DAYS[3] + 3600
    assert prune_archive(database, hours, days, 0, rows=50) == {"counter_hour": 50}
    assert _since(database, HOURS_SINCE) == _DAYS[3], "the day that is begun is given up as a whole"
    while prune_archive(database, hours, days, 0, rows=50):
        pass
    assert _first(database, "counter_hour") == _since(database, HOURS_SINCE) == _DAYS[10]
    assert _first(database, "counter_day") == _since(database, DAYS_SINCE) == _DAYS[3]


def test_hours_stay_until_their_day_is_rolled_up(database: SqliteDatabase) -> None:
    _fill_archive(database, _DAYS[5])
    while prune_archive(database, MINUTE, NEVER // 2**30, 1):
        pass
    assert _first(database, "counter_hour") == _since(database, HOURS_SINCE) == _DAYS[5]
    assert database.execute_sql("SELECT count(*) FROM counter_day").fetchone() == (0,), "too large still"


def test_by_size_hours_go_before_days(database: SqliteDatabase) -> None:
    _fill_archive(database, _TODAY)
    database.execute_sql("CREATE TABLE large AS SELECT zeroblob(400000) AS filling")
    most = (used_bytes(database) - 16_384) * 2
    while prune_archive(database, 0, 0, most, rows=24):
        pass
    assert _DAYS[0] < _first(database, "counter_hour") <= _TODAY
    assert _first(database, "counter_day") == _DAYS[0]


def test_addresses_and_names_that_were_not_seen_for_long_go(tmp_path: Path) -> None:
    path = stored(
        tmp_path / "traffic.db",
        batch({flow_key(): (1, 1)}, addresses=[(MAC, f"10.0.0.{n}") for n in range(9)]),
        batch(addresses=[(MAC, "10.0.0.3")], generation=1, minute_unix_s=MINUTE + 60),
    )
    with closing(open_writable(path)) as database:
        assert [prune_spans(database, MINUTE + 60, rows=5)["device_address"] for _ in range(3)] == [5, 3, 0]
        assert database.execute_sql("SELECT last_unix_s FROM device_address").fetchall() == [(MINUTE + 60,)]


def test_every_table_of_a_tier_is_pruned(database: SqliteDatabase) -> None:
    named = {row[0] for row in database.execute_sql("SELECT name FROM sqlite_master WHERE type = 'table'")}
    timed = {name for name in named if name.endswith(("_minute", "_1m", "_hour", "_day"))}
    assert timed == {*MINUTES.tables, *HOURS.tables, *DAYS.tables}
