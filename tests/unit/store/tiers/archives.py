"""Tiers to compare: what all minutes, hours and days of a store come to."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from peewee import SqliteDatabase

from traffic_analyzer.records import Batch
from traffic_analyzer.store.database import open_writable
from traffic_analyzer.store.facts import DAYS_UNTIL, ROLLED, Facts, taken
from traffic_analyzer.store.local_time import day_of, hour_of
from traffic_analyzer.store.tiers.archive import Archive
from traffic_analyzer.store.tiers.rollups import ROLLUPS, START
from traffic_analyzer.store.writer import Store

from ...traffic import batch, counter_key, flow_key, question_key, server_name_key

Sums = dict[int, tuple[int, ...]]  # by start of an hour or day


@contextmanager
def time_zone(monkeypatch: pytest.MonkeyPatch, name: str) -> Iterator[None]:
    """The local clock of *name*."""
    with monkeypatch.context() as changed:
        changed.setenv("TZ", name)
        _forget()
        yield
    _forget()


def _forget() -> None:
    time.tzset()
    hour_of.cache_clear()
    day_of.cache_clear()


def minute_batch(minute_unix_s: int, number: int, sites: int = 3) -> Batch:
    """Traffic of one minute; *number* makes it differ, and is its generation."""
    at: dict[str, Any] = {"minute_unix_s": minute_unix_s}
    names = [f"site{(number + n) % max(7, sites)}.example" for n in range(sites)]
    flows = {
        flow_key(domain=name, label="exact", remote=f"198.51.100.{n}", client_port=40_000 + number % 50, **at):
            (100 * n + number % 13 + 1, n + 1)
        for n, name in enumerate(names)
    }  # fmt: skip
    flows |= {flow_key(direction=1, is_tx=True, **at): (number + 1, 1)}
    counters = {counter_key("seen", **at): (number + 1, 1)}
    questions = {question_key(name, **at): n + 1 for n, name in enumerate(names)}
    server_names = {server_name_key(name, **at): 1 for name in names}
    return batch(flows, counters, (), number, "one", questions, server_names, minute_unix_s=minute_unix_s)


def take(store: Store, archive: Archive, now_unix_s: int, running: bool = True) -> int:
    """Everything that is there goes to the archive; bytes written."""
    if archive.open():
        store.adopt(archive.path)
        archive.adopted()
    sequence = store.seal(running)
    written = archive.take(sequence, now_unix_s)
    while store.forget_taken(sequence):
        pass
    return written


def _by(database: SqliteDatabase, table: str, start: str, sums: str, where: str = "true") -> Sums:
    query = f"SELECT {start}, {sums} FROM {table} WHERE {where} GROUP BY 1"
    return {row[0]: tuple(row[1:]) for row in database.execute_sql(query) if any(row[1:])}


def _add(*each: Sums) -> Sums:
    total: dict[int, Counter[int]] = {}
    for sums in each:
        for start, values in sums.items():
            total.setdefault(start, Counter()).update(dict(enumerate(values)))
    return {start: tuple(values[n] for n in sorted(values)) for start, values in total.items() if any(values.values())}


def check_tiers(working: Path, archive: Path) -> None:
    """Asserts that hours, what is pending and what is not rolled up are all minutes; and that days are their hours."""
    with closing(open_writable(working)) as database:
        database.register_function(hour_of, "hour_of", 1)
        database.register_function(day_of, "day_of", 1)
        database.execute_sql("ATTACH ? AS archive", (str(archive),))
        facts = Facts(database, "archive")
        last = facts.number(taken(Facts(database).store_id()), 0)
        until, rolled = facts.number(DAYS_UNTIL, -(2**62)), Facts(database).number(ROLLED, -(2**62))
        for rollup in ROLLUPS:
            sums = ", ".join(f"sum({column})" for column in rollup.sums)
            of_minutes = ", ".join(f"sum({expression})" for expression in rollup.sums.values())
            minute, hour = rollup.minute, f"hour_of({rollup.minute})"
            minutes = _by(database, f"main.{rollup.source}", hour, of_minutes)
            unrolled = _by(database, f"main.{rollup.source}", hour, of_minutes, f"{minute} > {rolled}")
            hours = _by(database, f"archive.{rollup.table('hour')}", START, sums)
            pending = _by(database, f"main.{rollup.table('pending')}", START, sums, f"sequence > {last}")
            assert _add(hours, pending, unrolled) == minutes, rollup.name
            days = _by(database, f"archive.{rollup.table('day')}", START, sums)
            rolled_up = _by(database, f"archive.{rollup.table('hour')}", f"day_of({START})", sums,
                            f"{START} < {until}")  # fmt: skip
            assert days == rolled_up, rollup.name
