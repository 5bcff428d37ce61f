"""Facts of a database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from peewee import SqliteDatabase

from traffic_analyzer.store.database import open_writable
from traffic_analyzer.store.facts import ROLLED, SEQUENCE, STORE_ID, Facts, taken


@pytest.fixture
def database(tmp_path: Path) -> Iterator[SqliteDatabase]:
    opened = open_writable(tmp_path / "facts.db")
    with closing(opened):
        yield opened


def test_a_fact_is_what_was_put_last(database: SqliteDatabase) -> None:
    facts = Facts(database)
    assert facts.text(ROLLED) is None and facts.number(ROLLED, -5) == -5
    facts.put(ROLLED, 60)
    facts.put(ROLLED, 120)
    assert facts.number(ROLLED, 0) == 120 and facts.text(ROLLED) == "120"


def test_a_store_is_known_by_an_id_of_its_own(database: SqliteDatabase, tmp_path: Path) -> None:
    facts = Facts(database)
    assert facts.store_id() == facts.store_id() and len(facts.store_id()) == 32 and facts.number(SEQUENCE, 0) == 1
    with closing(open_writable(tmp_path / "other.db")) as other:
        assert Facts(other).store_id() != facts.store_id()
    assert taken(facts.store_id()).endswith(facts.store_id())


def test_facts_of_an_attached_database_are_its_own(database: SqliteDatabase, tmp_path: Path) -> None:
    open_writable(tmp_path / "archive.db").close()
    database.execute_sql("ATTACH ? AS archive", (str(tmp_path / "archive.db"),))
    Facts(database, "archive").put(ROLLED, 7)
    assert Facts(database).text(ROLLED) is None and Facts(database, "archive").number(ROLLED, 0) == 7
    assert Facts(database, "archive").text(STORE_ID) != Facts(database).text(STORE_ID)
