"""The working end of the archive: what is sealed for it, and goes when it has it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from peewee import SqliteDatabase

from ..facts import ARCHIVE, Facts
from .folding import fold
from .rollups import ROLLUPS, START

_ROWS_A_STEP = 2_000  # that go in one transaction: some 10 ms on a PC


def forget(database: SqliteDatabase, sequence: int) -> bool:
    """Deletes some pending rows up to *sequence*; False where there are none left."""
    left = _ROWS_A_STEP
    for rollup in ROLLUPS:
        table, key = f"main.{rollup.table('pending')}", ", ".join(("sequence", START, *rollup.keys))
        left -= database.execute_sql(
            f"DELETE FROM {table} WHERE ({key}) IN (SELECT {key} FROM {table} WHERE sequence <= ? LIMIT ?)",
            (sequence, left),
        ).rowcount
        if left <= 0:
            return True
    return False


def fold_pending(database: SqliteDatabase, since_unix_s: int, before_unix_s: int) -> None:
    """Puts together the tails of hours of a span, where no archive takes them: an hour is as small as there.

    Negative rows stay: what they take away is in the archive.
    """
    where = f"{START} >= {int(since_unix_s)} AND {START} < {int(before_unix_s)}"
    for rollup in ROLLUPS:
        table = f"main.{rollup.table('pending')}"
        fold(database, table, rollup, where=where, leading=("sequence", START), keep_negative=True)


def note_archive(database: SqliteDatabase, path: str) -> None:
    """Where reports that are given only this database find its archive."""
    Facts(database).put(ARCHIVE, path)


@contextmanager
def durable(database: SqliteDatabase) -> Iterator[None]:
    """The next commit, and all before it, last through a power failure.

    Else the archive may hold what the working database has forgotten, and would then get minutes twice.
    """
    database.execute_sql("PRAGMA main.synchronous = full")
    try:
        yield
    finally:
        database.execute_sql("PRAGMA main.synchronous = normal")


@contextmanager
def attached(database: SqliteDatabase, path: Path, schema: str) -> Iterator[None]:
    """Another database beside the main one, outside of transactions."""
    database.execute_sql(f"ATTACH ? AS {schema}", (str(path.absolute()),))
    try:
        yield
    finally:
        database.execute_sql(f"DETACH {schema}")
