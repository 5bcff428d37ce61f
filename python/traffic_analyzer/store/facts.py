"""Facts about a database itself, in its table ``meta_kv``."""

from __future__ import annotations

import uuid

from peewee import SqliteDatabase

#: Start of the last minute that is in pending rows or in hours; absent: none is.
ROLLED = "rolled_unix_s"
SEQUENCE = "sequence"  #: that new pending rows get
STORE_ID = "store_id"  #: by which an archive knows whose pending rows it took
MINUTES_SINCE = "minutes_since_unix_s"  #: all minutes from here on are kept; absent: none was ever deleted
HOURS_SINCE = "hours_since_unix_s"  #: likewise, of the hours in an archive
DAYS_SINCE = "days_since_unix_s"
DAYS_UNTIL = "days_until_unix_s"  #: start of the first local day that is in hours only; absent: no day is rolled up
BOOT_ID = "boot_id"  #: of the boot by whose clock rows are stamped that have no date yet; absent: none are
ARCHIVE = "archive"  #: absolute path of the archive; absent: this file is its own
EXPORT_ID = "export_id"  #: of a file that ``export`` made


def taken(store_id: str) -> str:
    """The fact of an archive that says up to which sequence it took the pending rows of a store."""
    return f"taken/{store_id}"


class Facts:
    """Facts of the database that is called *schema* on this connection."""

    def __init__(self, database: SqliteDatabase, schema: str = "main") -> None:
        self._database = database
        self._table = f"{schema}.meta_kv"

    def text(self, key: str) -> str | None:
        """The fact; None where there is none."""
        row = self._database.execute_sql(f"SELECT value FROM {self._table} WHERE key = ?", (key,)).fetchone()
        return str(row[0]) if row else None

    def number(self, key: str, default: int) -> int:
        """The fact, a whole number; *default* where there is none."""
        found = self.text(key)
        return default if found is None else int(found)

    def put(self, key: str, value: str | int) -> None:
        """Notes a fact, in the transaction that is under way."""
        self._database.execute_sql(f"INSERT OR REPLACE INTO {self._table} VALUES (?, ?)", (key, str(value)))

    def remove(self, key: str) -> None:
        """Forgets a fact, in the transaction that is under way."""
        self._database.execute_sql(f"DELETE FROM {self._table} WHERE key = ?", (key,))

    def store_id(self) -> str:
        """By which archives know this store; made where there is none."""
        found = self.text(STORE_ID)
        if found is None:
            found = uuid.uuid4().hex
            self.put(STORE_ID, found)
        return found
