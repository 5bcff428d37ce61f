"""Which rows a database holds is known by the ids of stores, and of days as they were."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from peewee import SqliteDatabase

from traffic_analyzer.store.database import open_writable
from traffic_analyzer.store.exchange import identity
from traffic_analyzer.store.facts import STORE_ID, Facts, taken

from ...traffic import MINUTE, home, stored
from ..schema.version_3 import version_3
from ..seeds import HEALTH_ROWS, NEW_ROWS, rows, seed

_DAY_S = 86_400


@contextmanager
def _opened(path: Path) -> Iterator[SqliteDatabase]:
    with closing(open_writable(path)) as database:
        yield database


def _days(path: Path) -> set[str]:
    with _opened(path) as database:
        return identity.days(database)


def test_a_store_holds_its_own_rows_those_of_its_archive_and_what_was_noted(tmp_path: Path) -> None:
    with _opened(tmp_path / "traffic.db") as database:
        facts = Facts(database)
        facts.put(taken("a working database"), 7)
        identity.hold(database, {"one", "two"}, 3)
        assert identity.stores(database) == {facts.text(STORE_ID), "a working database", "one", "two"}
        identity.hold(database, {"one"}, 9)  # it is since 3
        assert rows(tmp_path / "traffic.db", "SELECT value FROM meta_kv WHERE key LIKE 'holds/%'") == [("3",), ("3",)]


def test_a_day_is_the_same_one_whatever_version_wrote_it(tmp_path: Path) -> None:
    tables = {"flow_1m_5t": NEW_ROWS, "collector_health_1m": HEALTH_ROWS}
    assert _days(seed(tmp_path / "a.db", **tables)) == _days(seed(tmp_path / "b.db", **tables)) != set()
    once = _days(version_3(tmp_path / "3.db"))
    shutil.copy(tmp_path / "3.db", tmp_path / "4.db")
    assert len(once) == 2 and _days(tmp_path / "4.db") == once


def test_a_day_that_goes_on_is_another_one_and_those_before_stay(tmp_path: Path) -> None:
    path = stored(tmp_path / "a.db", home(MINUTE), replace(home(MINUTE + _DAY_S), generation=1))
    before = _days(path)
    stored(path, replace(home(MINUTE + _DAY_S + 60), generation=2))
    assert len(before) == 2 and len(before & _days(path)) == 1


def test_an_archive_is_told_what_its_new_rows_brought(tmp_path: Path) -> None:
    with _opened(tmp_path / "archive.db") as database:
        database.execute_sql("ATTACH ? AS working", (str(stored(tmp_path / "working.db")),))
        archive, working = Facts(database), Facts(database, "working")
        with database.atomic():
            for key, sequence in (("holds/one", 3), ("holds/two", 4), ("elsewhere", 1)):
                working.put(key, sequence)
        for last, held in ((2, set()), (3, {"one"}), (4, {"one", "two"}), (4, {"one", "two"})):
            with database.atomic():
                identity.carry(database, "working", "main", last)
            assert identity.stores(database) - {archive.text(STORE_ID)} == held
        assert archive.text("elsewhere") is None and archive.text("holds/one") == "0"


@pytest.mark.parametrize(
    ("known", "told", "after"),
    [(None, 5, 5), (4, 5, 5), (6, 5, 6), (6, None, 6), (None, None, None), ("", "5", 5), (6, "", 6), (-9, -5, -5)],
)
def test_times_only_go_forward(tmp_path: Path, known: object, told: object, after: int | None) -> None:
    with _opened(tmp_path / "traffic.db") as database:
        facts = Facts(database)
        if known is not None:
            facts.put("time", known)  # type: ignore[arg-type]
        identity.advance(facts, "time", told)  # type: ignore[arg-type]
        assert facts.text("time") == (None if after is None else str(after))
