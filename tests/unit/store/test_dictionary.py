"""A text has one id, made when it is first met."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from peewee import SqliteDatabase

from traffic_analyzer.records import BROADCAST, FORWARDED, MULTICAST, THIS_MACHINE
from traffic_analyzer.store import dictionary
from traffic_analyzer.store.database import open_writable
from traffic_analyzer.store.dictionary import Dictionary, address_text, kind_of

from ..traffic import packed


@pytest.fixture
def database(tmp_path: Path) -> Iterator[SqliteDatabase]:
    with closing(open_writable(tmp_path / "traffic.db")) as opened:
        yield opened


def _texts(database: SqliteDatabase) -> list[tuple[object, ...]]:
    return list(database.execute_sql("SELECT id, text, site FROM domain WHERE id > 0"))


def test_ids_are_made_once_and_remembered_by_key(database: SqliteDatabase) -> None:
    domains = Dictionary(database, "domain", {"site": str.upper})
    assert [domains.id(b"k", "a"), domains.id(b"l", "b"), domains.id(b"k", "a")] == [1, 2, 1]
    assert domains.known() == {b"k": 1, b"l": 2}
    assert _texts(database) == [(1, "a", "A"), (2, "b", "B")]
    domains.forget()
    assert domains.known() == {}
    assert domains.id(b"l", "b") == 2 and len(_texts(database)) == 2


def test_a_text_that_was_deleted_is_made_anew(database: SqliteDatabase) -> None:
    domains = Dictionary(database, "domain", {"site": str.upper})
    domains.id("a", "a")
    database.execute_sql("DELETE FROM domain WHERE id > 0")
    domains.forget()
    assert domains.id("a", "a") == 2 and _texts(database) == [(2, "a", "A")]  # an archive may still know the 1


def test_what_is_remembered_is_bounded(database: SqliteDatabase, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dictionary, "_CACHE_MAX", 3)
    labels = Dictionary(database, "label")
    ids = [labels.id(str(n), str(n)) for n in range(10)]
    assert len(labels.known()) <= 3
    assert [labels.id(str(n), str(n)) for n in range(10)] == ids == list(range(1, 11))


def test_addresses_as_text() -> None:
    assert address_text(packed("2001:db8::1")) == "2001:db8::1" and address_text(packed("192.0.2.1")) == "192.0.2.1"


@pytest.mark.parametrize(
    ("device", "kind"),
    [
        ("00:16:3e:00:00:01", "mac"), ("f4:f5:d8:01:02:03", "mac"), ("02:aa:bb:cc:dd:01", "random"),
        ("f6:00:00:00:00:01", "random"), ("3a:00:00:00:00:01", "random"), ("3e:00:00:00:00:01", "random"),
        ("03:00:00:00:00:01", "mac"), ("192.168.1.2", "address"), ("2001:db8::1", "address"), ("::", "address"),
        ("aa:bb:cc:dd:ee:ff:1:2", "address"), ("10.9.0.0/24", "network"), ("2001:db8:9::/48", "network"),
        (THIS_MACHINE, "group"), (FORWARDED, "group"), (MULTICAST, "group"), (BROADCAST, "group"),
    ],
)  # fmt: skip
def test_kinds(device: str, kind: str) -> None:
    assert kind_of(device) == kind
