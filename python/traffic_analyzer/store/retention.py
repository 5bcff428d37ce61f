"""Removes what is older than a user wants to keep."""

from __future__ import annotations

from pathlib import Path

from .database import explained, open_writable

_SECONDS_PER_DAY = 86_400
#: Tables with rows by time, ours and the seed's, and the column that holds it.
_TIMED = {
    "flow_minute": "minute_unix_s",
    "counter_minute": "minute_unix_s",
    "collector_health_1m": "ts_minute",
    "dns_1m": "ts_minute",
    "sni_1m": "ts_minute",
    "dns_cache_1m": "ts_minute",
}
#: Dictionaries, and the ids in use.
_USED = {
    "address": "SELECT client_id FROM flow_minute UNION SELECT remote_id FROM flow_minute",
    "device": "SELECT device_id FROM flow_minute",
    "domain": "SELECT domain_id FROM flow_minute",
}


def prune(path: Path, now_unix_s: int, retention_days: int) -> dict[str, int]:
    """Deletes every row older than *retention_days*; how many, by table.

    :raises StoreError: nothing is deleted.
    """
    before_unix_s = now_unix_s - retention_days * _SECONDS_PER_DAY
    database = open_writable(path, may_make=False)
    try:
        with explained(path), database.atomic("IMMEDIATE"):
            present = set(database.get_tables())
            deleted = {
                table: database.execute_sql(f"DELETE FROM {table} WHERE {column} < ?", (before_unix_s,)).rowcount
                for table, column in _TIMED.items()
                if table in present
            }
            for table, used in _USED.items():
                database.execute_sql(f"DELETE FROM {table} WHERE id > 0 AND id NOT IN ({used})")
            return deleted
    finally:
        database.close()
