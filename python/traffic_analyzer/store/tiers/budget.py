"""What is written to an archive, in bytes, and how much of that a day may have."""

from __future__ import annotations

from pathlib import Path

from peewee import SqliteDatabase

from ..facts import Facts
from ..local_time import day_of

_JOURNAL_HEADER = 512  # bytes; of a disk with 512-byte sectors, or writes that spare their neighbours (os_unix.c)
_RECORD = 8  # bytes of a journal's record beside the page: its number and a checksum
_HEADER_AGAIN = 12  # bytes of the header that are written when the journal is whole
_DAY_S = 86_400

_DAY = "written_day_unix_s"  # of which local day the next fact is
_BYTES = "written_bytes"


class Meter:
    """What a transaction of a database with a rollback journal writes. Made as it begins, asked as it ends.

    The kernel counts that too (``/proc/self/io``), where it was built to; those of routers are not.
    """

    def __init__(self, database: SqliteDatabase, path: Path) -> None:
        self._database, path = database, path.resolve()
        self._journal = path.with_name(path.name + "-journal")
        self._page_bytes = self._number("page_size")
        self._pages, self._free = self._number("page_count"), self._number("freelist_count")

    def written_bytes(self) -> int:
        """With the commit that comes now: the journal, pages that are rewritten, and new ones."""
        try:
            journal = self._journal.stat().st_size
        except FileNotFoundError:
            journal = 0
        if not journal:
            return 0
        pages, free = self._number("page_count"), self._number("freelist_count")
        if (pages, free) == (self._pages, self._free):  # the first page, which counts commits, is changed by them only
            journal += self._page_bytes + _RECORD
        rewritten = (journal - _JOURNAL_HEADER) // (self._page_bytes + _RECORD)
        new = max(0, pages - self._pages)
        reused = max(0, self._free - free)  # their old content needs no journal
        return journal + _HEADER_AGAIN + (rewritten + new + reused) * self._page_bytes

    def _number(self, pragma: str) -> int:
        return int(self._database.execute_sql(f"PRAGMA main.{pragma}").fetchone()[0])


class Budget:
    """Bytes that may be written in a local day, and were: facts of the archive, so that a restart changes nothing.

    What a day took too much, the day after it has less.

    :param limit_bytes: of a day; 0: no limit.
    """

    def __init__(self, facts: Facts, limit_bytes: int) -> None:
        self._facts, self._limit_bytes = facts, limit_bytes

    def written_bytes(self, now_unix_s: int) -> int:
        """Of the day that it is, and what earlier ones left to it."""
        written, day = self._facts.number(_BYTES, 0), self._facts.number(_DAY, 0)
        days = round((day_of(now_unix_s) - day) / _DAY_S)
        if days <= 0:  # a clock that was set back does not open the day anew
            return written
        return max(0, written - days * self._limit_bytes) if self._limit_bytes else 0

    def allows(self, more_bytes: int, now_unix_s: int, is_last: bool) -> bool:
        """Whether *more_bytes* may be written now: a quarter of a day's budget at once, the rest as the day passes.

        Then a busy morning leaves something for the evening. What is by itself too much for a day goes where nothing
        has been written in it.

        :param is_last: the collector stops, and its RAM may be gone afterwards. A fourth more than the budget, then;
            not more, or a service that is started over and over would wear the flash out.
        """
        written = self.written_bytes(now_unix_s)
        if not self._limit_bytes or not written:
            return True
        if is_last:
            return written + more_bytes <= self._limit_bytes * 5 // 4
        passed = min(1.0, (now_unix_s - day_of(now_unix_s)) / _DAY_S)
        return written + more_bytes <= self._limit_bytes * (1 + 3 * passed) / 4

    def charge(self, more_bytes: int, now_unix_s: int) -> None:
        """Notes them, in the transaction that is under way."""
        written = self.written_bytes(now_unix_s) + more_bytes
        if self._limit_bytes:  # a large database that is taken over keeps nothing back for longer than the day after
            written = min(written, 2 * self._limit_bytes)
        self._facts.put(_DAY, day_of(now_unix_s))
        self._facts.put(_BYTES, written)
