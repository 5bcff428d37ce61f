"""The archive is written when it is due, nobody waits for it, and what goes wrong is said and mends itself."""

from __future__ import annotations

import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from traffic_analyzer.records import Notice
from traffic_analyzer.store.damage.copy import make_copy
from traffic_analyzer.store.damage.files import copy_of
from traffic_analyzer.store.tiers.archive import Archive
from traffic_analyzer.store.tiers.archivist import Archivist
from traffic_analyzer.store.tiers.rollups import ARCHIVE_IFACE
from traffic_analyzer.store.writer import Writer

from ..seeds import rows
from .archives import check_tiers, minute_batch

_S = 10**9
_HALF_HOUR_S = 1800
_BEGAN = 1_792_929_600 + 600  # ten past


class _House:
    """A collector's turns, ten seconds apart by a clock of its own."""

    def __init__(self, folder: Path, path: Path | None = None, budget_bytes: int = 0) -> None:
        self.working = folder / "working.db"
        self.path = path or folder / "archive.db"
        self.budget_bytes = budget_bytes
        self.tended: list[int] = []
        self.number = self.passed_s = 0
        self.lines: list[str] = []
        self.open()

    def open(self) -> None:
        self.writer = Writer(self.working)
        archive = Archive(self.path, self.working, self.budget_bytes)
        self.archivist = Archivist(self.writer, archive, _HALF_HOUR_S, lambda now: self.tended.append(now) or [])

    @property
    def now(self) -> int:
        return _BEGAN + self.passed_s

    def turn(self, seconds: int = 10, is_sane: bool = True) -> None:
        before, self.passed_s = self.now // 60, self.passed_s + seconds
        if self.now // 60 > before:
            self.writer.commit(minute_batch(self.now - self.now % 60, self.number)).result()
            self.number += 1
        began_s = time.monotonic()
        self.lines += self.archivist.look(self.passed_s * _S, self.now, is_sane)
        assert time.monotonic() - began_s < 1

    def turns(self, number: int, seconds: int = 10, is_sane: bool = True) -> None:
        for _ in range(number):
            self.turn(seconds, is_sane)
            self.settle()

    def settle(self) -> None:
        """What was begun gets time, by the real clock, to come to its end."""
        until_s = time.monotonic() + 60
        while self.archivist._running:
            assert time.monotonic() < until_s
            time.sleep(0.002)
            self.lines += self.archivist.look(self.passed_s * _S, self.now)

    def taken(self) -> int:
        found = rows(self.path, "SELECT coalesce(sum(rx_packets + tx_packets), 0) FROM traffic_hour")
        return int(str(found[0][0])) // 7  # minutes

    def close(self) -> None:
        self.lines += self.archivist.close(self.now, wait_s=20)
        self.writer.close()


@pytest.fixture
def house(tmp_path: Path) -> Iterator[_House]:
    made = _House(tmp_path)
    yield made
    made.close()


def _until(what: Callable[[], bool]) -> None:
    until_s = time.monotonic() + 60
    while not what():
        assert time.monotonic() < until_s
        time.sleep(0.01)


def test_it_is_taken_a_little_after_the_half_hours(house: _House) -> None:
    house.turns(1)
    assert house.taken() == 0 and rows(house.working, "SELECT value FROM meta_kv WHERE key = 'archive'")
    house.turns(6 * 20)
    assert house.taken() == 0
    house.turns(3)
    assert house.taken() == 19  # all that ended
    house.turns(60, 60)
    assert house.taken() == 79
    check_tiers(house.working, house.path)
    assert not house.lines and not house.archivist.notices


def test_what_is_written_is_in_the_health(house: _House) -> None:
    house.turns(40, 60)
    query = f"SELECT sum(archive_bytes) FROM collector_health_1m WHERE iface = '{ARCHIVE_IFACE}'"
    assert rows(house.working, query) == [(house.archivist.written_bytes,)] != [(0,)]
    house.turns(40, 60)
    assert rows(house.path, f"SELECT count(*) FROM health_hour WHERE iface = '{ARCHIVE_IFACE}'") != [(0,)]


def test_a_stop_takes_the_running_minute_too(house: _House) -> None:
    house.turns(5, 60)
    house.close()
    assert house.taken() == 5
    check_tiers(house.working, house.path)
    house.open()


def test_nothing_is_taken_while_the_clock_cannot_be_right(house: _House) -> None:
    house.turns(60, 60, is_sane=False)
    assert house.taken() == 0
    house.turns(2, 60)
    assert house.taken() > 50


def test_an_archive_that_cannot_be_written_is_told_and_catches_up(house: _House) -> None:
    house.turns(30, 60)
    before = house.taken()
    with closing(sqlite3.connect(house.path)) as other:  # somebody holds it
        other.execute("BEGIN IMMEDIATE")
        house.archivist._archive._opened.execute_sql("PRAGMA busy_timeout = 200")
        house.turn(_HALF_HOUR_S)
        assert house.archivist.notices == []
        _until(lambda: house.turn(0) or bool(house.lines))
    (notice,) = house.archivist.notices
    assert (notice.code, notice.subject) == ("archive-unwritten", str(house.path))
    assert notice.detail.startswith("database is locked, since 2026-10-25 ")
    assert "waits in the database" in house.lines[-1]
    house.turns(3, 30)
    assert house.archivist.notices == [] and house.lines[-1].endswith("written again")
    assert house.taken() > before
    check_tiers(house.working, house.path)


def test_a_full_disk_loses_nothing(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=600k", "none", str(disk)], capture_output=True)
    if mount.returncode:
        pytest.skip(f"no right to mount: {mount.stderr.decode()}")
    try:
        house = _House(tmp_path, disk / "archive.db")
        house.turns(31, 60)
        filler = disk / "filler"
        with pytest.raises(OSError, match="No space"), filler.open("wb", buffering=0) as file:
            while True:
                file.write(b"x" * 4096)
        house.turns(90, 60)
        assert "full" in house.archivist.notices[0].detail
        assert rows(house.working, "SELECT count(DISTINCT sequence) FROM traffic_pending") == [(2,)]
        check_tiers(house.working, house.path)
        filler.unlink()
        house.turns(3, 60)
        assert not house.archivist.notices
        check_tiers(house.working, house.path)
        house.close()
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def test_an_archive_may_come_late_and_bring_names(tmp_path: Path) -> None:
    with closing(_House(tmp_path / "earlier")) as earlier:
        earlier.turns(7, 60)
    path = tmp_path / "stick" / "archive.db"
    with closing(_House(tmp_path, path)) as house:
        house.turns(100, 60)
        assert isinstance(house.archivist.notices[0], Notice)
        assert rows(house.working, "SELECT count(DISTINCT sequence) FROM traffic_pending") == [(1,)]
        path.parent.mkdir()
        (tmp_path / "earlier" / "archive.db").rename(path)
        house.turns(3, 60)
        assert not house.archivist.notices
        assert house.taken() > 7 + 90
        theirs = set(rows(path, "SELECT id, text FROM domain"))
        assert theirs <= set(rows(house.working, "SELECT id, text FROM domain"))


def test_a_disk_that_goes_is_not_taken_for_an_empty_one(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "none", str(disk)]
    if subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("no right to mount")
    house = _House(tmp_path, disk / "archive.db")
    try:
        house.turns(31, 60)
    finally:
        subprocess.run(["umount", "--lazy", str(disk)], check=True)
    house.turns(40, 60)
    assert "not mounted" in house.archivist.notices[0].detail
    assert not list(disk.iterdir())
    house.close()


def test_the_budget_puts_off_to_the_next_interval(tmp_path: Path) -> None:
    house = _House(tmp_path, budget_bytes=1 << 19)
    dues, details = set(), set()
    for _ in range(12 * 60):
        house.turns(1, 60)
        if house.archivist.trouble:
            dues.add(house.archivist.due_boot_ns)
            details.add(house.archivist.notices[0].detail)
    assert all("of 0.5 MiB a day" in detail for detail in details)
    apart_s = [(after - before) // _S for before, after in zip(sorted(dues), sorted(dues)[1:], strict=False)]
    assert apart_s and min(apart_s) >= _HALF_HOUR_S - 60
    check_tiers(house.working, house.path)
    house.archivist.charge(5)
    house.close()


def test_it_works_in_one_file_too(tmp_path: Path) -> None:
    with closing(_House(tmp_path, tmp_path / "working.db")) as house:
        house.turns(70, 60)
        assert house.taken() == 50
        assert rows(house.working, "SELECT count(*) FROM collector_health_1m") == [(0,)]
        check_tiers(house.working, house.path)


def test_a_damaged_archive_is_set_aside(house: _House) -> None:
    house.turns(400)
    (taken,) = {house.taken()}
    house.archivist.close(house.now)
    house.path.write_bytes(house.path.read_bytes()[:5_000])
    house.open()
    house.turns(1)
    assert [notice.code for notice in house.archivist.notices] == ["database-set-aside"]
    assert any("set aside" in line for line in house.lines)
    house.turns(400)
    assert taken > 0 < house.taken() and list(house.path.parent.glob("archive.db.set-aside-*"))


def test_it_is_tended_once_a_day(house: _House) -> None:
    house.turns(3 * 144 + 30, 600)
    days = [(later - earlier) // 3600 for earlier, later in zip(house.tended, house.tended[1:], strict=False)]
    assert days and set(days) == {24}, house.tended


def test_damage_that_only_a_copy_finds_is_mended(tmp_path: Path) -> None:
    house = _House(tmp_path)
    house.archivist._tend = lambda now: [str(make_copy(house.path, now))]
    house.turns(400)
    taken = house.taken()
    assert taken and copy_of(house.path).exists()
    file = bytearray(house.path.read_bytes())
    page = len(file) // 2 // 1024 * 1024
    file[page : page + 1024] = bytes(1024)  # of a table that takes do not read again
    house.path.write_bytes(file)
    house.archivist._tended_unix_s = 0
    house.turns(400)
    assert [notice.code for notice in house.archivist.notices] == ["database-set-aside"]
    assert any("took over" in line for line in house.lines), house.lines
    assert house.taken() > 0
    house.close()
