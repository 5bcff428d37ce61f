"""Once a day what no tier keeps any longer goes, all sums of the rest stay, and a good copy is kept."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from traffic_analyzer.records import DeviceName, NameSource
from traffic_analyzer.store.damage.copy import copied_unix_s
from traffic_analyzer.store.damage.files import copy_of
from traffic_analyzer.store.dictionary import DICTIONARY_OF
from traffic_analyzer.store.facts import DAYS_SINCE, HOURS_SINCE
from traffic_analyzer.store.keeping.leftovers import GROWING, references, unused
from traffic_analyzer.store.keeping.retention import used_bytes
from traffic_analyzer.store.keeping.tending import Keeping, keeping, tend
from traffic_analyzer.store.local_time import day_of
from traffic_analyzer.store.tiers.archive import Archive
from traffic_analyzer.store.writer import Writer

from ...traffic import MAC, batch, flow_key
from ..seeds import rows
from ..tiers.archives import check_tiers, minute_batch

_DAY_S, _HOUR_S = 86_400, 3_600
_BEGAN = 1_792_886_400  # 2026-10-25 00:00 UTC
_DAYS = 12
_KEEP = Keeping(_DAY_S, 5 * _DAY_S, 8 * _DAY_S, 64 << 20, 0, 0)


class _House:
    """A batch of its own sites each three hours, for twelve days; a device that was there on the first day only."""

    def __init__(self, folder: Path, is_apart: bool) -> None:
        self.working = folder / "working.db"
        self.path = folder / "archive.db" if is_apart else self.working
        self.writer, self.archive = Writer(self.working), Archive(self.path, self.working)
        self.now, self.number = _BEGAN, 0
        gone = flow_key("192.168.1.77", "192.0.2.77", device="02:aa:bb:cc:dd:77", domain="gone.example",
                        minute_unix_s=_BEGAN)  # fmt: skip
        names = (DeviceName(gone.device, NameSource.LEASE, "visitor"),)
        addresses = [(gone.device, "192.168.1.77")]
        self.commit(batch({gone: (9, 1)}, addresses=addresses, device_names=names, minute_unix_s=_BEGAN))
        for _ in range(8 * _DAYS):
            self.book()

    def commit(self, made) -> None:
        assert self.writer.commit(replace(made, generation=self.number)).result()
        self.number += 1

    def book(self) -> None:
        flows = {
            flow_key(remote=f"198.51.{self.number}.{n}", domain=f"site{n}.day{self.now // _DAY_S}.example", device=MAC,
                     minute_unix_s=self.now): (1_000 + self.number + n, n + 1)
            for n in range(3)
        }  # fmt: skip
        self.commit(replace(minute_batch(self.now, self.number), instance="one"))
        self.commit(batch(flows, addresses=[(MAC, "192.168.1.2")], minute_unix_s=self.now))
        self.now += 3 * _HOUR_S

    def agree(self) -> bool:
        """True where there was anything to agree on."""
        if is_needed := self.archive.open():
            self.writer.call(self.writer.store.adopt, self.path)
            self.archive.adopted()
        return is_needed

    def take(self) -> None:
        self.agree()
        sequence = self.writer.call(self.writer.store.seal)
        self.archive.take(sequence, self.now)
        while self.writer.call(self.writer.store.forget_taken, sequence):
            pass

    def tend(self, keep: Keeping = _KEEP) -> list[str]:
        return tend(self.writer, self.archive, keep, self.now)

    def starts(self, tier: str) -> list[int]:
        return [int(str(at)) for (at,) in rows(self.path, f"SELECT DISTINCT start_unix_s FROM traffic_{tier}")]

    def lost(self) -> list[tuple[str, str]]:
        """Columns of both files with ids that the dictionary beside them does not have."""
        return [
            (table, column)
            for path, database in ((self.path, self.archive._opened), (self.working, self.archive._opened))
            for table, column in references(database)
            if rows(path, f"SELECT 1 FROM {table} WHERE {column} NOT IN (SELECT id FROM {DICTIONARY_OF[column]})")
        ]

    def close(self) -> None:
        self.archive.close()
        self.writer.close()


@pytest.fixture(params=[True, False], ids=["apart", "in place"])
def house(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[_House]:
    with closing(_House(tmp_path, request.param)) as made:
        made.take()
        yield made


@pytest.fixture
def apart(tmp_path: Path) -> Iterator[_House]:
    with closing(_House(tmp_path, True)) as made:
        made.take()
        yield made


_DEFAULTS = {"minutes_keep_hours": 0, "hours_keep_days": 30, "days_keep_days": 730, "minutes_max_mib": 0,
             "archive_max_mib": 64, "copy_days": 7}  # fmt: skip


def test_defaults_fit_the_layout() -> None:
    apart, alone = keeping(True, **_DEFAULTS), keeping(False, **_DEFAULTS)
    assert apart == (_DAY_S, 30 * _DAY_S, 730 * _DAY_S, 64 << 20, 64 << 20, 7 * _DAY_S)
    assert alone == apart._replace(minutes_s=876_000 * _HOUR_S, db_bytes=4 << 30, archive_bytes=0)
    chosen = _DEFAULTS | {"minutes_keep_hours": 2, "minutes_max_mib": 5}
    for is_apart in (True, False):
        assert keeping(is_apart, **chosen)[0::3][:2] == (2 * _HOUR_S, 5 << 20)


def test_what_stands_in_in_ram_is_small_and_not_copied() -> None:
    alone, small = keeping(False, **_DEFAULTS), keeping(True, **_DEFAULTS | {"minutes_max_mib": 5})
    assert alone.in_ram() == alone._replace(db_bytes=64 << 20, copy_s=0)
    assert small.in_ram() == small._replace(copy_s=0)


def test_what_is_kept_no_longer_goes_and_the_rest_is_whole(house: _House) -> None:
    sums = "SELECT start_unix_s, sum(rx_bytes + tx_bytes), sum(rx_packets) FROM traffic_{} GROUP BY 1"
    before = {tier: rows(house.path, sums.format(tier)) for tier in ("hour", "day")}
    assert house.tend() == []
    hours_since, days_since = house.now - 5 * _DAY_S, house.now - 8 * _DAY_S
    for tier, since in (("hour", hours_since), ("day", days_since)):
        kept = [row for row in before[tier] if int(str(row[0])) >= since]
        assert rows(house.path, sums.format(tier)) == kept and 0 < len(kept) < len(before[tier])
    for fact, since in ((HOURS_SINCE, hours_since), (DAYS_SINCE, days_since)):
        assert rows(house.path, f"SELECT value FROM meta_kv WHERE key = '{fact}'") == [(str(since),)]
    house.book()  # it goes on
    house.take()
    assert rows(house.path, sums.format("hour"))[:-1] == [
        row for row in before["hour"] if int(str(row[0])) >= hours_since
    ]
    assert house.lost() == []


def test_days_are_those_of_the_hours_that_are_left(house: _House) -> None:
    house.tend()
    sums = "sum(rx_bytes), sum(tx_bytes), sum(rx_packets), sum(tx_packets)"
    first, until = house.starts("hour")[0], day_of(house.now)
    for name in ("coverage", "traffic", "remote", "client"):
        day = f"start_unix_s / {_DAY_S} * {_DAY_S}"
        hours = f"SELECT {day}, {sums} FROM {name}_hour WHERE start_unix_s < {until} GROUP BY 1"
        days = f"SELECT start_unix_s, {sums} FROM {name}_day WHERE start_unix_s >= {first} GROUP BY 1"
        assert rows(house.path, hours) == rows(house.path, days) != []
    while house.writer.call(house.writer.store.prune_minutes, first, 0):  # minutes and hours begin at the same time
        pass
    minutes = rows(house.working, "SELECT sum(bytes), sum(packets) FROM flow_minute")
    assert minutes == rows(
        house.path, "SELECT sum(rx_bytes + tx_bytes), sum(rx_packets + tx_packets) FROM traffic_hour"
    )


def test_spans_and_texts_go_with_what_spoke_of_them(house: _House) -> None:
    spans = "SELECT text, name FROM device_name JOIN device ON device_id = id"
    assert len(rows(house.path, spans)) == 1
    house.tend()
    for path in (house.working, house.path):
        assert rows(path, spans) == []
        assert (
            rows(
                path,
                "SELECT 1 FROM device_address JOIN device ON device_id = id WHERE text <> ?".replace("?", f"'{MAC}'"),
            )
            == []
        )
    gone = "SELECT 1 FROM domain WHERE text = 'gone.example'"
    if house.archive.is_apart:  # where it cost hours of writes, it waits until there is more
        assert rows(house.path, gone) == []
    assert rows(house.working, gone) == [(1,)]  # minutes speak of it still
    while house.writer.call(house.writer.store.prune_minutes, house.now - _DAY_S, 0):
        pass
    house.tend()
    assert rows(house.working, gone) == []
    assert house.lost() == []
    assert all(unused(house.archive._opened, dictionary) == set() for dictionary in GROWING)
    kept = [set(rows(path, "SELECT id, text FROM domain")) for path in (house.path, house.working)]
    assert kept[0] <= kept[1]


def test_texts_that_pending_rows_speak_of_come_back(apart: _House) -> None:
    """They had gone from the archive with the last hours and days that spoke of them."""
    back = flow_key(remote="192.0.2.77", domain="gone.example", minute_unix_s=apart.now)
    apart.commit(batch({back: (7, 1)}, minute_unix_s=apart.now))
    sequence = apart.writer.call(apart.writer.store.seal)  # under the ids that the archive has now
    texts = "SELECT id FROM domain WHERE text = 'gone.example'"
    before = rows(apart.working, texts)
    apart.tend()
    assert rows(apart.path, texts) == [] and rows(apart.working, texts) == before
    assert not apart.agree()  # there is nothing to adopt after a prune
    apart.archive.take(sequence, apart.now)
    assert rows(apart.path, texts) == before
    assert apart.lost() == []
    named = "SELECT sum(rx_bytes) FROM traffic_hour JOIN domain ON domain_id = id WHERE text = 'gone.example'"
    assert rows(apart.path, named) == [(7,)]


def test_what_others_wrote_is_adopted_though_it_was_pruned(apart: _House) -> None:
    with closing(sqlite3.connect(apart.path)) as database, database:
        database.execute("INSERT INTO label (text) VALUES ('imported')")
    apart.tend()
    assert apart.agree()
    assert rows(apart.working, "SELECT 1 FROM label WHERE text = 'imported'") == [(1,)]


def test_an_archive_that_is_too_large_loses_its_oldest_hours_first_and_no_more_than_need_be(apart: _House) -> None:
    days, first = apart.starts("day"), apart.starts("hour")[0]
    with closing(sqlite3.connect(apart.path)) as database, database:
        database.executemany(
            "INSERT INTO counter_hour VALUES (?, 1, 0, ?, 1, 1)",
            [(first + n * _HOUR_S, f"counter {at}") for n in range(240) for at in range(50)],
        )
    apart.agree()
    kept = _KEEP._replace(hours_s=50 * _DAY_S, days_s=50 * _DAY_S)
    used = used_bytes(apart.archive._opened)
    apart.tend(kept._replace(archive_bytes=2 * used - 4096))  # of a small file half is spared
    assert apart.starts("day") == days
    ((left,),) = rows(apart.path, "SELECT count(*) FROM counter_hour WHERE counter LIKE 'counter %'")
    assert 6_000 < int(str(left)) < 12_000
    ((since,),) = rows(apart.path, f"SELECT value FROM meta_kv WHERE key = '{HOURS_SINCE}'")
    assert first < int(str(since)) < apart.starts("hour")[0] + _DAY_S  # from a whole day on


def test_a_copy_is_made_when_it_is_due(house: _House) -> None:
    keep = _KEEP._replace(copy_s=7 * _DAY_S)
    assert house.tend() == [] and copied_unix_s(house.path) is None
    began = house.now
    for day in range(15):
        house.now = began + day * _DAY_S
        assert house.tend(keep) == []
        assert copied_unix_s(house.path) == began + day // 7 * 7 * _DAY_S


def test_a_copy_counts_as_written(apart: _House) -> None:
    apart.tend()
    pruned = apart.archive.written_bytes(apart.now)
    apart.tend(_KEEP._replace(copy_s=_DAY_S))
    copied = copy_of(apart.path).stat().st_size
    apart.book()
    apart.now -= 3 * _HOUR_S
    apart.take()
    assert copied + pruned < apart.archive.written_bytes(apart.now)


def test_what_pruning_writes_counts(apart: _House) -> None:
    before = apart.archive.written_bytes(apart.now)
    apart.tend()
    assert apart.archive.written_bytes(apart.now) > before + 10_000


def test_a_copy_that_cannot_be_made_is_said(house: _House) -> None:
    copy_of(house.path).mkdir()
    (line,) = house.tend(_KEEP._replace(copy_s=_DAY_S))
    assert line.startswith(f"--db {house.path}: no copy could be made: ")


def test_nothing_younger_goes(house: _House) -> None:
    house.tend(_KEEP._replace(hours_s=50 * _DAY_S, days_s=50 * _DAY_S))
    check_tiers(house.working, house.path)
    assert len(house.starts("day")) == _DAYS
