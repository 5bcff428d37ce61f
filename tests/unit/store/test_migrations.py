"""The schema is brought up to date once, by whoever comes first, and never by an older version."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from traffic_analyzer.errors import StoreError
from traffic_analyzer.store import models
from traffic_analyzer.store.database import open_readable, open_writable

from ..traffic import batch, flow_key, stored
from .seeds import NEW_ROWS, rows, seed


def _of_a_later_version(path: Path) -> Path:
    stored(path, batch({flow_key(): (1, 1)}))
    with closing(sqlite3.connect(path)) as database:
        database.execute(f"PRAGMA user_version = {models.SCHEMA_VERSION + 1}")
    return path


def test_a_later_version_is_neither_written_nor_read(tmp_path: Path) -> None:
    path = _of_a_later_version(tmp_path / "later.db")
    before = path.read_bytes()
    with pytest.raises(StoreError, match="later version.*upgrade"):
        open_writable(path)
    with pytest.raises(StoreError, match="later version.*upgrade"), open_readable(path):
        pass
    assert path.read_bytes() == before


def test_opening_again_changes_nothing(tmp_path: Path) -> None:
    path = stored(tmp_path / "ours.db", batch({flow_key(): (1, 1)}))
    before = rows(path, "SELECT * FROM sqlite_master"), rows(path, "SELECT * FROM flow_minute")
    open_writable(path).close()
    assert before == (rows(path, "SELECT * FROM sqlite_master"), rows(path, "SELECT * FROM flow_minute"))


def test_a_failed_take_over_leaves_the_seed_as_it_was(tmp_path: Path) -> None:
    path = seed(tmp_path / "seed.db", flow_1m_5t=[*NEW_ROWS, (None, *NEW_ROWS[0][1:])])  # no minute: cannot be stored
    before = rows(path, "SELECT * FROM flow_1m_5t")
    with pytest.raises(StoreError, match=f"^--db {path}: "):
        open_writable(path)
    assert rows(path, "SELECT * FROM flow_1m_5t") == before
    assert rows(path, "SELECT type, name FROM sqlite_master WHERE type != 'index'") == [("table", "flow_1m_5t")]
