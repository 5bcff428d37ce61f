"""What the third version makes of a database of the second: every row and sum, and whose it was."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest
from peewee import SqliteDatabase

from traffic_analyzer.store.schema import schema_3

from ..seeds import rows, table_columns
from .version_2 import version_2

_FLOWS = "SELECT * FROM flow_1m_5t ORDER BY 1, 2, 3, 4, 5, 6, 7, 8"
_DEVICE_OF = "SELECT DISTINCT device.text, address.text FROM {} JOIN device ON device.id = device_id " \
    "JOIN address ON address.id = client_id ORDER BY 2, 1"  # fmt: skip


@pytest.fixture
def paths(tmp_path: Path) -> tuple[Path, Path]:
    """The same database before and after."""
    before, after = version_2(tmp_path / "before.db"), version_2(tmp_path / "after.db")
    with closing(SqliteDatabase(str(after))) as database, database.atomic():
        schema_3.upgrade(database)
    return before, after


def test_which_tables_are_added_and_which_change(paths: tuple[Path, Path]) -> None:
    before, after = paths
    tables = "SELECT name FROM sqlite_master WHERE type = 'table'"
    added = {"device_address", "device_name", "notice", "quota_crossed"}
    assert set(rows(after, tables)) == set(rows(before, tables)) | {(name,) for name in added}
    changed = {n for (n,) in rows(before, tables) if table_columns(after, str(n)) != table_columns(before, str(n))}
    assert changed == {"flow_minute", "question_minute", "server_name_minute", "device", "iface"}
    for table in changed - {"device", "iface"}:
        names = [name for name, *_ in table_columns(after, str(table))]
        assert [name for name in names if name != "again"] == [name for name, *_ in table_columns(before, str(table))]
        assert rows(after, f"SELECT DISTINCT again FROM {table}") == [(0,)]


def test_every_row_and_sum_stays(paths: tuple[Path, Path]) -> None:
    before, after = paths
    for table in ("address", "label", "evidence", "domain", "dns_cache_1m", "collector_health_1m", "kernel_instance",
                  "kernel_interface", "meta_kv"):  # fmt: skip
        assert rows(before, f"SELECT * FROM {table}") and len(table_columns(before, table))
        assert rows(after, f"SELECT * FROM {table}") == rows(before, f"SELECT * FROM {table}")
    for table, sums in (("flow_minute", "bytes"), ("question_minute", "count"), ("server_name_minute", "count")):
        query = f"SELECT count(*), sum({sums}), count(DISTINCT minute_unix_s) FROM {table}"
        assert rows(after, query) == rows(before, query) != [(0, None, 0)]
    ours = "counter IN ('seen', 'non_ip', 'not_booked')"
    query = f"SELECT * FROM counter_minute WHERE {ours}"
    assert rows(after, query) == rows(before, query)
    assert rows(after, "SELECT id, text, role FROM iface") == [(0, "", ""), (1, "eth0", ""), (2, "br-lan", "")]


def test_the_views_are_still_there_and_show_the_same(paths: tuple[Path, Path]) -> None:
    before, after = paths
    for query in (_FLOWS, "SELECT * FROM dns_1m ORDER BY 1, 2, 3, 4", "SELECT * FROM sni_1m ORDER BY 1, 2, 3"):
        assert rows(after, query) == rows(before, query) != []
    views = "SELECT name, sql FROM sqlite_master WHERE type = 'view' ORDER BY name"
    assert rows(after, views) == rows(before, views) and len(rows(after, views)) == 3


def test_who_has_no_mac_is_a_device_by_address(paths: tuple[Path, Path]) -> None:
    _, after = paths
    assert rows(after, "SELECT text, kind FROM device ORDER BY id") == [
        ("", ""), ("02:aa:bb:cc:dd:01", "random"), ("00:16:3e:00:00:01", "mac"),
        ("192.168.1.2", "address"), ("192.168.1.3", "address"),
    ]  # fmt: skip
    assert rows(after, _DEVICE_OF.format("flow_minute")) == [
        ("", ""), ("00:16:3e:00:00:01", "192.168.1.2"), ("192.168.1.2", "192.168.1.2"),
        ("192.168.1.3", "192.168.1.3"), ("02:aa:bb:cc:dd:01", "2001:db8::2"),
    ]  # fmt: skip


@pytest.mark.parametrize("table", ["question_minute", "server_name_minute"])
def test_a_device_is_the_same_one_in_all_tables(paths: tuple[Path, Path], table: str) -> None:
    found = rows(paths[1], _DEVICE_OF.format(table))
    assert set(found) <= set(rows(paths[1], _DEVICE_OF.format("flow_minute"))) and len(found) >= 3


def test_devices_have_the_addresses_that_they_were_seen_with(paths: tuple[Path, Path]) -> None:
    query = """SELECT device.text, address.text, first_unix_s, last_unix_s FROM device_address
        JOIN device ON device.id = device_id JOIN address ON address.id = address_id ORDER BY 1, 2"""
    assert rows(paths[1], query) == [
        ("00:16:3e:00:00:01", "192.168.1.2", 120, 180),
        ("02:aa:bb:cc:dd:01", "2001:db8::2", 60, 60),
        ("192.168.1.2", "192.168.1.2", 60, 60),
        ("192.168.1.3", "192.168.1.3", 60, 60),
    ]


def test_the_ledger_is_filled_where_there_are_counters_and_adds_up(paths: tuple[Path, Path]) -> None:
    query = """SELECT minute_unix_s, iface_id, direction, counter, bytes, packets FROM counter_minute
        WHERE counter IN ('exact', 'hidden', 'unknown', 'ambiguous', '') ORDER BY 1, 2, 3, 4"""
    assert rows(paths[1], query) == [  # nothing of minutes 0 and 180, in which nobody counted
        (60, 1, 0, "exact", 1200, 12), (60, 1, 0, "unknown", 7, 1), (60, 1, 1, "exact", 100, 5),
        (60, 2, 1, "hidden", 400, 4), (120, 2, 1, "unknown", 30, 3),
    ]  # fmt: skip
    differences = """SELECT minute_unix_s, sum(CASE counter WHEN 'seen' THEN bytes ELSE -bytes END),
        sum(CASE counter WHEN 'seen' THEN packets ELSE -packets END)
        FROM counter_minute WHERE counter <> {} GROUP BY 1, iface_id, direction"""
    for left, right in ("seen", "interface"), ("interface", "seen"):  # either is what all others come to
        query = differences.replace("'seen'", f"'{left}'").format(f"'{right}'")
        assert {(lacking, packets) for _, lacking, packets in rows(paths[1], query)} == {(0, 0)}
