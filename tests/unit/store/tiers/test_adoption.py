"""A working database agrees with an archive on every id, whatever both held, and its rows say what they said."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from traffic_analyzer.errors import StoreError
from traffic_analyzer.records import DeviceName, NameSource
from traffic_analyzer.store import models
from traffic_analyzer.store.database import open_writable
from traffic_analyzer.store.dictionary import DICTIONARY_OF
from traffic_analyzer.store.facts import ARCHIVE, SEQUENCE, STORE_ID, taken
from traffic_analyzer.store.keeping.leftovers import references
from traffic_analyzer.store.writer import Store

from ...traffic import MAC, MINUTE, REMOTE, batch, flow_key, home, question_key, server_name_key
from ..seeds import rows

_DICTIONARIES = [str(model._meta.table_name) for model in models.DICTIONARIES]
_FLOWS = """
SELECT {time}, iface.text, device.text, domain.text, domain.site, label.text, evidence.text, remote.text, sum({bytes})
FROM {table} JOIN iface ON iface.id = iface_id JOIN device ON device.id = device_id
  JOIN domain ON domain.id = domain_id JOIN label ON label.id = label_id JOIN evidence ON evidence.id = evidence_id
  JOIN address AS remote ON remote.id = remote_id GROUP BY 1, 2, 3, 4, 5, 6, 7, 8 ORDER BY 1, 2, 3, 4, 5, 6, 7, 8
"""
_MINUTES = _FLOWS.format(time="minute_unix_s", table="flow_minute", bytes="bytes")
_PENDING = _FLOWS.format(time="start_unix_s", table="conversation_pending", bytes="bytes")
_RESOLVERS = "SELECT text, rx_bytes FROM traffic_pending LEFT JOIN address ON address.id = resolver_id ORDER BY 2, 1"


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    path = tmp_path / "archive.db"
    open_writable(path).close()
    return path


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with closing(Store(tmp_path / "working.db")) as opened:
        yield opened


def _write(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path)) as database, database:
        for statement in statements:
            database.execute(statement)


def _texts(path: Path, dictionary: str) -> dict[str, int]:
    return {str(text): int(str(id_)) for id_, text in rows(path, f"SELECT id, text FROM {dictionary}")}


def _check(working: Path, archive: Path) -> None:
    for dictionary in _DICTIONARIES:
        mine, theirs = _texts(working, dictionary), _texts(archive, dictionary)
        assert theirs.items() <= mine.items()
        assert len(set(mine.values())) == len(mine)
    with closing(open_writable(working)) as database:
        referring = references(database)
    assert ("traffic_pending", "resolver_id") in referring
    for table, column in referring:
        lost = f"SELECT count(*) FROM {table} WHERE {column} NOT IN (SELECT id FROM {DICTIONARY_OF[column]})"
        assert rows(working, lost) == [(0,)]


def test_a_new_database_takes_all_texts_over(store: Store, tmp_path: Path, archive: Path) -> None:
    _write(
        archive,
        "INSERT INTO domain VALUES (7, 'a.example', 'a.example')",
        f"INSERT INTO device VALUES (3, '{MAC}', 'random')",
        "INSERT INTO address VALUES (5, '192.0.2.1')",
        "INSERT INTO iface VALUES (2, 'eth0', 'wan')",
        "INSERT INTO device_address VALUES (3, 5, 100, 200)",
        "INSERT INTO device_name VALUES (3, 1, 'laptop', 100, 200)",
        "INSERT INTO quota_crossed VALUES ('all', 100, 80)",
    )
    store.adopt(archive)
    working = tmp_path / "working.db"
    _check(working, archive)
    assert rows(working, "SELECT * FROM device_address") == [(3, 5, 100, 200)]
    assert rows(working, "SELECT * FROM device_name") == [(3, 1, "laptop", 100, 200)]
    assert rows(working, "SELECT * FROM quota_crossed") == [("all", 100, 80)]
    assert rows(working, "SELECT * FROM iface WHERE id > 0") == [(2, "eth0", "wan")]
    assert rows(working, f"SELECT value FROM meta_kv WHERE key = '{ARCHIVE}'") == [(str(archive),)]


def test_what_stands_in_the_way_moves_and_says_the_same(store: Store, tmp_path: Path, archive: Path) -> None:
    store.commit(home(MINUTE))
    late = {"domain": "late.example", "minute_unix_s": MINUTE + 60}
    store.commit(batch({flow_key(**late): (5, 1), flow_key(**late, remote_port=53): (3, 1)}, generation=1))
    store.seal()
    working = tmp_path / "working.db"
    before = [rows(working, query) for query in (_MINUTES, _PENDING, _RESOLVERS)]
    assert (REMOTE, 3) in before[2] and ("", 5) in before[2]
    questions = "SELECT domain.text, count FROM question_minute JOIN domain ON domain.id = domain_id ORDER BY 1, 2"
    asked = rows(working, questions)
    # The same texts in another order, with others between them: every id means something else.
    for dictionary in _DICTIONARIES:
        texts = sorted(set(_texts(working, dictionary)) - {"", "(other)"})
        columns = "(id, text)"
        for at, text in enumerate(reversed(texts)):
            _write(archive, f"INSERT INTO {dictionary} {columns} VALUES ({2 * at + 1}, '{text}')")
            _write(archive, f"INSERT INTO {dictionary} {columns} VALUES ({2 * at + 2}, 'other {at}')")
    store.adopt(archive)
    _check(working, archive)
    assert [rows(working, query) for query in (_MINUTES, _PENDING, _RESOLVERS)] == before
    assert rows(working, questions) == asked
    # Ids that were remembered are looked up again.
    store.commit(batch({flow_key(**late): (5, 1)}, generation=2))
    found = "SELECT sum(bytes) FROM flow_minute JOIN domain ON domain.id = domain_id WHERE text = 'late.example'"
    assert rows(working, found) == [(13,)]


@settings(max_examples=30, deadline=None)
@given(
    mine=st.lists(st.sampled_from("abcdefgh"), unique=True, max_size=8),
    theirs=st.dictionaries(st.sampled_from("abcdefghijkl"), st.integers(1, 12), max_size=12),
    used=st.integers(0, 20),
)
def test_whatever_both_hold(
    tmp_path_factory: pytest.TempPathFactory, mine: list[str], theirs: dict[str, int], used: int
) -> None:
    folder = tmp_path_factory.mktemp("both")
    working, archive = folder / "working.db", folder / "archive.db"
    open_writable(archive).close()
    at = {number: text for text, number in theirs.items()}
    _write(archive, *(f"INSERT INTO domain VALUES ({number}, '{text}', '')" for number, text in at.items()))
    _write(archive, f"UPDATE sqlite_sequence SET seq = max(seq, {used}) WHERE name = 'domain'")
    with closing(Store(working)) as store:
        store.commit(batch({flow_key(domain=text, label="exact"): (n + 1, 1) for n, text in enumerate(mine)}))
        before = rows(working, _MINUTES)
        store.adopt(archive)
        _check(working, archive)
        assert [row[:4] + row[5:] for row in rows(working, _MINUTES)] == [row[:4] + row[5:] for row in before]
        store.adopt(archive)  # there is nothing left to do
        store.commit(batch({flow_key(domain="new"): (1, 1)}, generation=1))
        assert _texts(working, "domain")["new"] > max([used, *at, len(mine)])


def test_spans_of_both_are_joined(store: Store, tmp_path: Path, archive: Path) -> None:
    names = (DeviceName(MAC, NameSource.LEASE, "laptop"),)
    store.commit(batch(addresses=[(MAC, "192.0.2.1")], device_names=names))
    _write(
        archive,
        f"INSERT INTO device VALUES (9, '{MAC}', '')",
        "INSERT INTO address VALUES (9, '192.0.2.1')",
        "INSERT INTO device_address VALUES (9, 9, 100, 200)",
        f"INSERT INTO device_name VALUES (9, {NameSource.LEASE.value}, 'laptop', {MINUTE + 60}, {MINUTE + 120})",
    )
    store.adopt(archive)
    working = tmp_path / "working.db"
    assert rows(working, "SELECT * FROM device_address") == [(9, 9, 100, MINUTE)]
    assert rows(working, "SELECT first_unix_s, last_unix_s FROM device_name") == [(MINUTE, MINUTE + 120)]
    assert rows(working, "SELECT kind FROM device WHERE id = 9") == [("random",)]


def test_what_is_there_is_not_emptied(store: Store, tmp_path: Path, archive: Path) -> None:
    store.commit(batch({flow_key(domain="www.a.example"): (1, 1)}, questions={question_key(): 1},
                       server_names={server_name_key(): 1}))  # fmt: skip
    _write(archive, "INSERT INTO domain VALUES (40, 'www.a.example', '')")
    store.adopt(archive)
    query = "SELECT id, site FROM domain WHERE text = 'www.a.example'"
    assert rows(tmp_path / "working.db", query) == [(40, "a.example")]


def test_an_older_copy_of_a_store_seals_past_what_was_taken(store: Store, tmp_path: Path, archive: Path) -> None:
    working = tmp_path / "working.db"
    ((store_id,),) = rows(working, f"SELECT value FROM meta_kv WHERE key = '{STORE_ID}'")
    _write(archive, f"INSERT INTO meta_kv VALUES ('{taken(str(store_id))}', '17')")
    store.adopt(archive)
    assert rows(working, f"SELECT value FROM meta_kv WHERE key = '{SEQUENCE}'") == [("18",)]


def test_nothing_is_left_attached_after_a_failure(store: Store, tmp_path: Path, archive: Path) -> None:
    (tmp_path / "no.db").write_text("no database at all, but text that is long enough to be read as a header" * 9)
    with pytest.raises(StoreError):
        store.adopt(tmp_path / "no.db")
    store.adopt(archive)
