"""Whose a destroyed file was is told by what is left of it; a mistake of the user's is never moved away."""

from __future__ import annotations

import tarfile
from contextlib import closing
from pathlib import Path

import pytest

from traffic_analyzer.errors import StoreError
from traffic_analyzer.store import models
from traffic_analyzer.store.damage.check import check
from traffic_analyzer.store.damage.files import copy_of
from traffic_analyzer.store.damage.remains import TABLES, has_magic, is_ours

from ..seeds import SCHEMA
from .damage import MAKE, PAGE_BYTES, connect, database, flip, garbage, overwrite


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return database(tmp_path / "traffic.db")


def test_the_tables_are_those_of_each_version() -> None:
    ours = {str(model._meta.table_name).encode() for model in models.TABLES}
    seeds = {table.encode() for table in SCHEMA}
    assert TABLES & ours and TABLES & seeds
    assert ours | seeds >= TABLES


def test_magic() -> None:
    assert has_magic(b"SQLite format 3\0" + bytes(84))
    assert has_magic(b"SQLite for")
    assert not has_magic(b"S")
    assert not has_magic(b"SQLite format 2\0")


def test_pages_tell_where_no_name_is_left(path: Path) -> None:
    overwrite(path, 0, garbage(8, 20 * PAGE_BYTES))
    assert b"CREATE TABLE" not in path.read_bytes()
    assert is_ours(path, path.read_bytes()[:100])


@pytest.mark.parametrize(
    "content",
    [
        b"root:x:0:0:root:/root:/bin/sh\n" * 2000,
        bytes(range(256)) * 100,
        garbage(4, 100_000),
        "\n".join(MAKE).encode() * 1000,  # what `sqlite3 .dump` writes
    ],
    ids=["text", "binary", "random", "dump"],
)
def test_a_mistake_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "file"
    path.write_bytes(content)
    with pytest.raises(StoreError, match="not an SQLite database"):
        check(path)
    assert path.read_bytes() == content


def test_an_archive_that_holds_a_database_is_none(path: Path) -> None:
    packed = path.with_name("backup.tar")
    with tarfile.open(packed, "w") as tar:
        tar.add(path, "traffic.db")
    with pytest.raises(StoreError, match="not an SQLite database"):
        check(packed)


def test_another_program(tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    with closing(connect(path)) as other:
        other.execute("CREATE TABLE moz_places (id INTEGER PRIMARY KEY, url TEXT)")
        other.executemany("INSERT INTO moz_places (url) VALUES (?)", [("x" * 100,)] * 1000)
    assert check(path) is None
    flip(path, 5, 500)
    overwrite(path, 40, b"\xff" * 40)
    with pytest.raises(StoreError, match="another program"):
        check(path)
    overwrite(path, 0, garbage(6, 100))
    with pytest.raises(StoreError, match="not an SQLite database"):
        check(path)


def test_what_has_a_copy_is_ours(tmp_path: Path) -> None:
    path = tmp_path / "traffic.db"
    path.write_bytes(garbage(7, 50_000))
    copy_of(path).touch()
    assert check(path)
