"""A snapshot of a database and its archive, in which each minute is in one place only."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from peewee import SqliteDatabase

from ...errors import StoreError
from .. import facts
from ..facts import Facts
from ..local_time import day_of, hour_of
from .cover import ALWAYS, NEVER, Kept
from .rollups import ROLLUPS, START, TIERS

ARCHIVE = "archive"  #: what an archive of its own is attached as
_MINUTE_S, _HOUR_S, _DAY_S = 60, 3600, 26 * 3600  # at most
_ATTEMPTS = 8  # an archive is written to every few minutes at most
_SOURCES = {rollup.source: rollup.minute for rollup in ROLLUPS}


@dataclass(frozen=True)
class Snapshot:
    """What was found, and what to leave out."""

    archive: str  #: the schema that hours and days are in
    taken: int  #: pending rows up to this sequence are in the archive
    rolled: int  #: start of the last minute that is in pending rows, or in the archive; Unix seconds
    kept: Kept
    is_of_this_zone: bool = True  #: False: its days begin at other times than this process's


@contextmanager
def snapshot(database: SqliteDatabase) -> Iterator[Snapshot]:
    """Both files as they were at one time, until the block ends.

    A file is seen as it was when it was first read. The archive comes second: what was taken over meanwhile is in both,
    and the archive says so. Where it took even what was pending only later, all is read again.

    :raises StoreError: that goes on and on.
    """
    schemas = {row[1] for row in database.execute_sql("PRAGMA database_list")}
    archive = ARCHIVE if ARCHIVE in schemas else "main"
    for _ in range(_ATTEMPTS):
        with database.atomic():
            own = Facts(database)
            sequence, rolled = own.number(facts.SEQUENCE, 1), own.number(facts.ROLLED, ALWAYS)
            store_id = own.text(facts.STORE_ID) or ""
            taken = Facts(database, archive).number(facts.taken(store_id), 0)
            if taken < sequence:
                kept = _kept(database, archive, rolled)
                until = kept.days_until
                yield Snapshot(archive, taken, rolled, kept, until == ALWAYS or day_of(until) == until)
                return
    raise StoreError("the archive is written to again and again; try later")


def _kept(database: SqliteDatabase, archive: str, rolled: int) -> Kept:
    own, of_archive = Facts(database), Facts(database, archive)
    first, last = _extremes(database, ((f"main.{source}", minute) for source, minute in _SOURCES.items()))
    hours, days = (
        _extremes(database, ((f"{archive}.{rollup.table(tier)}", START) for rollup in ROLLUPS)) for tier in TIERS
    )
    minutes_since = own.number(facts.MINUTES_SINCE, ALWAYS)
    if minutes_since == ALWAYS and (_is_of_others(database, archive) or any(
        begun is not None and (first is None or begun < calendar(first))
        for begun, calendar in ((hours[0], hour_of), (days[0], day_of))
    )):  # fmt: skip
        minutes_since = NEVER if first is None else first  # a new database, to an archive that is older
    newest = max(rolled, ALWAYS if last is None else last)
    for begun, length_s in ((hours[1], _HOUR_S), (days[1], _DAY_S)):
        if begun is not None and begun < minutes_since:
            newest = max(newest, begun + length_s - _MINUTE_S)  # minutes do not tell when in that time it was
    days_until = of_archive.number(facts.DAYS_UNTIL, ALWAYS)
    is_cut_off = archive == "main" and own.text(facts.ARCHIVE) is not None and hours[0] is days[0] is None
    return Kept(minutes_since, of_archive.number(facts.HOURS_SINCE, ALWAYS), days_until, newest, is_cut_off)


def _is_of_others(database: SqliteDatabase, archive: str) -> bool:
    """True where an archive of its own has taken hours of another database: it may have begun in this very hour."""
    own = facts.taken(Facts(database).text(facts.STORE_ID) or "")
    query = f"SELECT EXISTS (SELECT 1 FROM {archive}.meta_kv WHERE key GLOB ? AND key <> ?)"
    return archive != "main" and bool(database.execute_sql(query, (facts.taken("*"), own)).fetchone()[0])


def _extremes(database: SqliteDatabase, columns: Iterable[tuple[str, str]]) -> tuple[int | None, int | None]:
    """The smallest and the largest value in columns of tables, which begin with it."""
    each = " UNION ALL ".join(f"SELECT (SELECT min({c}) FROM {t}), (SELECT max({c}) FROM {t})" for t, c in columns)
    sql = f"WITH each (low, high) AS ({each}) SELECT min(low), max(high) FROM each"
    low, high = database.execute_sql(sql).fetchone()
    return low, high
