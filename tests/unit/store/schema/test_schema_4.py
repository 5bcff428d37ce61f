"""What the fourth version makes of a database of the third: ids that last, and tables of hours and days."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest
from peewee import SqliteDatabase

from traffic_analyzer.store.schema import schema_3, schema_4
from traffic_analyzer.store.tiers.rollups import ROLLUPS, START

from ..seeds import rows, table_columns
from .version_2 import version_2

_DICTIONARIES = ("address", "device", "domain", "label", "evidence", "iface")
_TABLES = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"


@pytest.fixture
def paths(tmp_path: Path) -> tuple[Path, Path]:
    """The same database before and after."""
    before, after = version_2(tmp_path / "before.db"), version_2(tmp_path / "after.db")
    for path, steps in ((before, (schema_3,)), (after, (schema_3, schema_4))):
        with closing(SqliteDatabase(str(path))) as database:
            for step in steps:
                with database.atomic():
                    step.upgrade(database)
    return before, after


def test_every_row_and_view_is_kept(paths: tuple[Path, Path]) -> None:
    before, after = paths
    for (table,) in rows(before, _TABLES):
        columns = ", ".join(str(name) for name, *_ in table_columns(before, str(table)))
        query = f"SELECT {columns} FROM {table} WHERE 1"
        if table == "meta_kv":
            query += " AND key NOT IN ('store_id', 'sequence')"
        elif table in _DICTIONARIES:
            query += " AND id >= 0"  # below: what is put together
        assert rows(after, query) == rows(before, query), table
    views = "SELECT name FROM sqlite_master WHERE type = 'view' ORDER BY 1"
    assert rows(after, views) == rows(before, views) == [("dns_1m",), ("flow_1m_5t",), ("sni_1m",)]
    for (view,) in rows(before, views):
        assert sorted(rows(after, f"SELECT * FROM {view}")) == sorted(rows(before, f"SELECT * FROM {view}")) != []
    assert rows(after, "SELECT archive_bytes FROM collector_health_1m") == [(0,)]


def test_ids_of_texts_are_never_used_twice(paths: tuple[Path, Path]) -> None:
    _, after = paths
    with closing(SqliteDatabase(str(after))) as database:
        for table in _DICTIONARIES:
            for text in ("one more", "and another"):
                database.execute_sql(f"INSERT INTO {table} (text) VALUES (?)", (text,))
                (highest,) = database.execute_sql(f"SELECT max(id) FROM {table}").fetchone()
                database.execute_sql(f"DELETE FROM {table} WHERE id = ?", (highest,))
            (sequence,) = database.execute_sql("SELECT seq FROM sqlite_sequence WHERE name = ?", (table,)).fetchone()
            assert sequence == highest > database.execute_sql(f"SELECT max(id) FROM {table}").fetchone()[0] + 1


@pytest.mark.parametrize("rollup", ROLLUPS, ids=lambda rollup: rollup.name)
def test_the_tables_are_those_that_rollups_declare(paths: tuple[Path, Path], rollup) -> None:
    for tier, more in (("hour", ()), ("day", ()), ("pending", ("sequence",))):
        columns = table_columns(paths[1], rollup.table(tier))
        assert tuple(name for name, *_ in columns) == (*more, *rollup.columns)
        keys = {name for name, _, _, key in columns if key}
        assert keys == {*more, START, *rollup.keys}
        assert all(not_null for _, _, not_null, _ in columns)


def test_what_was_put_together_before_has_the_id_of_the_rest(tmp_path: Path) -> None:
    path = version_2(tmp_path / "other.db")
    with closing(SqliteDatabase(str(path))) as database:
        schema_3.upgrade(database)
        database.execute_sql("INSERT INTO domain VALUES (9, '(other)', '(other)')")
        database.execute_sql("UPDATE question_minute SET domain_id = 9 WHERE domain_id = 1")
        schema_4.upgrade(database)
    assert rows(path, "SELECT id FROM domain WHERE text = '(other)'") == [(-1,)]
    assert rows(path, "SELECT DISTINCT domain_id FROM question_minute ORDER BY 1") == [(-1,), (2,)]
    assert rows(path, "SELECT sum(count) FROM dns_1m WHERE qname = '(other)'") == [(14,)]
