"""The statement of an hour adds up as it was booked, and usage is what an interface carried, seen or not."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from traffic_analyzer import ledger as booked
from traffic_analyzer.records import Role
from traffic_analyzer.reports.ledger import ITEMS
from traffic_analyzer.reports.registry import run
from traffic_analyzer.reports.selection import Selection
from traffic_analyzer.store.writer import Store

from ..store.seeds import NEW_ROWS, seed
from ..traffic import batch, counter_key, interface, stored

_HOUR_S, _DAY_S = 3600, 86_400
_NOON = 1_792_929_600  # 2026-10-25 12:00 UTC: in Berlin a day of 25 hours
_ITEMS = {
    "interface": (1_000, 10), "headers": (140, 0), "uncounted": (60, 1), "exact": (500, 4), "ambiguous": (100, 1),
    "hidden": (100, 1), "unknown": (100, 1), "non_ip": (100, 1), "not_booked": (100, 1), "unseen": (200, 2),
}  # fmt: skip


@pytest.fixture(autouse=True)
def _in_berlin(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    from traffic_analyzer.reports.functions import day_of, hour_of

    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    day_of.cache_clear()
    hour_of.cache_clear()
    yield
    monkeypatch.undo()
    time.tzset()
    day_of.cache_clear()
    hour_of.cache_clear()


def _statement(**changed: Any) -> dict[Any, tuple[int, int]]:
    seen = {"seen": (1_000, 9)}
    return {counter_key(item, **changed): sums for item, sums in (_ITEMS | seen).items()}


def test_the_items_are_those_that_are_booked_in_the_order_of_the_sum() -> None:
    assert set(booked.ITEMS) < set(ITEMS)
    assert [item for item in ITEMS if item in booked.ITEMS] == list(booked.ITEMS)


def test_an_hour_is_shown_item_by_item_and_adds_up(tmp_path: Path) -> None:
    minutes = [_NOON - _NOON % _HOUR_S + 60 * n for n in (0, 59)]
    counters = {k: v for minute in minutes for k, v in _statement(minute_unix_s=minute).items()}
    path = stored(tmp_path / "traffic.db", batch(counters=counters))
    rows = run(path, "ledger", Selection(_NOON, _NOON + _HOUR_S)).rows
    assert [row[:4] for row in rows] == [(_NOON, "eth0", 0, item) for item in ITEMS if item in _ITEMS]
    assert [row[4:] for row in rows] == [(2 * b, 2 * p) for b, p in _ITEMS.values()]
    for at in (4, 5):
        sums = [row[at] for row in rows]
        assert sum(sums[:3]) == sum(sums[3:])


def test_hours_interfaces_and_directions_each_have_their_own(tmp_path: Path) -> None:
    keys = [(_NOON + hour, iface, direction) for hour in (_HOUR_S, 0) for iface in ("br-lan", "eth1")
            for direction in (0, 1)]  # fmt: skip
    counters: dict[Any, tuple[int, int]] = {}
    for minute, iface, direction in keys:
        counters |= _statement(minute_unix_s=minute, iface=iface, direction=direction)
    path = stored(tmp_path / "traffic.db", batch(counters=counters))
    rows = run(path, "ledger", Selection(_NOON, _NOON + 2 * _HOUR_S)).rows
    assert list(dict.fromkeys(row[:3] for row in rows)) == keys and len(rows) == 8 * len(_ITEMS)
    assert {row[1] for row in run(path, "ledger", Selection(_NOON, _NOON + _HOUR_S, ("eth1",))).rows} == {"eth1"}


def test_the_hour_that_comes_twice_is_two(tmp_path: Path) -> None:
    began = _NOON - 12 * _HOUR_S  # 02:00 CEST
    counters = {k: v for n in range(3) for k, v in _statement(minute_unix_s=began + n * _HOUR_S).items()}
    path = stored(tmp_path / "traffic.db", batch(counters=counters))
    rows = run(path, "ledger", Selection(began, began + 3 * _HOUR_S)).rows
    assert list(dict.fromkeys(row[0] for row in rows)) == [began + n * _HOUR_S for n in (2, 1, 0)]


def test_counters_of_the_programs_that_are_no_item_are_not_shown(tmp_path: Path) -> None:
    counters = {counter_key(c, minute_unix_s=_NOON): (1, 1) for c in ("seen", "buffers", "dns_drop", "again")}
    path = stored(tmp_path / "traffic.db", batch(counters=counters))
    assert [row[3] for row in run(path, "ledger", Selection(_NOON, _NOON + 60)).rows] == ["again"]


def test_usage_is_what_was_seen_and_unseen_by_day_and_role(tmp_path: Path) -> None:
    counters: dict[Any, tuple[int, int]] = {}
    for iface, scale in (("br-lan", 1), ("eth1", 10), ("eth0", 100)):
        for direction in (0, 1):
            at: dict[str, Any] = {"iface": iface, "direction": direction, "minute_unix_s": _NOON}
            factor = scale * (1 + direction)
            counters |= {
                counter_key("seen", **at): (1_000 * factor, factor), counter_key("unseen", **at): (5 * factor, factor),
                counter_key("interface", **at): (9, 9), counter_key("exact", **at): (1_000 * factor, factor),
                counter_key("again", **at): (7, 7),
            }  # fmt: skip
    path = stored(tmp_path / "traffic.db", batch(counters=counters))
    with closing(Store(path)) as store:
        for name, role in (("br-lan", Role.LAN), ("eth1", Role.WAN), ("eth0", Role.HOST)):
            store.remember_interface("one", interface(name, role))
    day = _NOON - 14 * _HOUR_S  # 00:00 CEST, 13 hours of the local clock before 12:00 CET
    assert run(path, "usage", Selection(_NOON, _NOON + 60)).rows == [
        (day, "br-lan", "lan", 2_010, 1_005, 3_015, 15, 6),  # what comes in from a LAN is an upload
        (day, "eth0", "host", 100_500, 201_000, 301_500, 1_500, 600),
        (day, "eth1", "wan", 10_050, 20_100, 30_150, 150, 60),
    ]


def test_a_day_of_25_hours_is_one_and_ends_at_midnight(tmp_path: Path) -> None:
    day = _NOON - 14 * _HOUR_S
    minutes = range(day - _HOUR_S, day + 27 * _HOUR_S, _HOUR_S)
    counters = {counter_key("seen", minute_unix_s=minute): (1, 1) for minute in minutes}
    path = stored(tmp_path / "traffic.db", batch(counters=counters))
    rows = run(path, "usage", Selection(0, 2**31)).rows
    assert [(row[0], row[5]) for row in rows] == [(day + 25 * _HOUR_S, 2), (day, 25), (day - _DAY_S, 1)]


def test_a_seed_has_no_ledger(tmp_path: Path) -> None:
    path = seed(tmp_path / "seed.db", flow_1m_5t=NEW_ROWS)
    for name in ("ledger", "usage"):
        result = run(path, name, Selection(0, 1_000))
        assert result.rows == [] and result.completeness.seen_packets == result.completeness.difference_packets == 0
