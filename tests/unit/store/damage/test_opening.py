"""The collector finds something to write to, in any case but a user's mistake."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from traffic_analyzer.errors import StoreError
from traffic_analyzer.store.damage.files import stand_in_of
from traffic_analyzer.store.damage.opening import Opening, is_of_before, opening
from traffic_analyzer.store.models import SCHEMA_VERSION
from traffic_analyzer.store.tiers.archive import Archive
from traffic_analyzer.store.writer import Store

from ... import tiers
from ...disks import Disk, small_disk
from ...traffic import MINUTE, home, stored
from ..seeds import NEW_ROWS, rows, seed

_COUNT = "SELECT count(*) FROM flow_minute"


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    with small_disk(tmp_path / "disk", 4) as made:
        yield made


@pytest.fixture
def ram(tmp_path: Path) -> Path:
    return tmp_path / "ram"


def _codes(found: Opening) -> list[str]:
    return [notice.code for notice in found.notices]


def _is_written(path: Path) -> bool:
    with closing(Store(path)) as store:
        return store.commit(home(MINUTE))


@pytest.mark.parametrize("archive", [None, "archive.db"])
def test_what_is_well_is_opened(tmp_path: Path, ram: Path, archive: str | None) -> None:
    other = tmp_path / archive if archive else None
    found = opening(tmp_path / "new" / "traffic.db", other, MINUTE, ram)
    assert found == Opening(tmp_path / "new" / "traffic.db", other, ())
    assert _is_written(found.db) and not ram.exists()


@pytest.mark.parametrize("archive", ["a text that is no database", "folder", "another program's", "a later version's"])
def test_an_archive_that_is_a_mistake_is_refused_by_its_own_name(tmp_path: Path, ram: Path, archive: str) -> None:
    path, other = tmp_path / "traffic.db", tmp_path / "archive.db"
    if archive == "folder":
        other.mkdir()
    elif archive.startswith("a text"):
        other.write_text(archive)
    else:
        with closing(sqlite3.connect(other)) as database:
            database.execute("CREATE TABLE theirs (a)")
            database.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1 if 'version' in archive else 0}")
    before = None if other.is_dir() else other.read_bytes()
    with pytest.raises(StoreError, match="^--archive .*archive.db: "):
        opening(path, other, MINUTE, ram)
    assert not path.exists() and (before is None or other.read_bytes() == before)


def test_the_archive_of_before_goes_on_where_none_is_given(tmp_path: Path, ram: Path) -> None:
    path, archive = stored(tmp_path / "traffic.db", home(MINUTE)), tmp_path / "archive.db"
    tiers.take(path, archive)
    assert opening(path, None, MINUTE, ram) == Opening(path, archive, ())
    archive.unlink()
    assert opening(path, None, MINUTE, ram) == Opening(path, None, ())


def test_a_seed_is_no_damage(tmp_path: Path, ram: Path) -> None:
    path = seed(tmp_path / "seed.db", flow_1m_5t=NEW_ROWS)
    assert is_of_before(path)
    assert opening(path, None, MINUTE, ram).notices == ()
    assert not is_of_before(path) and not is_of_before(tmp_path / "new.db")
    assert rows(path, "SELECT count(*) FROM flow_1m_5t") == [(4,)]


@pytest.mark.parametrize("size", [0, 50, 5_000])
def test_what_is_damaged_makes_room(tmp_path: Path, ram: Path, size: int) -> None:
    path = stored(tmp_path / "traffic.db", home(MINUTE))
    path.write_bytes(b"garbage!" * 20 + path.read_bytes()[160:] if not size else path.read_bytes()[:size])
    found = opening(path, None, MINUTE, ram)
    assert found.db == path and _codes(found) == ["database-set-aside"] and _is_written(path)
    (reason,) = tmp_path.glob("*.set-aside-*.txt")
    assert reason.read_text().strip() in found.notices[0].detail


def test_a_damaged_archive_makes_room_too(tmp_path: Path, ram: Path) -> None:
    archive = stored(tmp_path / "archive.db", home(MINUTE))
    archive.write_bytes(archive.read_bytes()[:9_000])
    found = opening(tmp_path / "traffic.db", archive, MINUTE, ram)
    assert found.archive == archive and _codes(found) == ["database-set-aside"]
    assert found.notices[0].subject == str(archive)


def test_a_full_disk_is_stood_in_for(disk: Disk, ram: Path) -> None:
    disk.fill()
    path = disk.folder / "traffic.db"
    found = opening(path, None, MINUTE, ram)
    assert found.db == stand_in_of(path, ram) and found.archive == path and _codes(found) == ["database-in-ram"]
    assert "full" in found.notices[0].detail and _is_written(found.db)
    disk.free()
    assert opening(path, None, MINUTE, ram) == Opening(path, None, ())


@pytest.mark.parametrize("is_made", [False, True])
def test_a_read_only_disk_is_stood_in_for(disk: Disk, ram: Path, is_made: bool) -> None:
    path = disk.folder / "traffic.db"
    if is_made:
        stored(path, home(MINUTE))
    disk.remount("ro")
    found = opening(path, None, MINUTE, ram)
    assert found.db == stand_in_of(path, ram) and found.archive == path and _codes(found) == ["database-in-ram"]
    assert _is_written(found.db)
    archive = disk.folder / "archive.db"
    assert opening(path, archive, MINUTE, ram).archive == archive


def test_what_is_damaged_on_a_read_only_disk_stays_there(disk: Disk, ram: Path) -> None:
    path = stored(disk.folder / "traffic.db", home(MINUTE))
    path.write_bytes(path.read_bytes()[:9_000])
    disk.remount("ro")
    found = opening(path, None, MINUTE, ram)
    assert found.db == stand_in_of(path, ram) and "database-in-ram" in _codes(found)
    assert path.stat().st_size == 9_000


def test_a_mistake_is_refused(tmp_path: Path, ram: Path) -> None:
    (tmp_path / "text").write_text("no database\n" * 100)
    with closing(sqlite3.connect(tmp_path / "theirs.db")) as database:
        database.execute("CREATE TABLE theirs (a)")
    later = stored(tmp_path / "later.db")
    with closing(sqlite3.connect(later)) as database:
        database.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    for path in (tmp_path / "text", tmp_path / "theirs.db", later, tmp_path):
        before = sorted(tmp_path.iterdir())
        with pytest.raises(StoreError, match=f"--db {path}"):
            opening(path, None, MINUTE, ram)
        assert sorted(tmp_path.iterdir()) == before


def test_each_database_has_a_stand_in_of_its_own(tmp_path: Path, ram: Path) -> None:
    (tmp_path / "link.db").symlink_to(tmp_path / "one.db")
    assert stand_in_of(tmp_path / "one.db", ram) != stand_in_of(tmp_path / "two.db", ram)
    assert stand_in_of(tmp_path / "one.db", ram) == stand_in_of(tmp_path / "link.db", ram)


@pytest.mark.parametrize("is_taken", [False, True])
def test_what_stood_in_is_taken_back_once(disk: Disk, ram: Path, is_taken: bool) -> None:
    path = stored(disk.folder / "traffic.db", home(MINUTE))
    disk.remount("ro")
    found = opening(path, None, MINUTE, ram)
    with closing(Store(found.db)) as store:
        store.commit(home(MINUTE + 60))
        store.commit(replace(home(MINUTE + 120), generation=1))
        disk.remount("rw")
        if is_taken:
            archive = Archive(path, found.db)
            archive.open()
            store.adopt(path)
            archive.adopted()
            archive.take(store.seal(), MINUTE + 180)
            archive.close()
            store.commit(replace(home(MINUTE + 180), generation=2))
    minutes = 3 + is_taken
    assert opening(path, None, MINUTE, ram) == Opening(path, None, ())
    assert not found.db.exists()
    query = "SELECT sum(bytes), count(DISTINCT minute_unix_s) FROM flow_minute"
    assert rows(path, query) == [(1_550 * minutes, minutes)]
    with closing(Store(path)) as store:
        store.seal()
    parts = " UNION ALL ".join(f"SELECT rx_bytes + tx_bytes AS bytes FROM traffic_{t}" for t in ("hour", "pending"))
    assert rows(path, f"SELECT sum(bytes) FROM ({parts})") == [(1_550 * minutes,)]
    assert opening(path, None, MINUTE, ram).notices == ()
