"""A user's database of traffic-analyzer-rs keeps every byte when this package opens it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from traffic_analyzer.reports.registry import run
from traffic_analyzer.reports.selection import Selection
from traffic_analyzer.store.database import open_writable

from ...nobody import as_nobody, freeze, public_folder
from ..seeds import COLUMNS, HEALTH_ROWS, MOVED_ROWS, NEW_ROWS, OLD_ROWS, SCHEMA, as_view, rows, seed

_GENERATIONS = {
    "new only": ({"flow_1m_5t": NEW_ROWS}, NEW_ROWS),
    "old only": ({"flow_1m": OLD_ROWS}, MOVED_ROWS),
    "both, old moved": ({"flow_1m_5t": NEW_ROWS + MOVED_ROWS, "flow_1m": OLD_ROWS}, NEW_ROWS + MOVED_ROWS),
    "both, old not moved": ({"flow_1m_5t": NEW_ROWS, "flow_1m": OLD_ROWS}, NEW_ROWS + MOVED_ROWS),
    "both, old half moved": ({"flow_1m_5t": NEW_ROWS + MOVED_ROWS[:2], "flow_1m": OLD_ROWS}, NEW_ROWS + MOVED_ROWS),
    "both empty": ({"flow_1m_5t": [], "flow_1m": []}, []),
}
_EACH = pytest.mark.parametrize(("tables", "expected"), _GENERATIONS.values(), ids=_GENERATIONS)
_VIEW = "SELECT * FROM flow_1m_5t"
_ALL = Selection(0, 10_000)


def _take_over(path: Path) -> None:
    open_writable(path).close()


@_EACH
def test_both_generations_are_taken_over_to_the_byte(tmp_path: Path, tables: dict[str, Any], expected: Any) -> None:
    path = seed(tmp_path / "seed.db", **tables)
    _take_over(path)
    taken = rows(path, _VIEW)
    assert sorted(taken, key=repr) == sorted(as_view(expected), key=repr)
    for column in (-2, -1):
        assert sum(row[column] for row in taken) == sum(row[column] for row in expected)  # type: ignore[misc]
    assert set(rows(path, "SELECT key, value FROM meta_kv WHERE key LIKE 'taken_over/%'")) == {
        (f"taken_over/{table}", f"{len(held)} rows") for table, held in tables.items()
    }
    assert not rows(path, "SELECT name FROM sqlite_master WHERE name LIKE 'seed%' OR name = 'flow_1m'")


@_EACH
def test_a_second_opening_changes_nothing(tmp_path: Path, tables: dict[str, Any], expected: Any) -> None:
    path = seed(tmp_path / "seed.db", **tables)
    _take_over(path)
    once = [rows(path, f"SELECT * FROM {table}") for table in ("flow_1m_5t", "flow_minute", "meta_kv", "sqlite_master")]
    _take_over(path)
    again = [
        rows(path, f"SELECT * FROM {table}") for table in ("flow_1m_5t", "flow_minute", "meta_kv", "sqlite_master")
    ]
    assert once == again
    assert len(once[0]) == len(as_view(expected))


def test_the_view_has_the_columns_of_the_seed(tmp_path: Path) -> None:
    _take_over(tmp_path / "ours.db")
    names = [row[1] for row in rows(tmp_path / "ours.db", "PRAGMA table_info(flow_1m_5t)")]
    assert names == COLUMNS["flow_1m_5t"]


def test_health_and_facts_keep_their_rows(tmp_path: Path) -> None:
    path = seed(
        tmp_path / "seed.db", flow_1m_5t=NEW_ROWS, collector_health_1m=HEALTH_ROWS, meta_kv=[("flow_1m_migrated", "1")]
    )
    _take_over(path)
    health = ", ".join(COLUMNS["collector_health_1m"])
    assert rows(path, f"SELECT {health}, flow_capacity FROM collector_health_1m") == [(*row, 0) for row in HEALTH_ROWS]
    assert ("flow_1m_migrated", "1") in rows(path, "SELECT * FROM meta_kv")


@pytest.mark.parametrize("declared", ["INTEGER", "TEXT"])
def test_protocols_by_name_become_numbers_and_meet_those_that_are(
    tmp_path: Path, declared: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(SCHEMA, "flow_1m_5t", SCHEMA["flow_1m_5t"].replace("proto INTEGER", f"proto {declared}"))
    protos: Iterable[object] = ["tcp", "UDP", 6, "17", "icmpv6", 47, "gre"]
    path = seed(tmp_path / "seed.db", flow_1m_5t=[(*NEW_ROWS[0][:3], proto, *NEW_ROWS[0][4:]) for proto in protos])
    _take_over(path)
    summed = rows(path, f"SELECT proto, bytes FROM ({_VIEW}) ORDER BY typeof(proto), proto")
    assert summed == [(6, 2000), (17, 2000), (47, 1000), (58, 1000), ("gre", 1000)]


def test_what_leaves_is_an_upload_of_the_source(tmp_path: Path) -> None:
    path = seed(tmp_path / "seed.db", flow_1m_5t=NEW_ROWS[:2])
    result = run(path, "top-lan", _ALL)
    assert [row[:5] for row in result.rows] == [("192.168.1.2", "", 1000, 100, 1100)]


@_EACH
def test_a_seed_database_is_reported_without_being_changed(tables: dict[str, Any], expected: Any) -> None:
    with public_folder() as folder:
        path = seed(folder / "seed.db", **tables)
        before = path.read_bytes()
        freeze(folder)
        with as_nobody():
            result = run(path, "top-ip", _ALL)
        assert sum(row[3] for row in result.rows) == sum(row[-2] for row in expected)
        assert [p.name for p in folder.iterdir()] == ["seed.db"] and path.read_bytes() == before
