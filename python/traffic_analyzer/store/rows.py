"""A batch as rows: one parameter for each column, texts as ids of their dictionaries."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from peewee import SqliteDatabase

from ..records import Batch
from ..sites import site_of
from .dictionary import Dictionary, address_text, kind_of

Row = tuple[object, ...]


class Rows:
    """Makes rows; remembers the ids of texts between batches."""

    def __init__(self, database: SqliteDatabase) -> None:
        self._addresses = Dictionary(database, "address")
        self._devices = Dictionary(database, "device", {"kind": kind_of})
        self._domains = Dictionary(database, "domain", {"site": site_of}, has_derived=True)
        self._labels = Dictionary(database, "label")
        self._evidences = Dictionary(database, "evidence")
        self._ifaces = Dictionary(database, "iface")
        self._all = {
            "address": self._addresses, "device": self._devices, "domain": self._domains, "label": self._labels,
            "evidence": self._evidences, "iface": self._ifaces,
        }  # fmt: skip

    def forget_ids(self) -> None:
        """Texts whose ids are remembered may have gone from the database."""
        for dictionary in self._all.values():
            dictionary.forget()

    @property
    def forgotten(self) -> int:
        """Another number when ids of any dictionary were forgotten."""
        return sum(dictionary.forgotten for dictionary in self._all.values())

    def used(self, dictionary: str) -> set[int]:
        """The ids of all texts of *dictionary* in rows that were made since they were forgotten."""
        return set(self._all[dictionary].known().values())

    def of(self, batch: Batch) -> tuple[Iterable[Row], ...]:
        """The rows of *batch* by table: flows, counters, questions, server names, addresses, names of devices, health
        of names, health."""
        return (
            self._flows(batch),
            ((k.minute_unix_s, self._iface(k.iface), k.direction, k.counter, t.bytes, t.packets)
             for k, t in batch.counters.items()),
            ((k.minute_unix_s, self._iface(k.iface), self._device(k.device), self._address(k.client),
              self._domain(k.qname), k.qtype, k.again, count) for k, count in batch.questions.items()),
            ((k.minute_unix_s, self._iface(k.iface), self._device(k.device), self._address(k.client),
              self._domain(k.server_name), self._evidence(k.evidence), k.again, count)
             for k, count in batch.server_names.items()),
            ((self._device(device), self._address(client), batch.minute_unix_s, batch.minute_unix_s)
             for device, client in batch.addresses if any(client)),  # who asks for an address has none yet
            ((self._device(n.device), n.source, n.name, batch.minute_unix_s, batch.minute_unix_s)
             for n in batch.device_names),
            batch.name_health,  # as it is: same columns, same order
            ((h.minute_unix_s, h.iface, h.flow_entries, 0, h.flow_insert_drop, h.dns_ringbuf_drop, h.tls_ringbuf_drop,
              h.flow_capacity, h.archive_bytes) for h in batch.health),
        )  # fmt: skip

    def _iface(self, name: str) -> int:
        return self._ifaces.known().get(name) or self._ifaces.id(name, name)

    def _address(self, address: bytes) -> int:
        return self._addresses.known().get(address) or self._addresses.id(address, address_text(address))

    def _device(self, device: str) -> int:
        return (self._devices.known().get(device) or self._devices.id(device, device)) if device else 0

    def _domain(self, name: str) -> int:
        return (self._domains.known().get(name) or self._domains.id(name, name)) if name else 0

    def _evidence(self, text: str) -> int:
        return (self._evidences.known().get(text) or self._evidences.id(text, text)) if text else 0

    def _flows(self, batch: Batch) -> Iterator[Row]:
        # By far the most rows: what the methods above do, without calling them where the id is known.
        addresses, devices, domains = self._addresses.known(), self._devices.known(), self._domains.known()
        labels, evidences = self._labels.known(), self._evidences.known()
        for key, traffic in batch.flows.items():
            (minute, iface, direction, is_tx, proto, client, client_port, remote, remote_port, device, domain, label,
             evidence, again) = key  # fmt: skip
            yield (
                minute,
                self._iface(iface),
                direction,
                is_tx,
                proto,
                addresses.get(client) or self._address(client),
                client_port,
                addresses.get(remote) or self._address(remote),
                remote_port,
                (devices.get(device) or self._device(device)) if device else 0,
                (domains.get(domain) or self._domain(domain)) if domain else 0,
                labels.get(label) or self._labels.id(label, label),
                (evidences.get(evidence) or self._evidence(evidence)) if evidence else 0,
                again,
                traffic.bytes,
                traffic.packets,
            )
