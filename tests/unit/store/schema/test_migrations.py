"""The schema is brought up to date once, by whoever comes first, and never by an older version."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from traffic_analyzer import sites
from traffic_analyzer.errors import StoreError
from traffic_analyzer.reports.registry import run
from traffic_analyzer.reports.selection import Selection
from traffic_analyzer.store import models
from traffic_analyzer.store.database import open_readable, open_writable
from traffic_analyzer.store.schema import migrations
from traffic_analyzer.store.tiers.rollups import ROLLUPS
from traffic_analyzer.store.writer import Store

from ...nobody import as_nobody, freeze, public_folder
from ...traffic import MAC, batch, flow_key, stored
from ..seeds import CACHE_ROWS, DNS_ROWS, HEALTH_ROWS, NEW_ROWS, OLD_ROWS, SNI_ROWS, rows, seed, table_columns
from .version_1 import FLOWS, version_1
from .version_2 import version_2
from .version_3 import version_3

_SCHEMA = "SELECT type, name, replace(sql, '\"', '') FROM sqlite_master WHERE name NOT LIKE 'sqlite_%' ORDER BY 1, 2"
#: What the seed left, or version 1 when it had taken over the seed's flows.
_SEED_NAMES = """
CREATE TABLE dns_1m (ts_minute, iface, qname, qtype, count, PRIMARY KEY (ts_minute, iface, qname, qtype));
INSERT INTO dns_1m VALUES (60, 'eth0', 'www.one.co.uk', 1, 9), (60, 'wlan0', 'two.example', 'AAAA', 1);
CREATE TABLE sni_1m (ts_minute, iface, sni, count, PRIMARY KEY (ts_minute, iface, sni));
INSERT INTO sni_1m VALUES (60, 'eth0', 'www.one.co.uk', 4);
CREATE TABLE dns_cache_1m (ts_minute, iface, cache_entries, dns_answer_events, sni_events, new, refresh, expired,
  PRIMARY KEY (ts_minute, iface));
INSERT INTO dns_cache_1m VALUES (60, 'eth0', 7, 6, 5, 4, 3, 2);
"""


def _of_a_later_version(path: Path) -> Path:
    stored(path, batch({flow_key(): (1, 1)}))
    with closing(sqlite3.connect(path)) as database:
        database.execute(f"PRAGMA user_version = {models.SCHEMA_VERSION + 1}")
    return path


def test_a_later_version_is_neither_written_nor_read(tmp_path: Path) -> None:
    path = _of_a_later_version(tmp_path / "later.db")
    before = path.read_bytes()
    with pytest.raises(StoreError, match="later version.*upgrade"):
        open_writable(path)
    with pytest.raises(StoreError, match="later version.*upgrade"), open_readable(path):
        pass
    assert path.read_bytes() == before


def test_opening_again_changes_nothing(tmp_path: Path) -> None:
    path = stored(tmp_path / "ours.db", batch({flow_key(): (1, 1)}))
    before = rows(path, "SELECT * FROM sqlite_master"), rows(path, "SELECT * FROM flow_minute")
    open_writable(path).close()
    assert before == (rows(path, "SELECT * FROM sqlite_master"), rows(path, "SELECT * FROM flow_minute"))


def test_a_failed_take_over_leaves_the_seed_as_it_was(tmp_path: Path) -> None:
    path = seed(tmp_path / "seed.db", flow_1m_5t=[*NEW_ROWS, (None, *NEW_ROWS[0][1:])])  # no minute: cannot be stored
    before = rows(path, "SELECT * FROM flow_1m_5t")
    with pytest.raises(StoreError, match=f"^--db {path}: "):
        open_writable(path)
    assert rows(path, "SELECT * FROM flow_1m_5t") == before
    assert rows(path, "SELECT type, name FROM sqlite_master WHERE type != 'index'") == [("table", "flow_1m_5t")]


def test_there_is_a_step_to_every_version() -> None:
    assert len(migrations._STEPS) == models.SCHEMA_VERSION


def test_every_way_leads_to_the_same_schema(tmp_path: Path) -> None:
    names = {"dns_1m": DNS_ROWS, "sni_1m": SNI_ROWS, "dns_cache_1m": CACHE_ROWS}
    (tmp_path / "empty file.db").touch()
    paths = [
        tmp_path / "new.db",
        tmp_path / "empty file.db",
        version_1(tmp_path / "version 1.db"),
        version_1(tmp_path / "version 1 with names.db", _SEED_NAMES),
        version_2(tmp_path / "version 2.db"),
        version_3(tmp_path / "version 3.db"),
        seed(tmp_path / "seed.db", flow_1m_5t=NEW_ROWS, **names),
        seed(tmp_path / "older seed.db", flow_1m=OLD_ROWS, **names),
    ]
    for path in paths:
        open_writable(path).close()
    schemas = {path.stem: [(kind, name) for kind, name, _ in rows(path, _SCHEMA)] for path in paths}
    assert all(schema == schemas["new"] for schema in schemas.values()) and len(schemas["new"]) > len(models.TABLES)
    for kind, name in schemas["new"]:
        columns = [table_columns(path, str(name)) for path in paths]  # in one order: rows are moved as they are
        assert kind == "index" or columns == [columns[0]] * len(paths)
    assert all(rows(path, "PRAGMA user_version") == [(models.SCHEMA_VERSION,)] for path in paths)
    assert all(rows(path, "PRAGMA integrity_check") == [("ok",)] for path in paths)


def test_version_1_keeps_every_row(tmp_path: Path) -> None:
    path = version_1(tmp_path / "one.db")
    kept = {
        "counter_minute WHERE counter = 'seen'": "*", "kernel_instance": "*",
        "collector_health_1m": "ts_minute, iface, flow_entries, flow_evicted, flow_insert_drop, flow_capacity",
        "kernel_interface": "*", "address WHERE id >= 0": "*", "device WHERE id < 2": "id, text", "label": "*",
    }  # fmt: skip
    before = {table: rows(path, f"SELECT {columns} FROM {table}") for table, columns in kept.items()}
    open_writable(path).close()
    assert rows(path, "SELECT * FROM flow_1m_5t ORDER BY 1, 3, 4") == FLOWS
    assert {table: rows(path, f"SELECT {columns} FROM {table}") for table, columns in kept.items()} == before
    assert rows(path, "SELECT text, kind FROM device WHERE id > 0") == [
        ("02:aa:bb:cc:dd:01", "random"), ("192.168.1.2", "address"),
    ]  # fmt: skip
    assert rows(path, "SELECT DISTINCT evidence_id FROM flow_minute") == [(0,)]
    assert rows(path, "SELECT * FROM domain WHERE id >= 0") == [
        (0, "", ""), (1, "www.one.co.uk", "one.co.uk"), (2, "one.co.uk", "one.co.uk"),
    ]  # fmt: skip
    assert ("taken_over/flow_1m", "3 rows") in rows(path, "SELECT * FROM meta_kv")


def test_version_3_keeps_every_row(tmp_path: Path) -> None:
    path, before = version_3(tmp_path / "three.db"), version_3(tmp_path / "before.db")
    tables = [str(name) for (name,) in rows(before, "SELECT name FROM sqlite_master WHERE type IN ('table', 'view')")]
    assert all(rows(before, f"SELECT * FROM {table}") for table in tables) and len(tables) > len(models.TABLES)
    open_writable(path).close()
    for table in tables:
        columns = ", ".join(str(name) for name, *_ in table_columns(before, table))
        old, new = ({*rows(p, f"SELECT {columns} FROM {table}")} for p in (before, path))
        more = {str(row[0]) for row in new - old if table != "domain" or row[1] != row[2] or row[0] < 0}  # sites
        assert old <= new, table
        assert more <= {"-1", "store_id", "sequence", "public_suffixes"}, table


def _takers(tmp_path: Path) -> dict[str, Path]:
    """Databases of every earlier version, and of both generations of the seed."""
    names = {"dns_1m": DNS_ROWS, "sni_1m": SNI_ROWS, "dns_cache_1m": CACHE_ROWS, "collector_health_1m": HEALTH_ROWS}
    return {
        "version 3": version_3(tmp_path / "3.db"),
        "version 2": version_2(tmp_path / "2.db"),
        "version 1": version_1(tmp_path / "1.db", _SEED_NAMES),
        "seed": seed(tmp_path / "seed.db", flow_1m_5t=NEW_ROWS, **names),
        "older seed": seed(tmp_path / "older.db", flow_1m=OLD_ROWS, **names),
        "both generations": seed(tmp_path / "both.db", flow_1m_5t=NEW_ROWS, flow_1m=OLD_ROWS, **names),
    }


@pytest.mark.parametrize(
    "name", ["version 3", "version 2", "version 1", "seed", "older seed", "both generations"]
)  # fmt: skip
def test_what_every_earlier_version_holds_is_rolled_up(tmp_path: Path, name: str) -> None:
    path = _takers(tmp_path)[name]
    is_seed = rows(path, "PRAGMA user_version") == [(0,)]
    flows = "SELECT direction, sum(bytes), sum(packets), count(DISTINCT ts_minute) FROM {} GROUP BY 1"
    tables = [table for table in ("flow_1m_5t", "flow_1m") if rows(path, f"PRAGMA table_info({table})")]
    before = [row for table in tables for row in rows(path, flows.format(table))]
    with closing(Store(path)) as store:
        after = rows(path, flows.format("flow_1m_5t"))
        for at in (1, 2):
            assert sum(row[at] for row in after) == sum(row[at] for row in before) > 0  # type: ignore[misc]
        if not is_seed or len(tables) == 1:
            assert after == before
        store.seal()
    for rollup in ROLLUPS:
        for column, expression in rollup.sums.items():
            pending = rows(path, f"SELECT ifnull(sum({column}), 0) FROM {rollup.table('pending')}")
            assert pending == rows(path, f"SELECT ifnull(sum({expression}), 0) FROM {rollup.source}")
    assert rows(path, "SELECT sum(rx_bytes + tx_bytes) FROM traffic_pending") == [(sum(row[1] for row in after),)]


def test_names_of_the_seed_that_version_1_left_are_taken_over(tmp_path: Path) -> None:
    path = version_1(tmp_path / "one.db", _SEED_NAMES)
    open_writable(path).close()
    assert rows(path, "SELECT * FROM flow_1m_5t ORDER BY 1, 3, 4") == FLOWS
    assert sorted(rows(path, "SELECT * FROM dns_1m")) == [
        (60, "eth0", "www.one.co.uk", 1, 9), (60, "wlan0", "two.example", 28, 1),
    ]  # fmt: skip
    assert rows(path, "SELECT * FROM sni_1m") == [(60, "eth0", "www.one.co.uk", 4)]
    assert rows(path, "SELECT * FROM dns_cache_1m") == [(60, "eth0", 7, 6, 5, 4, 3, 2, 0, 0)]
    taken = dict(rows(path, "SELECT key, value FROM meta_kv WHERE key LIKE 'taken_over/dns%' OR key LIKE '%/sni%'"))
    assert taken == {"taken_over/dns_1m": "2 rows", "taken_over/sni_1m": "1 rows", "taken_over/dns_cache_1m": "1 rows"}
    assert rows(path, "SELECT id, text FROM domain WHERE text LIKE 'www%'") == [(1, "www.one.co.uk")]


def test_a_failed_step_leaves_version_1_as_it_was(tmp_path: Path) -> None:
    path = version_1(tmp_path / "one.db", "CREATE TABLE dns_1m (iface);")  # of nobody we know
    before = rows(path, _SCHEMA), rows(path, "SELECT * FROM flow_minute"), rows(path, "PRAGMA user_version")
    with pytest.raises(StoreError, match=f"^--db {path}: "):
        open_writable(path)
    assert before == (rows(path, _SCHEMA), rows(path, "SELECT * FROM flow_minute"), rows(path, "PRAGMA user_version"))


def test_version_1_goes_on_where_it_stopped(tmp_path: Path) -> None:
    path = version_1(tmp_path / "one.db")
    with closing(Store(path)) as store:
        assert store.stored_generation("one") == 41 and store.known_interfaces("one")[0].name == "eth0"
        assert not store.commit(batch({flow_key(): (1, 1)}, generation=41))
        again = flow_key(minute_unix_s=60, device=MAC, domain="www.one.co.uk", label="exact")
        assert store.commit(batch({again: (1, 1)}, generation=42))
    assert rows(path, "SELECT bytes FROM flow_1m_5t WHERE ts_minute = 60 AND proto = 6 AND direction = 0") == [(1001,)]


def test_version_1_is_reported_without_being_changed() -> None:
    with public_folder() as folder:
        path = version_1(folder / "one.db", _SEED_NAMES)
        before = path.read_bytes()
        freeze(folder)
        with as_nobody():
            assert run(path, "top-ip", Selection(0, 200)).rows == [("203.0.113.7", 1037, 100, 1137, 1.0, 19)]
            assert run(path, "top-domain", Selection(0, 200, by="site")).rows[0][:2] == ("one.co.uk", "exact")
            assert run(path, "top-dns", Selection(0, 200)).rows == [("www.one.co.uk", 1, 9), ("two.example", 28, 1)]
        assert [p.name for p in folder.iterdir()] == ["one.db"] and path.read_bytes() == before


@pytest.mark.parametrize("recorded", ["of another year", ""])
def test_sites_are_found_anew_by_another_list(tmp_path: Path, recorded: str) -> None:
    path = version_1(tmp_path / "one.db")
    open_writable(path).close()
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("UPDATE domain SET site = 'co.uk' WHERE id = 1")
        database.execute("UPDATE meta_kv SET value = ? WHERE key = 'public_suffixes'", (recorded,))
    open_writable(path).close()
    assert rows(path, "SELECT site FROM domain WHERE id = 1") == [("one.co.uk",)]
    assert rows(path, "SELECT value FROM meta_kv WHERE key = 'public_suffixes'") == [(sites.data_version(),)]


def test_without_a_list_sites_that_were_found_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = version_1(tmp_path / "one.db")
    open_writable(path).close()
    before = rows(path, "SELECT * FROM domain"), rows(path, "SELECT * FROM meta_kv")
    monkeypatch.setattr(migrations, "data_version", lambda: None)
    open_writable(path).close()
    assert before == (rows(path, "SELECT * FROM domain"), rows(path, "SELECT * FROM meta_kv"))
    new = tmp_path / "new.db"
    open_writable(new).close()
    assert rows(new, "SELECT value FROM meta_kv WHERE key = 'public_suffixes'") == [("",)]
