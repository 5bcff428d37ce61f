"""Stores with hours and days, and what all their tiers hold together."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from traffic_analyzer.records import Batch, Notice, Role, Traffic
from traffic_analyzer.store.database import open_writable
from traffic_analyzer.store.exchange.union import LASTING, Union
from traffic_analyzer.store.facts import (
    ARCHIVE,
    DAYS_SINCE,
    DAYS_UNTIL,
    HOURS_SINCE,
    MINUTES_SINCE,
    ROLLED,
    STORE_ID,
    Facts,
    taken,
)
from traffic_analyzer.store.local_time import day_of, hour_of
from traffic_analyzer.store.restamp import TIMED
from traffic_analyzer.store.tiers.rollups import ROLLUPS, START, TIERS
from traffic_analyzer.store.writer import Store

from ...traffic import MINUTE, home, interface
from ..seeds import rows

DAY = day_of(MINUTE)

Sums = dict[str, tuple[int, ...]]


@contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(path)) as database, database:
        database.create_function("hour_of", 1, hour_of)
        database.create_function("day_of", 1, day_of)
        yield database


def _fact(database: sqlite3.Connection, key: str) -> str | None:
    row = database.execute("SELECT value FROM meta_kv WHERE key = ?", (key,)).fetchone()
    return row[0] if row else None


def take(path: Path, sequence: int, forget: bool = True) -> None:
    """Pending rows up to *sequence* become hours of the same file, as plainly as can be; *forget*: and go."""
    with _opened(path) as database:
        for rollup in ROLLUPS:
            columns = ", ".join(rollup.columns)
            pending = f"FROM {rollup.table('pending')} WHERE sequence <= {sequence}"
            database.execute(
                f"INSERT INTO {rollup.table('hour')} ({columns}) SELECT {columns} {pending} "
                f"ON CONFLICT ({', '.join((START, *rollup.keys))}) {rollup.merged}"
            )
            if forget:
                database.execute(f"DELETE {pending}")
        key = taken(_fact(database, STORE_ID) or "")
        database.execute("INSERT OR REPLACE INTO meta_kv VALUES (?, ?)", (key, str(sequence)))


def roll_days(path: Path, until_unix_s: int, hours_since_unix_s: int | None = None) -> None:
    """Days before become rows of the day tier; hours before *hours_since_unix_s* are deleted then."""
    with _opened(path) as database:
        for rollup in ROLLUPS:
            values = [f"max({column})" for column in rollup.maxima] + [f"sum({column})" for column in rollup.sums]
            groups = ", ".join(str(at) for at in range(1, 2 + len(rollup.keys)))
            database.execute(
                f"INSERT INTO {rollup.table('day')} ({', '.join(rollup.columns)}) "
                f"SELECT day_of({START}), {', '.join((*rollup.keys, *values))} FROM {rollup.table('hour')} "
                f"WHERE day_of({START}) < {until_unix_s} GROUP BY {groups}"
            )
            if hours_since_unix_s is not None:
                database.execute(f"DELETE FROM {rollup.table('hour')} WHERE {START} < {hours_since_unix_s}")
        facts = {DAYS_UNTIL: until_unix_s} | ({HOURS_SINCE: hours_since_unix_s} if hours_since_unix_s else {})
        for key, value in facts.items():
            database.execute("INSERT OR REPLACE INTO meta_kv VALUES (?, ?)", (key, str(value)))


def all_of(path: Path) -> Sums:
    """What hours, pending rows and later minutes hold together, by rollup: its sums."""
    with _opened(path) as database:
        rolled = int(_fact(database, ROLLED) or -(2**62))
        last = int(_fact(database, taken(_fact(database, STORE_ID) or "")) or 0)
        found = {}
        for rollup in ROLLUPS:
            sums = ", ".join(f"ifnull(sum({column}), 0)" for column in rollup.sums)
            minutes = ", ".join(f"ifnull(sum({expression}), 0)" for expression in rollup.sums.values())
            parts = (
                f"SELECT {sums} FROM {rollup.table('hour')}",
                f"SELECT {sums} FROM {rollup.table('pending')} WHERE sequence > {last}",
                f"SELECT {minutes} FROM {rollup.source} WHERE {rollup.minute} > {rolled}",
            )
            found[rollup.name] = _added(*(database.execute(part).fetchone() for part in parts))
        return found


def minutes_of(path: Path) -> Sums:
    """What the minutes hold, by rollup: its sums."""
    with _opened(path) as database:
        return {
            rollup.name: database.execute(
                f"SELECT {', '.join(f'ifnull(sum({sql}), 0)' for sql in rollup.sums.values())} FROM {rollup.source}"
            ).fetchone()
            for rollup in ROLLUPS
        }


def days_of(path: Path) -> Sums:
    """What the day tier holds, by rollup: its sums."""
    return _tier_of(path, "day")


def hours_of(path: Path) -> Sums:
    """What the hour tier holds, by rollup: its sums."""
    return _tier_of(path, "hour")


def _tier_of(path: Path, tier: str) -> Sums:
    with _opened(path) as database:
        return {
            rollup.name: database.execute(
                f"SELECT {', '.join(f'ifnull(sum({column}), 0)' for column in rollup.sums)} FROM {rollup.table(tier)}"
            ).fetchone()
            for rollup in ROLLUPS
        }


def together(*each: Sums) -> Sums:
    """The sums of all of them."""
    return {name: _added(*(sums[name] for sums in each)) for name in each[0]}


def _added(*rows: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(map(sum, zip(*rows, strict=True)))


def home_of(minutes: int, generation: int, size: int = 1) -> Batch:
    """A home in a minute, whose sums are *size* times as large."""
    found = replace(home(MINUTE + 60 * minutes), generation=generation)
    return replace(found, flows={key: _times(sums, size) for key, sums in found.flows.items()})


def _times(sums: Traffic, size: int) -> Traffic:
    return Traffic(sums.bytes * size, sums.packets * size)


def full_store(path: Path) -> Path:
    """A store with three days: of the first, days alone; of the second, hours; of the third, minutes."""
    with closing(Store(path)) as store:
        for number, minutes in enumerate((0, 1, 90, 1_500, 1_501, 3_000)):
            assert store.commit(home_of(minutes, number))
        take(path, store.seal())
        roll_days(path, day_of(MINUTE + 60 * 1_500), day_of(MINUTE + 60 * 1_500))
        store.commit(home_of(3_001, 6))
        store.notice([Notice("offload", "eth0")], MINUTE)
        store.remember_interface("one", interface("eth0", Role.LAN))
        store.cross([("month", 5, 80)])
    with closing(sqlite3.connect(path)) as database, database:
        for table, minute in TIMED.items():
            database.execute(f"DELETE FROM {table} WHERE {minute} < ?", (MINUTE + 60 * 1_500,))
        for fact in ((MINUTES_SINCE, str(MINUTE + 60 * 1_500)), ("of a user", "kept")):
            database.execute("INSERT INTO meta_kv VALUES (?, ?)", fact)
    return path


def apart(full: Path, folder: Path) -> tuple[Path, Path]:
    """*full* as a working database and an archive, which have other ids for the same texts."""
    working, archive = folder / "working.db", folder / "archive.db"
    shutil.copy(full, working)
    with closing(open_writable(archive)) as database:
        database.execute_sql("INSERT INTO domain (text) VALUES ('of the archive alone')")
    tables = [rollup.table(tier) for rollup in ROLLUPS for tier in TIERS]
    with closing(open_writable(archive)) as database:
        database.execute_sql("ATTACH ? AS working", (str(working),))
        with database.atomic():
            union = Union(database, "working")
            for table in (*tables, *LASTING):
                union.add(table)
                database.execute_sql(f"DELETE FROM working.{table}")
            ours, theirs = Facts(database), Facts(database, "working")
            for key, value in database.execute_sql("SELECT key, value FROM working.meta_kv").fetchall():
                if key in (HOURS_SINCE, DAYS_SINCE, "days_until_unix_s") or key.startswith("taken/"):
                    ours.put(key, value)
            theirs.put(ARCHIVE, str(archive))
    with closing(sqlite3.connect(archive)) as database:
        database.execute("PRAGMA journal_mode = truncate")
    return working, archive


def everything(path: Path) -> list[object]:
    tables = [name for (name,) in rows(path, "SELECT name FROM sqlite_master WHERE type = 'table'")]
    return [(table, rows(path, f"SELECT * FROM {table} ORDER BY 1, 2")) for table in tables if table != "sqlite_stat1"]


@contextmanager
def small_disk(folder: Path, kib: int) -> Iterator[Path]:
    if os.geteuid():
        pytest.skip("mounting takes root")
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={kib}k", "tmpfs", folder], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)  # descriptors of databases stay open: store.files
