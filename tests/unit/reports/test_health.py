"""Collector health, minute by minute, the seed's rows included."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from traffic_analyzer.records import Health
from traffic_analyzer.reports.registry import run
from traffic_analyzer.reports.selection import Selection
from traffic_analyzer.store.database import open_writable
from traffic_analyzer.store.local_time import hour_of
from traffic_analyzer.store.tiers.rollups import ARCHIVE_IFACE

from ..store.seeds import HEALTH_ROWS, NEW_ROWS, seed
from ..traffic import MINUTE, batch, home, stored

_NAME = "collector-health"


def test_the_latest_minute_comes_first(tmp_path: Path) -> None:
    path = stored(tmp_path / "traffic.db", home(MINUTE))
    assert run(path, _NAME, Selection(MINUTE, MINUTE + 60)).rows == [
        (MINUTE, "br-lan", 2, 65_536, 0, 0, 0, 0, 0),
        (MINUTE, "eth0", 3, 65_536, 0, 27, 0, 0, 0),
    ]


def test_rows_of_the_seed_are_shown(tmp_path: Path) -> None:
    path = seed(tmp_path / "seed.db", flow_1m_5t=NEW_ROWS, collector_health_1m=HEALTH_ROWS)
    expected = [(120, "eth0", 13, 0, 0, 0, 0, 0, 0), (60, "eth0", 12, 0, 3, 4, 5, 6, 0)]
    assert run(path, _NAME, Selection(0, 1_000)).rows == expected  # from a copy
    open_writable(path).close()
    assert run(path, _NAME, Selection(0, 1_000)).rows == expected
    assert run(path, _NAME, Selection(60, 61, ("eth0",))).rows == expected[1:]


def test_the_tables_of_names_of_all_interfaces_add_up(tmp_path: Path) -> None:
    path = stored(tmp_path / "traffic.db", home(MINUTE), replace(home(MINUTE + 60), generation=1))
    both, eth0 = (3, 6, 3, 3, 1, 0, 0, 1), (2, 4, 2, 2, 1, 0, 0, 1)
    window = Selection(MINUTE, MINUTE + 120)
    assert run(path, "dns-cache-inspect", window).rows == [(MINUTE + 60, *both), (MINUTE, *both)]
    assert run(path, "dns-cache-inspect", replace(window, ifaces=("eth0",), limit=1)).rows == [(MINUTE + 60, *eth0)]


def test_what_was_written_to_the_archive_is_shown_by_minute_and_by_hour(tmp_path: Path) -> None:
    health = tuple(Health(MINUTE + 60 * n, ARCHIVE_IFACE, 0, 0, 0, archive_bytes=1_000) for n in range(2))
    path = stored(tmp_path / "traffic.db", batch(health=health))
    written = [(row[0], row[1], row[-1]) for row in run(path, _NAME, Selection(MINUTE, MINUTE + 120)).rows]
    assert written == [(MINUTE + 60, ARCHIVE_IFACE, 1_000), (MINUTE, ARCHIVE_IFACE, 1_000)]
    hour = hour_of(MINUTE)
    by_hour = run(path, _NAME, Selection(hour - 9 * 3600, hour + 9 * 3600)).rows
    assert [(row[0], row[1], row[-1]) for row in by_hour] == [(hour, ARCHIVE_IFACE, 2_000)]
