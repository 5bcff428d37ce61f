"""What the second version adds to a database of the first."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from peewee import SqliteDatabase

from traffic_analyzer.store.schema import schema_2

from ..seeds import rows, table_columns
from .version_1 import FLOWS, version_1
from .version_2 import version_2


def test_what_changes_and_what_stays(tmp_path: Path) -> None:
    before, path = version_1(tmp_path / "before.db"), version_1(tmp_path / "after.db")
    with closing(SqliteDatabase(str(path))) as database, database.atomic():
        schema_2.upgrade(database)
    tables = "SELECT name FROM sqlite_master WHERE type = 'table'"
    added = {"evidence", "question_minute", "server_name_minute", "dns_cache_1m"}
    assert set(rows(path, tables)) == set(rows(before, tables)) | {(name,) for name in added}
    changed = {n for (n,) in rows(before, tables) if table_columns(path, str(n)) != table_columns(before, str(n))}
    assert changed == {"flow_minute", "domain"}
    assert set(rows(path, "SELECT name FROM sqlite_master WHERE type = 'view'")) == {
        ("flow_1m_5t",), ("dns_1m",), ("sni_1m",),
    }  # fmt: skip
    assert rows(path, "SELECT * FROM flow_1m_5t ORDER BY 1, 3, 4") == FLOWS


def test_the_tables_are_those_of_version_2(tmp_path: Path) -> None:
    made, spelled_out = version_1(tmp_path / "made.db"), version_2(tmp_path / "spelled out.db")
    with closing(SqliteDatabase(str(made))) as database, database.atomic():
        schema_2.upgrade(database)
    query = "SELECT type, name FROM sqlite_master WHERE name NOT LIKE 'sqlite_%' ORDER BY 1, 2"
    assert rows(made, query) == rows(spelled_out, query)
    for kind, name in rows(made, query):
        if kind != "index":
            assert table_columns(made, str(name)) == table_columns(spelled_out, str(name))
