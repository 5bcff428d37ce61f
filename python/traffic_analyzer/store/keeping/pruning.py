"""Pruning by hand: in the same small steps, beside a collector that may be running."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TypeVar

from peewee import SqliteDatabase

from ...errors import StoreError
from ..database import explained, open_in_place
from ..facts import ARCHIVE, DAYS_UNTIL, ROLLED, Facts
from ..local_time import day_of, hour_of
from ..restamp import SPANS
from ..tiers.progress import Progress
from .leftovers import GROWING, STEP, delete_texts, ids_of, unused
from .retention import (
    DAYS,
    HOURS,
    MINUTES,
    NEVER,
    PENDING,
    ROWS,
    TIERS,
    Tier,
    delete,
    delete_some,
    prune_spans,
    used_bytes,
)

_DAY_S, _MINUTE_S = 86_400, 60
_TRIES = 30  # to find what is unused between two commits of a collector

Result = TypeVar("Result")


@dataclass
class Pruned:
    """What went, and what is left."""

    deleted: Counter[str]  #: rows by table
    since_unix_s: dict[str, int] = field(default_factory=dict)  #: by tier: when the first bucket that is left began
    used_bytes: int = 0  #: of all files
    file_bytes: int = 0
    has_leftovers: bool = False  #: a collector wrote too often: texts that nothing refers to are there still


def prune(
    path: Path, now_unix_s: int, retention_days: int, archive: Path | None = None, tiers: Collection[str] = ()
) -> Pruned:
    """Deletes what is older than *retention_days*; the hour and the day that this time lies in stay whole.

    Where not all tiers are pruned, minutes stay until they are in hours, and hours until they are in days.

    :param archive: where hours and days are; by default what the database says, else the database itself.
    :param tiers: of :data:`.retention.TIERS`; all where none is named.
    :raises StoreError: the step that was under way is undone, what went before it has gone.
    """
    before_unix_s = now_unix_s - retention_days * _DAY_S
    chosen = [tier for name, tier in TIERS.items() if name in (tiers or TIERS)]
    pruned = Pruned(Counter(dict.fromkeys((*MINUTES.tables, *SPANS), 0)))
    with closing(open_in_place(path)) as working, explained(path):
        apart = _archive_of(working, path, archive)
        with _opened(apart, working) as kept:
            for step in _steps(working, kept, before_unix_s, chosen):
                while gone := _in_turn(step):
                    pruned.deleted.update(gone)
            if len(chosen) == len(TIERS):
                pruned.has_leftovers = not _delete_leftovers(working, kept)
            _sum_up(pruned, working, kept, (path, *([apart] if apart else [])))
    return pruned


def _in_turn(step: Callable[[], Result]) -> Result:
    """What *step* returns; then whoever waits has his turn, for as long: SQLite lets nobody queue."""
    began_s = time.monotonic()
    done = step()
    time.sleep(time.monotonic() - began_s)
    return done


def _archive_of(working: SqliteDatabase, path: Path, archive: Path | None) -> Path | None:
    """The file that hours and days are in; None where it is the database itself."""
    noted = Facts(working).text(ARCHIVE)
    found = archive or (Path(noted) if noted else None)
    if found is None or found.exists() and found.samefile(path):
        return None
    if not found.exists():
        raise StoreError(f"--archive {found}: no such database; name the file that hours and days are in")
    return found


@contextmanager
def _opened(apart: Path | None, working: SqliteDatabase) -> Iterator[SqliteDatabase]:
    """What holds hours and days."""
    if apart is None:
        yield working
        return
    try:
        with closing(open_in_place(apart)) as kept, explained(apart):
            yield kept
    except StoreError as error:
        raise StoreError(str(error).replace(f"--db {apart}", f"--archive {apart}", 1)) from error.__cause__


def _steps(
    working: SqliteDatabase, kept: SqliteDatabase, before_unix_s: int, chosen: Collection[Tier]
) -> Iterator[Callable[[], Counter[str]]]:
    """What deletes some rows, as often as it finds any."""
    is_all, hour, day = len(chosen) == len(TIERS), hour_of(before_unix_s), day_of(before_unix_s)
    if MINUTES in chosen:
        minute = before_unix_s
        if not is_all:
            Progress(working)  # rolls up what no collector did
            minute = min(minute, Facts(working).number(ROLLED, NEVER) + _MINUTE_S)
        yield partial(_step, working, MINUTES, minute)
    if HOURS in chosen and DAYS in chosen:
        for table in PENDING:
            yield partial(_step_of_pending, working, table, hour)
    if HOURS in chosen:
        yield partial(_step, kept, HOURS, hour if DAYS in chosen else min(hour, Facts(kept).number(DAYS_UNTIL, NEVER)))
    if DAYS in chosen:
        yield partial(_step, kept, DAYS, day)
    if is_all:
        for database in dict.fromkeys((working, kept)):
            yield partial(prune_spans, database, before_unix_s)


def _step(database: SqliteDatabase, tier: Tier, before_unix_s: int) -> Counter[str]:
    with database.atomic("IMMEDIATE"):
        return delete(database, tier, before_unix_s)


def _step_of_pending(database: SqliteDatabase, table: str, before_unix_s: int) -> Counter[str]:
    with database.atomic("IMMEDIATE"):
        return +Counter({table: delete_some(database, table, f"{PENDING[table]} < ?", (before_unix_s,), ROWS)})


def _delete_leftovers(working: SqliteDatabase, kept: SqliteDatabase) -> bool:
    """False where some are left. The archive's go first: the working database keeps all that it has."""
    left = [
        dictionary
        for database in dict.fromkeys((kept, working))
        for dictionary in GROWING
        if not _delete_unused(database, kept, dictionary)
    ]
    return not left


def _delete_unused(database: SqliteDatabase, kept: SqliteDatabase, dictionary: str) -> bool:
    """False where somebody else wrote too often: what was found to be unused may be in use then."""
    for _ in range(_TRIES):
        with database.atomic():
            version, found = _data_version(database), unused(database, dictionary)
        if kept is not database:  # after that: what it took since was in use then
            found -= ids_of(kept, dictionary)
        ids = sorted(found)
        still: bool = True
        while ids and still:
            still = _in_turn(partial(_step_of_texts, database, dictionary, ids[-STEP:], version))
            if still:
                del ids[-STEP:]
        if not ids:
            return True
    return False


def _step_of_texts(database: SqliteDatabase, dictionary: str, ids: list[int], version: int) -> bool:
    with database.atomic("IMMEDIATE"):
        if _data_version(database) != version:
            return False
        delete_texts(database, dictionary, ids)
    return True


def _data_version(database: SqliteDatabase) -> int:
    """Another one when another connection has written since."""
    return int(database.execute_sql("PRAGMA main.data_version").fetchone()[0])


def _sum_up(pruned: Pruned, working: SqliteDatabase, kept: SqliteDatabase, paths: Collection[Path]) -> None:
    for tier in TIERS.values():
        database = working if tier is MINUTES else kept
        first = [
            database.execute_sql(f"SELECT min({column}) FROM main.{table}").fetchone()[0]
            for table, column in tier.tables.items()
        ]
        found = [unix_s for unix_s in first if unix_s is not None]
        if found:
            pruned.since_unix_s[tier.name] = min(found)
    pruned.used_bytes = sum(used_bytes(database) for database in dict.fromkeys((working, kept)))
    pruned.file_bytes = sum(path.stat().st_size for path in paths)
