"""Pruning takes what is old, everywhere, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from traffic_analyzer.errors import StoreError
from traffic_analyzer.records import Health
from traffic_analyzer.store.retention import prune

from ..traffic import MAC, MINUTE, batch, counter_key, flow_key, stored
from .seeds import DNS_ROWS, NEW_ROWS, rows, seed

_DAY_S = 86_400


def test_what_is_older_goes_and_the_rest_stays(tmp_path: Path) -> None:
    old, new = MINUTE, MINUTE + 60
    path = stored(
        tmp_path / "traffic.db",
        batch(
            {
                flow_key("10.0.0.1", minute_unix_s=old, device=MAC, domain="old.example"): (1, 1),
                flow_key(minute_unix_s=new, device=MAC): (2, 1),
            },
            {counter_key("seen", minute_unix_s=minute): (1, 1) for minute in (old, new)},
            (Health(old, "eth0", 1, 1, 0), Health(new, "eth0", 1, 1, 0)),
        ),
    )
    deleted = prune(path, new + 3 * _DAY_S, 3)
    assert deleted == {"flow_minute": 1, "counter_minute": 1, "collector_health_1m": 1}
    assert rows(path, "SELECT ts_minute, dst_ip, bytes FROM flow_1m_5t") == [(new, "192.168.1.2", 2)]
    assert rows(path, "SELECT minute_unix_s FROM counter_minute") == [(new,)]
    assert rows(path, "SELECT ts_minute FROM collector_health_1m") == [(new,)]
    texts = [rows(path, f"SELECT text FROM {table} ORDER BY text") for table in ("address", "domain", "device")]
    assert texts == [[("",), ("192.168.1.2",), ("203.0.113.7",)], [("",)], [("",), ("02:aa:bb:cc:dd:01",)]]
    assert prune(path, new + 3 * _DAY_S, 3) == dict.fromkeys(deleted, 0)


def test_tables_of_the_seed_are_pruned_too(tmp_path: Path) -> None:
    path = seed(tmp_path / "seed.db", flow_1m_5t=NEW_ROWS, dns_1m=DNS_ROWS)
    deleted = prune(path, 100 + _DAY_S, 1)
    assert deleted["flow_minute"] == 2 and deleted["dns_1m"] == 1
    assert {minute for (minute,) in rows(path, "SELECT ts_minute FROM flow_1m_5t")} == {120}


def test_a_database_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="no such database"):
        prune(tmp_path / "folder" / "typo.db", MINUTE, 1)
    assert list(tmp_path.iterdir()) == []
