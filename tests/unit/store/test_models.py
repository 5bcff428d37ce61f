"""The schema that a new database gets."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from peewee import Model, SqliteDatabase

from traffic_analyzer.store import models
from traffic_analyzer.store.tiers.rollups import OTHER, ROLLUPS

from ..traffic import MAC, MINUTE, batch, flow_key, home, question_key, server_name_key, stored
from .seeds import rows, table_columns


def test_every_table_is_made_and_every_dictionary_knows_the_empty_text(tmp_path: Path) -> None:
    path = stored(tmp_path / "new.db")
    query = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
    rolled = {rollup.table(tier) for rollup in ROLLUPS for tier in ("hour", "day", "pending")}
    assert {name for (name,) in rows(path, query)} == {model._meta.table_name for model in models.TABLES} | rolled
    for dictionary in models.DICTIONARIES:
        assert rows(path, f"SELECT id, text FROM {dictionary._meta.table_name} WHERE id >= 0") == [(0, "")]
    for table in ("domain", "address"):
        assert rows(path, f"SELECT text FROM {table} WHERE id = {OTHER}") == [("(other)",)]
    assert rows(path, "SELECT site FROM domain") == [("(other)",), ("",)]
    assert rows(path, "PRAGMA user_version") == [(models.SCHEMA_VERSION,)]


@pytest.mark.parametrize("model", [pytest.param(m, id=m._meta.table_name) for m in models.TABLES])
def test_the_migrations_make_the_tables_that_the_models_describe(tmp_path: Path, model: type[Model]) -> None:
    described = SqliteDatabase(str(tmp_path / "described.db"))
    with described.bind_ctx(models.TABLES):
        described.create_tables(models.TABLES)
    described.close()
    made, table = stored(tmp_path / "new.db"), model._meta.table_name
    assert table_columns(made, table) == table_columns(tmp_path / "described.db", table)
    sql = "SELECT sql FROM sqlite_master WHERE name = '" + table + "'"
    without_rowid = ["WITHOUT ROWID" in str(rows(p, sql)[0][0]) for p in (made, tmp_path / "described.db")]
    assert without_rowid[0] == without_rowid[1]


@pytest.mark.parametrize(
    ("table", "sums"),
    [("flow_minute", {"bytes", "packets"}), ("counter_minute", {"bytes", "packets"}), ("question_minute", {"count"}),
     ("server_name_minute", {"count"})],
)  # fmt: skip
def test_minutes_are_keyed_by_all_but_their_sums(tmp_path: Path, table: str, sums: set[str]) -> None:
    path = stored(tmp_path / "new.db", home(MINUTE))
    assert {name for name, _, _, key in table_columns(path, table) if not key} == sums
    with closing(sqlite3.connect(path)) as database, pytest.raises(sqlite3.IntegrityError):
        database.execute(f"INSERT INTO {table} SELECT * FROM {table}")


def test_the_view_shows_source_and_destination(tmp_path: Path) -> None:
    path = stored(tmp_path / "new.db", batch({flow_key(): (10, 1), flow_key(direction=1, is_tx=True): (20, 2)}))
    assert rows(path, "SELECT direction, src_ip, src_port, dst_ip, dst_port, bytes FROM flow_1m_5t ORDER BY 1") == [
        (0, "203.0.113.7", 443, "192.168.1.2", 40000, 10),
        (1, "192.168.1.2", 40000, "203.0.113.7", 443, 20),
    ]


def test_the_view_never_shows_a_public_name_as_a_site(tmp_path: Path) -> None:
    names = [("a.example", "exact", "tls"), ("ech.example", "hidden", "ech"), ("", "unknown", "")]
    flows = {flow_key(domain=name, label=label, evidence=evidence): (1, 1) for name, label, evidence in names}
    path = stored(tmp_path / "new.db", batch(flows))
    assert set(rows(path, "SELECT domain, attribution_status FROM flow_1m_5t")) == {
        ("a.example", "exact"), ("hidden by ECH (ech.example)", "hidden"), ("", "unknown"),
    }  # fmt: skip


def test_the_views_of_names_are_summed_over_devices(tmp_path: Path) -> None:
    questions = {question_key(): 1, question_key(device=MAC): 2, question_key(client="10.0.0.1"): 4,
                 question_key(qtype=28): 8, question_key("b.example"): 16,
                 question_key(iface="br-lan"): 32}  # fmt: skip
    server_names = {server_name_key(): 1, server_name_key(evidence="quic"): 2, server_name_key(device=MAC): 4,
                    server_name_key("b.example"): 8}  # fmt: skip
    path = stored(tmp_path / "new.db", batch(questions=questions, server_names=server_names))
    one = "www.one.example"
    assert sorted(rows(path, "SELECT ts_minute, iface, qname, qtype, count FROM dns_1m")) == [
        (MINUTE, "br-lan", one, 1, 32), (MINUTE, "eth0", "b.example", 1, 16), (MINUTE, "eth0", one, 1, 7),
        (MINUTE, "eth0", one, 28, 8),
    ]  # fmt: skip
    assert sorted(rows(path, "SELECT ts_minute, iface, sni, count FROM sni_1m")) == [
        (MINUTE, "eth0", "b.example", 8), (MINUTE, "eth0", one, 7),
    ]  # fmt: skip
