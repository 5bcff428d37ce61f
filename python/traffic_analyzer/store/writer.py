"""Writes batches, each in one transaction, on a thread of its own.

Rows go through ``executemany`` with SQL that peewee compiled once: a row costs microseconds so, tens of them otherwise.
"""

from __future__ import annotations

import socket
from collections.abc import Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

from peewee import EXCLUDED, Model, SqliteDatabase, fn

from ..records import Batch, Interface
from . import models
from .database import explained, open_writable

_CACHE_MAX = 200_000  # texts remembered; about 30 MB, reached on a port scan of the internet at most


class InterfaceRow(NamedTuple):
    """What an ifindex of an instance was."""

    ifindex: int
    name: str
    role: str


def address_text(address: bytes) -> str:
    """A packed address (4 or 16 bytes) as text."""
    return socket.inet_ntop(socket.AF_INET if len(address) == 4 else socket.AF_INET6, address)


def mac_text(mac: bytes) -> str:
    """A MAC as text; empty for an empty one."""
    return mac.hex(":")


def _upsert(model: type[Model], merged: Mapping[Any, Any]) -> str:
    """INSERT of one row with a parameter for each column, in the order of the model; *merged* where it is there."""
    fields = model._meta.sorted_fields
    key = model._meta.get_primary_keys()
    query = model.insert(dict.fromkeys(fields, 0)).on_conflict(conflict_target=key, update=merged)
    return str(query.sql()[0])


def _sum(*fields: Any) -> dict[Any, Any]:
    return {field: field + getattr(EXCLUDED, field.name) for field in fields}


class _Dictionary:
    """Ids of one dictionary's texts, made where they are missing."""

    def __init__(self, database: SqliteDatabase, model: type[Model]) -> None:
        table = model._meta.table_name
        self._database = database
        self._select = f"SELECT id FROM {table} WHERE text = ?"
        self._insert = f"INSERT INTO {table} (text) VALUES (?)"
        self._ids: dict[object, int] = {}

    def forget(self) -> None:
        self._ids.clear()

    def id(self, key: object, text: str) -> int:
        """The id of *text*; *key* is what it is remembered by."""
        if len(self._ids) >= _CACHE_MAX:
            self._ids.clear()
        row = self._database.execute_sql(self._select, (text,)).fetchone()
        found = row[0] if row else self._database.execute_sql(self._insert, (text,)).lastrowid
        self._ids[key] = found
        return int(found)

    def known(self) -> dict[object, int]:
        """The ids that need no query."""
        return self._ids


class Store:
    """The writing end of the database. Used by one thread at a time."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._open()

    def _open(self) -> None:
        self._database = database = open_writable(self._path)
        self._inode = self._path.stat().st_ino
        with database.bind_ctx(models.TABLES):
            self._flow_sql = _upsert(models.FlowMinute, _sum(models.FlowMinute.bytes, models.FlowMinute.packets))
            counter = models.CounterMinute
            self._counter_sql = _upsert(counter, _sum(counter.bytes, counter.packets))
            health = models.CollectorHealth
            largest = {
                field: fn.MAX(field, getattr(EXCLUDED, field.name))
                for field in (health.flow_entries, health.flow_capacity)
            }
            self._health_sql = _upsert(health, largest | _sum(health.flow_insert_drop))
        self._addresses = _Dictionary(database, models.Address)
        self._devices = _Dictionary(database, models.Device)
        self._domains = _Dictionary(database, models.Domain)
        self._labels = _Dictionary(database, models.Label)
        self._ifaces = _Dictionary(database, models.Iface)
        self._data_version = 0

    def _is_there(self) -> bool:
        """False where the file was removed or exchanged: what is written to the old one would be lost."""
        try:
            return self._path.stat().st_ino == self._inode
        except FileNotFoundError:
            return False

    def close(self) -> None:
        """Lets go of the file."""
        self._database.close()

    def commit(self, batch: Batch) -> bool:
        """Writes *batch* in one transaction; False where its generation was stored before.

        :raises StoreError: nothing of it is written.
        """
        if not self._is_there():
            self.close()
            self._open()
        try:
            return self._commit(batch)
        except BaseException:
            self._forget_ids()  # those of texts that were rolled back belong to nobody
            raise

    def _commit(self, batch: Batch) -> bool:
        with explained(self._path), self._database.atomic("IMMEDIATE"), self._database.bind_ctx(models.TABLES):
            if batch.generation <= self.stored_generation(batch.instance):
                return False
            self._forget_stale_ids()
            cursor = self._database.connection().cursor()
            cursor.executemany(self._flow_sql, self._flow_rows(batch))
            cursor.executemany(
                self._counter_sql,
                ((k.minute_unix_s, self._iface(k.iface), k.direction, k.counter, t.bytes, t.packets)
                 for k, t in batch.counters.items()),
            )  # fmt: skip
            cursor.executemany(
                self._health_sql,
                ((h.minute_unix_s, h.iface, h.flow_entries, 0, h.flow_insert_drop, h.dns_ringbuf_drop, h.tls_ringbuf_drop,
                  h.flow_capacity)
                 for h in batch.health),
            )  # fmt: skip
            instance = models.KernelInstance
            stored = {"instance": batch.instance, "stored_generation": batch.generation}
            instance.insert(stored).on_conflict_replace().execute()
        return True

    def _forget_stale_ids(self) -> None:
        """Another process may have pruned texts whose ids are remembered here."""
        data_version = self._database.execute_sql("PRAGMA data_version").fetchone()[0]
        if data_version != self._data_version:
            self._data_version = data_version
            self._forget_ids()

    def _forget_ids(self) -> None:
        for dictionary in (self._addresses, self._devices, self._domains, self._labels, self._ifaces):
            dictionary.forget()

    def _iface(self, name: str) -> int:
        return self._ifaces.known().get(name) or self._ifaces.id(name, name)

    def _flow_rows(self, batch: Batch) -> Iterable[tuple[int, ...]]:
        addresses, address_id = self._addresses.known(), self._addresses.id
        devices, domains, labels = self._devices.known(), self._domains.known(), self._labels.known()
        for key, traffic in batch.flows.items():
            minute, iface, direction, is_tx, proto, client, client_port, remote, remote_port, mac, domain, label, _ = key
            yield (
                minute,
                self._iface(iface),
                direction,
                is_tx,
                proto,
                addresses.get(client) or address_id(client, address_text(client)),
                client_port,
                addresses.get(remote) or address_id(remote, address_text(remote)),
                remote_port,
                (devices.get(mac) or self._devices.id(mac, mac_text(mac))) if mac else 0,
                (domains.get(domain) or self._domains.id(domain, domain)) if domain else 0,
                labels.get(label) or self._labels.id(label, label),
                traffic.bytes,
                traffic.packets,
            )

    def stored_generation(self, instance: str) -> int:
        """The last generation of *instance* that is stored; -1 where none is."""
        query = "SELECT stored_generation FROM kernel_instance WHERE instance = ?"
        with explained(self._path):
            row = self._database.execute_sql(query, (instance,)).fetchone()
        return int(row[0]) if row else -1

    def remember_interface(self, instance: str, interface: Interface) -> None:
        """Notes what an ifindex of *instance* is, before anything is counted under it."""
        with explained(self._path), self._database.atomic("IMMEDIATE"), self._database.bind_ctx(models.TABLES):
            row = {"instance": instance, "ifindex": interface.ifindex, "name": interface.name}
            row["role"] = interface.role.value
            models.KernelInterface.insert(row).on_conflict_replace().execute()
            models.Iface.insert(text=interface.name).on_conflict_ignore().execute()  # known before its first packet

    def known_interfaces(self, instance: str) -> list[InterfaceRow]:
        """What the ifindexes of *instance* were."""
        query = "SELECT ifindex, name, role FROM kernel_interface WHERE instance = ?"
        with explained(self._path):
            return [InterfaceRow(*row) for row in self._database.execute_sql(query, (instance,))]

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

    def call(self, method: Any, *arguments: Any) -> Any:
        """Runs a method of the store on the writer's thread, after what was asked before, and waits."""
        return self._thread.submit(method, *arguments).result()

    def close(self) -> None:
        """Waits for what is being written and closes the file."""
        self._thread.submit(self.store.close).result()
        self._thread.shutdown()
