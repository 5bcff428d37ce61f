"""What is rolled up is what the minutes held."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from traffic_analyzer.store.local_time import hour_of
from traffic_analyzer.store.tiers.rollups import OTHER, ROLLUPS, roll
from traffic_analyzer.store.writer import Store

from ...traffic import MINUTE, batch, flow_key, home
from ..seeds import rows


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "traffic.db"


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    with closing(Store(path)) as opened:
        opened.commit(home(MINUTE))
        yield opened


def _roll(store: Store, *span: int, sign: int = 1, sequence: int = 1) -> None:
    with store._database.atomic():
        roll(store._database, sequence, *span, sign)


def test_both_ways_of_a_conversation_share_a_row(store: Store, path: Path) -> None:
    _roll(store, MINUTE - 60, MINUTE)
    query = (
        "SELECT iface.text, domain.text, tx_direction, service_port, l4_proto, rx_bytes, tx_bytes, rx_packets, "
        "tx_packets FROM traffic_pending JOIN iface ON iface.id = iface_id JOIN domain ON domain.id = domain_id "
        "ORDER BY rx_bytes"
    )
    assert rows(path, query) == [
        ("eth0", "", 1, 0, 1, 300, 0, 5, 0),
        ("br-lan", "dns.quad9.net", 0, 443, 17, 400, 50, 4, 5),
        ("eth0", "one.example", 1, 443, 6, 700, 100, 7, 10),
    ]
    assert rows(path, "SELECT DISTINCT start_unix_s FROM traffic_pending") == [(hour_of(MINUTE),)]


@pytest.mark.parametrize(
    ("ports", "service"), [((40000, 443), 443), ((22, 50000), 22), ((22, 443), 443), ((5000, 6000), 6000), ((0, 0), 0)]
)  # fmt: skip
def test_the_port_is_that_of_the_service(tmp_path: Path, ports: tuple[int, int], service: int) -> None:
    path = tmp_path / "ports.db"
    with closing(Store(path)) as store:
        store.commit(batch({flow_key(client_port=ports[0], remote_port=ports[1]): (1, 1)}))
        _roll(store, MINUTE - 60, MINUTE)
    assert rows(path, "SELECT service_port FROM traffic_pending") == [(service,)]


@pytest.mark.parametrize("rollup", ROLLUPS, ids=lambda rollup: rollup.name)
def test_sums_of_every_rollup_are_those_of_its_minutes(store: Store, path: Path, rollup) -> None:
    _roll(store, MINUTE - 60, MINUTE)
    for column, expression in rollup.sums.items():
        pending = rows(path, f"SELECT sum({column}) FROM {rollup.table('pending')}")
        assert pending == rows(path, f"SELECT sum({expression}) FROM {rollup.source}")
    for column, expression in rollup.maxima.items():
        pending = rows(path, f"SELECT max({column}) FROM {rollup.table('pending')}")
        assert pending == rows(path, f"SELECT max({expression}) FROM {rollup.source}")


@pytest.mark.parametrize("rollup", ROLLUPS, ids=lambda rollup: rollup.name)
def test_what_is_rolled_back_leaves_nothing(store: Store, path: Path, rollup) -> None:
    for sign in (1, 1, -1, -1):
        _roll(store, MINUTE - 60, MINUTE, sign=sign)
    for column in rollup.sums:
        assert rows(path, f"SELECT DISTINCT {column} FROM {rollup.table('pending')}") in ([(0,)], [])


def test_only_the_span_is_rolled(store: Store, path: Path) -> None:
    _roll(store, MINUTE, MINUTE + 3600)
    _roll(store, MINUTE - 3600, MINUTE - 60)
    _roll(store, MINUTE, MINUTE - 60)
    assert rows(path, "SELECT * FROM traffic_pending") == []
    _roll(store, MINUTE - 60, MINUTE, sequence=7)
    assert rows(path, "SELECT DISTINCT sequence FROM counter_pending") == [(7,)]


@pytest.mark.parametrize("rollup", [r for r in ROLLUPS if r.cap], ids=lambda rollup: rollup.name)
def test_a_rest_blanks_keys_only(rollup) -> None:
    assert set() < set(rollup.rest) < set(rollup.keys) and not set(rollup.rest) & set(rollup.bucket)


@pytest.mark.parametrize("sign", [1, -1])
def test_of_many_in_a_minute_the_largest_are_kept_and_all_are_summed(tmp_path: Path, sign: int) -> None:
    path = tmp_path / "many.db"
    flows = {flow_key(remote=f"203.0.{n >> 8}.{n & 255}", client_port=1024 + n): (n + 1, 1) for n in range(1_000)}
    with closing(Store(path)) as store:
        store.commit(batch(flows))
        _roll(store, MINUTE - 60, MINUTE, sign=sign)
    for rollup in ROLLUPS:
        if rollup.name in ("remote", "conversation"):
            sums = f"sum({rollup.rank}) FROM {rollup.table('pending')}"
            assert rows(path, f"SELECT count(*), {sums} WHERE remote_id > 0") == [
                (rollup.cap, sign * sum(range(1_001 - rollup.cap, 1_001))),
            ]  # fmt: skip
            assert rows(path, f"SELECT count(*), {sums} WHERE remote_id = {OTHER}") == [
                (1, sign * sum(range(1_001 - rollup.cap))),
            ]  # fmt: skip
