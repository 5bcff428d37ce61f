"""Rows of another database meet those of this one by what their texts say."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from peewee import SqliteDatabase

from traffic_analyzer.records import DeviceName
from traffic_analyzer.store import models
from traffic_analyzer.store.database import open_writable
from traffic_analyzer.store.dictionary import DICTIONARY_OF
from traffic_analyzer.store.exchange.union import LASTING, Union
from traffic_analyzer.store.restamp import TIMED
from traffic_analyzer.store.tiers.rollups import ROLLUPS

from ...traffic import MAC, MINUTE, batch, flow_key, home, stored
from ..seeds import rows

_FLOWS = "SELECT iface, src_ip, dst_ip, domain, attribution_status, bytes FROM {}.flow_1m_5t"


@pytest.fixture
def database(tmp_path: Path) -> Iterator[SqliteDatabase]:
    """Two stores with other ids for the same texts; the second is attached as ``other``."""
    mine = {
        flow_key("10.0.0.9", "198.51.100.9", domain="z.example", label="exact", evidence="quic"): (5, 1),
        flow_key(domain="www.one.example", label="exact", evidence="tls"): (10_000, 1),
    }
    lately = [DeviceName("02:00:00:00:00:09", 2, "tv"), DeviceName(MAC, 2, "laptop")]
    seen = [(MAC, "2001:db8:1::20")]
    stored(tmp_path / "mine.db", batch(mine, device_names=lately, addresses=seen, minute_unix_s=MINUTE + 600))
    stored(tmp_path / "other.db", home(MINUTE))
    with closing(open_writable(tmp_path / "mine.db")) as opened:
        opened.execute_sql("ATTACH ? AS other", (str(tmp_path / "other.db"),))
        yield opened


def _said(database: SqliteDatabase, query: str) -> list[tuple[object, ...]]:
    return sorted(database.execute_sql(query).fetchall())


def _flows(database: SqliteDatabase, schema: str) -> dict[tuple[object, ...], int]:
    # A view speaks of the tables of its own database.
    return {tuple(row[:-1]): row[-1] for row in database.execute_sql(_FLOWS.format(schema))}


def test_what_rows_say_stays_and_what_is_here_is_added_to(database: SqliteDatabase) -> None:
    mine, other = _flows(database, "main"), _flows(database, "other")
    assert len(mine) == 2 and len(mine.keys() & other.keys()) == 1
    with database.atomic():
        assert Union(database, "other").add("flow_minute") == 5
    assert _flows(database, "main") == {key: mine.get(key, 0) + other.get(key, 0) for key in mine.keys() | other.keys()}


@pytest.mark.parametrize("table", [*TIMED, *LASTING])
def test_every_table_of_a_store_that_is_empty_becomes_that_of_the_other(tmp_path: Path, table: str) -> None:
    stored(tmp_path / "other.db", home(MINUTE))
    with closing(open_writable(tmp_path / "new.db")) as database, database.atomic():
        database.execute_sql("INSERT INTO device (text) VALUES ('of another id')")
    with closing(open_writable(tmp_path / "new.db")) as database:
        database.execute_sql("ATTACH ? AS other", (str(tmp_path / "other.db"),))
        with database.atomic():
            assert Union(database, "other").add(table) == len(rows(tmp_path / "other.db", f"SELECT * FROM {table}"))
        columns = [row[1] for row in database.execute_sql(f"PRAGMA table_info({table})")]
        texts = [
            f"(SELECT text FROM {{0}}.{DICTIONARY_OF[column]} WHERE id = {column})" if column in DICTIONARY_OF
            else column for column in columns
        ]  # fmt: skip
        query = f"SELECT {', '.join(texts)} FROM {{0}}.{table}"
        assert _said(database, query.format("main")) == _said(database, query.format("other"))


def test_spans_grow_both_ways_and_maxima_are_the_larger_one(database: SqliteDatabase) -> None:
    with database.atomic():
        union = Union(database, "other")
        for table in ("device_address", "device_name", "dns_cache_1m"):
            union.add(table)
            union.add(table)
    spans = "SELECT first_unix_s, last_unix_s FROM {} JOIN device ON id = device_id WHERE text = '" + MAC + "'"
    for table in ("device_address", "device_name"):
        assert _said(database, spans.format(table)) == [(MINUTE, MINUTE + 600)]
    assert _said(database, "SELECT cache_entries, dns_answer_events FROM main.dns_cache_1m") == [(1, 4), (2, 8)]


def test_sites_are_found_by_the_list_at_hand_and_kinds_and_roles_come_along(database: SqliteDatabase) -> None:
    database.execute_sql("UPDATE other.domain SET site = 'of another list'")
    database.execute_sql("UPDATE other.iface SET role = 'lan'")
    database.execute_sql("UPDATE main.iface SET role = ''")
    with database.atomic():
        Union(database, "other")
    assert _said(database, "SELECT site FROM main.domain WHERE text = 'dns.quad9.net'") == [("quad9.net",)]
    assert _said(database, f"SELECT kind FROM main.device WHERE text = '{MAC}'") == [("random",)]
    assert _said(database, "SELECT DISTINCT role FROM main.iface WHERE id > 0") == [("lan",)]


def test_what_refers_to_no_text_keeps_its_sums(database: SqliteDatabase) -> None:
    database.execute_sql("DELETE FROM other.domain WHERE text = 'www.one.example'")
    total = sum(_said(database, f"SELECT sum(bytes) FROM {schema}.flow_minute")[0][0] for schema in ("main", "other"))
    with database.atomic():
        Union(database, "other").add("flow_minute")
    assert _said(database, "SELECT sum(bytes) FROM main.flow_minute") == [(total,)]


def test_every_column_that_refers_to_a_dictionary_is_known(database: SqliteDatabase) -> None:
    tables = [str(name) for (name,) in database.execute_sql("SELECT name FROM sqlite_master WHERE type = 'table'")]
    columns = {str(row[1]) for table in tables for row in database.execute_sql(f"PRAGMA table_info({table})")}
    assert {column for column in columns if column.endswith("_id")} == set(DICTIONARY_OF)
    assert set(DICTIONARY_OF.values()) == {model._meta.table_name for model in models.DICTIONARIES}
    assert set(TIMED) == {rollup.source for rollup in ROLLUPS}
