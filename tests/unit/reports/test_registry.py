"""One query a report: what is in the window, on the interfaces asked for, and what is missing from it."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from traffic_analyzer.errors import StoreError, UsageError
from traffic_analyzer.reports import registry
from traffic_analyzer.reports.registry import REPORTS, Completeness, Selection

from ..traffic import MINUTE, batch, flow_key, home, stored

_WINDOW = Selection(MINUTE, MINUTE + 60)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return stored(tmp_path / "traffic.db", home(MINUTE))


def _column(result: registry.Result, name: str) -> list[object]:
    at = [column.name for column in result.report.columns].index(name)
    return [row[at] for row in result.rows]


@pytest.mark.parametrize("name", ["top-ip", "top-lan", "top-flow"])
def test_rows_sum_to_what_was_counted(path: Path, name: str) -> None:
    result = registry.run(path, name, _WINDOW)
    assert (sum(_column(result, "bytes")), sum(_column(result, "packets"))) == (1_550, 31)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["top-ip", "top-lan"])
def test_shares_count_rows_beyond_the_limit(tmp_path: Path, name: str) -> None:
    flows = {flow_key(f"10.0.0.{n}", f"203.0.113.{n}"): (n, 1) for n in range(1, 31)}
    path = stored(tmp_path / "many.db", batch(flows))
    whole = registry.run(path, name, Selection(MINUTE, MINUTE + 60, limit=100))
    assert sum(_column(whole, "share")) == pytest.approx(1)  # type: ignore[arg-type]
    three = registry.run(path, name, Selection(MINUTE, MINUTE + 60, limit=3))
    assert three.rows == whole.rows[:3]
    assert _column(three, "share")[0] == pytest.approx(30 / 465)
    assert len(registry.run(path, name, _WINDOW).rows) == REPORTS[name].default_limit == 20


def test_a_share_of_nothing_is_nothing(tmp_path: Path) -> None:
    path = stored(tmp_path / "empty.db", batch({flow_key(): (0, 1)}))
    assert _column(registry.run(path, "top-ip", _WINDOW), "share") == [None]


@pytest.mark.parametrize(("ifaces", "bytes_"), [(("eth0",), 1_100), (("br-lan",), 450), (("eth0", "br-lan"), 1_550)])
def test_only_the_interfaces_asked_for(path: Path, ifaces: tuple[str, ...], bytes_: int) -> None:
    for name in ("top-ip", "top-lan", "top-flow"):
        result = registry.run(path, name, Selection(MINUTE, MINUTE + 60, ifaces))
        assert sum(_column(result, "bytes")) == bytes_  # type: ignore[arg-type]
    assert set(_column(registry.run(path, "collector-health", result.selection), "iface")) == set(ifaces)
    assert result.completeness.seen_bytes == {1_100: 2_000, 450: 450, 1_550: 2_450}[bytes_]


def test_an_interface_that_was_never_counted_is_a_mistake(path: Path) -> None:
    with pytest.raises(UsageError, match="--iface eth9: never counted in this database; it knows br-lan, eth0$"):
        registry.run(path, "top-ip", Selection(MINUTE, MINUTE + 60, ("eth0", "eth9")))


def test_an_unknown_report(path: Path) -> None:
    with pytest.raises(UsageError, match="no report top-secret: choose from top-ip"):
        registry.run(path, "top-secret", _WINDOW)


@pytest.mark.parametrize("name", REPORTS)
@pytest.mark.parametrize(
    ("since", "until", "is_in"),
    [(0, 1, True), (0, 60, True), (-60, 1, True), (-60, 0, False), (1, 60, False), (60, 120, False), (0, 0, False)],
)
def test_the_window_begins_with_its_first_second_and_ends_before_its_last(
    path: Path, name: str, since: int, until: int, is_in: bool
) -> None:
    result = registry.run(path, name, Selection(MINUTE + since, MINUTE + until))
    assert bool(result.rows) is is_in
    assert bool(result.completeness.seen_packets) is is_in


@pytest.mark.parametrize("second", [0, 30, 59])
def test_looking_back_covers_that_many_minutes_and_the_running_one(second: int) -> None:
    since, until = registry.lookback(MINUTE + second, 2)
    minutes = range(MINUTE - 300, MINUTE + 300, 60)
    assert [m for m in minutes if since <= m < until] == [MINUTE - 120, MINUTE - 60, MINUTE]


def test_completeness_is_the_sum_of_the_counters(path: Path) -> None:
    found = registry.run(path, "top-ip", _WINDOW).completeness
    assert found == Completeness(2_450, 59, 60, 1, 840, 27)
    assert found.seen_bytes == 1_550 + found.non_ip_bytes + found.not_booked_bytes


@settings(max_examples=15)
@given(st.randoms(use_true_random=False))
def test_equal_rows_keep_one_order(tmp_path_factory: pytest.TempPathFactory, shuffle: random.Random) -> None:
    keys = [flow_key(f"10.0.0.{n}", f"203.0.113.{n}", client_port=port) for n in range(5) for port in (1, 2)]
    shuffle.shuffle(keys)
    path = stored(tmp_path_factory.mktemp("order") / "traffic.db", batch(dict.fromkeys(keys, (10, 1))))
    assert _column(registry.run(path, "top-ip", _WINDOW), "remote_ip") == [f"203.0.113.{n}" for n in range(5)]
    assert _column(registry.run(path, "top-lan", _WINDOW), "local_ip") == [f"10.0.0.{n}" for n in range(5)]
    flows = registry.run(path, "top-flow", _WINDOW)
    assert list(zip(_column(flows, "src_ip"), _column(flows, "dst_port"), strict=True)) == [
        (f"203.0.113.{n}", port) for n in range(5) for port in (1, 2)
    ]


def test_a_damaged_database_is_an_error_of_the_store(tmp_path: Path) -> None:
    flows = {flow_key(f"10.0.{n >> 8}.{n & 255}"): (n, 1) for n in range(3000)}
    path = stored(tmp_path / "traffic.db", batch(flows))
    size = path.stat().st_size
    with path.open("r+b") as file:  # the head is whole, the leaves of the trees are not
        file.seek(size // 4)
        file.write(b"\xff" * (size // 2))
    with pytest.raises(StoreError, match=f"^--db {path}: .*malformed"):
        registry.run(path, "top-ip", _WINDOW)
