"""What is said of a damaged file is told from what is said of a full disk, through every wrapping."""

from __future__ import annotations

import errno
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from peewee import PeeweeException, SqliteDatabase

from traffic_analyzer.errors import StoreError
from traffic_analyzer.store.damage.faults import cannot_be_opened, is_corruption, is_disk_trouble, is_innocent
from traffic_analyzer.store.database import explained

from .damage import PAGE_BYTES, connect, database, fill, overwrite, total


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return database(tmp_path / "traffic.db")


def test_corruption_is_told_from_trouble(path: Path) -> None:
    overwrite(path, 20 * PAGE_BYTES, b"\xff" * 20 * PAGE_BYTES)
    with pytest.raises(sqlite3.DatabaseError) as raw:
        total(path)
    wrapped = SqliteDatabase(str(path))
    with closing(wrapped), pytest.raises(PeeweeException) as by_peewee:
        wrapped.execute_sql("SELECT sum(bytes) FROM flow_minute").fetchall()
    with closing(wrapped), pytest.raises(StoreError) as ours, explained(path):
        wrapped.execute_sql("DELETE FROM flow_minute")
    for error in (raw.value, by_peewee.value, ours.value):
        assert is_corruption(error)
        assert not is_disk_trouble(error)
        assert not is_innocent(error)


def test_a_full_or_read_only_disk_is_trouble(path: Path) -> None:
    with closing(connect(path)) as database:
        database.execute("PRAGMA max_page_count = 1")
        with pytest.raises(sqlite3.OperationalError) as full:
            fill(database, 10_000, 20_000)
    with (
        closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as database,
        pytest.raises(sqlite3.OperationalError) as read_only,
    ):
        fill(database, 10_000, 10_001)
    with pytest.raises(sqlite3.OperationalError) as gone:
        sqlite3.connect(path.parent / "no folder" / "traffic.db")
    assert is_innocent(full.value) and not cannot_be_opened(full.value)
    assert cannot_be_opened(read_only.value) and cannot_be_opened(gone.value)
    for error in (full.value, read_only.value, gone.value, OSError(errno.ENOSPC, "full"), OSError(errno.EROFS, "")):
        assert is_disk_trouble(error)
        assert not is_corruption(error)


def test_other_errors_are_neither(path: Path) -> None:
    with closing(connect(path)) as database, pytest.raises(sqlite3.OperationalError) as error:
        database.execute("SELECT * FROM no_such_table")
    for other in (error.value, ValueError("malformed"), OSError(errno.ENOENT, "")):
        assert not is_corruption(other)
        assert not is_disk_trouble(other)
