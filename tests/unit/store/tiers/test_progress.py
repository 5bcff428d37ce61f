"""Every minute is rolled up once, however minutes come, change and move."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from traffic_analyzer.resolvers import is_resolver
from traffic_analyzer.store.facts import ROLLED, SEQUENCE, Facts
from traffic_analyzer.store.local_time import hour_of
from traffic_analyzer.store.tiers import progress
from traffic_analyzer.store.tiers.progress import minutes_of
from traffic_analyzer.store.tiers.rollups import ROLLUPS
from traffic_analyzer.store.writer import Store

from ...traffic import MINUTE, batch, flow_key, home
from ..seeds import rows


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "traffic.db"


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    with closing(Store(path)) as opened:
        yield opened


def _rolled(path: Path) -> int | None:
    found = rows(path, f"SELECT value FROM meta_kv WHERE key = '{ROLLED}'")
    return (int(str(found[0][0])) - MINUTE) // 60 if found else None


def _check(path: Path) -> None:
    """Pending rows are, hour by hour, the sums of the minutes up to the frontier."""
    with closing(sqlite3.connect(path)) as database:
        database.create_function("hour_of", 1, hour_of)
        database.create_function("is_resolver", 1, is_resolver)
        ((rolled,),) = database.execute(
            "SELECT ifnull((SELECT CAST(value AS INTEGER) FROM meta_kv WHERE key = ?), -1)", (ROLLED,)
        )
        for rollup in ROLLUPS:
            pending = ", ".join(f"sum({column})" for column in rollup.sums)
            minutes = ", ".join(f"sum({expression})" for expression in rollup.sums.values())
            groups = ", ".join(str(at + 1) for at in range(1 + len(rollup.keys)))
            keys = ", ".join(rollup.keys)
            hours = f"SELECT start_unix_s, {keys}, {pending} FROM {rollup.table('pending')} GROUP BY {groups}"
            source = (
                f"SELECT hour_of({rollup.minute}), {', '.join(rollup.keys.values())}, {minutes} FROM {rollup.source} "
                f"WHERE {rollup.minute} <= {rolled} GROUP BY {groups}"
            )
            at = 1 + len(rollup.keys)
            held = {row[:at]: row[at:] for row in database.execute(hours) if any(row[at:])}
            assert held == {row[:at]: row[at:] for row in database.execute(source) if any(row[at:])}, rollup.name


def test_a_minute_is_rolled_up_when_a_later_one_comes(store: Store, path: Path) -> None:
    store.commit(home(MINUTE))
    assert rows(path, "SELECT * FROM traffic_pending") == [] and _rolled(path) == -1
    store.commit(replace(home(MINUTE), generation=1))
    assert rows(path, "SELECT * FROM traffic_pending") == []
    store.commit(replace(home(MINUTE + 60), generation=2))
    assert rows(path, "SELECT sum(rx_bytes + tx_bytes) FROM traffic_pending") == [(2 * 1_550,)] and _rolled(path) == 0
    _check(path)


def test_a_late_batch_is_added_to_what_was_rolled(store: Store, path: Path) -> None:
    for number, minutes in enumerate((0, 1, 2, 1, 0, -5, -300, 3, 3)):
        store.commit(replace(home(MINUTE + 60 * minutes), generation=number))
        _check(path)
    assert _rolled(path) == 2


def test_a_failed_commit_rolls_up_nothing(store: Store, path: Path) -> None:
    store.commit(home(MINUTE))
    before = rows(path, "SELECT * FROM meta_kv ORDER BY 1")
    store._database.execute_sql(
        "CREATE TEMP TRIGGER full BEFORE INSERT ON main.health_pending BEGIN SELECT RAISE(ABORT, 'disk full'); END"
    )
    with pytest.raises(Exception, match="disk full"):
        store.commit(replace(home(MINUTE + 60), generation=1))
    assert rows(path, "SELECT * FROM meta_kv ORDER BY 1") == before
    assert rows(path, "SELECT * FROM traffic_pending") == []
    store._database.execute_sql("DROP TRIGGER full")
    assert store.commit(replace(home(MINUTE + 60), generation=1))
    _check(path)


def test_sealing_takes_all_and_begins_anew(store: Store, path: Path) -> None:
    store.commit(home(MINUTE))
    assert store.seal() == 1
    assert rows(path, f"SELECT value FROM meta_kv WHERE key = '{SEQUENCE}'") == [("2",)] and _rolled(path) == 0
    store.commit(replace(home(MINUTE), generation=1))  # of the same minute, which is rolled up
    assert rows(path, "SELECT sequence, sum(rx_bytes + tx_bytes) FROM traffic_pending GROUP BY 1") == [
        (1, 1_550), (2, 1_550),
    ]  # fmt: skip
    assert store.seal() == 2 and store.seal() == 3
    _check(path)


def test_what_an_earlier_version_left_is_rolled_up_in_steps(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    minutes = (0, 1, 7, 5_000, 5_001, 90_000)
    with closing(Store(path)) as store:
        for number, minute in enumerate(minutes):
            store.commit(replace(home(MINUTE + 60 * minute), generation=number))
        with store._database.atomic():
            for rollup in ROLLUPS:
                store._database.execute_sql(f"DELETE FROM {rollup.table('pending')}")
            store._database.execute_sql("DELETE FROM meta_kv WHERE key = ?", (ROLLED,))
    steps: list[int] = []
    put = Facts.put
    monkeypatch.setattr(Facts, "put", lambda facts, key, value: (steps.append(int(value)), put(facts, key, value)))
    with closing(Store(path)):
        assert _rolled(path) == 90_000 - 1
        _check(path)
    assert steps == sorted(steps) and 2 < len(steps) < 10


@pytest.mark.parametrize(
    ("since", "until", "shift", "rolled"),
    [
        (0, 61, 26_297_280, 26_297_280 + 59),  # from long ago to now: the frontier goes along
        (0, 61, -5, 54),
        (58, 61, -58, 1),  # only the newest go back: what lies between is not rolled up any more
        (0, 3, 100, 59),  # past the frontier
        (0, 3, 10, 59),
        (10, 11, -9, 59),
        (59, 61, 1_000, 1_059),
    ],
)  # fmt: skip
def test_moved_minutes_are_rolled_up_where_they_are(
    store: Store, path: Path, since: int, until: int, shift: int, rolled: int
) -> None:
    for number, minutes in enumerate((0, 1, 2, 10, 59, 60)):
        store.commit(replace(home(MINUTE + 60 * minutes), generation=number))
    store.restamp(MINUTE + 60 * since, MINUTE + 60 * until, 60 * shift)
    assert _rolled(path) == rolled
    _check(path)
    store.commit(replace(home(MINUTE + 60 * 61 + 60 * shift), generation=9))
    _check(path)


_STEP = st.one_of(
    st.tuples(st.just("commit"), st.integers(-100, 200)),
    st.tuples(st.just("move"), st.integers(-100, 200), st.integers(0, 300), st.integers(-300, 300)),
    st.tuples(st.just("seal")),
)


@settings(max_examples=40)
@given(st.lists(_STEP, min_size=1, max_size=12))
def test_whatever_happens_pending_rows_are_what_minutes_hold(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[object, ...]]
) -> None:
    path = tmp_path_factory.mktemp("steps") / "traffic.db"
    with closing(Store(path)) as store:
        for number, (what, *how) in enumerate(steps):
            if what == "commit":
                store.commit(replace(home(MINUTE + 60 * int(str(how[0]))), generation=number))
            elif what == "move":
                since, length, shift = (int(str(each)) for each in how)
                store.restamp(MINUTE + 60 * since, MINUTE + 60 * (since + length), 60 * shift)
            else:
                store.seal()
            _check(path)


def test_minutes_of_a_batch_are_those_of_all_its_rows() -> None:
    assert minutes_of(home(MINUTE)) == {MINUTE}
    assert minutes_of(batch({flow_key(): (1, 1), flow_key(minute_unix_s=MINUTE + 60): (1, 1)})) == {MINUTE, MINUTE + 60}
    assert minutes_of(batch()) == set()


@pytest.mark.parametrize(
    ("span", "others", "left"),
    [
        ((0, 10), [(2, 4)], [(0, 2), (4, 10)]),
        ((0, 10), [(2, 4), (3, 12)], [(0, 2)]),
        ((0, 10), [(-5, 20)], []),
        ((0, 10), [(20, 30), (10, 11)], [(0, 10)]),
    ],
)
def test_spans_without_others(span, others, left) -> None:
    assert progress._without(span, others) == left


@pytest.mark.parametrize("rolled", [None, -1, 0, 1, 2, 5, 9])
@pytest.mark.parametrize("mine", [(), (0,), (1, 3), (0, 1, 2, 3, 4, 5, 6), (3, 1)])
def test_minutes_that_join_are_rolled_up_once(
    store: Store, path: Path, mine: tuple[int, ...], rolled: int | None
) -> None:
    for number, minutes in enumerate(mine):
        store.commit(replace(home(MINUTE + 60 * minutes), generation=number))
    theirs = (1, 2, 3, 7)
    frontier = None if rolled is None else MINUTE + 60 * rolled
    with store._database.atomic(), store._progress.joining(frontier, MINUTE + 60, MINUTE + 60 * 7):
        for minutes in theirs:
            store._database.execute_sql(
                "INSERT INTO collector_health_1m VALUES (?, 'elsewhere', 1, 1, 1, 1, 1, 1, 1)", (MINUTE + 60 * minutes,)
            )
            if frontier is not None and minutes <= rolled:  # type: ignore[operator]
                store._database.execute_sql(  # as the other store has made it
                    "INSERT INTO health_pending VALUES (1, ?, 'elsewhere', 1, 1, 1, 1, 1, 1, 1) "
                    "ON CONFLICT DO UPDATE SET flow_evicted = flow_evicted + 1, "
                    "flow_insert_drop = flow_insert_drop + 1, dns_ringbuf_drop = dns_ringbuf_drop + 1, "
                    "tls_ringbuf_drop = tls_ringbuf_drop + 1, archive_bytes = archive_bytes + 1",
                    (hour_of(MINUTE + 60 * minutes),),
                )
    _check(path)
    for number, minutes in enumerate((8, 2, 20), 50):
        store.commit(replace(home(MINUTE + 60 * minutes), generation=number))
        _check(path)
