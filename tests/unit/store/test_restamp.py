"""Rows move in time; what they count does not change."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from traffic_analyzer.errors import StoreError
from traffic_analyzer.records import DeviceName
from traffic_analyzer.store.restamp import SPANS, TIMED
from traffic_analyzer.store.tiers.rollups import ROLLUPS
from traffic_analyzer.store.writer import Store

from ..traffic import MAC, MINUTE, batch, flow_key, home
from .seeds import rows

_HOUR_S = 3600
#: What is no key, and no largest of a minute.
_SUMS = {
    "flow_minute": ("bytes", "packets"),
    "counter_minute": ("bytes", "packets"),
    "question_minute": ("count",),
    "server_name_minute": ("count",),
    "dns_cache_1m": ("dns_answer_events", "sni_events", "new", "refresh", "expired", "overflow", "unasked"),
    "collector_health_1m": ("flow_evicted", "flow_insert_drop", "dns_ringbuf_drop", "tls_ringbuf_drop"),
}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "traffic.db"


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    """Minutes 0, 1, 2, 10 and 60 from MINUTE on, each with rows in every table."""
    with closing(Store(path)) as opened:
        for number, minutes in enumerate((0, 1, 2, 10, 60)):
            opened.commit(replace(home(MINUTE + 60 * minutes), generation=number))
        opened._database.execute_sql("UPDATE collector_health_1m SET flow_evicted = 7")
        yield opened


def _minutes(path: Path) -> dict[str, list[int]]:
    """By table, counted from MINUTE."""
    found = {}
    for table, column in TIMED.items():
        times = rows(path, f"SELECT DISTINCT {column} FROM {table} ORDER BY 1")
        found[table] = [(int(str(unix_s)) - MINUTE) // 60 for (unix_s,) in times]
    return found


def _sums(path: Path) -> dict[str, list[tuple[object, ...]]]:
    """By table, without the time."""
    found = {}
    for table, sums in _SUMS.items():
        columns = [str(row[1]) for row in rows(path, f"PRAGMA table_info({table})")]
        keys = ", ".join(str(c) for c in columns if c not in (TIMED[table], *sums, "cache_entries", "flow_entries"))
        summed = ", ".join(f"sum({column})" for column in sums)
        found[table] = rows(path, f"SELECT {keys}, {summed} FROM {table} GROUP BY {keys} ORDER BY {keys}")
    return found


def _all(path: Path) -> dict[str, list[tuple[object, ...]]]:
    return {table: sorted(rows(path, f"SELECT * FROM {table}")) for table in (*TIMED, *SPANS)}


@pytest.mark.usefixtures("store")
def test_every_table_with_minutes_is_moved(path: Path) -> None:
    tables = [str(name) for (name,) in rows(path, "SELECT name FROM sqlite_master WHERE type = 'table'")]
    columns = {table: {str(row[1]) for row in rows(path, f"PRAGMA table_info({table})")} for table in tables}
    assert {table for table in tables if columns[table] & {"minute_unix_s", "ts_minute"}} == set(TIMED) == set(_SUMS)
    spans = {table for table in tables if "last_unix_s" in columns[table]}
    assert spans - {rollup.table(tier) for rollup in ROLLUPS for tier in ("hour", "day", "pending")} == set(SPANS)
    assert _minutes(path) == dict.fromkeys(TIMED, [0, 1, 2, 10, 60])


@pytest.mark.parametrize(
    ("since", "until", "shift", "expected"),
    [
        (1, 3, 100, [0, 10, 60, 101, 102]),
        (1, 3, -100, [-99, -98, 0, 10, 60]),
        (0, 61, 26_297_280, [26_297_280 + n for n in (0, 1, 2, 10, 60)]),  # 50 years
        (0, 3, 1, [1, 2, 3, 10, 60]),  # source and target overlap
        (1, 3, -1, [0, 1, 10, 60]),  # and meet what stays
        (0, 3, 58, [10, 58, 59, 60]),
        (10, 11, -9, [0, 1, 2, 60]),
        (3, 10, 5, [0, 1, 2, 10, 60]),  # nothing in it
        (1, 1, 5, [0, 1, 2, 10, 60]),
        (10, 61, 0, [0, 1, 2, 10, 60]),
    ],
)  # fmt: skip
def test_what_lies_in_the_span_moves_and_sums_stay(
    store: Store, path: Path, since: int, until: int, shift: int, expected: list[int]
) -> None:
    before = _sums(path)
    store.restamp(MINUTE + 60 * since, MINUTE + 60 * until, 60 * shift)
    assert _minutes(path) == dict.fromkeys(TIMED, expected)
    assert _sums(path) == before


def test_rows_that_meet_become_one(store: Store, path: Path) -> None:
    store.restamp(MINUTE + 60, MINUTE + 180, -60)  # 1 to 0, where rows are; 2 to 1, where rows were
    query = "SELECT minute_unix_s, count(*), sum(bytes) FROM flow_minute WHERE minute_unix_s < ? GROUP BY 1"
    assert rows(path, query.replace("?", str(MINUTE + 600))) == [(MINUTE, 5, 2 * 1_550), (MINUTE + 60, 5, 1_550)]
    query = f"SELECT cache_entries, new, unasked FROM dns_cache_1m WHERE ts_minute = {MINUTE} AND iface = 'eth0'"
    assert rows(path, query) == [(2, 4, 2)]  # the most entries, all events


def test_a_shift_back_restores(store: Store, path: Path) -> None:
    before = _all(path)
    store.restamp(MINUTE + 60, MINUTE + 180, 50 * _HOUR_S)
    assert _all(path) != before
    store.restamp(MINUTE + 60 + 50 * _HOUR_S, MINUTE + 180 + 50 * _HOUR_S, -50 * _HOUR_S)
    assert _all(path) == before


@settings(max_examples=25)
@given(st.integers(-3, 70), st.integers(0, 75), st.integers(-80, 80))
def test_any_move_keeps_every_sum(
    tmp_path_factory: pytest.TempPathFactory, since: int, length: int, shift: int
) -> None:
    path = tmp_path_factory.mktemp("moves") / "traffic.db"
    with closing(Store(path)) as store:
        for number, minutes in enumerate((0, 1, 2, 10, 60)):
            store.commit(replace(home(MINUTE + 60 * minutes), generation=number))
        before = _sums(path)
        store.restamp(MINUTE + 60 * since, MINUTE + 60 * (since + length), 60 * shift)
        moved = {n + shift if since <= n < since + length else n for n in (0, 1, 2, 10, 60)}
        assert _minutes(path) == dict.fromkeys(TIMED, sorted(moved)) and _sums(path) == before
        for table in SPANS:
            assert all(first <= last for first, last in rows(path, f"SELECT first_unix_s, last_unix_s FROM {table}"))


@pytest.mark.parametrize(
    ("known", "wrong", "shift", "expected"),
    [
        ((), (0, 120), 1000, (1000, 1120)),  # a clock that began at 1970
        ((500,), (0, 60), 1000, (500, 1000)),  # known before, by a clock that was right
        ((500,), (9_000, 9_060), -8_000, (500, 1_060)),  # a clock that was in the future
        ((2_000,), (0, 60), 1000, (1_000, 2_000)),
    ],
)
def test_a_device_is_dated_by_the_clock_that_is_right(
    path: Path, known: tuple[int, ...], wrong: tuple[int, int], shift: int, expected: tuple[int, int]
) -> None:
    with closing(Store(path)) as store:
        for number, minute in enumerate((*known, *wrong)):
            names = [DeviceName(MAC, 2, "laptop")]
            each = batch(generation=number, addresses=[(MAC, "10.0.0.1")], device_names=names, minute_unix_s=minute)
            store.commit(each)
        store.restamp(wrong[0], wrong[1] + 60, shift)
    for table in SPANS:
        assert rows(path, f"SELECT first_unix_s, last_unix_s FROM {table}") == [expected]


def test_what_fails_moves_nothing(store: Store, path: Path) -> None:
    before = _all(path)
    store._database.execute_sql(
        "CREATE TEMP TRIGGER full BEFORE INSERT ON main.collector_health_1m BEGIN SELECT RAISE(ABORT, 'disk full'); END"
    )
    with pytest.raises(StoreError, match="disk full"):
        store.restamp(MINUTE, MINUTE + 60, 600)
    assert _all(path) == before
    store._database.execute_sql("DROP TRIGGER full")
    store.restamp(MINUTE, MINUTE + 60, 600)
    assert _minutes(path) == dict.fromkeys(TIMED, [1, 2, 10, 60])


def test_counting_goes_on_after_a_move(store: Store, path: Path) -> None:
    store.restamp(MINUTE, MINUTE + 60, 86_400)
    assert store.commit(batch({flow_key(): (1, 1)}, generation=9))
    assert _minutes(path)["flow_minute"] == [0, 1, 2, 10, 60, 1440]
