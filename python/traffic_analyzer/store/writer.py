"""Writes batches, each in one transaction, on a thread of its own.

Rows go through ``executemany`` with SQL that peewee compiled once: a row costs microseconds so, tens of them otherwise.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

from peewee import EXCLUDED, Model, fn

from ..errors import StoreError
from ..records import Batch, Health, Interface, Notice
from . import models
from .damage.faults import is_corruption
from .damage.rescue import Rescue, rescue
from .database import explained, open_writable
from .dictionary import index_texts
from .facts import BOOT_ID, Facts
from .keeping import retention
from .keeping.leftovers import Sweep
from .restamp import restamp
from .rows import Rows
from .tiers import pending
from .tiers.adoption import adopt
from .tiers.progress import Progress, minutes_of

_CROSSED_KEPT_S = 400 * 86_400  # longer than any period


class InterfaceRow(NamedTuple):
    """What an ifindex of an instance was."""

    ifindex: int
    name: str
    role: str


def _upsert(model: type[Model], merged: Mapping[Any, Any]) -> str:
    """INSERT of one row with a parameter for each column, in the order of the model; *merged* where it is there."""
    fields = model._meta.sorted_fields
    key = model._meta.get_primary_keys()
    query = model.insert(dict.fromkeys(fields, 0)).on_conflict(conflict_target=key, update=merged)
    return str(query.sql()[0])


def _sum(*fields: Any) -> dict[Any, Any]:
    return {field: field + getattr(EXCLUDED, field.name) for field in fields}


def _largest(*fields: Any) -> dict[Any, Any]:
    return {field: fn.MAX(field, getattr(EXCLUDED, field.name)) for field in fields}


def _span(model: Any) -> dict[Any, Any]:
    return _largest(model.last_unix_s) | {model.first_unix_s: fn.MIN(model.first_unix_s, EXCLUDED.first_unix_s)}


def _statements() -> dict[str, str]:
    """What writes a row, by table, in the order of :meth:`.rows.Rows.of`."""
    flow, counter, health, names = models.FlowMinute, models.CounterMinute, models.CollectorHealth, models.DnsCache
    question, server_name = models.QuestionMinute, models.ServerNameMinute
    address, device_name = models.DeviceAddress, models.DeviceName
    dropped = _sum(
        health.flow_evicted, health.flow_insert_drop, health.dns_ringbuf_drop, health.tls_ringbuf_drop,
        health.archive_bytes,
    )  # fmt: skip
    events = _sum(
        names.dns_answer_events, names.sni_events, names.new, names.refresh, names.expired, names.overflow,
        names.unasked,
    )  # fmt: skip
    merged: dict[type[Model], dict[Any, Any]] = {
        flow: _sum(flow.bytes, flow.packets),
        counter: _sum(counter.bytes, counter.packets),
        question: _sum(question.count),
        server_name: _sum(server_name.count),
        address: _span(address),
        device_name: _span(device_name),
        names: _largest(names.cache_entries) | events,
        health: _largest(health.flow_entries, health.flow_capacity) | dropped,
    }
    return {str(model._meta.table_name): _upsert(model, update) for model, update in merged.items()}


class Store:
    """The writing end of the database. Used by one thread at a time."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._interfaces: dict[tuple[str, int], Interface] = {}  # that were remembered: a new file needs them too
        self._boot_id: str | None = None
        self.rescued: Rescue | None = None  #: the last time that the file was found to be damaged in this run
        self._open()

    def _open(self) -> None:
        self._database = database = open_writable(self._path)
        self._inode = self._path.stat().st_ino
        with database.bind_ctx(models.TABLES):
            self._statements = _statements()
        self._rows = Rows(database)
        self._data_version = 0
        with explained(self._path):
            index_texts(database)
            self._progress = Progress(database)

    def _is_there(self) -> bool:
        """False where the file was removed or exchanged: what is written to the old one would be lost."""
        try:
            return self._path.stat().st_ino == self._inode
        except FileNotFoundError:
            return False

    def _reopen(self) -> None:
        """Begins anew in another file, with what has to be known there."""
        self.close()
        self._open()
        for (instance, _), interface in self._interfaces.items():
            self.remember_interface(instance, interface)
        if self._boot_id is not None:
            self.remember_boot(self._boot_id)

    def mend(self, now_unix_s: int) -> None:
        """Goes on in the last good copy, or in a new file, where the one that is open turns out to be damaged.

        :raises StoreError: that cannot be done for now.
        """
        self.close()
        found = rescue(self._path, now_unix_s, thorough=True, is_ours=True)
        self.rescued = found or self.rescued
        if found and found.trouble:
            raise StoreError(f"--db {self._path}: {found.detail}")
        self._reopen()

    def close(self) -> None:
        """Lets go of the file."""
        self._database.close()

    def commit(self, batch: Batch) -> bool:
        """Writes *batch* in one transaction; False where its generation was stored before.

        :raises StoreError: nothing of it is written.
        """
        if not self._is_there():
            self._reopen()
        try:
            return self._commit(batch)
        except StoreError as error:
            self._rows.forget_ids()  # those of texts that were rolled back belong to nobody
            if not is_corruption(error):
                raise
        except BaseException:
            self._rows.forget_ids()
            raise
        self.mend(batch.minute_unix_s)
        return self._commit(batch)

    def _commit(self, batch: Batch) -> bool:
        with explained(self._path), self._database.atomic("IMMEDIATE"), self._database.bind_ctx(models.TABLES):
            if batch.generation <= self.stored_generation(batch.instance):
                return False
            self._forget_stale_ids()
            cursor = self._database.connection().cursor()
            with self._progress.writing(minutes_of(batch)):
                for statement, rows in zip(self._statements.values(), self._rows.of(batch), strict=True):
                    cursor.executemany(statement, rows)
            instance = models.KernelInstance
            stored = {"instance": batch.instance, "stored_generation": batch.generation}
            instance.insert(stored).on_conflict_replace().execute()
        return True

    def _forget_stale_ids(self) -> None:
        """Another process may have pruned texts whose ids are remembered here."""
        data_version = self._database.execute_sql("PRAGMA data_version").fetchone()[0]
        if data_version != self._data_version:
            self._data_version = data_version
            self._rows.forget_ids()

    def stored_generation(self, instance: str) -> int:
        """The last generation of *instance* that is stored; -1 where none is."""
        query = "SELECT stored_generation FROM kernel_instance WHERE instance = ?"
        with explained(self._path):
            row = self._database.execute_sql(query, (instance,)).fetchone()
        return int(row[0]) if row else -1

    def remember_interface(self, instance: str, interface: Interface) -> None:
        """Notes what an ifindex of *instance* is, before anything is counted under it."""
        self._interfaces[instance, interface.ifindex] = interface
        with explained(self._path), self._database.atomic("IMMEDIATE"), self._database.bind_ctx(models.TABLES):
            row = {"instance": instance, "ifindex": interface.ifindex, "name": interface.name}
            row["role"] = interface.role.value
            models.KernelInterface.insert(row).on_conflict_replace().execute()
            named = {"text": interface.name, "role": interface.role.value}  # known before its first packet
            models.Iface.insert(named).on_conflict(conflict_target=[models.Iface.text], update=named).execute()

    def known_interfaces(self, instance: str) -> list[InterfaceRow]:
        """What the ifindexes of *instance* were."""
        query = "SELECT ifindex, name, role FROM kernel_interface WHERE instance = ?"
        with explained(self._path):
            return [InterfaceRow(*row) for row in self._database.execute_sql(query, (instance,))]

    def restamp(self, since_unix_s: int, until_unix_s: int, shift_s: int) -> None:
        """Moves the rows of a span of time; see :func:`.restamp.restamp`."""
        move = since_unix_s, until_unix_s, shift_s
        with explained(self._path), self._database.atomic("IMMEDIATE"), self._progress.moving(*move):
            restamp(self._database, self._statements, *move)

    def seal(self, running: bool = True) -> int:
        """The last sequence of pending rows that gets no more; with the running minute, or without."""
        with explained(self._path), pending.durable(self._database), self._database.atomic("IMMEDIATE"):
            return self._progress.seal(running)

    def forget_taken(self, sequence: int) -> bool:
        """Deletes some of the pending rows that the archive has; False where none are left."""
        with explained(self._path), self._database.atomic("IMMEDIATE"):
            return pending.forget(self._database, sequence)

    def fold_pending(self, since_unix_s: int, before_unix_s: int) -> None:
        """Makes pending hours of a span as small as the archive's; not while it takes them."""
        with explained(self._path), self._database.atomic("IMMEDIATE"):
            pending.fold_pending(self._database, since_unix_s, before_unix_s)

    def adopt(self, archive: Path) -> None:
        """Agrees with *archive* on ids, and takes over what lasts."""
        with explained(self._path), pending.attached(self._database, archive, "archive"):
            try:
                with self._database.atomic():  # not IMMEDIATE, which would lock the archive too
                    pending.note_archive(self._database, str(archive.absolute()))
                    adopt(self._database, "archive")
            finally:
                self._rows.forget_ids()

    def prune_minutes(self, keep_since_unix_s: int, max_bytes: int) -> Counter[str]:
        """One step of :func:`.keeping.retention.prune_minutes`."""
        with explained(self._path):
            return retention.prune_minutes(self._database, keep_since_unix_s, max_bytes)

    def prune_spans(self, before_unix_s: int) -> Counter[str]:
        """One step of :func:`.keeping.retention.prune_spans`."""
        with explained(self._path):
            return retention.prune_spans(self._database, before_unix_s)

    def sweep(self) -> Sweep:
        """Begins to sweep texts that nothing refers to."""
        with explained(self._path):
            return Sweep(self._database, self._rows)

    def write_health(self, health: Health) -> None:
        """Adds a row that belongs to no generation."""
        rows = self._rows.of(Batch("", 0, health=[health]))
        minutes = {health.minute_unix_s}
        with explained(self._path), self._database.atomic("IMMEDIATE"), self._progress.writing(minutes):
            cursor = self._database.connection().cursor()
            for statement, made in zip(self._statements.values(), rows, strict=True):
                cursor.executemany(statement, made)

    def undated_boot(self) -> str | None:
        """Of which boot the rows are that are stamped by a boot clock, and have no date yet; None: there are none."""
        with explained(self._path):
            return Facts(self._database).text(BOOT_ID)

    def last_minute_before(self, unix_s: int) -> int | None:
        """Start of the last minute before a time; None where there is none."""
        with explained(self._path):
            return self._progress.last_minute_before(unix_s)

    def remember_boot(self, boot_id: str) -> None:
        """Rows that are stamped by a boot clock are of *boot_id* from now on, and those of others put aside."""
        self._boot_id = boot_id
        with explained(self._path), self._database.atomic("IMMEDIATE"):
            Facts(self._database).put(BOOT_ID, boot_id)

    def date_boot(self, since_unix_s: int, until_unix_s: int, shift_s: int) -> None:
        """Moves the rows that are stamped by a boot clock to their true time, if there are such rows."""
        self._boot_id = None
        if self.undated_boot() is not None:
            self.restamp(since_unix_s, until_unix_s, shift_s)
            with explained(self._path), self._database.atomic("IMMEDIATE"):
                Facts(self._database).remove(BOOT_ID)

    def notice(self, notices: Iterable[Notice], now_unix_s: int) -> None:
        """Notes what a user should know now, in place of what was noted before; what was known stays dated."""
        model = models.Notice
        with explained(self._path), self._database.atomic("IMMEDIATE"), self._database.bind_ctx(models.TABLES):
            known = {(n.code, n.subject): n.since_unix_s for n in model.select()}
            model.delete().execute()
            for notice in dict.fromkeys(notices):
                since_unix_s = known.get((notice.code, notice.subject), now_unix_s)
                model.insert(notice._asdict() | {"since_unix_s": since_unix_s}).on_conflict_replace().execute()

    def crossed(self) -> list[tuple[str, int, int]]:
        """The thresholds of quotas that were crossed: quota, begin of its period, percent."""
        with explained(self._path):
            return list(self._database.execute_sql("SELECT quota, since_unix_s, percent FROM quota_crossed"))

    def cross(self, crossed: Iterable[tuple[str, int, int]]) -> None:
        """Notes more of them; those of periods that began more than a year earlier are forgotten."""
        with explained(self._path), self._database.atomic("IMMEDIATE"):
            cursor = self._database.connection().cursor()
            cursor.executemany("INSERT OR IGNORE INTO quota_crossed VALUES (?, ?, ?)", list(crossed))
            cursor.execute(
                "DELETE FROM quota_crossed WHERE since_unix_s < (SELECT max(since_unix_s) - ? FROM quota_crossed)",
                (_CROSSED_KEPT_S,),
            )

    def forget_instance(self, instance: str) -> None:
        """The instance is stored to its end and gone from the kernel."""
        with explained(self._path), self._database.atomic("IMMEDIATE"), self._database.bind_ctx(models.TABLES):
            for model in (models.KernelInstance, models.KernelInterface):
                model.delete().where(model.instance == instance).execute()


class Writer:
    """A :class:`Store` on its own thread, so that draining never waits for a disk."""

    def __init__(self, path: Path) -> None:
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="writer")
        self.store: Store = self._thread.submit(Store, path).result()

    def commit(self, batch: Batch) -> Future[bool]:
        """Starts to write *batch*; the future holds what :meth:`Store.commit` returns or raises."""
        return self._thread.submit(self.store.commit, batch)

    def start(self, method: Any, *arguments: Any) -> Future[Any]:
        """Starts a method of the store on the writer's thread, after what was asked before."""
        return self._thread.submit(method, *arguments)

    def call(self, method: Any, *arguments: Any) -> Any:
        """The same, and waits."""
        return self.start(method, *arguments).result()

    def close(self) -> None:
        """Waits for what is being written and closes the file."""
        self._thread.submit(self.store.close).result()
        self._thread.shutdown()
