"""What is sealed gets no more rows, goes in small steps, and is as small as the archive's where it has to wait."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from traffic_analyzer.store.tiers.pending import _ROWS_A_STEP
from traffic_analyzer.store.tiers.rollups import ROLLUPS
from traffic_analyzer.store.writer import Store

from ...traffic import MINUTE
from ..seeds import rows
from .archives import minute_batch

_HOUR_S = 3600
_SUMS = "SELECT start_unix_s, sum(rx_bytes), sum(tx_bytes), sum(rx_packets) FROM traffic_pending GROUP BY 1"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "working.db"


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    with closing(Store(path)) as opened:
        yield opened


def test_what_is_sealed_gets_no_more(store: Store, path: Path) -> None:
    store.commit(minute_batch(MINUTE, 0))
    first = store.seal()
    sealed = rows(path, f"SELECT * FROM traffic_pending WHERE sequence = {first}")
    store.commit(minute_batch(MINUTE, 1))
    assert store.seal() == first + 1
    assert rows(path, f"SELECT * FROM traffic_pending WHERE sequence = {first}") == sealed != []


def test_the_running_minute_waits_unless_it_is_the_last(store: Store, path: Path) -> None:
    store.commit(minute_batch(MINUTE, 0))
    store.commit(minute_batch(MINUTE + 60, 1))
    store.seal(running=False)
    assert rows(path, "SELECT sum(packets) FROM conversation_pending") == [(7,)]
    store.seal()
    assert rows(path, "SELECT sum(packets) FROM conversation_pending") == [(14,)]


def test_forgetting_takes_small_steps(store: Store, path: Path) -> None:
    for number in range(40):
        store.commit(minute_batch(MINUTE + _HOUR_S * number, number, 100))
    sequence = store.seal()
    store.commit(minute_batch(MINUTE + _HOUR_S * 50, 50))
    store.seal()
    count = " + ".join(f"(SELECT count(*) FROM {rollup.table('pending')})" for rollup in ROLLUPS)
    steps = [int(str(rows(path, f"SELECT {count}")[0][0]))]
    while store.forget_taken(sequence):
        steps.append(int(str(rows(path, f"SELECT {count}")[0][0])))
    assert len(steps) > 3
    assert all(before - after <= _ROWS_A_STEP for before, after in zip(steps, steps[1:], strict=False))
    assert {row[0] for row in rows(path, "SELECT DISTINCT sequence FROM traffic_pending")} == {sequence + 1}


def test_hours_that_must_wait_are_small(store: Store, path: Path) -> None:
    for hour in range(6):
        for n in range(5):  # the largest of each minute are others
            store.commit(minute_batch(MINUTE + _HOUR_S * hour + 60 * n, 40 * (5 * hour + n), 200))
        store.seal()
    before = rows(path, _SUMS)
    store.fold_pending(0, MINUTE + 4 * _HOUR_S)
    assert rows(path, _SUMS) == before
    counts = [int(str(count)) for _, count in
              rows(path, "SELECT start_unix_s, count(*) FROM traffic_pending GROUP BY 1")]  # fmt: skip
    assert max(counts[:4]) < 50 < 150 < min(counts[5:])
