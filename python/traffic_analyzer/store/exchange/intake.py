"""One file's rows into a store: each once, however often it is asked for.

What is in hours there comes as pending rows, which go the way of all others; minutes come as minutes. An archive that
is a file of its own gets its part with what it takes next.
"""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from peewee import SqliteDatabase

from ...errors import StoreError
from .. import models
from ..database import explained, open_as_it_is, open_writable
from ..facts import (
    ARCHIVE,
    DAYS_UNTIL,
    HOURS_SINCE,
    MINUTES_SINCE,
    ROLLED,
    SEQUENCE,
    STORE_ID,
    Facts,
    taken,
)
from ..restamp import TIMED
from ..schema import migrations, seed
from ..tiers.progress import Progress
from ..tiers.rollups import ROLLUPS, START, TIERS
from . import identity
from .attachment import OTHER, archive_of, attachable, connect, is_empty, named_by
from .extent import EVER, Extent, extent_of, extreme_start, minute_span, minutes_since
from .union import LASTING, Union


def import_from(path: Path, db: Path, archive: Path | None) -> Extent:
    """Adds the rows of *path*, a database of any version or of the seed, to *db*: all or none. It may be in use.

    Hours and days come as pending rows. A day of a time that *path* keeps no hours of comes as its first hour.

    :param archive: of *db*, to see what it holds; None: the one that *db* names, if any.
    :raises StoreError: its rows are here already, or it cannot be read; nothing is changed.
    """
    with named_by(path), open_as_it_is(path) as source:
        if migrations.version(source) and "flow_minute" not in seed.tables(source):
            raise StoreError(f"{path}: a database of another program")
    open_writable(db).close()
    held = _archived(archive_of(db, archive))
    with (
        named_by(path), attachable(path, db.parent) as uri,
        explained(db), closing(connect(db, {"synchronous": "normal"})) as database,
    ):  # fmt: skip
        progress = Progress(database)
        database.execute_sql(f"ATTACH ? AS {OTHER}", (uri,))
        with database.atomic("IMMEDIATE"):
            theirs = identity.stores(database, OTHER) | identity.days(database, OTHER)
            if theirs & (identity.stores(database) | identity.days(database) | held):
                raise StoreError(f"{path}: rows of it are in {db} already; nothing was changed")
            of_path = Facts(database, OTHER).text(ARCHIVE)
            if of_path:
                raise StoreError(f"{path}: its hours and days are in {of_path}; import what "
                                 f"`traffic-analyzer export --db {path}` writes")  # fmt: skip
            identity.hold(database, theirs, Facts(database).number(SEQUENCE, 1))
            found = _added(database, progress)
        Progress(database)  # what is later than all that was here
        return found


def _added(database: SqliteDatabase, progress: Progress) -> Extent:
    """Adds everything of the attached database."""
    facts, theirs, union = Facts(database), Facts(database, OTHER), Union(database, OTHER)
    rolled = theirs.text(ROLLED)
    first, last = minute_span(database, OTHER)
    found = extent_of(database, OTHER)
    with progress.joining(int(rolled) if rolled else None, first, last):
        for table in TIMED:
            union.add(table)
        whole = {"sequence": str(facts.number(SEQUENCE, 1)), START: f"hour_of({START})"}
        begin = _hours_begin(database)
        last_taken = theirs.number(taken(theirs.text(STORE_ID) or ""), 0)
        for rollup in ROLLUPS:
            pending, hours, days = (rollup.table(tier) for tier in ("pending", *TIERS))
            union.add(pending, pending, "sequence > ?", last_taken, **whole)
            union.add(pending, hours, f"{START} >= ?", begin, **whole)
            union.add(pending, days, f"{START} < ?", begin, **whole)
    for table in LASTING:
        union.add(table)
    identity.advance(facts, MINUTES_SINCE, minutes_since(database, OTHER))
    return found


def _hours_begin(database: SqliteDatabase) -> int:
    """From when on the other database's hours say all that there is; what was before, its days say.

    Hours may have been deleted up to the middle of a day. That day counts as one without hours.
    """
    theirs = Facts(database, OTHER)
    since = theirs.text(HOURS_SINCE)
    if not since:
        return EVER
    next_day = extreme_start(database, OTHER, "day", "min", int(since))
    return theirs.number(DAYS_UNTIL, int(since)) if next_day is None else next_day


def _archived(archive: Path | None) -> set[str]:
    """Of which stores an archive holds rows."""
    if archive is None or is_empty(archive):
        return set()
    with open_as_it_is(archive) as database:
        return identity.stores(database) if migrations.version(database) == models.SCHEMA_VERSION else set()
