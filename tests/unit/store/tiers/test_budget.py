"""What is written is known without the kernel's help, and a day gets what it may."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from peewee import SqliteDatabase

from traffic_analyzer.store.database import open_writable
from traffic_analyzer.store.facts import Facts
from traffic_analyzer.store.local_time import day_of
from traffic_analyzer.store.tiers.budget import Budget, Meter

_DAY_S = 86_400
_MORNING = day_of(1_792_929_600)
_NOON, _EVENING = _MORNING + _DAY_S // 2, _MORNING + _DAY_S - 1
_IO = Path("/proc/thread-self/io")


def _written_bytes() -> int:
    """What this thread handed to write(2) until now, as the kernel counts."""
    return next(int(line.split()[1]) for line in _IO.read_text().splitlines() if line.startswith("wchar"))


@pytest.mark.parametrize("page_bytes", [1024, 4096])
def test_the_kernel_counts_the_same(tmp_path: Path, page_bytes: int) -> None:
    if not _IO.exists():
        pytest.skip("this kernel does not count what a thread writes (CONFIG_TASK_IO_ACCOUNTING)")
    path = tmp_path / "a.db"
    with closing(SqliteDatabase(str(path))) as database:
        database.connect()
        for pragma in (f"page_size = {page_bytes}", "cache_spill = off", "temp_store = memory", "synchronous = full"):
            database.execute_sql(f"PRAGMA {pragma}")
        database.execute_sql("PRAGMA journal_mode = truncate")
        database.execute_sql("CREATE TABLE t (k INTEGER, text TEXT, PRIMARY KEY (k)) WITHOUT ROWID")
        database.execute_sql("CREATE INDEX i ON t (text)")
        metered = []
        for statement in (
            "WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n LIMIT 5000) "
            "INSERT INTO t SELECT n, hex(randomblob(20)) FROM n",  # new pages
            "UPDATE t SET text = hex(randomblob(20)) WHERE k % 50 = 0",  # all over an index
            "DELETE FROM t WHERE k > 2500",  # pages become free
            "INSERT INTO t SELECT k + 10000, hex(randomblob(20)) FROM t",  # and are used again
            "UPDATE t SET k = k WHERE k = 1",
        ):
            before = _written_bytes()
            with database.atomic("IMMEDIATE"):
                meter = Meter(database, path)
                database.execute_sql(statement)
                said = meter.written_bytes()
            metered.append((said, _written_bytes() - before))
    assert all(wrote > 4 * page_bytes for _, wrote in metered[:-1])
    assert [said for said, _ in metered] == pytest.approx([wrote for _, wrote in metered], rel=0.01)


def test_nothing_costs_nothing(tmp_path: Path) -> None:
    with closing(open_writable(tmp_path / "a.db")) as database:
        database.execute_sql("PRAGMA journal_mode = truncate")
        with database.atomic("IMMEDIATE"):
            assert Meter(database, tmp_path / "a.db").written_bytes() == 0


@pytest.fixture
def facts(tmp_path: Path) -> Iterator[Facts]:
    with closing(open_writable(tmp_path / "a.db")) as database:
        yield Facts(database)


def test_a_day_gets_its_budget_as_it_passes(facts: Facts) -> None:
    budget = Budget(facts, 1_000)
    budget.charge(200, _MORNING)
    assert budget.allows(50, _MORNING, False) and not budget.allows(51, _MORNING, False)
    assert budget.allows(425, _NOON, False) and not budget.allows(426, _NOON, False)
    assert budget.allows(799, _EVENING, False) and not budget.allows(801, _EVENING, False)


def test_a_restart_changes_nothing(facts: Facts) -> None:
    for number in range(100):
        Budget(facts, 1_000).charge(10, _NOON + number)
    assert Budget(facts, 1_000).written_bytes(_NOON) == 1_000
    assert not Budget(facts, 1_000).allows(1, _EVENING, False)


def test_stopping_over_and_over_wears_nothing_out(facts: Facts) -> None:
    taken = 0
    for _ in range(1_000):
        budget = Budget(facts, 1_000)
        if budget.allows(30, _MORNING, True):
            budget.charge(30, _MORNING)
            taken += 30
    assert 1_000 < taken <= 1_250


def test_what_is_too_much_for_a_day_goes_once_and_later_days_pay(facts: Facts) -> None:
    budget = Budget(facts, 1_000)
    assert budget.allows(2_500, _NOON, False)
    budget.charge(2_500, _NOON)
    left = [budget.written_bytes(_NOON + _DAY_S * days) for days in range(4)]
    assert left == [2_000, 1_000, 0, 0]


def test_a_new_day_begins_anew_and_a_clock_set_back_does_not(facts: Facts) -> None:
    budget = Budget(facts, 1_000)
    budget.charge(900, _NOON)
    assert budget.written_bytes(_NOON + _DAY_S) == 0
    assert budget.written_bytes(_NOON - _DAY_S) == 900
    budget.charge(10, _NOON - 300 * _DAY_S)  # the clock had been far ahead
    assert budget.written_bytes(_NOON - 299 * _DAY_S) == 0


def test_without_a_limit_all_is_allowed_and_still_counted(facts: Facts) -> None:
    budget = Budget(facts, 0)
    budget.charge(10**9, _NOON)
    assert budget.allows(10**9, _NOON, False) and budget.written_bytes(_NOON) == 10**9
    assert budget.written_bytes(_NOON + _DAY_S) == 0
