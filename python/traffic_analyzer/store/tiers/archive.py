"""The archive: hours and days. It takes pending rows of a working database, each exactly once.

An archive is a file of its own, on flash, or the working database itself. In its own file all that is taken is written
in one transaction, with a rollback journal: less is written than with a log of pages, and JFFS2 can do it. In the
working database the same is done in many short ones, for its writer waits meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from peewee import IntegrityError, OperationalError, SqliteDatabase

from ...errors import StoreError
from ..database import explained
from ..dictionary import leave_texts
from ..facts import Facts
from ..keeping.leftovers import GROWING, delete_texts, ids_of, is_worth_it, unused
from ..keeping.retention import ROWS, prune_archive, prune_spans
from ..schema import migrations
from .adoption import merge_lasting
from .budget import Budget, Meter
from .rollups import register
from .taking import DisagreeError, Taking

_PAGE_BYTES = 1024  # small: a text goes to its place in an index, and a whole page is written for it
_CACHE_KIB = 8192  # more than a take changes, as a rule: nothing is written before it is whole
_BUSY_TIMEOUT_S = 10
_ROWS_APART = 50_000  # that go in one step, where nobody waits: pages are written less often
_LAST_TAKE = "last_take_unix_s"
_COARSE_S = 6 * 3600  # "last seen" is written so much later at most: it changes with every take


_Stamp = tuple[object, ...]


class OverBudgetError(StoreError):
    """It would be more than may be written now; nothing was."""


class Archive:
    """The archive at *path* of the working database at *working*. Used by one thread at a time.

    :param budget_bytes: that may be written to it in a day; 0: no limit.
    """

    def __init__(self, path: Path, working: Path, budget_bytes: int = 0) -> None:
        self.path, self._working = path, working
        self.is_apart = path.resolve() != working.resolve()  #: a file of its own
        self._source = "working" if self.is_apart else "main"
        self._budget_bytes = budget_bytes
        self._charged_bytes = 0
        self._database: SqliteDatabase | None = None
        self._files: list[tuple[int, int]] = []
        self._disk: int | None = None
        self._adopted: _Stamp | None = None
        self._refused_bytes = 0

    def open(self) -> bool:
        """Opens the files, or those that have taken their place; True where the working database must adopt first.

        :raises StoreError: it cannot be opened, or its disk has gone.
        """
        if self._database and self._files != self._found():
            self.close()
        if not self._database:
            with self._explained():
                self._connect()
        return self.is_apart and self._adopted != self._stamp()

    def adopted(self) -> None:
        """The working database agrees with the archive as it is."""
        self._adopted = self._stamp()

    def charge(self, written_bytes: int) -> None:
        """Something else was written beside the archive, a copy: it counts with what is taken next."""
        self._charged_bytes += written_bytes

    def written_bytes(self, now_unix_s: int) -> int:
        """Today, as far as the archive knows: what the budget is compared with."""
        with self._explained():
            return Budget(Facts(self._opened), self._budget_bytes).written_bytes(now_unix_s)

    def take(self, sequence: int, now_unix_s: int, is_last: bool = False) -> int:
        """Adds what is pending up to *sequence* to hours, and finished days to days; bytes written to its own file.

        :param is_last: nothing comes after this for a while.
        :raises OverBudgetError: not now.
        :raises DisagreeError: adoption first.
        :raises StoreError: nothing was taken, or, in the working database, not all. It may be tried again.
        """
        with self._explained():
            if self.is_apart:
                try:
                    return self._take_apart(sequence, now_unix_s, is_last)
                except DisagreeError:
                    self._adopted = None
                    raise
            self._take_in_place(sequence, now_unix_s)
            return 0

    def prune(self, hours_since_unix_s: int, days_since_unix_s: int, max_bytes: int, now_unix_s: int) -> None:
        """Deletes what is older or too much, in steps, and texts that nothing speaks of: :mod:`..keeping.retention`.

        What that writes counts with what is taken.

        :raises StoreError: not all of it is done.
        """
        database, rows = self._opened, _ROWS_APART if self.is_apart else ROWS
        with self._explained():
            is_done = False
            while not is_done:
                with database.atomic("IMMEDIATE"):
                    is_adopted = self._adopted == self._stamp()  # from here on nobody else writes
                    meter = Meter(database, self.path)
                    is_done = not prune_archive(database, hours_since_unix_s, days_since_unix_s, max_bytes, rows)
                    if is_done and self.is_apart:
                        prune_spans(database, days_since_unix_s, rows)
                        self._prune_texts()
                    if self.is_apart:
                        Budget(Facts(database), self._budget_bytes).charge(meter.written_bytes(), now_unix_s)
                if is_adopted:
                    self.adopted()

    def leftovers(self, dictionary: str) -> list[int]:
        """Ids of texts of the working database that nothing there refers to, and that the archive does not have."""
        with self._explained():
            found = unused(self._opened, dictionary, self._source)
            return sorted(found - ids_of(self._opened, dictionary) if self.is_apart else found)

    def _prune_texts(self) -> None:
        for dictionary in GROWING:
            found = unused(self._opened, dictionary)
            if is_worth_it(self._opened, dictionary, found):
                delete_texts(self._opened, dictionary, found)

    def close(self) -> None:
        """Lets go of the files."""
        database, self._database = self._database, None
        if database:
            database.close()

    @property
    def _opened(self) -> SqliteDatabase:
        if self._database is None:
            raise StoreError(f"--db {self.path}: not open")
        return self._database

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """Errors name the setting that the file was given by."""
        try:
            with explained(self.path):
                try:
                    yield
                except OSError as error:
                    raise StoreError(f"--db {self.path}: {error.strerror}") from error
        except StoreError as error:
            if self.is_apart and str(error).startswith("--db "):
                raise type(error)(f"--archive {str(error).removeprefix('--db ')}") from error.__cause__
            raise

    def _found(self) -> list[tuple[int, int]]:
        """The files that are there now."""
        found = []
        for path in (self.path, self._working):
            try:
                at = path.stat()
                found.append((at.st_dev, at.st_ino))
            except OSError:
                found.append((0, 0))
        return found

    def _connect(self) -> None:
        self._check_disk()
        database = SqliteDatabase(
            self.path.resolve().as_uri(),
            uri=True,
            pragmas={
                "synchronous": "full" if self.is_apart else "normal",
                "temp_store": "memory",
                "cache_size": -_CACHE_KIB,
                "secure_delete": 0,
            },
            timeout=_BUSY_TIMEOUT_S,
            thread_safe=False,
            check_same_thread=False,
        )
        try:
            database.connect()
            if self.is_apart:
                database.execute_sql(f"PRAGMA page_size = {_PAGE_BYTES}")  # of a new file
            migrations.migrate(database, str(self.path))
            register(database)
            if self.is_apart:
                database.execute_sql("PRAGMA main.journal_mode = truncate")
                leave_texts(database)
                # Read-only, or a transaction here would lock the writer out there.
                database.execute_sql("ATTACH ? AS working", (self._working.resolve().as_uri() + "?mode=ro",))
        except BaseException:
            database.close()
            raise
        self._database, self._files, self._disk = database, self._found(), self.path.parent.stat().st_dev

    def _check_disk(self) -> None:
        """A disk that was unmounted must not be taken for an archive that was removed: a new one would begin below."""
        try:
            disk = self.path.parent.stat().st_dev
        except OSError as error:
            raise StoreError(f"--db {self.path}: the folder cannot be reached ({error.strerror})") from None
        if self._disk not in (None, disk) and not self.path.exists():
            raise StoreError(f"--db {self.path}: its disk is not mounted")

    def _stamp(self) -> _Stamp:
        """Another one when somebody else wrote to the archive: its texts may be other ones then."""
        try:
            at = self.path.stat()
        except OSError:
            return (*self._found(), 0, 0)
        return (*self._found(), at.st_mtime_ns, at.st_size)

    def _take_apart(self, sequence: int, now_unix_s: int, is_last: bool) -> int:
        database, charged_bytes = self._opened, self._charged_bytes
        budget = Budget(Facts(database), self._budget_bytes)
        with database.atomic("IMMEDIATE"):
            is_adopted = self._adopted == self._stamp()  # from here on nobody else writes
            if self._refused_bytes and not budget.allows(self._refused_bytes, now_unix_s, is_last):
                raise self._over_budget()
            meter, taking = Meter(database, self.path), Taking(database, self._source)
            try:
                for rollup, start_unix_s in taking.hours(sequence):
                    taking.take_hour(rollup, start_unix_s, sequence)
                self._take_what_lasts(taking, now_unix_s)
            except IntegrityError as error:
                raise DisagreeError(f"--db {self.path}: {error}") from error
            for first_unix_s in taking.days(now_unix_s):
                taking.roll_day(first_unix_s)
            taking.finish(sequence, now_unix_s)
            is_first = not budget.written_bytes(now_unix_s)  # of the day; a copy that is charged now does not count
            budget.charge(charged_bytes, now_unix_s)
            written_bytes = meter.written_bytes()
            if not is_first and not budget.allows(written_bytes, now_unix_s, is_last):
                self._refused_bytes = written_bytes  # until there is room for so much, it is not tried again
                raise self._over_budget()  # the journal is not synced yet, and goes: the disk hardly hears of it
            budget.charge(written_bytes, now_unix_s)
        self._charged_bytes -= charged_bytes
        self._refused_bytes = 0
        if is_adopted:
            self._adopted = self._stamp()
        return written_bytes

    def _over_budget(self) -> OverBudgetError:
        mib = self._budget_bytes / (1 << 20)
        return OverBudgetError(f"--db {self.path}: what may be written now of {mib:g} MiB a day has been written")

    def _take_what_lasts(self, taking: Taking, now_unix_s: int) -> None:
        database, facts = self._opened, Facts(self._opened)
        since_unix_s = min(facts.number(_LAST_TAKE, 0), now_unix_s) - _COARSE_S
        seen = f"WHERE last_unix_s >= {since_unix_s}"
        for table in ("device_address", "device_name"):
            taking.take_texts("device", f"SELECT device_id FROM {self._source}.{table} {seen}")
        taking.take_texts("address", f"SELECT address_id FROM {self._source}.device_address {seen}")
        merge_lasting(database, self._source, "main", since_unix_s, _COARSE_S)
        role = f"(SELECT role FROM {self._source}.iface AS other WHERE other.id = iface.id)"
        database.execute_sql(f"UPDATE main.iface SET role = {role} WHERE role <> {role} AND {role} <> ''")
        facts.put(_LAST_TAKE, now_unix_s)

    def _take_in_place(self, sequence: int, now_unix_s: int) -> None:
        taking = Taking(self._opened, self._source)
        for rollup, start_unix_s in taking.hours(sequence):
            self._step(taking.take_hour, rollup, start_unix_s, sequence)
        for first_unix_s in taking.days(now_unix_s):
            self._step(taking.roll_day, first_unix_s)
        self._step(taking.finish, sequence, now_unix_s)

    def _step(self, step: Callable[..., None], *arguments: object) -> None:
        """A transaction that locks the writer out only when it comes to write, after most of the work.

        Where the writer was quicker meanwhile, all of it is done again, and the writer waits.
        """
        try:
            with self._opened.atomic():
                step(*arguments)
        except OperationalError:
            with self._opened.atomic("IMMEDIATE"):
                step(*arguments)
