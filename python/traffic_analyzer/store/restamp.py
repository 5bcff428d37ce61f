"""Moves rows in time, when the clock that they were stamped by turns out to have been wrong."""

from __future__ import annotations

from collections.abc import Mapping

from peewee import SqliteDatabase

#: Tables with rows by minute, and the column that holds it.
TIMED: Mapping[str, str] = {
    "flow_minute": "minute_unix_s",
    "counter_minute": "minute_unix_s",
    "question_minute": "minute_unix_s",
    "server_name_minute": "minute_unix_s",
    "dns_cache_1m": "ts_minute",
    "collector_health_1m": "ts_minute",
}
#: Tables that say when something was first and last seen.
SPANS = ("device_address", "device_name")


def restamp(
    database: SqliteDatabase, upserts: Mapping[str, str], since_unix_s: int, until_unix_s: int, shift_s: int
) -> None:
    """Moves what lies in [*since_unix_s*, *until_unix_s*) by *shift_s*; what is there already is added to.

    :param upserts: by table, what writes a row of it or adds to the one that is there.
    """
    span = (since_unix_s, until_unix_s)
    for table, minute in TIMED.items():
        at = f"FROM {table} WHERE {minute} >= ? AND {minute} < ?"
        database.execute_sql(f"CREATE TEMP TABLE moved AS SELECT * {at}", span)
        database.execute_sql(f"DELETE {at}", span)
        database.execute_sql(f"UPDATE moved SET {minute} = {minute} + ?", (shift_s,))
        cursor = database.connection().cursor()
        cursor.executemany(upserts[table], database.execute_sql("SELECT * FROM moved"))
        database.execute_sql("DROP TABLE moved")
    between = "since_unix_s >= ? AND since_unix_s < ?"
    database.execute_sql(f"UPDATE notice SET since_unix_s = since_unix_s + ? WHERE {between}", (shift_s, *span))
    for table in SPANS:
        for column in ("first_unix_s", "last_unix_s"):
            database.execute_sql(
                f"UPDATE {table} SET {column} = {column} + ? WHERE {column} >= ? AND {column} < ?", (shift_s, *span)
            )
        # A wrong clock that was behind took the place of when it was first seen, by a right one: what is left of that
        # is when it was last seen.
        database.execute_sql(
            f"UPDATE {table} SET first_unix_s = last_unix_s, last_unix_s = first_unix_s "
            "WHERE first_unix_s > last_unix_s"
        )
