"""Pruning takes what is old, everywhere, and nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from traffic_analyzer.errors import StoreError
from traffic_analyzer.records import DeviceName, Health, NameHealth
from traffic_analyzer.store.restamp import SPANS, TIMED
from traffic_analyzer.store.retention import prune

from ..traffic import MAC, MINUTE, batch, counter_key, flow_key, question_key, server_name_key, stored
from .seeds import CACHE_ROWS, DNS_ROWS, NEW_ROWS, SNI_ROWS, rows, seed

_DAY_S = 86_400
_TABLES = (
    "flow_minute", "counter_minute", "question_minute", "server_name_minute", "dns_cache_1m", "collector_health_1m",
    "device_address", "device_name",
)  # fmt: skip


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
            questions={question_key("asked.example", minute_unix_s=minute): 1 for minute in (old, new)},
            server_names={server_name_key("hello.example", minute_unix_s=minute): 1 for minute in (old, new)},
            name_health=tuple(NameHealth(minute, "eth0", 1, 0, 0, 0, 0, 0, 0, 0) for minute in (old, new)),
            addresses=[(MAC, "10.0.0.1"), (MAC, "192.168.1.2")],
            device_names=[DeviceName(MAC, 2, "old"), DeviceName(MAC, 2, "new")],
            minute_unix_s=old,
        ),
        batch(
            generation=1, addresses=[(MAC, "192.168.1.2")], device_names=[DeviceName(MAC, 2, "new")], minute_unix_s=new
        ),
    )
    deleted = prune(path, new + 3 * _DAY_S, 3)
    assert deleted == dict.fromkeys(_TABLES, 1)
    assert rows(path, "SELECT ts_minute, dst_ip, bytes FROM flow_1m_5t") == [(new, "192.168.1.2", 2)]
    for table in _TABLES:
        minute = {**TIMED, **dict.fromkeys(SPANS, "last_unix_s")}[table]
        assert rows(path, f"SELECT {minute} FROM {table}") == [(new,)]
    texts = [rows(path, f"SELECT text FROM {table} ORDER BY text") for table in ("address", "domain", "device")]
    assert texts == [
        [("",), ("192.168.1.2",), ("203.0.113.7",)],
        [("",), ("asked.example",), ("hello.example",)],
        [("",), ("02:aa:bb:cc:dd:01",), ("192.168.1.2",)],
    ]
    assert prune(path, new + 3 * _DAY_S, 3) == dict.fromkeys(deleted, 0)


@pytest.mark.parametrize("table", ["question_minute", "server_name_minute"])
def test_texts_that_only_names_refer_to_stay(tmp_path: Path, table: str) -> None:
    late: dict[str, Any] = {"minute_unix_s": MINUTE + _DAY_S, "client": "10.0.0.9", "device": MAC}
    if table == "question_minute":
        names = batch({flow_key(): (1, 1)}, questions={question_key("a.example", **late): 1})
    else:
        names = batch({flow_key(): (1, 1)}, server_names={server_name_key("a.example", **late): 1})
    path = stored(tmp_path / "traffic.db", names)
    assert prune(path, MINUTE + _DAY_S + 60, 1)["flow_minute"] == 1
    query = f"""SELECT domain.text, address.text, device.text FROM {table} JOIN domain ON domain.id = domain_id
        JOIN address ON address.id = client_id JOIN device ON device.id = device_id"""
    assert rows(path, query) == [("a.example", "10.0.0.9", "02:aa:bb:cc:dd:01")]
    assert rows(path, "SELECT count(*) FROM address") == [(2,)]


def test_rows_of_the_seed_are_pruned_too(tmp_path: Path) -> None:
    path = seed(tmp_path / "seed.db", flow_1m_5t=NEW_ROWS, dns_1m=DNS_ROWS, sni_1m=SNI_ROWS, dns_cache_1m=CACHE_ROWS)
    deleted = prune(path, 100 + _DAY_S, 1)
    counts = {"flow_minute": 2, "question_minute": 3, "server_name_minute": 1, "dns_cache_1m": 1}
    counts["device_address"] = 1
    assert deleted == dict.fromkeys(_TABLES, 0) | counts
    for table in ("flow_1m_5t", "dns_1m", "sni_1m", "dns_cache_1m"):
        assert {minute for (minute,) in rows(path, f"SELECT ts_minute FROM {table}")} == {120}


def test_a_database_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="no such database"):
        prune(tmp_path / "folder" / "typo.db", MINUTE, 1)
    assert list(tmp_path.iterdir()) == []
