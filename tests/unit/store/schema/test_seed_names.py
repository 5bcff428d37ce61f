"""The seed's questions, server names and cache lines keep every count."""

from __future__ import annotations

from pathlib import Path

import pytest

from traffic_analyzer.reports.registry import run
from traffic_analyzer.reports.selection import Selection
from traffic_analyzer.store.database import open_writable

from ...nobody import as_nobody, freeze, public_folder
from ..seeds import CACHE_ROWS, COLUMNS, DNS_ROWS, NEW_ROWS, SCHEMA, SNI_ROWS, rows, seed

_NAMES = {"dns_1m": DNS_ROWS, "sni_1m": SNI_ROWS, "dns_cache_1m": CACHE_ROWS}


def _taken_over(path: Path) -> Path:
    open_writable(path).close()
    return path


@pytest.mark.parametrize("with_flows", [True, False])
def test_every_row_is_taken_over(tmp_path: Path, with_flows: bool) -> None:
    path = _taken_over(seed(tmp_path / "seed.db", **_NAMES, **({"flow_1m_5t": NEW_ROWS} if with_flows else {})))
    for table, held in _NAMES.items():
        columns = ", ".join(COLUMNS[table])
        assert sorted(rows(path, f"SELECT {columns} FROM {table}")) == sorted(held)
        assert rows(path, f"SELECT value FROM meta_kv WHERE key = 'taken_over/{table}'") == [(f"{len(held)} rows",)]
    assert rows(path, "SELECT DISTINCT device_id, client_id FROM question_minute") == [(0, 0)]
    assert rows(path, "SELECT DISTINCT overflow, unasked FROM dns_cache_1m") == [(0, 0)]
    assert rows(path, "SELECT site FROM domain WHERE text = 'www.two.co.uk'") == [("two.co.uk",)]
    assert not rows(path, "SELECT name FROM sqlite_master WHERE name LIKE 'seed%'")
    before = [rows(path, f"SELECT * FROM {table}") for table in (*_NAMES, "question_minute", "sqlite_master")]
    _taken_over(path)
    assert before == [rows(path, f"SELECT * FROM {table}") for table in (*_NAMES, "question_minute", "sqlite_master")]


def test_the_views_have_the_columns_of_the_seed_and_the_table_begins_with_them(tmp_path: Path) -> None:
    path = _taken_over(tmp_path / "ours.db")
    for table in _NAMES:
        found = [row[1] for row in rows(path, f"PRAGMA table_info({table})")]
        assert found == COLUMNS[table] + ["overflow", "unasked"] * (table == "dns_cache_1m")


@pytest.mark.parametrize("declared", ["INTEGER", "TEXT"])
def test_types_by_name_become_numbers_and_meet_those_that_are(
    tmp_path: Path, declared: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(SCHEMA, "dns_1m", SCHEMA["dns_1m"].replace("qtype INTEGER", f"qtype {declared}"))
    qtypes = ["A", "a", "aaaa", 28, "1", "HTTPS", "TYPE65", "type1234", "odd"]
    path = _taken_over(seed(tmp_path / "seed.db", dns_1m=[(60, "eth0", "a.example", qtype, 1) for qtype in qtypes]))
    found = rows(path, "SELECT qtype, count FROM dns_1m ORDER BY typeof(qtype), qtype")
    assert found == [(1, 3), (28, 2), (65, 2), (1234, 1), ("odd", 1)]


def test_what_is_missing_becomes_empty_and_cases_meet(tmp_path: Path) -> None:
    path = seed(
        tmp_path / "seed.db",
        dns_1m=[(60, None, None, None, 1), (60, "eth0", "A.Example", 1, 2), (60, "eth0", "a.example", 1, 4)],
        sni_1m=[(60, None, None, 1), (60, "eth0", "A.Example", 2), (60, "eth0", "a.example", 4)],
        dns_cache_1m=[(60, "eth0", None, None, 1, None, None, None)],
    )
    _taken_over(path)
    assert sorted(rows(path, "SELECT * FROM dns_1m")) == [(60, "", "", 0, 1), (60, "eth0", "a.example", 1, 6)]
    assert sorted(rows(path, "SELECT * FROM sni_1m")) == [(60, "", "", 1), (60, "eth0", "a.example", 6)]
    assert rows(path, "SELECT * FROM dns_cache_1m") == [(60, "eth0", 0, 0, 1, 0, 0, 0, 0, 0)]


def test_a_seed_is_reported_without_being_changed() -> None:
    with public_folder() as folder:
        path = seed(folder / "seed.db", **_NAMES)
        before = path.read_bytes()
        freeze(folder)
        with as_nobody():
            assert run(path, "top-dns", Selection(0, 100)).rows == [
                ("one.example", 1, 9), ("one.example", 28, 5), ("www.two.co.uk", 65, 2),
            ]  # fmt: skip
            assert run(path, "top-sni", Selection(0, 100)).rows == [("one.example", "tls", 4)]
            assert run(path, "dns-cache-inspect", Selection(0, 200, ("wlan1",))).rows == [
                (120, 1, 0, 0, 0, 0, 0, 0, 0),
            ]  # fmt: skip
        assert [p.name for p in folder.iterdir()] == ["seed.db"] and path.read_bytes() == before
