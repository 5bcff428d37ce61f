"""Hours become days of the local calendar, each hour once; what comes late finds its place."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from traffic_analyzer.store.facts import DAYS_SINCE, DAYS_UNTIL, HOURS_SINCE, Facts
from traffic_analyzer.store.tiers.archive import Archive
from traffic_analyzer.store.tiers.rollups import ROLLUPS
from traffic_analyzer.store.tiers.taking import DisagreeError, Taking
from traffic_analyzer.store.writer import Store

from ..seeds import rows
from .archives import check_tiers, minute_batch, take, time_zone

_HOUR_S, _DAY_S = 3600, 86_400
_OCTOBER = 1_792_792_800  # 2026-10-24 00:00 in Berlin; the next day has 25 hours
_MARCH = 1_774_652_400  # 2026-03-28 00:00 in Berlin; the next day has 23 hours
_PACKETS = "SELECT start_unix_s, sum(rx_packets + tx_packets) / 7 FROM traffic_{tier} GROUP BY 1 ORDER BY 1"


class _House:
    def __init__(self, folder: Path) -> None:
        self.working, self.path = folder / "working.db", folder / "archive.db"
        self.store, self.archive = Store(self.working), Archive(self.path, self.working)
        self.number = 0

    def book(self, *minutes: int) -> None:
        for minute in minutes:
            self.store.commit(minute_batch(minute, self.number))
            self.number += 1

    def take(self, now_unix_s: int) -> None:
        take(self.store, self.archive, now_unix_s)

    def minutes(self, tier: str) -> list[tuple[object, ...]]:
        """How many minutes are in each hour or day, by its start."""
        return rows(self.path, _PACKETS.format(tier=tier))

    def put(self, fact: str, value: int) -> None:
        assert self.archive._database is not None
        Facts(self.archive._database).put(fact, value)

    def close(self) -> None:
        self.archive.close()
        self.store.close()


@pytest.fixture
def house(tmp_path: Path) -> Iterator[_House]:
    with closing(_House(tmp_path)) as made:
        yield made


@pytest.mark.parametrize(("began", "hours"), [(_OCTOBER, (24, 25, 24)), (_MARCH, (24, 23, 24))])
@pytest.mark.parametrize("at_once", [True, False])
def test_days_are_as_long_as_they_are(
    house: _House, monkeypatch: pytest.MonkeyPatch, began: int, hours: tuple[int, ...], at_once: bool
) -> None:
    with time_zone(monkeypatch, "Europe/Berlin"):
        for hour in range(sum(hours)):
            house.book(began + hour * _HOUR_S + 60 * (hour % 60))
            if not at_once:
                house.take(began + hour * _HOUR_S + _HOUR_S)
        house.take(began + sum(hours) * _HOUR_S)
        starts = [began + sum(hours[:n]) * _HOUR_S for n in range(3)]
        assert house.minutes("day") == list(zip(starts, hours, strict=True))
        assert house.minutes("hour") == [(began + n * _HOUR_S, 1) for n in range(sum(hours))]
        check_tiers(house.working, house.path)


def test_hours_of_odd_zones(house: _House, monkeypatch: pytest.MonkeyPatch) -> None:
    with time_zone(monkeypatch, "Asia/Kathmandu"):  # UTC+5:45
        began = _OCTOBER - _OCTOBER % _DAY_S - 345 * 60
        house.book(*(began + 60 * n for n in range(0, 2 * 1440, 20)))
        house.take(began + 2 * _DAY_S)
        assert house.minutes("hour") == [(began + n * _HOUR_S, 3) for n in range(48)]
        assert house.minutes("day") == [(began, 72), (began + _DAY_S, 72)]


def test_a_zone_that_changes_loses_no_hour(house: _House, monkeypatch: pytest.MonkeyPatch) -> None:
    total = 0
    for day, zone in enumerate(("Europe/Berlin", "America/New_York", "Asia/Tokyo", "UTC", "Europe/Berlin")):
        with time_zone(monkeypatch, zone):
            house.book(*(_OCTOBER + day * _DAY_S + n * 1200 for n in range(72)))
            total += 72
            house.take(_OCTOBER + (day + 1) * _DAY_S)
    house.take(_OCTOBER + 20 * _DAY_S)
    assert sum(int(str(count)) for _, count in house.minutes("day")) == total


def test_the_day_that_runs_is_in_hours_only(house: _House) -> None:
    began = _OCTOBER - _OCTOBER % _DAY_S
    house.book(began + 60, began + _DAY_S + 60)
    house.take(began + _DAY_S + 120)
    assert house.minutes("day") == [(began, 1)]
    assert house.minutes("hour") == [(began, 1), (began + _DAY_S, 1)]
    assert rows(house.path, f"SELECT value FROM meta_kv WHERE key = '{DAYS_UNTIL}'") == [(str(began + _DAY_S),)]


def test_a_late_hour_whose_hours_are_gone_goes_to_its_day(house: _House) -> None:
    began = _OCTOBER - _OCTOBER % _DAY_S
    house.book(began + 60)
    house.take(began + 9 * _DAY_S)
    house.put(HOURS_SINCE, began + 5 * _DAY_S)
    house.put(DAYS_SINCE, began - _DAY_S)
    house.book(began + 180, began - _DAY_S + 60, began - 3 * _DAY_S)
    house.take(began + 9 * _DAY_S)
    assert house.minutes("hour") == [(began, 1)]
    assert house.minutes("day") == [(began - _DAY_S, 1), (began, 2)]


def test_a_clock_that_was_ahead_leaves_days_right(house: _House) -> None:
    began = _OCTOBER - _OCTOBER % _DAY_S
    house.book(began + 60)
    house.take(began + 400 * _DAY_S)
    house.book(*(began + _DAY_S * n for n in range(1, 5)))
    house.take(began + 4 * _DAY_S + 60)
    check_tiers(house.working, house.path)
    assert len(house.minutes("day")) == 5


def test_the_largest_of_a_day_are_those_of_all_its_hours(house: _House) -> None:
    began = _OCTOBER - _OCTOBER % _DAY_S
    for hour in range(24):
        house.store.commit(minute_batch(began + hour * _HOUR_S, hour, 60))
    house.take(began + _DAY_S)
    check_tiers(house.working, house.path)
    (traffic,) = (rollup for rollup in ROLLUPS if rollup.name == "traffic")
    ((count,),) = rows(house.path, "SELECT count(*) FROM traffic_day")
    assert traffic.cap < int(str(count)) < traffic.day_cap + 12


def test_maxima_are_the_largest(house: _House) -> None:
    began = _OCTOBER - _OCTOBER % _DAY_S
    house.book(began + 60, began + 600)
    house.take(began + 700)
    house.book(began + 300)
    house.take(began + 2 * _DAY_S)
    for tier in ("hour", "day"):
        assert rows(house.path, f"SELECT max(last_unix_s) FROM client_{tier}") == [(began + 600,)]


def test_texts_must_agree(house: _House) -> None:
    house.book(_OCTOBER)
    house.take(_OCTOBER)
    database = house.archive._database
    assert database is not None
    taking = Taking(database, "working")
    house.book(_OCTOBER + 60)
    for change in ("UPDATE main.domain SET text = 'else' WHERE id = 2", "UPDATE main.domain SET id = 900 WHERE id = 2"):
        database.execute_sql("BEGIN")
        database.execute_sql(change)
        with pytest.raises(DisagreeError):
            taking.take_texts("domain", "SELECT 2")
        database.execute_sql("ROLLBACK")
    taking.take_texts("domain", "SELECT 2")
