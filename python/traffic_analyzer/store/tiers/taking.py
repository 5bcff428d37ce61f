"""What becomes an hour and a day: rows are added to an archive's tier, folded, and the texts that they use go along."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from peewee import SqliteDatabase

from ...errors import StoreError
from ..dictionary import columns_of
from ..exchange import identity
from ..facts import DAYS_SINCE, DAYS_UNTIL, HOURS_SINCE, Facts, taken
from ..local_time import day_of
from .folding import fold
from .rollups import ROLLUPS, START, Rollup

_EVER, _NEVER = -(2**62), 2**62  # before and after every hour
_A_DAY_LATER_S = 26 * 3600  # from a day's start: in the next one, which may have begun after 23 hours, or 25
_WHEN = "last_unix_s"  # means nothing where nothing is counted


def _day_after(unix_s: int) -> int:
    return day_of(day_of(unix_s) + _A_DAY_LATER_S)


class DisagreeError(StoreError):
    """Ids of the archive and of the working database mean different texts: adoption mends that. Nothing was written."""


class Taking:
    """Takes pending rows of the database *source* of a connection into the hours and days of its main one.

    Each step keeps all sums, and may be a transaction of its own where both databases are one: what it adds to an hour
    goes from the pending rows in the same step.
    """

    def __init__(self, database: SqliteDatabase, source: str) -> None:
        self._database, self._source = database, source
        self._is_apart = source != "main"
        self._facts = Facts(database)
        store_id = Facts(database, source).text("store_id") or ""
        self._taken = taken(store_id)

    def hours(self, sequence: int) -> Iterator[tuple[Rollup, int]]:
        """What :meth:`take_hour` is to be called with: the hours that anything is pending for up to *sequence*."""
        for rollup in ROLLUPS:
            query = f"SELECT DISTINCT {START} FROM {self._pending(rollup)} WHERE {self._among(sequence)} ORDER BY 1"
            for (start,) in list(self._database.execute_sql(query)):
                yield rollup, start

    def take_hour(self, rollup: Rollup, start_unix_s: int, sequence: int) -> None:
        """Adds what is pending to the hour that began at *start_unix_s*, and to its day where that is rolled up."""
        pending = self._pending(rollup)
        sequences = self._database.execute_sql(
            f"SELECT DISTINCT sequence FROM {pending} WHERE {self._among(sequence)}"
        ).fetchall()
        among = f"sequence IN ({', '.join(str(each) for (each,) in sequences)}) AND {START} = {start_unix_s}"
        if start_unix_s >= self._facts.number(HOURS_SINCE, _EVER):
            self.add(rollup, "hour", pending, among, START)
        rolled = start_unix_s < self._facts.number(DAYS_UNTIL, _EVER)
        if rolled and day_of(start_unix_s) >= self._facts.number(DAYS_SINCE, _EVER):
            self.add(rollup, "day", pending, among, f"day_of({START})")
        if not self._is_apart:
            self._database.execute_sql(f"DELETE FROM {pending} WHERE {among}")

    def days(self, now_unix_s: int) -> Iterator[int]:
        """What :meth:`roll_day` is to be called with: the days that are over and in hours only."""
        until, today = self._facts.number(DAYS_UNTIL, _EVER), day_of(now_unix_s)
        while (first := min(self._first_hour(rollup, until) for rollup in ROLLUPS)) < today:
            yield first
            until = _day_after(first)

    def roll_day(self, first_unix_s: int) -> None:
        """Makes a day of its hours, of which the first began at *first_unix_s*."""
        next_day = _day_after(first_unix_s)
        among = f"{START} >= {first_unix_s} AND {START} < {next_day}"
        for rollup in ROLLUPS:
            self.add(rollup, "day", f"main.{rollup.table('hour')}", among, f"day_of({START})")
        self._facts.put(DAYS_UNTIL, next_day)

    def finish(self, sequence: int, now_unix_s: int) -> None:
        """Notes how far it came."""
        if self._facts.number(DAYS_UNTIL, _EVER) < day_of(now_unix_s):
            self._facts.put(DAYS_UNTIL, day_of(now_unix_s))
        self._facts.put(self._taken, max(sequence, self._facts.number(self._taken, 0)))
        if self._is_apart:
            identity.carry(self._database, self._source, "main", sequence)

    def add(self, rollup: Rollup, tier: str, table: str, where: str, start: str) -> None:
        """Adds rows of a *table* of the rollup's columns to a tier.

        What was in the buckets that they fall into is put beside them, the whole is folded, and only then written: what
        does not stay leaves no text behind and costs no page.

        :param table: with its schema.
        :param where: which of its rows.
        :param start: the time that they go to.
        """
        target, run = f"main.{rollup.table(tier)}", self._run
        key, columns = ", ".join((START, *rollup.keys)), ", ".join(rollup.columns)
        bucket = ", ".join((START, *rollup.bucket))
        run(f"CREATE TEMP TABLE fresh ({columns}, PRIMARY KEY ({key})) WITHOUT ROWID")
        into = f"INSERT INTO temp.fresh ({columns}) SELECT"
        rest = ", ".join(rollup.columns[1:])
        run(f"{into} {start}, {rest} FROM {table} WHERE {where} ON CONFLICT ({key}) {rollup.merged}")
        run(f"CREATE TEMP TABLE touched AS SELECT DISTINCT {bucket} FROM temp.fresh")
        touched = f"{START} IN (SELECT {START} FROM temp.touched) AND ({bucket}) IN (SELECT {bucket} FROM temp.touched)"
        run(f"{into} {columns} FROM {target} WHERE {touched} ON CONFLICT ({key}) {rollup.merged}")
        fold(self._database, "temp.fresh", rollup, cap=rollup.day_cap if tier == "day" else 0)
        counted = (*rollup.sums, *(column for column in rollup.maxima if column != _WHEN))
        run(f"DELETE FROM temp.fresh WHERE {' AND '.join(f'{column} = 0' for column in counted)}")
        for column, dictionary in rollup.dictionaries.items():
            self.take_texts(dictionary, f"SELECT {column} FROM temp.fresh")
        run(f"DELETE FROM {target} WHERE {touched} AND ({key}) NOT IN (SELECT {key} FROM temp.fresh)")
        values = (*rollup.maxima, *rollup.sums)
        run(
            f"INSERT INTO {target} ({columns}) SELECT {columns} FROM temp.fresh WHERE true ORDER BY {key} "
            f"ON CONFLICT ({key}) DO UPDATE SET {', '.join(f'{column} = excluded.{column}' for column in values)} "
            f"WHERE {' OR '.join(f'{column} <> excluded.{column}' for column in values)}"
        )
        run("DROP TABLE temp.fresh")
        run("DROP TABLE temp.touched")

    def take_texts(self, dictionary: str, ids: str) -> None:
        """Copies the texts that SQL selects the ids of, where they are not there yet.

        :raises DisagreeError: one has another id there, or the id another text.
        """
        if not self._is_apart:
            return
        used, mine = f"FROM {self._source}.{dictionary} WHERE id IN ({ids})", f"main.{dictionary}"
        new = f"{used} AND id NOT IN (SELECT id FROM {mine})"
        (disagree,) = self._database.execute_sql(
            f"SELECT EXISTS (SELECT 1 {used} AND text <> (SELECT text FROM {mine} AS other WHERE other.id = "
            f"{dictionary}.id)) OR EXISTS (SELECT 1 FROM {mine} WHERE text IN (SELECT text {new}))"
        ).fetchone()
        if disagree:
            raise DisagreeError(f"{dictionary}: ids of the archive and of --db mean different texts")
        columns = columns_of(dictionary)
        self._run(f"INSERT INTO {mine} ({columns}) SELECT {columns} {new} ORDER BY id")

    def _run(self, sql: str) -> None:
        self._database.execute_sql(sql)

    def _pending(self, rollup: Rollup) -> str:
        return f"{self._source}.{rollup.table('pending')}"

    def _among(self, sequence: int) -> str:
        return f"sequence > {self._facts.number(self._taken, 0)} AND sequence <= {sequence}"

    def _first_hour(self, rollup: Rollup, since_unix_s: int) -> int:
        query = f"SELECT min({START}) FROM main.{rollup.table('hour')} WHERE {START} >= ?"
        found: Any = self._database.execute_sql(query, (since_unix_s,)).fetchone()[0]
        return _NEVER if found is None else int(found)
