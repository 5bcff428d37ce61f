"""Pruning by hand takes what is old, everywhere, and nothing else; whoever writes meanwhile hardly waits."""

from __future__ import annotations

import shutil
import threading
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from traffic_analyzer.errors import StoreError
from traffic_analyzer.records import DeviceName, Health, NameHealth
from traffic_analyzer.store.database import open_writable
from traffic_analyzer.store.facts import ARCHIVE, DAYS_UNTIL, HOURS_SINCE, MINUTES_SINCE, ROLLED, Facts
from traffic_analyzer.store.keeping import pruning
from traffic_analyzer.store.keeping.leftovers import GROWING, unused
from traffic_analyzer.store.keeping.pruning import prune
from traffic_analyzer.store.keeping.retention import TIERS
from traffic_analyzer.store.local_time import day_of, hour_of
from traffic_analyzer.store.restamp import SPANS, TIMED
from traffic_analyzer.store.tiers.progress import Progress
from traffic_analyzer.store.tiers.rollups import ROLLUPS
from traffic_analyzer.store.writer import Store

from ...traffic import MAC, MINUTE, batch, counter_key, flow_key, home, question_key, server_name_key, stored
from ..seeds import CACHE_ROWS, DNS_ROWS, NEW_ROWS, SNI_ROWS, rows, seed

_DAY_S = 86_400
_TABLES = (*TIMED, *SPANS)


def test_what_is_older_goes_and_the_rest_stays(tmp_path: Path) -> None:
    old, new = MINUTE, MINUTE + 3600
    path = stored(
        tmp_path / "traffic.db",
        batch(
            {
                flow_key("10.0.0.1", minute_unix_s=old, device=MAC, domain="old.example"): (1, 1),
                flow_key(minute_unix_s=new, device=MAC): (2, 1),
            },
            {counter_key("seen", minute_unix_s=minute): (1, 1) for minute in (old, new)},
            (Health(old, "eth0", 1, 1, 0), Health(new, "eth0", 1, 1, 0)),
            questions={question_key("asked.example", minute_unix_s=minute): 1 for minute in (old, new)},
            server_names={server_name_key("hello.example", minute_unix_s=minute): 1 for minute in (old, new)},
            name_health=tuple(NameHealth(minute, "eth0", 1, 0, 0, 0, 0, 0, 0, 0) for minute in (old, new)),
            addresses=[(MAC, "10.0.0.1"), (MAC, "192.168.1.2")],
            device_names=[DeviceName(MAC, 2, "old"), DeviceName(MAC, 2, "new")],
            minute_unix_s=old,
        ),
        batch(
            generation=1, addresses=[(MAC, "192.168.1.2")], device_names=[DeviceName(MAC, 2, "new")], minute_unix_s=new
        ),
    )
    assert rows(path, "SELECT count(*) FROM traffic_pending") == [(1,)]
    pruned = prune(path, new + 3 * _DAY_S, 3)
    pending = {rollup.table("pending"): 1 for rollup in ROLLUPS}
    assert pruned.deleted == dict.fromkeys(_TABLES, 1) | pending
    assert pruned.since_unix_s == {"minutes": new}
    assert rows(path, "SELECT ts_minute, dst_ip, bytes FROM flow_1m_5t") == [(new, "192.168.1.2", 2)]
    for table in _TABLES:
        column = {**TIMED, **dict.fromkeys(SPANS, "last_unix_s")}[table]
        assert rows(path, f"SELECT {column} FROM {table}") == [(new,)]
    texts = [rows(path, f"SELECT text FROM {table} WHERE id > 0 ORDER BY text") for table in GROWING]
    assert texts == [
        [("192.168.1.2",), ("203.0.113.7",)],
        [("02:aa:bb:cc:dd:01",), ("192.168.1.2",)],
        [("asked.example",), ("hello.example",)],
    ]
    assert prune(path, new + 3 * _DAY_S, 3).deleted == dict.fromkeys(_TABLES, 0)


@pytest.mark.parametrize("table", ["question_minute", "server_name_minute"])
def test_texts_that_only_names_refer_to_stay(tmp_path: Path, table: str) -> None:
    late: dict[str, Any] = {"minute_unix_s": MINUTE + _DAY_S, "client": "10.0.0.9", "device": MAC}
    if table == "question_minute":
        names = batch({flow_key(): (1, 1)}, questions={question_key("a.example", **late): 1})
    else:
        names = batch({flow_key(): (1, 1)}, server_names={server_name_key("a.example", **late): 1})
    path = stored(tmp_path / "traffic.db", names)
    assert prune(path, MINUTE + _DAY_S + 3600, 1).deleted["flow_minute"] == 1
    query = f"""SELECT domain.text, address.text, device.text FROM {table} JOIN domain ON domain.id = domain_id
        JOIN address ON address.id = client_id JOIN device ON device.id = device_id"""
    assert rows(path, query) == [("a.example", "10.0.0.9", "02:aa:bb:cc:dd:01")]
    assert rows(path, "SELECT count(*) FROM address WHERE id > 0") == [(1,)]


def test_rows_of_the_seed_are_pruned_too(tmp_path: Path) -> None:
    path = seed(tmp_path / "seed.db", flow_1m_5t=NEW_ROWS, dns_1m=DNS_ROWS, sni_1m=SNI_ROWS, dns_cache_1m=CACHE_ROWS)
    deleted = prune(path, 100 + _DAY_S, 1).deleted
    counts = {"flow_minute": 2, "question_minute": 3, "server_name_minute": 1, "dns_cache_1m": 1}
    counts["device_address"] = 1
    assert deleted == dict.fromkeys(_TABLES, 0) | counts
    for table in ("flow_1m_5t", "dns_1m", "sni_1m", "dns_cache_1m"):
        assert {minute for (minute,) in rows(path, f"SELECT ts_minute FROM {table}")} == {120}


def test_a_database_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="no such database"):
        prune(tmp_path / "folder" / "typo.db", MINUTE, 1)
    path = stored(tmp_path / "traffic.db", home(MINUTE))
    with pytest.raises(StoreError, match="^--archive .*typo.db: no such database"):
        prune(path, MINUTE + 9 * _DAY_S, 1, tmp_path / "typo.db")
    assert len(rows(path, "SELECT * FROM flow_minute")) == 5
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_that_is_no_database_is_left_alone(tmp_path: Path) -> None:
    path = stored(tmp_path / "traffic.db", home(MINUTE))
    text = tmp_path / "notes.txt"
    text.write_text("not a database, but a page of notes")
    with pytest.raises(StoreError, match="^--archive .*notes.txt: not an SQLite database"):
        prune(path, MINUTE + 9 * _DAY_S, 1, text)
    assert text.read_text() == "not a database, but a page of notes"


_TODAY = day_of(MINUTE)


def _archive(path: Path, days_until_unix_s: int = _TODAY) -> Path:
    """Ten days of hours and the days of them, today's hours; a rollback journal."""
    with closing(open_writable(path)) as database:
        database.pragma("journal_mode", "delete")
        with database.atomic():
            domain = database.execute_sql("INSERT INTO domain (text) VALUES ('early.example')").lastrowid
            for n in range(10):
                day = day_of(_TODAY - n * _DAY_S + _DAY_S // 2)
                key = f"1, 0, 0, {domain if n == 9 else 0}, 1, 0, 0, 6, 443, 0"
                for hour in range(24):
                    start = day + hour * 3600
                    database.execute_sql(f"INSERT INTO traffic_hour VALUES ({start}, {key}, 100, 10, 2, 1)")
                if day < days_until_unix_s:
                    database.execute_sql(f"INSERT INTO traffic_day VALUES ({day}, {key}, 2400, 240, 48, 24)")
            Facts(database).put(DAYS_UNTIL, days_until_unix_s)
    return path


def _firsts(path: Path) -> list[tuple[int | None, int | None]]:
    return rows(path, "SELECT (SELECT min(start_unix_s) FROM traffic_hour), min(start_unix_s) FROM traffic_day")


@pytest.mark.parametrize("is_named", [True, False])
def test_hours_and_days_go_where_they_are(tmp_path: Path, is_named: bool) -> None:
    archive = _archive(tmp_path / "archive.db")
    path = stored(tmp_path / "working.db", home(MINUTE - 6 * _DAY_S), batch(generation=1))  # fmt: skip
    with closing(open_writable(path)) as working:
        Facts(working).put(ARCHIVE, "" if is_named else str(archive))
    now = _TODAY + 14 * 3600 + 1234
    pruned = prune(path, now, 3, archive if is_named else None)
    day = day_of(_TODAY - 3 * _DAY_S + _DAY_S // 2)
    assert _firsts(archive) == [(day + 14 * 3600, day)], "the hour and the day stay whole"
    assert pruned.deleted["traffic_hour"] == 6 * 24 + 14
    assert pruned.deleted["traffic_day"] == 6
    assert rows(archive, "SELECT * FROM domain WHERE id > 0") == []
    assert archive.read_bytes()[18:20] == b"\x01\x01", "it keeps its kind of journal"
    assert rows(path, "SELECT * FROM flow_minute") == []
    assert {path.name for path in tmp_path.iterdir()} == {"archive.db", "working.db"}


def test_a_file_that_is_only_an_archive_is_pruned_as_a_database(tmp_path: Path) -> None:
    archive = _archive(tmp_path / "archive.db")
    pruned = prune(archive, _TODAY + 60, 5)
    day = day_of(_TODAY - 5 * _DAY_S + _DAY_S // 2)
    assert _firsts(archive) == [(day, day)]
    assert pruned.since_unix_s == {"hours": day, "days": day}
    assert 0 < pruned.used_bytes <= pruned.file_bytes == archive.stat().st_size
    assert archive.read_bytes()[18:20] == b"\x01\x01"


def test_only_the_tiers_that_are_named_and_only_what_was_put_together(tmp_path: Path) -> None:
    five_days = day_of(_TODAY - 5 * _DAY_S + _DAY_S // 2)
    path = _archive(tmp_path / "traffic.db", five_days)
    assert prune(path, _TODAY, 2, tiers=["hours"]).deleted["traffic_hour"] == 4 * 24
    assert _firsts(path)[0][0] == five_days
    assert rows(path, "SELECT count(*) FROM traffic_day") == [(4,)]
    assert prune(path, _TODAY, 7, tiers=["days"]).deleted["traffic_day"] == 2
    with closing(open_writable(path)) as database:
        assert Facts(database).number(HOURS_SINCE, 0) == five_days


def test_minutes_alone_are_rolled_up_before_they_go(tmp_path: Path) -> None:
    path = stored(tmp_path / "traffic.db", home(MINUTE))
    with closing(open_writable(path)) as database:  # as if a collector had never rolled them up
        for minute in (MINUTE + 60, MINUTE + 120):
            for table, column in TIMED.items():
                names = [row[1] for row in database.execute_sql(f"PRAGMA table_info({table})")]
                taken = ", ".join(str(minute) if name == column else name for name in names)
                database.execute_sql(f"INSERT INTO {table} SELECT {taken} FROM {table} WHERE {column} = {MINUTE}")
        database.execute_sql("DELETE FROM meta_kv WHERE key = ?", (ROLLED,))
        for rollup in ROLLUPS:
            database.execute_sql(f"DELETE FROM {rollup.table('pending')}")
    before = rows(path, "SELECT sum(bytes) FROM flow_minute")[0][0]
    deleted = prune(path, MINUTE + 9 * _DAY_S, 1, tiers=["minutes"]).deleted
    assert deleted["flow_minute"] == 10, "the last minute is not over"
    left = rows(path, "SELECT minute_unix_s, sum(bytes) FROM flow_minute")
    pending = rows(path, "SELECT sum(rx_bytes + tx_bytes) FROM traffic_pending")[0][0]
    assert left == [(MINUTE + 120, before // 3)]
    assert pending == before * 2 // 3
    with closing(open_writable(path)) as database:
        assert Facts(database).number(MINUTES_SINCE, 0) == MINUTE + 120


def test_sums_stay_equal_in_what_is_left(tmp_path: Path) -> None:
    first = hour_of(MINUTE)
    flows = [{flow_key(minute_unix_s=first + 60 * n, client_port=n % 7): (n, 1)} for n in range(300)]
    path = stored(tmp_path / "traffic.db", *(batch(flow, generation=n) for n, flow in enumerate(flows)))
    now = first + 150 * 60 + _DAY_S
    prune(path, now, 1)
    assert rows(path, "SELECT min(minute_unix_s) FROM flow_minute") == [(now - _DAY_S,)]
    by_hour = "SELECT sum(bytes) FROM flow_minute WHERE minute_unix_s >= ? GROUP BY (minute_unix_s - ?) / 3600"
    pending = "SELECT sum(rx_bytes + tx_bytes) FROM traffic_pending WHERE start_unix_s >= ? GROUP BY start_unix_s"
    with closing(open_writable(path)) as database:
        hours = database.execute_sql("SELECT DISTINCT start_unix_s FROM traffic_pending ORDER BY 1").fetchall()
        assert hours == [(first + 3600 * n,) for n in (2, 3, 4)], "the hour of the cut is whole"
        whole = first + 3 * 3600
        with database.atomic():
            Progress(database).seal()
        sums = database.execute_sql(by_hour, (whole, whole)).fetchall()
        assert sums == database.execute_sql(pending, (whole,)).fetchall()
        assert sum(row[0] for row in sums) == sum(range(180, 300))


_OLD = MINUTE - 40 * _DAY_S


def _large(path: Path, minutes: int = 150, flows: int = 400) -> None:
    """Minutes of 40 days ago, each with addresses of its own."""
    with closing(open_writable(path)) as database, database.atomic():
        database.execute_sql("INSERT INTO iface (id, text) VALUES (1, 'eth0')")
        database.execute_sql("INSERT INTO label (id, text) VALUES (1, 'unknown')")
        cursor = database.connection().cursor()
        for n in range(minutes):
            texts = [(f"10.{n}.{f >> 8}.{f & 255}",) for f in range(flows)]
            cursor.executemany("INSERT INTO address (text) VALUES (?)", texts)
            last = database.execute_sql("SELECT max(id) FROM address").fetchone()[0]
            cursor.executemany(
                "INSERT INTO flow_minute VALUES (?, 1, 0, 0, 6, ?, 1, ?, 443, 0, 0, 1, 0, 0, 100, 1)",
                [(_OLD + 60 * n, last - f, last - f) for f in range(flows)],
            )
        Facts(database).put(ROLLED, _OLD + 60 * minutes)


def test_a_collector_goes_on_meanwhile(tmp_path: Path) -> None:
    path = tmp_path / "traffic.db"
    _large(path)
    waits, end = [], threading.Event()

    def collect() -> None:
        with closing(Store(path)) as store:
            number = 0
            while not end.is_set() or number < 20:
                again = f"10.{number % 150}.0.7"  # a text that is about to be of no use is used again
                flow = flow_key(again, client_port=number, domain=f"{number}.example")
                began_s = time.monotonic()
                assert store.commit(batch({flow: (1, 1)}, generation=number))
                waits.append(time.monotonic() - began_s)
                number += 1
                time.sleep(0.003)

    collector = threading.Thread(target=collect)
    collector.start()
    try:
        while not waits and collector.is_alive():
            time.sleep(0.01)
        pruned = prune(path, MINUTE, 30)
    finally:
        end.set()
        collector.join()
    assert pruned.deleted["flow_minute"] == 60_000
    assert rows(path, "SELECT count(*), min(minute_unix_s) FROM flow_minute") == [(len(waits), MINUTE)]
    joined = "SELECT count(*) FROM flow_1m_5t"  # by all its texts
    assert rows(path, joined) == [(len(waits),)]
    print(f"{len(waits)} commits: median {sorted(waits)[len(waits) // 2] * 1000:.1f} ms, max {max(waits) * 1000:.1f}")
    assert sorted(waits)[len(waits) // 2] < 0.05
    assert max(waits) < 0.5, "a step, and whatever else this machine does"
    assert not prune(path, MINUTE, 30).has_leftovers
    with closing(open_writable(path)) as database:
        assert not any(unused(database, dictionary) for dictionary in GROWING)


def test_what_is_interrupted_between_two_steps_leaves_a_sound_database(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "traffic.db"
    _large(path, minutes=40)
    taken, delete = [], pruning.delete

    def interrupted(*arguments: Any) -> Any:
        if len(taken) == 2:
            raise KeyboardInterrupt
        taken.append(delete(*arguments))
        return taken[-1]

    with monkeypatch.context() as patched:
        patched.setattr(pruning, "delete", interrupted)
        with pytest.raises(KeyboardInterrupt):
            prune(path, MINUTE, 30)
    assert rows(path, "PRAGMA integrity_check") == [("ok",)]
    gone = sum(each["flow_minute"] for each in taken)
    assert rows(path, "SELECT count(*) FROM flow_1m_5t") == [(16_000 - gone,)]
    copy = shutil.copy(path, tmp_path / "copy.db")
    assert prune(Path(copy), MINUTE, 30).deleted["flow_minute"] == 16_000 - gone > 0


def test_the_names_of_tiers_are_those_of_the_setting() -> None:
    from traffic_analyzer.settings import TIER

    assert TIER.choices == tuple(TIERS)
