"""What a user added to a database is there after the schema has changed, and never in the way of it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from traffic_analyzer.store.database import open_writable

from ..seeds import NEW_ROWS, OLD_ROWS, rows, seed
from .version_1 import version_1
from .version_2 import version_2
from .version_3 import version_3

_ADDED = """
CREATE VIEW "my ""own"" view" AS SELECT text, sum(bytes) AS bytes FROM flow_minute
  JOIN address ON address.id = remote_id GROUP BY 1;
CREATE VIEW on_views AS SELECT * FROM "my ""own"" view" WHERE bytes > 100;
CREATE VIEW broken AS SELECT * FROM nothing_there;
CREATE TABLE log_of_mine (said TEXT);
CREATE TRIGGER "on texts" AFTER INSERT ON address BEGIN INSERT INTO log_of_mine VALUES (new.text); END;
CREATE TRIGGER on_facts AFTER DELETE ON meta_kv BEGIN INSERT INTO log_of_mine SELECT text FROM domain; END;
CREATE TRIGGER on_a_view INSTEAD OF DELETE ON flow_1m_5t BEGIN INSERT INTO log_of_mine VALUES (old.domain); END;
CREATE INDEX by_remote ON flow_minute (remote_id, minute_unix_s);
CREATE INDEX by_end ON address (substr(text, -3));
CREATE UNIQUE INDEX one_note ON log_of_mine (said) WHERE said LIKE 'note%';
INSERT INTO log_of_mine VALUES ('note'), ('another');
"""
_SQL = "SELECT type, name, tbl_name, sql FROM sqlite_master WHERE name IN ({}) ORDER BY name"
_NAMES = [
    'my "own" view', "on_views", "broken", "log_of_mine", "on texts", "on_facts", "on_a_view", "by_remote", "by_end",
    "one_note",
]  # fmt: skip


def _theirs(path: Path) -> list[tuple[object, ...]]:
    return rows(path, _SQL.format(", ".join(f"'{name}'" for name in _NAMES)))


@pytest.mark.parametrize("make", [version_1, version_2, version_3], ids=lambda make: make.__name__)
def test_what_a_user_added_stays(tmp_path: Path, make) -> None:
    path = make(tmp_path / "old.db")
    _execute(path, _ADDED)
    before = _theirs(path), rows(path, "SELECT * FROM on_views"), rows(path, "SELECT * FROM log_of_mine")
    assert len(before[0]) == len(_NAMES)
    open_writable(path).close()
    assert before == (_theirs(path), rows(path, "SELECT * FROM on_views"), rows(path, "SELECT * FROM log_of_mine"))
    _execute(path, "INSERT INTO address (text) VALUES ('10.0.0.1'); DELETE FROM flow_1m_5t WHERE bytes = 7")
    assert ("10.0.0.1",) in rows(path, "SELECT * FROM log_of_mine")
    assert ("by_remote",) in rows(path, "SELECT name FROM pragma_index_list('flow_minute')")
    assert rows(path, "PRAGMA integrity_check") == [("ok",)]


@pytest.mark.parametrize(("table", "held"), [("flow_1m_5t", NEW_ROWS), ("flow_1m", OLD_ROWS)])
def test_a_view_on_a_table_of_the_seed_shows_what_took_its_place(tmp_path: Path, table: str, held) -> None:
    path = seed(tmp_path / "seed.db", **{table: held})
    _execute(path, f"CREATE VIEW mine AS SELECT sum(bytes) FROM {table}; CREATE INDEX fast ON {table} (ts_minute)")
    before = rows(path, "SELECT * FROM mine")
    open_writable(path).close()
    assert rows(path, "SELECT value FROM meta_kv WHERE key = 'left_out/fast'") == [
        (f"CREATE INDEX fast ON {table} (ts_minute)",)
    ]
    if table == "flow_1m_5t":  # the older one is gone for good
        assert rows(path, "SELECT * FROM mine") == before
    assert rows(path, "SELECT name FROM sqlite_master WHERE name = 'mine'") == [("mine",)]


def test_a_column_that_a_user_added_to_a_dictionary_stays(tmp_path: Path) -> None:
    path = version_3(tmp_path / "3.db", "ALTER TABLE device ADD COLUMN \"whose is it\" TEXT;")
    _execute(path, "UPDATE device SET \"whose is it\" = 'Ann'")
    open_writable(path).close()
    assert rows(path, 'SELECT text, kind, "whose is it" FROM device WHERE id = 1') == [
        ("02:aa:bb:cc:dd:01", "random", "Ann")
    ]


def _execute(path: Path, script: str) -> None:
    with closing(sqlite3.connect(path)) as database:
        database.executescript(script)
