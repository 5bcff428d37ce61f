"""What is looked after beside counting reaches roster, log and database, and holds nobody up."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from traffic_analyzer.caretaker import Caretaker
from traffic_analyzer.quotas.checker import QuotaChecker, used_in
from traffic_analyzer.quotas.hooks import Hooks
from traffic_analyzer.quotas.quotas import quotas_of
from traffic_analyzer.records import DeviceName, NameSource, Notice
from traffic_analyzer.roster.files import Files, sources
from traffic_analyzer.roster.roster import Roster
from traffic_analyzer.store.writer import Writer
from traffic_analyzer.uci import parse

from .traffic import MAC, MINUTE, batch, flow_key, packed

_S = 10**9
_LABELS = f"config device\n\toption mac '{MAC}'\n\toption name 'phone'\n"
_QUOTA = "config quota 'all'\n\toption limit '1000B'\n\toption period 'month'\n"


class _House:
    def __init__(self, folder: Path) -> None:
        self.labels, self.db = folder / "labels", folder / "traffic.db"
        self.labels.write_text(_LABELS)
        self.writer, self.roster = Writer(self.db), Roster(vendor=lambda _: None)
        store = self.writer.store
        quotas = QuotaChecker(
            quotas_of(parse(_QUOTA), "x"), used_in(self.db), self.writer.call(store.crossed),
            lambda new: self.writer.call(store.cross, new), Hooks(),
        )  # fmt: skip
        self.caretaker = Caretaker(self.writer, self.roster, Files(sources(str(self.labels))), quotas)

    def rows(self, query: str) -> list[tuple[object, ...]]:
        with closing(sqlite3.connect(self.db)) as database:
            return database.execute(query).fetchall()


@pytest.fixture
def house(tmp_path: Path):
    made = _House(tmp_path)
    yield made
    made.caretaker.close()
    made.writer.close()


def _until(what: Callable[[], bool]) -> None:
    until_s = time.monotonic() + 20
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
    house.caretaker.look(2 * _S, 200, [lro], True)
    _until(lambda: len(house.rows(query)) < 2)
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
