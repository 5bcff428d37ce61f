"""A text stays as long as any row of any table refers to it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from peewee import SqliteDatabase

from traffic_analyzer.store import models
from traffic_analyzer.store.database import open_writable
from traffic_analyzer.store.dictionary import DICTIONARY_OF
from traffic_analyzer.store.keeping.leftovers import (
    GROWING,
    Sweep,
    delete_texts,
    is_worth_it,
    references,
    unused,
)
from traffic_analyzer.store.writer import Store

from ...traffic import batch, flow_key, stored
from ..seeds import rows


@pytest.fixture
def database(tmp_path: Path) -> Iterator[SqliteDatabase]:
    with closing(open_writable(tmp_path / "traffic.db")) as opened:
        yield opened


def _text(database: SqliteDatabase, dictionary: str, text: str) -> int:
    return int(database.execute_sql(f"INSERT INTO {dictionary} (text) VALUES (?)", (text,)).lastrowid)


def _refer(database: SqliteDatabase, table: str, column: str, id_: int) -> None:
    """A row of *table* with *id_* in *column* and nothing elsewhere."""
    names = [row[1] for row in database.execute_sql(f"PRAGMA table_info({table})")]
    values = [id_ if name == column else 0 for name in names]
    database.execute_sql(f"INSERT INTO {table} VALUES ({', '.join('?' * len(names))})", values)


def test_every_column_of_ids_is_known_and_refers_to_a_dictionary(database: SqliteDatabase) -> None:
    found = references(database)
    dictionaries = {str(model._meta.table_name) for model in models.DICTIONARIES}
    assert {DICTIONARY_OF[column] for _, column in found} == dictionaries
    assert set(GROWING) < dictionaries
    of_models = {
        (model._meta.table_name, field)
        for model in models.TABLES for field in model._meta.fields if field.endswith("_id")
    }  # fmt: skip
    assert of_models < set(found)
    assert {("traffic_day", "domain_id"), ("client_pending", "client_id")} < set(found)


def test_rows_are_read_in_the_order_in_which_they_move_on(database: SqliteDatabase) -> None:
    tables = [table for table, _ in references(database)]
    places = [tables.index(table) for table in ("flow_minute", "traffic_pending", "traffic_hour", "traffic_day")]
    assert places == sorted(places)
    assert tables.index("device_address") > tables.index("traffic_day")


def test_each_reference_keeps_its_text(database: SqliteDatabase) -> None:
    for table, column in references(database):
        dictionary = DICTIONARY_OF[column]
        if dictionary in GROWING:
            used, of_no_use = (_text(database, dictionary, f"{table}.{column}.{n}") for n in range(2))
            _refer(database, table, column, used)
            assert unused(database, dictionary) == {of_no_use}
            assert delete_texts(database, dictionary, [of_no_use]) == 1
            assert not unused(database, dictionary)


def test_what_stands_for_nothing_and_for_the_rest_stays(database: SqliteDatabase) -> None:
    for dictionary in GROWING:
        assert not unused(database, dictionary)


def test_another_file_has_texts_of_its_own(database: SqliteDatabase, tmp_path: Path) -> None:
    with closing(open_writable(tmp_path / "archive.db")) as archive:
        kept = _text(archive, "domain", "kept.example")
        _refer(archive, "traffic_day", "domain_id", kept)
        of_no_use = _text(archive, "domain", "old.example")
    database.execute_sql("ATTACH ? AS archive", (str(tmp_path / "archive.db"),))
    assert unused(database, "domain", "archive") == {of_no_use}
    assert delete_texts(database, "domain", [of_no_use], "archive") == 1


def test_a_few_are_not_worth_what_is_written_for_them(database: SqliteDatabase) -> None:
    for n in range(40):
        _text(database, "domain", f"{n}.example")
    assert not is_worth_it(database, "domain", range(10))
    assert is_worth_it(database, "domain", range(11))


def _texts(path: Path) -> list[tuple[str]]:
    return rows(path, "SELECT text FROM address WHERE id > 0 ORDER BY text")


def _swept(path: Path, *texts: str) -> Path:
    """A database with a flow, and with addresses that are of no use."""
    stored(path, batch({flow_key("10.0.0.1"): (1, 1)}))
    with closing(open_writable(path)) as database:
        for text in texts:
            _text(database, "address", text)
    return path


def test_a_writer_sweeps_and_keeps_what_it_has_used_since(tmp_path: Path) -> None:
    path = _swept(tmp_path / "traffic.db", "10.0.0.2", "10.0.0.3")
    with closing(Store(path)) as store, closing(open_writable(path)) as other:
        store.commit(batch(generation=1))
        sweep = Sweep(store._database, store._rows)
        found = sorted(unused(other, "address"))
        assert len(found) == 2
        store.commit(batch({flow_key("10.0.0.3"): (2, 1)}, generation=2))
        assert sweep.step("address", found)
        assert found == []
        store.commit(batch({flow_key("10.0.0.2"): (3, 1)}, generation=3))
    assert _texts(path) == [("10.0.0.1",), ("10.0.0.2",), ("10.0.0.3",), ("203.0.113.7",)]
    assert rows(path, "SELECT dst_ip, bytes FROM flow_1m_5t ORDER BY bytes") == [
        ("10.0.0.1", 1), ("10.0.0.3", 2), ("10.0.0.2", 3),
    ]  # fmt: skip


def test_a_sweep_ends_where_somebody_else_has_written(tmp_path: Path) -> None:
    path = _swept(tmp_path / "traffic.db", "10.0.0.2")
    with closing(Store(path)) as store, closing(open_writable(path)) as other:
        sweep = Sweep(store._database, store._rows)
        found = sorted(unused(other, "address"))
        _refer(other, "device_address", "address_id", found[0])
        assert not sweep.step("address", found)
        assert len(found) == 1
    assert ("10.0.0.2",) in _texts(path)


def test_a_sweep_ends_where_more_was_used_than_is_remembered(tmp_path: Path) -> None:
    path = _swept(tmp_path / "traffic.db", "10.0.0.2")
    with closing(Store(path)) as store:
        sweep = Sweep(store._database, store._rows)
        store._rows.forget_ids()
        assert not sweep.step("address", [1])
