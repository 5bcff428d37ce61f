"""Every minute gets into the archive exactly once, whenever the power goes, and whatever becomes of the file."""

from __future__ import annotations

import random
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from traffic_analyzer.errors import StoreError
from traffic_analyzer.records import Role
from traffic_analyzer.store.dictionary import DICTIONARY_OF
from traffic_analyzer.store.facts import DAYS_UNTIL
from traffic_analyzer.store.keeping.leftovers import GROWING, references, unused
from traffic_analyzer.store.tiers.archive import Archive, OverBudgetError
from traffic_analyzer.store.tiers.taking import DisagreeError
from traffic_analyzer.store.writer import Store

from ...traffic import MAC, batch, flow_key, home, interface
from ..seeds import rows
from .archives import check_tiers, minute_batch, take
from .kills import Lives, live

_HOUR_S, _DAY_S = 3600, 86_400
_BEGAN = 1_792_929_600 - 4 * _HOUR_S  # 2026-10-25 08:00 UTC
_TRAFFIC = "SELECT sum(rx_bytes + tx_bytes) FROM traffic_hour"


class _House:
    """A working database and its archive; minutes are an hour's sixtieth, numbered on."""

    def __init__(self, folder: Path, apart: bool = True, budget_bytes: int = 0) -> None:
        self.working = folder / "working.db"
        self.path = folder / "archive.db" if apart else self.working
        self.store = Store(self.working)
        self.archive = Archive(self.path, self.working, budget_bytes)
        self.number = 0

    def book(self, minutes: int, step: int = 1) -> None:
        for _ in range(minutes):
            self.store.commit(minute_batch(self.now, self.number))
            self.number += step

    @property
    def now(self) -> int:
        return _BEGAN + 60 * self.number

    def take(self, now_unix_s: int | None = None, running: bool = True) -> int:
        return take(self.store, self.archive, now_unix_s or self.now, running)

    def check(self) -> None:
        check_tiers(self.working, self.path)

    def close(self) -> None:
        self.archive.close()
        self.store.close()


@pytest.fixture(params=[True, False], ids=["apart", "in place"])
def house(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[_House]:
    with closing(_House(tmp_path, request.param)) as made:
        yield made


@pytest.fixture
def apart(tmp_path: Path) -> Iterator[_House]:
    with closing(_House(tmp_path)) as made:
        yield made


def test_minutes_hours_and_days_come_to_the_same(house: _House) -> None:
    for n in range(60):
        house.book(13, 7)
        written = house.take(running=bool(n % 2))
        assert bool(written) == house.archive.is_apart
        house.check()
    assert house.number > 3 * 1440  # days are over
    assert len(rows(house.path, "SELECT DISTINCT start_unix_s FROM traffic_day")) == 4
    assert rows(house.working, "SELECT count(*) FROM traffic_pending") == [(0,)]


def test_a_moved_minute_leaves_its_old_hour_and_day(house: _House) -> None:
    house.book(200, 11)
    house.take()
    house.store.restamp(_BEGAN + 5 * _HOUR_S, _BEGAN + 9 * _HOUR_S, -(_DAY_S + _HOUR_S))
    house.check()
    house.take()
    house.check()
    empty = f"SELECT count(*) FROM traffic_hour WHERE start_unix_s = {_BEGAN + 6 * _HOUR_S}"
    assert rows(house.path, empty) == [(0,)]  # no rows of nothing
    assert rows(house.path, f"SELECT count(*) FROM traffic_hour WHERE start_unix_s = {_BEGAN - 19 * _HOUR_S}") != [(0,)]
    assert rows(house.path, "SELECT count(*) FROM traffic_hour WHERE rx_bytes < 0 OR tx_bytes < 0") == [(0,)]


def test_what_was_put_together_can_be_taken_away_again(apart: _House) -> None:
    busy = [replace(minute_batch(_BEGAN + 60 * n, n, 200), generation=n) for n in range(3)]
    for each in busy:
        apart.store.commit(each)
    apart.take()
    for table in ("traffic_hour", "question_hour"):
        rest = f"SELECT count(*) > 0 FROM {table} JOIN domain ON id = domain_id WHERE text = '(other)'"
        assert rows(apart.path, rest) == [(1,)]
    apart.check()
    apart.store.restamp(_BEGAN, _BEGAN + 120, 5 * _HOUR_S)
    apart.take(_BEGAN + _DAY_S)
    apart.check()
    assert rows(apart.path, "SELECT count(*) FROM traffic_hour WHERE rx_bytes < 0") == [(0,)]


def test_texts_that_no_row_uses_do_not_get_there(apart: _House) -> None:
    apart.store.commit(minute_batch(_BEGAN, 0, 200))
    apart.take()
    assert not any(unused(apart.archive._opened, dictionary) for dictionary in GROWING)
    ((here,),), ((there,),) = (rows(path, "SELECT count(*) FROM address") for path in (apart.working, apart.path))
    assert int(str(here)) > 200 > int(str(there)) > 128


def test_every_text_that_a_row_uses_gets_there(apart: _House) -> None:
    apart.store.commit(minute_batch(_BEGAN, 0, 200))
    resolver = flow_key("192.168.1.9", "192.0.2.53", remote_port=53, minute_unix_s=_BEGAN)
    apart.store.commit(batch({resolver: (1, 1)}, generation=1))  # too little for the largest remotes
    apart.take()
    assert rows(apart.path, "SELECT text FROM traffic_hour JOIN address ON id = resolver_id WHERE id > 0") == [
        ("192.0.2.53",)
    ]
    for table, column in references(apart.archive._opened):
        lost = f"SELECT count(*) FROM {table} WHERE {column} NOT IN (SELECT id FROM {DICTIONARY_OF[column]})"
        assert rows(apart.path, lost) == [(0,)]


@pytest.mark.parametrize("whose", ["working", "path"])
def test_a_column_of_a_user_stays_where_it_is(apart: _House, whose: str) -> None:
    apart.archive.open()
    with closing(sqlite3.connect(getattr(apart, whose))) as database:
        database.execute("ALTER TABLE device ADD COLUMN owner TEXT DEFAULT 'me'")
    for _ in range(2):
        apart.book(5)
        apart.take()
        apart.check()
    assert rows(getattr(apart, whose), "SELECT DISTINCT owner FROM device") == [("me",)]


def test_what_lasts_goes_along_and_comes_back(apart: _House, tmp_path: Path) -> None:
    apart.store.remember_interface("one", interface("br-lan", Role.LAN))
    apart.store.commit(home(_BEGAN))
    apart.store.cross([("all", _BEGAN, 80)])
    apart.take(_BEGAN + 60)
    with closing(Store(tmp_path / "after reboot.db")) as store:
        store.adopt(apart.path)
    names = "SELECT text, name FROM device_name JOIN device ON device_id = id"
    lasting = (names, "SELECT text, role FROM iface ORDER BY 1", "SELECT * FROM quota_crossed",
               "SELECT device_id, address_id, first_unix_s FROM device_address", "SELECT * FROM device")  # fmt: skip
    for query in lasting:
        assert rows(tmp_path / "after reboot.db", query) == rows(apart.working, query)
    assert rows(tmp_path / "after reboot.db", names) == [(MAC, "laptop")]


def test_a_reboot_begins_another_store_that_feeds_the_same_archive(apart: _House) -> None:
    total = 0
    for _ in range(3):
        apart.book(70)
        apart.take()
        ((stored,),) = rows(apart.working, "SELECT sum(bytes) FROM flow_minute")
        total += int(str(stored))
        assert rows(apart.path, _TRAFFIC) == [(total,)]
        apart.store.close()
        for file in apart.working.parent.glob("working.db*"):
            file.unlink()
        apart.store = Store(apart.working)
    assert len(rows(apart.path, "SELECT * FROM meta_kv WHERE key LIKE 'taken/%'")) == 3


def test_a_sequence_is_taken_once(house: _House) -> None:
    house.book(100)
    house.take()
    ((before,),) = rows(house.path, _TRAFFIC)
    for _ in range(2):  # forgetting was interrupted, say
        house.archive.take(house.store.seal(), house.now)
    assert rows(house.path, _TRAFFIC) == [(before,)]
    house.check()


def test_a_take_that_is_broken_off_anywhere_leaves_nothing_half_done(house: _House) -> None:
    house.book(60, 30)
    house.take()
    broken = 0
    for limit in [*range(1, 20), *range(20, 400, 12)]:
        house.book(2, 30)
        house.archive.open()
        connection = house.archive._database.connection()
        steps = iter(range(limit))
        connection.set_progress_handler(lambda steps=steps: next(steps, None) is None, 400)
        sequence = house.store.seal()
        try:
            house.archive.take(sequence, house.now)
        except StoreError:
            broken += 1
            house.check()
        finally:
            connection.set_progress_handler(None, 0)
    assert broken > 20
    house.take()
    house.check()


_SERIES, _LIVES = 15, 5  # of each layout, with two instants each: 300


@pytest.mark.parametrize("is_apart", [True, False], ids=["apart", "in place"])
def test_killed_at_any_instant(tmp_path: Path, is_apart: bool) -> None:
    chance = random.Random(5)
    journals = logs = lost = 0
    for series in range(_SERIES):  # each begins with nothing
        lives = Lives(tmp_path / str(series) / "now", is_apart, chance)
        for _ in range(_LIVES):
            lives.live_and_die()
        live(lives.working, lives.path, lives.said["committed"] + 1, chance, lambda *_: None, 1)
        check_tiers(lives.working, lives.path)
        assert rows(lives.working, "SELECT count(*) FROM traffic_pending") == [(0,)]
        journals, logs, lost = journals + lives.has_journal, logs + lives.has_log, max(lost, lives.lost)
    assert logs > 20 and (journals > 20) == is_apart  # caught in the midst of it
    assert bool(lost) == is_apart


def test_an_archive_that_was_exchanged_is_noticed(apart: _House) -> None:
    apart.book(10)
    apart.take()
    other = apart.path.with_name("other.db")
    with closing(_House(apart.path.parent / "elsewhere")) as elsewhere:
        elsewhere.number = 7
        elsewhere.book(10)
        elsewhere.take()
        elsewhere.path.rename(other)
    apart.path.rename(apart.path.with_name("old.db"))
    other.rename(apart.path)
    ((before,),) = rows(apart.path, _TRAFFIC)
    apart.book(10)
    apart.take()
    ((after,),) = rows(apart.path, _TRAFFIC)
    booked = sum(t.bytes for n in range(10, 20) for t in minute_batch(0, n).flows.values())
    assert int(str(after)) - int(str(before)) == booked
    joined = "SELECT count(*) FROM traffic_hour JOIN domain ON domain_id = domain.id"
    assert rows(apart.path, joined) == rows(apart.path, "SELECT count(*) FROM traffic_hour")


def test_an_archive_that_others_write_to_is_adopted_first(apart: _House) -> None:
    apart.book(1)
    apart.take()
    assert not apart.archive.open()
    with closing(sqlite3.connect(apart.path)) as database, database:
        database.execute("INSERT INTO domain (text) VALUES ('imported.example')")
    apart.book(5)  # new names, under the same id
    apart.archive.adopted()  # it is not seen, say
    with pytest.raises(DisagreeError):
        apart.archive.take(apart.store.seal(), apart.now)
    apart.archive.close()
    apart.take()
    apart.check()
    assert set(rows(apart.path, "SELECT * FROM domain")) <= set(rows(apart.working, "SELECT * FROM domain"))


def test_an_archive_of_another_program_is_refused(apart: _House) -> None:
    with closing(sqlite3.connect(apart.path)) as database:
        database.execute("CREATE TABLE mine (a)")
    with pytest.raises(StoreError, match=r"^--archive .*/archive\.db: a database of another program"):
        apart.archive.open()
    assert rows(apart.path, "SELECT name FROM sqlite_master") == [("mine",)]


def test_a_missing_folder_is_said(tmp_path: Path) -> None:
    with closing(Store(tmp_path / "working.db")):
        archive = Archive(tmp_path / "not" / "there.db", tmp_path / "working.db")
        with pytest.raises(StoreError, match=r"^--archive .*: the folder cannot be reached \(No such file"):
            archive.open()
        (tmp_path / "not").mkdir()
        assert archive.open()
        archive.close()


def test_the_writer_is_not_held_up(apart: _House) -> None:
    apart.book(20, 30)
    apart.archive.open()
    apart.store.adopt(apart.path)
    database = apart.archive._database
    with database.atomic("IMMEDIATE"):
        database.execute_sql("SELECT count(*) FROM working.traffic_pending").fetchall()
        began = time.monotonic()
        apart.book(1)
        assert time.monotonic() - began < 2


def test_an_archive_has_no_index_of_texts_and_a_store_has(apart: _House) -> None:
    indexes = "SELECT count(*) FROM sqlite_master WHERE type = 'index' AND name LIKE '%\\_text' ESCAPE '\\'"
    apart.book(1)
    apart.take()
    assert (rows(apart.path, indexes), rows(apart.working, indexes)) == ([(0,)], [(6,)])
    with closing(Store(apart.path)):  # somebody works in it
        assert rows(apart.path, indexes) == [(6,)]


def test_a_file_of_its_own_has_small_pages_and_no_log(apart: _House) -> None:
    apart.book(1)
    apart.take()
    assert rows(apart.path, "PRAGMA page_size") == [(1024,)]
    assert {path.name for path in apart.path.parent.glob("archive.db*")} <= {"archive.db", "archive.db-journal"}


def test_a_budget_puts_off_and_nothing_is_lost(tmp_path: Path) -> None:
    with closing(_House(tmp_path, budget_bytes=400_000)) as house:
        put_off = 0
        for _ in range(40):
            house.book(3, 2)
            try:
                house.take()
            except OverBudgetError:
                put_off += 1
            house.check()
            assert house.archive.written_bytes(house.now) <= 400_000
        assert 0 < put_off < 40
        house.take(house.now + 2 * _DAY_S)
        house.check()
        assert rows(house.working, "SELECT count(*) FROM traffic_pending") == [(0,)]


def test_copies_are_charged(apart: _House) -> None:
    apart.book(1)
    written = apart.take()
    apart.archive.charge(12_345)
    apart.book(1)
    written += apart.take()
    assert apart.archive.written_bytes(apart.now) == written + 12_345


def test_hours_that_come_after_their_day_go_to_both(house: _House) -> None:
    house.book(10)
    house.take(_BEGAN + 3 * _DAY_S)
    house.store.commit(minute_batch(_BEGAN + _DAY_S, 5_000))
    house.take(_BEGAN + 3 * _DAY_S)
    house.check()
    assert len(rows(house.path, "SELECT DISTINCT start_unix_s FROM traffic_day")) == 2
    ((until,),) = rows(house.path, f"SELECT value FROM meta_kv WHERE key = '{DAYS_UNTIL}'")
    assert int(str(until)) > _BEGAN + 2 * _DAY_S


def test_nothing_to_take(house: _House) -> None:
    house.take()
    house.store.commit(batch())
    house.take()
    house.check()


def test_an_archive_that_is_read_only_is_read(apart: _House) -> None:
    apart.book(1)
    apart.take()
    folder = apart.path.parent / "disk"
    folder.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "none", str(folder)], capture_output=True).returncode:
        pytest.skip("no right to mount")
    try:
        (folder / "archive.db").write_bytes(apart.path.read_bytes())
        subprocess.run(["mount", "-o", "remount,ro", str(folder)], check=True)
        working = apart.path.with_name("new.db")
        with closing(Store(working)) as store, closing(Archive(folder / "archive.db", working)) as archive:
            assert archive.open()
            store.adopt(archive.path)
            archive.adopted()
            assert set(rows(apart.path, "SELECT * FROM domain")) <= set(rows(working, "SELECT * FROM domain"))
            with pytest.raises(StoreError, match=r"^--archive .*: attempt to write a readonly database"):
                archive.take(store.seal(), apart.now)
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def test_a_copy_that_is_larger_than_the_budget_keeps_nothing_back_for_long(tmp_path: Path) -> None:
    with closing(_House(tmp_path, budget_bytes=400_000)) as house:
        house.book(3)
        house.take()
        house.archive.charge(5_000_000)
        taken = []
        for _ in range(6):
            house.number += 1_440
            house.book(3)
            try:
                house.take()
            except OverBudgetError:
                continue
            taken.append(house.now)
        assert len(taken) >= 3
        assert not house.archive._charged_bytes
        house.take(house.now + 3 * _DAY_S)
        house.check()
