"""Removes what is older than a user wants to keep."""

from __future__ import annotations

from pathlib import Path

from .database import explained, open_writable
from .restamp import SPANS, TIMED

_SECONDS_PER_DAY = 86_400
#: Tables with rows by time, and the column that holds it.
_TIMED = {**TIMED, **dict.fromkeys(SPANS, "last_unix_s")}
#: Dictionaries that grow with the traffic, and the columns that refer to them.
_USED = {
    "address": ("flow_minute.client_id", "flow_minute.remote_id", "question_minute.client_id",
                "server_name_minute.client_id", "device_address.address_id"),
    "device": ("flow_minute.device_id", "question_minute.device_id", "server_name_minute.device_id",
               "device_address.device_id", "device_name.device_id"),
    "domain": ("flow_minute.domain_id", "question_minute.domain_id", "server_name_minute.domain_id"),
}  # fmt: skip


def prune(path: Path, now_unix_s: int, retention_days: int) -> dict[str, int]:
    """Deletes every row older than *retention_days*; how many, by table.

    :raises StoreError: nothing is deleted.
    """
    before_unix_s = now_unix_s - retention_days * _SECONDS_PER_DAY
    database = open_writable(path, may_make=False)
    try:
        with explained(path), database.atomic("IMMEDIATE"):
            deleted = {
                table: database.execute_sql(f"DELETE FROM {table} WHERE {column} < ?", (before_unix_s,)).rowcount
                for table, column in _TIMED.items()
            }
            for table, columns in _USED.items():
                used = " UNION ".join(f"SELECT {column} FROM {column.split('.')[0]}" for column in columns)
                database.execute_sql(f"DELETE FROM {table} WHERE id > 0 AND id NOT IN ({used})")
            return deleted
    finally:
        database.close()
