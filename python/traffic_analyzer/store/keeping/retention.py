"""What no tier keeps any longer goes: by age and by size, the oldest first, a bounded number of rows at a time.

Pages that become free are written again; no file shrinks, and none is rewritten. Before the first row of a bucket goes,
its tier says that it begins later: nobody takes half a bucket for a whole one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from peewee import SqliteDatabase

from ..facts import DAYS_SINCE, DAYS_UNTIL, HOURS_SINCE, MINUTES_SINCE, ROLLED, Facts
from ..local_time import day_of
from ..restamp import SPANS, TIMED
from ..tiers.rollups import ROLLUPS, START

ROWS = 5_000  #: of a table that go in one step: a few milliseconds
NEVER = -(2**62)  # before every row
_MINUTE_S, _DAY_AND_A_HALF_S = 60, 36 * 3600
_BOOT_TIMES_END_UNIX_S = 946_684_800  # 2000: earlier minutes are stamped by a boot clock, and are yet to move
#: Of what a file may take this is for its log, which SQLite begins anew at 1,000 pages or so, and for what comes before
#: the next step: an eighth, or more where that is little.
_SPARE_PART, _SPARE_BYTES = 8, 8 << 20


@dataclass(frozen=True)
class Tier:
    """Tables whose rows grow old together, with the column that says when each bucket began."""

    name: str
    tables: Mapping[str, str]
    since: str  #: the fact that says from when on all is kept


def _rolled_up(tier: str) -> dict[str, str]:
    return {rollup.table(tier): START for rollup in ROLLUPS}


MINUTES = Tier("minutes", TIMED, MINUTES_SINCE)
HOURS = Tier("hours", _rolled_up("hour"), HOURS_SINCE)
DAYS = Tier("days", _rolled_up("day"), DAYS_SINCE)
TIERS = {tier.name: tier for tier in (MINUTES, HOURS, DAYS)}
PENDING = _rolled_up("pending")


def used_bytes(database: SqliteDatabase, schema: str = "main") -> int:
    """What is in use of the file, the one that is called *schema* on this connection; free pages are not."""
    pages, free, size = (
        int(database.execute_sql(f"PRAGMA {schema}.{pragma}").fetchone()[0])
        for pragma in ("page_count", "freelist_count", "page_size")
    )
    return (pages - free) * size


def is_full(database: SqliteDatabase, max_bytes: int, schema: str = "main") -> bool:
    """True where more is in use than leaves room for the log below *max_bytes*; 0: there is no bound."""
    spare_bytes = max(max_bytes // _SPARE_PART, min(max_bytes // 2, _SPARE_BYTES))
    return max_bytes > 0 and used_bytes(database, schema) > max_bytes - spare_bytes


def prune_minutes(database: SqliteDatabase, keep_since_unix_s: int, max_bytes: int, rows: int = ROWS) -> Counter[str]:
    """One step, in one transaction: how many rows went, by table; empty where nothing is left to do.

    Minutes that are not rolled up yet stay, whatever their age. Where the file is too large nevertheless, those go
    that were stamped by a boot clock: while nobody sets the clock they would fill the memory.

    :param keep_since_unix_s: those before it go.
    :param max_bytes: that the file may take with its log; 0: any.
    """
    with database.atomic("IMMEDIATE"):
        rolled_up = Facts(database).number(ROLLED, NEVER) + _MINUTE_S
        dated = _BOOT_TIMES_END_UNIX_S
        deleted = delete(database, MINUTES, min(keep_since_unix_s, rolled_up), dated, rows=rows)
        if deleted or not is_full(database, max_bytes):
            return deleted
        return delete(database, MINUTES, rolled_up, dated, rows=rows) or delete(database, MINUTES, dated, rows=rows)


def prune_archive(
    database: SqliteDatabase, hours_since_unix_s: int, days_since_unix_s: int, max_bytes: int,
    rows: int = ROWS, schema: str = "main",
) -> Counter[str]:  # fmt: skip
    """The same for hours and days, whole local days of them. Hours stay until their day is rolled up.

    :param max_bytes: that the file may take; the oldest hours go first, then the oldest days. 0: any, as where
        minutes are in that file too, which go instead.
    """
    with database.atomic("IMMEDIATE"):
        until = Facts(database, schema).number(DAYS_UNTIL, NEVER)
        to: dict[str, Any] = {"rows": rows, "schema": schema}
        deleted = delete(database, HOURS, min(day_of(hours_since_unix_s), until), **to)
        deleted = deleted or delete(database, DAYS, min(day_of(days_since_unix_s), until), **to)
        if not deleted and is_full(database, max_bytes, schema):
            to["rows"] = min(rows, ROWS)  # and then it is looked again: what fits stays
            deleted = delete(database, HOURS, until, **to) or delete(database, DAYS, until, **to)
        return deleted


def delete(
    database: SqliteDatabase, tier: Tier, before_unix_s: int, after_unix_s: int = NEVER,
    rows: int = ROWS, schema: str = "main",
) -> Counter[str]:  # fmt: skip
    """Deletes buckets that began in [*after*, *before*), in the transaction that is under way: the oldest first, and at
    most *rows* of each table.

    Hours are said to be kept from a whole day on, or from *before*.
    """
    first = _extreme(database, tier, schema, before_unix_s, after_unix_s, 0)
    if first is None:
        return Counter()
    cut = _extreme(database, tier, schema, before_unix_s, after_unix_s, rows) or before_unix_s
    if first >= _BOOT_TIMES_END_UNIX_S or before_unix_s > _BOOT_TIMES_END_UNIX_S:
        _say_since(database, tier, schema, before_unix_s, max(cut, first + 1))
    deleted: Counter[str] = Counter()
    for table, column in tier.tables.items():
        if cut > first:
            at = f"{column} >= ? AND {column} < ?"
            deleted[table] = _run(database, f"DELETE FROM {schema}.{table} WHERE {at}", (after_unix_s, cut))
        else:  # a bucket that is larger than a step
            deleted[table] = delete_some(database, table, f"{column} = ?", (first,), rows, schema)
    return +deleted


def delete_some(
    database: SqliteDatabase, table: str, where: str, parameters: tuple[object, ...], rows: int, schema: str = "main"
) -> int:
    """Deletes at most *rows* of a table that has a primary key; how many."""
    info = database.execute_sql(f"PRAGMA {schema}.table_info({table})").fetchall()
    key = ", ".join(f'"{name}"' for _, name, _, _, _, place in sorted(info, key=lambda row: row[5]) if place)
    chosen = f"SELECT {key} FROM {schema}.{table} WHERE {where} ORDER BY {key} LIMIT ?"
    return _run(database, f"DELETE FROM {schema}.{table} WHERE ({key}) IN ({chosen})", (*parameters, rows))


def prune_spans(
    database: SqliteDatabase, before_unix_s: int, rows: int = ROWS, schema: str = "main"
) -> Counter[str]:
    """One step for the addresses and names of devices that were last seen before."""
    with database.atomic("IMMEDIATE"):
        return +Counter({
            table: delete_some(database, table, "last_unix_s < ?", (before_unix_s,), rows, schema) for table in SPANS
        })  # fmt: skip


def _run(database: SqliteDatabase, statement: str, parameters: tuple[object, ...]) -> int:
    return int(database.execute_sql(statement, parameters).rowcount)


def _extreme(
    database: SqliteDatabase, tier: Tier, schema: str, before_unix_s: int, after_unix_s: int, offset: int
) -> int | None:
    """The earliest of what the tables have *offset* rows into the span; None where none has so many."""
    found = [
        row[0]
        for table, column in tier.tables.items()
        if (row := database.execute_sql(
            f"SELECT {column} FROM {schema}.{table} WHERE {column} >= ? AND {column} < ? ORDER BY {column} "
            "LIMIT 1 OFFSET ?", (after_unix_s, before_unix_s, offset),
        ).fetchone())
    ]  # fmt: skip
    return min(found, default=None)


def _say_since(database: SqliteDatabase, tier: Tier, schema: str, before_unix_s: int, cut_unix_s: int) -> None:
    since = cut_unix_s
    if tier is MINUTES:
        since = -(-cut_unix_s // _MINUTE_S) * _MINUTE_S
    elif day_of(cut_unix_s) != cut_unix_s:
        since = day_of(day_of(cut_unix_s) + _DAY_AND_A_HALF_S)
    facts = Facts(database, schema)
    since = min(since, before_unix_s)
    if since > facts.number(tier.since, NEVER):
        facts.put(tier.since, since)
