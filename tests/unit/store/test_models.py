"""The schema that a new database gets."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from traffic_analyzer.store import models

from ..traffic import batch, flow_key, stored
from .seeds import rows


def test_every_table_is_made_and_every_dictionary_knows_the_empty_text(tmp_path: Path) -> None:
    path = stored(tmp_path / "new.db")
    made = {name for (name,) in rows(path, "SELECT name FROM sqlite_master WHERE type = 'table'")}
    assert made == {model._meta.table_name for model in models.TABLES}
    for dictionary in models.DICTIONARIES:
        assert rows(path, f"SELECT id, text FROM {dictionary._meta.table_name}") == [(0, "")]
    assert rows(path, "PRAGMA user_version") == [(models.SCHEMA_VERSION,)]


def test_flows_are_keyed_by_all_but_their_sums(tmp_path: Path) -> None:
    path = stored(tmp_path / "new.db", batch({flow_key(): (1, 1)}))
    key = [name for _, name, _, _, _, at in rows(path, "PRAGMA table_info(flow_minute)") if at]
    assert key == [field.name for field in models.FlowMinute._meta.sorted_fields][:-2]
    with closing(sqlite3.connect(path)) as database, pytest.raises(sqlite3.IntegrityError):
        database.execute("INSERT INTO flow_minute SELECT * FROM flow_minute")


def test_the_view_shows_source_and_destination(tmp_path: Path) -> None:
    path = stored(tmp_path / "new.db", batch({flow_key(): (10, 1), flow_key(direction=1, is_tx=True): (20, 2)}))
    assert rows(path, "SELECT direction, src_ip, src_port, dst_ip, dst_port, bytes FROM flow_1m_5t ORDER BY 1") == [
        (0, "203.0.113.7", 443, "192.168.1.2", 40000, 10),
        (1, "192.168.1.2", 40000, "203.0.113.7", 443, 20),
    ]
