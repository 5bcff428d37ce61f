"""A database is read beside another as it is at one moment, and stays as it is."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from traffic_analyzer.errors import StoreError
from traffic_analyzer.store.database import open_writable
from traffic_analyzer.store.exchange.attachment import (
    OTHER,
    archive_of,
    attachable,
    connect,
    copy_of,
    is_empty,
    named_by,
)
from traffic_analyzer.store.facts import ARCHIVE, Facts

from ...traffic import MINUTE, home, stored
from ..schema.version_3 import version_3
from ..seeds import NEW_ROWS, rows, seed


def _read_beside(path: Path, folder: Path) -> int:
    with attachable(path, folder) as uri, closing(connect(folder / "own.db", {})) as database:
        database.execute_sql(f"ATTACH ? AS {OTHER}", (uri,))
        (found,) = database.execute_sql(f"SELECT sum(bytes) FROM {OTHER}.flow_1m_5t").fetchone()
        with pytest.raises(Exception, match="readonly"):
            database.execute_sql(f"DELETE FROM {OTHER}.flow_minute")
    return int(found)


def test_what_is_read_beside_is_up_to_date_and_stays_as_it_is(tmp_path: Path) -> None:
    of_today = stored(tmp_path / "today.db", home(MINUTE))
    earlier = version_3(tmp_path / "3.db"), seed(tmp_path / "seed.db", flow_1m_5t=NEW_ROWS)
    (tmp_path / "work").mkdir()
    for path, total in ((of_today, 1_550), (earlier[0], 655_170), (earlier[1], 1_180)):
        before = path.read_bytes()
        assert _read_beside(path, tmp_path / "work") == total
        assert path.read_bytes() == before
    assert [path.name for path in (tmp_path / "work").iterdir()] == ["own.db"]  # copies are gone
    with attachable(None, tmp_path) as uri:
        assert uri == ""


def test_a_copy_is_of_one_moment_and_without_free_pages(tmp_path: Path) -> None:
    path = stored(tmp_path / "traffic.db", home(MINUTE))
    with closing(sqlite3.connect(path)) as database:
        database.execute("CREATE TABLE filler AS SELECT zeroblob(1000000)")
        database.execute("DROP TABLE filler")
        database.execute("BEGIN")
        database.execute("DELETE FROM flow_minute")  # not committed
        copy_of(path, tmp_path / "copy.db", tmp_path)
    assert rows(tmp_path / "copy.db", "SELECT count(*) FROM flow_minute") == [(5,)]
    assert rows(tmp_path / "copy.db", "PRAGMA freelist_count") == [(0,)]
    assert rows(tmp_path / "copy.db", "PRAGMA user_version") == rows(path, "PRAGMA user_version")


def test_the_archive_is_the_one_that_is_given_or_noted(tmp_path: Path) -> None:
    path, other = stored(tmp_path / "traffic.db"), tmp_path / "archive.db"
    assert archive_of(path, None) is None and archive_of(path, other) == other
    assert archive_of(path, tmp_path / "." / "traffic.db") is None
    with closing(open_writable(path)) as database:
        Facts(database).put(ARCHIVE, str(other))
    assert archive_of(path, None) == other
    assert archive_of(tmp_path / "new.db", None) is None and is_empty(tmp_path / "new.db")
    assert archive_of(version_3(tmp_path / "3.db"), None) is None
    assert archive_of(seed(tmp_path / "seed.db", flow_1m_5t=NEW_ROWS), None) is None


def test_an_error_names_what_was_given_without_a_flag(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    for said, found in ((f"--db {path}: broken", f"{path}: broken"), ("--db b.db: broken", "--db b.db: broken")):
        with pytest.raises(StoreError) as caught, named_by(path):
            raise StoreError(said)
        assert str(caught.value) == found
