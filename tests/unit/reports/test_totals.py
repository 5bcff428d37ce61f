"""The sums are those of the reports, whatever is asked for."""

from __future__ import annotations

from pathlib import Path

import pytest

from traffic_analyzer.errors import StoreError, UsageError
from traffic_analyzer.reports import registry
from traffic_analyzer.reports.selection import Selection
from traffic_analyzer.reports.totals import Totals, totals

from ..traffic import MINUTE, batch, flow_key, home, stored


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return stored(tmp_path / "traffic.db", home(MINUTE))


@pytest.mark.parametrize(
    ("asked", "sums"),
    [
        ({}, (1_400, 150, 31)),
        ({"ifaces": ("br-lan",)}, (400, 50, 9)),
        ({"ifaces": ("eth0",)}, (1_000, 100, 22)),
        ({"ifaces": ("eth0", "br-lan")}, (1_400, 150, 31)),
        ({"devices": ("02:aa:bb:cc:dd:01",)}, (400, 50, 9)),
        ({"devices": ("2001:DB8:1:0::20",)}, (400, 50, 9)),
        ({"devices": ("10.9.9.9",)}, (0, 0, 0)),
        ({"limit": 1}, (1_400, 150, 31)),
    ],
    ids=str,
)
def test_what_is_asked_for(path: Path, asked: dict[str, tuple[str, ...]], sums: tuple[int, int, int]) -> None:
    selection = Selection(MINUTE, MINUTE + 60, **asked)
    assert totals(path, selection) == sums
    rows = registry.run(path, "top-ip", Selection(MINUTE, MINUTE + 60, **(asked | {"limit": 99}))).rows
    assert tuple(map(sum, zip(*((row[1], row[2], row[5]) for row in rows), strict=True))) == (sums if any(sums) else ())


@pytest.mark.parametrize(("since", "until", "bytes_"), [(0, 60, 7), (0, 120, 18), (60, 61, 11), (1, 60, 0), (0, 0, 0)])
def test_the_window(tmp_path: Path, since: int, until: int, bytes_: int) -> None:
    flows = {flow_key(minute_unix_s=MINUTE): (7, 1), flow_key(minute_unix_s=MINUTE + 60): (11, 1)}
    path = stored(tmp_path / "two.db", batch(flows))
    assert totals(path, Selection(MINUTE + since, MINUTE + until)).rx_bytes == bytes_


def test_more_than_fits_in_32_bits(tmp_path: Path) -> None:
    path = stored(tmp_path / "big.db", batch({flow_key(f"10.0.0.{n}"): (2**40, 2**33) for n in range(200)}))
    assert totals(path, Selection(0, 2**40)) == Totals(200 * 2**40, 0, 200 * 2**33)


def test_mistakes(path: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="--iface eth9: never counted in this database; it knows br-lan, eth0$"):
        totals(path, Selection(0, 1, ("eth9",)))
    with pytest.raises(StoreError, match="no such database"):
        totals(tmp_path / "none.db", Selection(0, 1))


def test_no_face_shows_them() -> None:
    assert "totals" not in registry.REPORTS
