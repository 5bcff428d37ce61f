"""The archive is read beside the database; what is wrong with it is said, and the rest is answered all the same."""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from traffic_analyzer.errors import StoreError
from traffic_analyzer.faces.sentences import remarked
from traffic_analyzer.reports.registry import run
from traffic_analyzer.reports.selection import Selection
from traffic_analyzer.store.database import open_readable
from traffic_analyzer.store.local_time import hour_of

from .. import tiers
from ..nobody import as_nobody, freeze, public_folder
from ..traffic import MINUTE, batch, flow_key, stored

_HOUR = hour_of(MINUTE)
_WINDOW = Selection(_HOUR - 3 * 3600, _HOUR + 3 * 3600)


@pytest.fixture
def folder() -> Iterator[Path]:
    with public_folder() as made:
        yield made


@pytest.fixture
def pair(folder: Path) -> tuple[Path, Path]:
    """A database and its archive, which has the older of two hours alone."""
    path, archive = folder / "traffic.db", folder / "archive.db"
    times = (MINUTE, MINUTE + 3600)
    batches = [batch({flow_key(f"10.0.0.{n}", minute_unix_s=at): (10**n, 1)}, generation=n, minute_unix_s=at)
               for n, at in enumerate(times)]  # fmt: skip
    tiers.take(stored(path, *batches[:1]), archive)
    stored(path, *batches[1:])
    tiers.forget_minutes(path, MINUTE + 60)
    return path, archive


def _asked(path: Path, archive: Path | None = None) -> tuple[int, tuple[str, ...]]:
    """Bytes of both hours, and remarks."""
    found = run(path, "top-ip", _WINDOW, archive)
    return sum(row[3] for row in found.rows), remarked(found.remarks)


def test_the_archive_that_the_database_names_is_read(pair: tuple[Path, Path]) -> None:
    path, archive = pair
    assert _asked(path) == _asked(path, archive) == _asked(path, path.parent / "." / "archive.db") == (11, ())


def test_an_archive_cannot_be_written_to(pair: tuple[Path, Path]) -> None:
    with pytest.raises(StoreError, match="readonly"), open_readable(pair[0]) as database:
        database.execute_sql("DELETE FROM archive.traffic_hour")
    assert _asked(pair[0]) == (11, ())


def test_the_database_as_its_own_archive(tmp_path: Path) -> None:
    path = stored(tmp_path / "traffic.db", batch({flow_key(): (7, 1)}))
    assert _asked(path, path) == _asked(path, tmp_path / "." / "traffic.db") == (7, ())


def test_where_the_database_is_gone_its_archive_is_read(pair: tuple[Path, Path]) -> None:
    path, archive = pair
    path.unlink()
    assert _asked(path, archive) == (1, (f"--db {path}: not there; this is what --archive {archive} holds",))
    assert _asked(archive) == (1, ())
    with pytest.raises(StoreError, match="no such database"):
        _asked(path)
    with pytest.raises(StoreError, match=f"^--db {path}: no such database"):
        _asked(path, path.with_name("none.db"))


def _garbage(archive: Path) -> None:
    archive.write_bytes(b"SQLite format 3\0" + b"\xff" * 5_000)


def _pages(archive: Path) -> None:
    with closing(sqlite3.connect(archive)) as database:
        page_bytes = database.execute("PRAGMA page_size").fetchone()[0]
        tables = "SELECT rootpage FROM sqlite_master WHERE name IN ('remote_hour', 'remote_pending', 'counter_hour')"
        pages = [page for (page,) in database.execute(tables)]
    with archive.open("r+b") as file:  # the head and the schema are whole
        for page in pages:
            file.seek((page - 1) * page_bytes)
            file.write(b"\xff" * page_bytes)


def _other_version(archive: Path) -> None:
    with closing(sqlite3.connect(archive)) as database:
        database.execute("PRAGMA user_version = 99")


def _folder(archive: Path) -> None:
    archive.unlink()
    archive.mkdir()


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        (Path.unlink, "No such file"), (lambda archive: archive.write_bytes(b""), "not an SQLite database"),
        (lambda archive: archive.write_text("hello\n"), "not an SQLite database"), (_garbage, "not a database"),
        (_folder, "not a file"), (_other_version, "of another version .schema 99, this one knows "),
    ],
    ids=["missing", "empty", "text", "garbage", "folder", "version"],
)  # fmt: skip
def test_an_archive_that_cannot_be_read_is_told_of(pair: tuple[Path, Path], harm: object, said: str) -> None:
    path, archive = pair
    harm(archive)  # type: ignore[operator]
    for given in (None, archive):
        bytes_, remarks = _asked(path, given)
        assert bytes_ == 10 and len(remarks) == 1
        assert remarks[0].startswith(f"--archive {archive}: ") and "\n" not in remarks[0]
        assert re.search(said, remarks[0])
        assert remarks[0].endswith("; older hours and days are missing")


def test_damage_that_shows_only_when_rows_are_read(pair: tuple[Path, Path]) -> None:
    path, archive = pair
    _pages(archive)
    bytes_, remarks = _asked(path)
    assert bytes_ == 10 and len(remarks) == 1 and "malformed" in remarks[0]


def test_a_damaged_database_is_no_fault_of_the_archive(pair: tuple[Path, Path]) -> None:
    path, _ = pair
    _pages(path)
    with pytest.raises(StoreError, match=f"^--db {path}: .*malformed"):
        _asked(path)


def test_another_archive_than_its_own_is_left_out(pair: tuple[Path, Path], tmp_path: Path) -> None:
    """Its ids stand for other texts."""
    other = tmp_path / "other.db"
    stored(other, batch({flow_key("172.16.0.1", "192.0.2.99"): (5, 1)}))
    bytes_, remarks = _asked(pair[0], other)
    assert bytes_ == 10 and "not the archive of this --db" in remarks[0]
    moved = shutil.copy(pair[1], tmp_path / "moved.db")
    assert _asked(pair[0], Path(moved)) == (11, ())


def test_somebody_without_rights_reads_both(pair: tuple[Path, Path]) -> None:
    with as_nobody():
        assert _asked(pair[0]) == (11, ())
    freeze(pair[0].parent)
    with as_nobody():
        assert _asked(pair[0]) == (11, ())


_DIES_IN_THE_MIDDLE = """
import os, sqlite3, sys
database = sqlite3.connect(sys.argv[1], isolation_level=None)
database.execute("PRAGMA cache_size = 1")
database.execute("PRAGMA cache_spill = 1")
database.execute("BEGIN IMMEDIATE")
database.execute("UPDATE traffic_hour SET rx_bytes = 1000")
for number in range(5000):
    database.execute("INSERT INTO domain (text) VALUES (?)", ("x" * 200 + str(number),))
os._exit(0)
"""


def test_a_write_that_power_cut_off_is_undone_by_who_may_and_told_of_by_who_may_not(pair: tuple[Path, Path]) -> None:
    path, archive = pair
    before = archive.read_bytes()
    subprocess.run([sys.executable, "-c", _DIES_IN_THE_MIDDLE, str(archive)], check=True)
    journal = archive.with_name("archive.db-journal")
    assert journal.stat().st_size and archive.read_bytes() != before, "the transaction is half on the disk"
    if not os.geteuid():
        with as_nobody():
            bytes_, (remark,) = _asked(path)
        assert bytes_ == 10 and "its writer did not get to its end" in remark and "\n" not in remark
        with as_nobody(), pytest.raises(StoreError) as caught:
            _asked(archive)
        assert "\n" not in str(caught.value)
    assert _asked(path) == (11, ()) and not (journal.exists() and journal.stat().st_size)


def test_a_reader_waits_for_an_archivist_and_lets_him_in(pair: tuple[Path, Path]) -> None:
    """His commit locks the archive for as long as a disk takes."""
    path, archive = pair
    with closing(sqlite3.connect(archive, isolation_level=None, check_same_thread=False)) as archivist:
        archivist.execute("BEGIN EXCLUSIVE")
        archivist.execute("UPDATE traffic_hour SET rx_bytes = rx_bytes + 0")
        timer = threading.Timer(0.3, archivist.execute, ["COMMIT"])
        timer.start()
        assert _asked(path) == (11, ())
        timer.join()
        archivist.execute("BEGIN EXCLUSIVE")
        archivist.execute("COMMIT")
