"""Which rows a database holds: those of the stores that they were counted by, told by ids, and by days as they were.

Databases of before version 4, and the seed's, have no id. A day of theirs is told by its sums.
"""

from __future__ import annotations

import hashlib

from peewee import SqliteDatabase

from ..facts import STORE_ID, Facts, taken

_HOLDS = "holds/"  # and an id: its rows are here since the sequence that is the value
_DAY_S = 86_400
_SOURCES = (
    "SELECT minute_unix_s AS minute, bytes AS amount FROM {0}.flow_minute",
    "SELECT minute_unix_s, count FROM {0}.question_minute",
    "SELECT minute_unix_s, count FROM {0}.server_name_minute",
    "SELECT ts_minute, sni_events FROM {0}.dns_cache_1m",
    "SELECT ts_minute, flow_entries FROM {0}.collector_health_1m",
)


def stores(database: SqliteDatabase, schema: str = "main") -> set[str]:
    """Ids of the stores and days that the database called *schema* has rows of."""
    query = f"SELECT key, value FROM {schema}.meta_kv WHERE key = ? OR key GLOB ? OR key GLOB ?"
    found = database.execute_sql(query, (STORE_ID, f"{taken('*')}", f"{_HOLDS}*"))
    return {value if key == STORE_ID else key.partition("/")[2] for key, value in found}


def days(database: SqliteDatabase, schema: str = "main") -> set[str]:
    """An id for each day, UTC, that there are minutes of: the same for the same ones, whatever version wrote them."""
    rows = " UNION ALL ".join(source.format(schema) for source in _SOURCES)
    query = f"SELECT min(minute), max(minute), count(*), sum(amount) FROM ({rows}) GROUP BY minute / {_DAY_S}"
    return {hashlib.sha256(repr(tuple(row)).encode()).hexdigest()[:32] for row in database.execute_sql(query)}


def hold(database: SqliteDatabase, ids: set[str], sequence: int) -> None:
    """Notes that the rows of *ids* are here, those for hours in the pending rows of *sequence*."""
    cursor = database.connection().cursor()
    held = [(_HOLDS + each, str(sequence)) for each in sorted(ids)]
    cursor.executemany("INSERT OR IGNORE INTO main.meta_kv VALUES (?, ?)", held)


def carry(database: SqliteDatabase, source: str, target: str, last_sequence: int) -> None:
    """Notes in *target*, an archive, what the pending rows of *source* up to *last_sequence* bring it of other stores.

    For the transaction that takes those rows.
    """
    database.execute_sql(
        f"INSERT OR IGNORE INTO {target}.meta_kv SELECT key, '0' FROM {source}.meta_kv "
        "WHERE key GLOB ? AND CAST(value AS INTEGER) <= ?",
        (f"{_HOLDS}*", last_sequence),
    )


def advance(facts: Facts, key: str, unix_s: str | int | None) -> None:
    """Notes a time, where none is noted or an earlier one; None or '' is no time."""
    known = facts.text(key)
    if unix_s not in (None, "") and (not known or int(known) < int(unix_s)):
        facts.put(key, int(unix_s))
