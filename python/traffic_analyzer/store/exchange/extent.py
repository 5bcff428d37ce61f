"""How much a database holds, and of which time."""

from __future__ import annotations

from typing import NamedTuple

from peewee import SqliteDatabase

from ..facts import MINUTES_SINCE, Facts
from ..local_time import hour_of
from ..restamp import TIMED
from ..tiers.rollups import ROLLUPS, START, TIERS
from .union import LASTING

EVER = -(2**62)  #: before every minute
_HOUR_S = 3600
_ROLLED = ("pending", *TIERS)


class Extent(NamedTuple):
    """Rows by table, ``hours`` with those that are pending, and the time that they are of."""

    rows: dict[str, int]
    since_unix_s: int | None  #: None: there are none
    until_unix_s: int | None  #: begin of the last minute, hour or day


def minutes_since(database: SqliteDatabase, schema: str) -> int | None:
    """Since when a database has all minutes; None where it always had, and says nothing else."""
    noted = Facts(database, schema).text(MINUTES_SINCE)
    if noted:
        return int(noted)
    hours = [start for tier in _ROLLED if (start := extreme_start(database, schema, tier, "min")) is not None]
    first, last = minute_span(database, schema)
    if not hours or (first <= last and hour_of(first) <= min(hours)):
        return None
    ends = [start + _HOUR_S for tier in _ROLLED
            if (start := extreme_start(database, schema, tier, "max")) is not None]  # fmt: skip
    return first if first <= last else max(ends)


def extent_of(database: SqliteDatabase, schema: str = "main") -> Extent:
    """What a database holds."""

    def count(table: str) -> int:
        return int(database.execute_sql(f"SELECT count(*) FROM {schema}.{table}").fetchone()[0])

    rows = {table: count(table) for table in (*TIMED, *LASTING)}
    rows |= {f"{tier}s": sum(count(rollup.table(tier)) for rollup in ROLLUPS) for tier in TIERS}
    rows["hours"] += sum(count(rollup.table("pending")) for rollup in ROLLUPS)
    starts = [extreme_start(database, schema, tier, function) for tier in _ROLLED for function in ("min", "max")]
    times = {start for start in starts if start is not None}
    first, last = minute_span(database, schema)
    if first <= last:
        times = times - {hour_of(first)} | {first, last}  # of that hour the minute says more
    return Extent(rows, min(times, default=None), max(times, default=None))


def minute_span(database: SqliteDatabase, schema: str) -> tuple[int, int]:
    """Starts of the first and the last minute; the last is earlier where there are none."""
    extremes = [
        database.execute_sql(f"SELECT {function}({minute}) FROM {schema}.{table}").fetchone()[0]
        for table, minute in TIMED.items()
        for function in ("min", "max")  # one by one they are looked up
    ]
    found = [minute for minute in extremes if minute is not None]
    return (min(found), max(found)) if found else (0, -1)


def extreme_start(
    database: SqliteDatabase, schema: str, tier: str, function: str, since_unix_s: int = EVER
) -> int | None:
    """The first (``min``) or last (``max``) start of a bucket in all tables of a tier; None where there is none."""
    each = [
        database.execute_sql(
            f"SELECT {function}({START}) FROM {schema}.{rollup.table(tier)} WHERE {START} >= ?", (since_unix_s,)
        ).fetchone()[0]
        for rollup in ROLLUPS
    ]
    found = [start for start in each if start is not None]
    return (min if function == "min" else max)(found) if found else None
