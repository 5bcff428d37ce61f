"""The traffic reports, each on the same small home."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from traffic_analyzer.reports.registry import run
from traffic_analyzer.reports.selection import Selection

from ..traffic import MAC, MINUTE, batch, flow_key, home, stored

_WINDOW = Selection(MINUTE, MINUTE + 60)
_ROWS = {
    "top-ip": [
        ("203.0.113.7", 700, 100, 800, 800 / 1550, 17),
        ("2001:db8:ffff::1", 400, 50, 450, 450 / 1550, 9),
        ("198.51.100.9", 300, 0, 300, 300 / 1550, 5),
    ],
    "top-lan": [
        ("192.168.1.2", "", 1000, 100, 1100, 1100 / 1550, 22),
        ("2001:db8:1::20", "02:aa:bb:cc:dd:01", 400, 50, 450, 450 / 1550, 9),
    ],
    "top-protocol": [
        (6, 443, 700, 100, 800, 800 / 1550, 17),
        (17, 443, 400, 50, 450, 450 / 1550, 9),
        (1, 0, 300, 0, 300, 300 / 1550, 5),
    ],
    "timeline": [(MINUTE, 1400, 150, 1550, 1.0, 31)],
    "top-flow": [
        (0, 6, "203.0.113.7", 443, "192.168.1.2", 40000, 700, 7),
        (1, 17, "2001:db8:ffff::1", 443, "2001:db8:1::20", 40000, 400, 4),
        (0, 1, "198.51.100.9", 0, "192.168.1.2", 0, 300, 5),
        (1, 6, "192.168.1.2", 40000, "203.0.113.7", 443, 100, 10),
        (0, 17, "2001:db8:1::20", 40000, "2001:db8:ffff::1", 443, 50, 5),
    ],
}


@pytest.mark.parametrize("name", _ROWS)
def test_all_rows(tmp_path: Path, name: str) -> None:
    path = stored(tmp_path / "traffic.db", home(MINUTE))
    assert run(path, name, _WINDOW).rows == [pytest.approx(row) for row in _ROWS[name]]


def test_minutes_are_summed(tmp_path: Path) -> None:
    path = stored(tmp_path / "traffic.db", home(MINUTE), replace(home(MINUTE + 60), generation=1))
    for name, rows in _ROWS.items():
        if name == "timeline":
            continue  # its rows are the minutes
        bytes_at = -2 if name == "top-flow" else -3
        found = run(path, name, Selection(MINUTE, MINUTE + 120)).rows
        assert [row[bytes_at] for row in found] == [2 * row[bytes_at] for row in rows]


def test_a_device_is_shown_where_any_row_knows_it(tmp_path: Path) -> None:
    flows = {flow_key(): (1, 1), flow_key(iface="br-lan", device=MAC): (2, 1)}
    path = stored(tmp_path / "traffic.db", batch(flows))
    assert run(path, "top-lan", _WINDOW).rows == [("192.168.1.2", "02:aa:bb:cc:dd:01", 3, 0, 3, 1.0, 2)]
