"""What is looked after beside counting reaches roster, log and database, and holds nobody up."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from traffic_analyzer.caretaker import Caretaker
from traffic_analyzer.quotas.checker import QuotaChecker, used_in
from traffic_analyzer.quotas.hooks import Hooks
from traffic_analyzer.quotas.quotas import quotas_of
from traffic_analyzer.records import DeviceName, NameSource, Notice
from traffic_analyzer.roster.files import Files, sources
from traffic_analyzer.roster.roster import Roster
from traffic_analyzer.store.keeping.tending import keeping
from traffic_analyzer.store.tiers.archive import Archive
from traffic_analyzer.store.tiers.archivist import Archivist
from traffic_analyzer.store.writer import Writer
from traffic_analyzer.uci import parse

from .traffic import MAC, MINUTE, batch, flow_key, home, packed

_S = 10**9
_LABELS = f"config device\n\toption mac '{MAC}'\n\toption name 'phone'\n"
_QUOTA = "config quota 'all'\n\toption limit '1000B'\n\toption period 'month'\n"


class _House:
    def __init__(self, folder: Path, archive: Path | None = None) -> None:
        self.labels, self.db = folder / "labels", folder / "traffic.db"
        self.labels.write_text(_LABELS)
        self.writer, self.roster = Writer(self.db), Roster(vendor=lambda _: None)
        store = self.writer.store
        quotas = QuotaChecker(
            quotas_of(parse(_QUOTA), "x"), used_in(self.db), lambda: self.writer.call(store.crossed),
            lambda new: self.writer.call(store.cross, new), Hooks(),
        )  # fmt: skip
        self.archivist = Archivist(self.writer, Archive(archive or self.db, self.db), 1_800)
        keep = keeping(False, 1, 30, 730, 64, 0, 0)
        files = Files(sources(str(self.labels)))
        self.caretaker = Caretaker(self.writer, self.roster, files, quotas, self.archivist, keep)

    def close(self) -> None:
        self.caretaker.close()
        self.archivist.close(MINUTE)
        self.writer.close()

    def rows(self, query: str) -> list[tuple[object, ...]]:
        with closing(sqlite3.connect(self.db)) as database:
            return database.execute(query).fetchall()


@pytest.fixture
def house(tmp_path: Path):
    made = _House(tmp_path)
    yield made
    made.close()


def _until(what: Callable[[], bool]) -> None:
    until_s = time.monotonic() + 60
    while not what():
        assert time.monotonic() < until_s
        time.sleep(0.01)


def test_a_label_names_the_device_and_is_read_again_when_it_changes(house: _House) -> None:
    def named(boot_ns: int) -> list[DeviceName]:
        house.caretaker.look(boot_ns, MINUTE, [], True)
        house.roster.meet(MAC, packed("192.168.1.2"))
        return house.roster.take(boot_ns)

    assert named(_S) == [DeviceName(MAC, NameSource.LABEL, "phone")]
    house.labels.write_text(_LABELS.replace("phone", "tablet"))
    assert named(2 * _S) == []  # not at every turn
    assert named(7 * _S) == [DeviceName(MAC, NameSource.LABEL, "tablet")]


def test_notices_are_written_when_they_change_and_keep_their_date(house: _House) -> None:
    lro, old = Notice("lro", "eth0"), Notice("unseen", "wan", "why")
    query = "SELECT code, subject, detail, since_unix_s FROM notice ORDER BY code"
    house.caretaker.look(_S, 100, [lro, old], True)
    _until(lambda: len(house.rows(query)) == 2)

    def forgotten() -> bool:
        house.caretaker.look(2 * _S, 200, [lro], True)  # again, where the writer was not done with the first yet
        return len(house.rows(query)) < 2

    _until(forgotten)
    assert house.rows(query) == [("lro", "eth0", "", 100)]


def test_a_quota_is_told_once_and_stands_in_the_status(house: _House) -> None:
    house.writer.commit(batch({flow_key(): (900, 1)})).result()
    lines = house.caretaker.look(_S, MINUTE, [], True)
    _until(lambda: bool(house.rows("SELECT * FROM quota_crossed")))
    for number in range(2, 200):
        lines += house.caretaker.look(number * _S, MINUTE + number, [], True)
        time.sleep(0.01)
    assert [line.split(",")[0] for line in lines] == ["quota all: past 80 %: 90 % used"]
    assert house.rows("SELECT code, detail FROM notice") == [("quota-warned", "900/1000")]
    assert [row[::2] for row in house.rows("SELECT * FROM quota_crossed")] == [("all", 80)]


def test_a_quota_counts_what_an_archive_brings_after_a_restart(tmp_path: Path) -> None:
    """The first look is earlier than the archive; what it found of hours that are past is not the last word."""
    for name in ("before", "after"):
        (tmp_path / name).mkdir()
    archive, early = tmp_path / "archive.db", MINUTE - 5 * 3600
    before = _House(tmp_path / "before", archive)
    before.writer.commit(batch({flow_key(minute_unix_s=early): (900, 1)}, minute_unix_s=early)).result()
    before.close()
    after = _House(tmp_path / "after", archive)
    lines = after.caretaker.look(_S, MINUTE, [], True)
    _until(lambda: after.archivist.is_open)
    after.caretaker.look(2 * _S, MINUTE + 1, [], True)
    _until(lambda: not after.caretaker._looking or after.caretaker._looking.done())
    lines += after.caretaker.look(62 * _S, MINUTE + 61, [], True) + after.caretaker.close()
    assert [line.split(",")[0] for line in lines] == ["quota all: past 80 %: 90 % used"]
    after.close()


def test_a_malformed_file_is_told(house: _House) -> None:
    house.labels.write_text("nonsense")
    house.caretaker.look(_S, 100, [], True)
    query = "SELECT code, subject FROM notice"
    _until(lambda: house.rows(query) == [("names-file", str(house.labels))])


def test_no_quota_is_looked_at_while_nobody_knows_which_month_it_is(house: _House) -> None:
    up_s = 600
    house.writer.commit(batch({flow_key(minute_unix_s=up_s): (2_000, 1)})).result()
    for number in range(1, 200):
        assert house.caretaker.look(number * 60 * _S, up_s + number, [Notice("clock", "", "")], False) == []
    _until(lambda: house.rows("SELECT code FROM notice") == [("clock",)])
    assert house.rows("SELECT * FROM quota_crossed") == []
    house.writer.call(house.writer.store.restamp, 0, up_s + 600, MINUTE - up_s)
    house.caretaker.recount()
    house.caretaker.look(201 * 60 * _S, MINUTE + 5, [], True)
    _until(lambda: len(house.rows("SELECT * FROM quota_crossed")) == 2)
    assert {row[1] > up_s for row in house.rows("SELECT quota, since_unix_s FROM quota_crossed")} == {True}


def test_old_minutes_go_by_and_by_and_not_at_the_start(house: _House) -> None:
    hour_s, count = 3600, "SELECT count(DISTINCT minute_unix_s) FROM flow_minute"
    for number in range(5):  # one an hour, of which the newest hour is kept
        minute = MINUTE + number * hour_s
        house.writer.commit(batch({flow_key(minute_unix_s=minute): (1, 1)}, generation=number, minute_unix_s=minute))
    now = MINUTE + 4 * hour_s + 60
    house.caretaker.look(_S, now, [], True)
    house.writer.call(lambda: None)
    assert house.rows(count) == [(5,)]
    house.caretaker.look(70 * _S, now, [], False)  # of what time nobody knows what is old
    house.writer.call(lambda: None)
    assert house.rows(count) == [(5,)]

    def turns() -> bool:
        turns.boot_s += 61
        house.caretaker.look(turns.boot_s * _S, now, [], True)
        return house.rows(count) == [(1,)]

    turns.boot_s = 140
    _until(turns)


def test_what_was_damaged_is_said_once_and_stays_a_notice(house: _House) -> None:
    house.writer.commit(home(MINUTE)).result()
    for file in (house.db, house.db.with_name(house.db.name + "-wal")):
        with file.open("r+b") as opened:
            opened.write(b"garbage!" * (file.stat().st_size // 8))
    house.writer.commit(replace(home(MINUTE + 60), generation=1)).result()
    said: list[str] = []

    def is_noted() -> bool:
        said.extend(house.caretaker.look((len(said) + 1) * _S, MINUTE, [], True))
        return ("database-set-aside",) in house.rows("SELECT code FROM notice")

    _until(is_noted)
    assert len([line for line in said if "set aside" in line]) == 1
