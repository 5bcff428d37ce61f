"""The frozen first version is what that version made."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from peewee import SqliteDatabase

from traffic_analyzer.store.schema import schema_1

from ..seeds import rows, table_columns
from .version_1 import version_1


def _made(path: Path) -> Path:
    with closing(SqliteDatabase(str(path))) as database, database.atomic():
        schema_1.upgrade(database)
    return path


def test_the_tables_are_those_of_version_1(tmp_path: Path) -> None:
    made, spelled_out = _made(tmp_path / "made.db"), version_1(tmp_path / "spelled out.db")
    query = "SELECT type, name FROM sqlite_master WHERE type != 'view' AND name NOT LIKE 'sqlite_%' ORDER BY 1, 2"
    assert rows(made, query) == rows(spelled_out, query)
    for _, table in (row for row in rows(made, query) if row[0] == "table"):
        assert table_columns(made, str(table)) == table_columns(spelled_out, str(table))


def test_dictionaries_know_the_empty_text_and_each_text_once(tmp_path: Path) -> None:
    made = _made(tmp_path / "made.db")
    for dictionary in ("address", "device", "domain", "label", "iface"):
        assert rows(made, f"SELECT * FROM {dictionary}") == [(0, "")]
        assert [row[2] for row in rows(made, f"PRAGMA index_list({dictionary})")] == [1]
