"""The collector: wires kernel, pipeline and store together, with the clocks, timers and signals that they lack."""

from __future__ import annotations

import contextlib
import gc
import logging
import signal
import threading
import time
from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass, replace
from pathlib import Path

from . import sites
from .attribution.attribute import Limits
from .errors import KernelError, StoreError, TrafficAnalyzerError, UsageError
from .kernel import instance as instances
from .kernel import interfaces as links
from .kernel import tc
from .kernel.attachments import Attachments
from .kernel.instance import Instance, Sizes
from .kernel.libbpf import Libbpf
from .kernel.objects import find_object
from .kernel.reader import Reader
from .pipeline import Pipeline, minute_of
from .records import Batch, Interface, Role
from .store.writer import Writer
from .units import bytes_text
from .wire.quic_crypto import find_cipher

log = logging.getLogger("traffic-analyzer")

_STOPPING_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_COMPLAIN_S = 10  # between two warnings
_HEADS_MAX = 4096  # payload heads taken at a time
_GC_THRESHOLD = 50_000, 20, 100  # a turn makes many small objects and no cycles: by default a third of it is gc
_HEADS_TIMES = 8  # then the maps are turned, whoever fills the ring buffer as fast as it is emptied


@dataclass(frozen=True)
class Config:
    """What ``run`` was asked for."""

    ifaces: tuple[str, ...]
    bpf_object: str | None
    db: Path
    flush_interval_s: int
    event_poll_ms: int
    limits: Limits
    pin_dir: Path
    sizes: Sizes
    progress_s: int


def run(config: Config) -> int:
    """Collects until SIGINT, SIGTERM or SIGHUP; 0 when everything that was counted is stored.

    :raises TrafficAnalyzerError: it could not start, and nothing of it is left; or not store the last of it, which
        then stays in the kernel for the next start.
    """
    gc.set_threshold(*_GC_THRESHOLD)
    gc.freeze()
    stop = threading.Event()
    before = {number: signal.signal(number, lambda *_: stop.set()) for number in _STOPPING_SIGNALS}
    try:
        names = config.ifaces or tuple(links.default_route_interfaces()[:1])
        _check_interfaces(names)
        object_file = find_object(config.bpf_object)
        libbpf = Libbpf()
        writer = Writer(config.db)
        try:
            owner = instances.owner_key(config.db)
            instance = instances.load(libbpf, object_file, config.pin_dir, owner, config.sizes)
            collector = Collector(config, names, instance, writer)
            collector.attach()
            if sites.data_version() is None:
                log.warning("no public suffix list: a site is the last two labels of a name; `make build` compiles one")
            log.info("object %s, %s, database %s", object_file, libbpf.name, config.db)
            collector.collect(stop)
        finally:
            writer.close()
    except OSError as error:
        raise KernelError(f"the kernel refused {error.filename or 'a call'}: {error.strerror}") from error
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    return 0


def _check_interfaces(names: tuple[str, ...]) -> None:
    present = links.interface_names()
    if not names:
        raise UsageError(f"no default route to choose an interface by: name one with --iface ({', '.join(present)})")
    for name in names:
        if name not in present:
            raise UsageError(f"--iface {name}: no such interface; this machine has {', '.join(present)}")


class Collector:
    """One instance and the interfaces it counts on.

    The kernel is the queue: a generation is cleared only when it is stored, and the maps are turned only when the one
    at rest is clear. While the database is slow or broken the programs count on into the other maps, at no cost in
    memory here, and nothing is lost but the exact minute.
    """

    def __init__(self, config: Config, names: tuple[str, ...], instance: Instance, writer: Writer) -> None:
        self._config = config
        self._instance = instance
        self._writer = writer
        self._reader = Reader(instance)
        self._attachments = Attachments(instance, self._reader, names, config.pin_dir, self._remember)
        self._pipeline = Pipeline(find_cipher(), config.limits)
        self._in_flight: tuple[Batch, Future[bool]] | None = None
        self._turned_s = time.monotonic()
        self._complained_s = float(-_COMPLAIN_S)
        self._said_s = time.monotonic()
        self._counted = [0, 0, 0]  # rx bytes, tx bytes, packets since the last line

    def attach(self) -> None:
        """Attaches to every interface that was asked for.

        :raises KernelError: to none of them, then.
        """
        try:
            said = self._attachments.attach()
        except BaseException:
            self._leave_quietly()
            raise
        _say(said)

    def collect(self, stop: threading.Event) -> None:
        """Takes over what an earlier run left, counts until *stop*, and leaves nothing behind."""
        try:
            self._take_over()
            log.info("counting; Ctrl-C stops")
            turn_s = time.monotonic() + self._until_next_turn_s()
            while not stop.wait(max(0.0, min(self._config.event_poll_ms / 1000, turn_s - time.monotonic()))):
                self._hear(self._reader, self._attachments.known)
                if time.monotonic() >= turn_s:
                    _say(self._attachments.follow())
                    self._turn()
                    self._progress()
                    turn_s = time.monotonic() + self._until_next_turn_s()
        except BaseException:
            self._leave_quietly()
            raise
        self._leave()
        self._progress(last=True)
        log.info("stopped; everything that was counted is stored")

    def _remember(self, interface: Interface) -> None:
        self._writer.call(self._writer.store.remember_interface, self._instance.name, interface)

    def _until_next_turn_s(self) -> float:
        """To the next multiple of the interval, which a minute always is: no generation spans two minutes."""
        now_s = time.time()
        interval_s = self._config.flush_interval_s
        return min(interval_s - now_s % interval_s, 60 - now_s % 60)

    def _hear(self, reader: Reader, interfaces: Mapping[int, Interface]) -> None:
        """Learns names from all payload heads that were captured until now."""
        for _ in range(_HEADS_TIMES):
            heads = reader.heads(_HEADS_MAX)
            for head in heads:
                interface = interfaces.get(head.ifindex)
                if interface:
                    self._pipeline.hear(head, interface)
            if len(heads) < _HEADS_MAX:
                return

    def _take_over(self) -> None:
        """Stores what instances of this database, whose process was killed, have counted, and removes them."""
        for orphan in instances.orphans(self._instance.libbpf, self._config.pin_dir, self._instance.name.split("-")[0]):
            tc.detach(orphan.name)
            try:
                reader = Reader(orphan)
            except KernelError as error:
                log.warning("%s; what it counted is dropped", error)
                orphan.remove()
                continue
            named = self._interfaces_of(orphan.name)
            packets = self._settle(orphan.name, reader, named)
            reader.close()
            orphan.remove()
            self._writer.call(self._writer.store.forget_instance, orphan.name)
            log.info("took over %s packets that were counted while nobody was reading", f"{packets:,}")

    def _interfaces_of(self, instance: str) -> dict[int, Interface]:
        """The interfaces of an earlier instance, with the addresses that they have now."""
        rows = self._writer.call(self._writer.store.known_interfaces, instance)
        now = links.interfaces(row.name for row in rows)
        return {
            row.ifindex: replace(now[row.name], ifindex=row.ifindex, role=Role(row.role)) if row.name in now
            else Interface(row.name, row.ifindex, True, Role(row.role))
            for row in rows
        }  # fmt: skip

    def _settle(self, name: str, reader: Reader, interfaces: dict[int, Interface]) -> int:
        """Stores the last two generations of an instance that is attached nowhere; how many packets they held."""
        reader.fence()
        rested_boot_ns = _boot_ns()
        self._hear(reader, interfaces)
        stored = self._writer.call(self._writer.store.stored_generation, name)
        packets = 0
        for number in (reader.generation - 1, reader.generation):
            if number > stored:
                generation = reader.read(number)
                for ifindex in {f.ifindex for f in generation.flows} | {c.ifindex for c in generation.counters}:
                    interfaces.setdefault(ifindex, links.unknown(ifindex))
                batch = self._pipeline.book(
                    generation, minute_of(time.time()), rested_boot_ns, interfaces, reader.flow_capacity
                )
                self._writer.commit(batch).result()
                packets += sum(flow.packets for flow in generation.flows)
                self._count(batch)
        return packets

    def _turn(self) -> None:
        """Turns the maps and starts to store the generation at rest, unless the last one is not stored yet."""
        if self._in_flight and not self._finish(self._in_flight):
            return
        before_s, self._turned_s = self._turned_s, time.monotonic()
        middle_unix_s = time.time() - (self._turned_s - before_s) / 2
        resting = self._reader.turn()
        rested_boot_ns = _boot_ns()
        self._hear(self._reader, self._attachments.known)  # what was captured with it, before it is booked
        batch = self._pipeline.book(
            self._reader.read(resting), minute_of(middle_unix_s), rested_boot_ns, self._attachments.known,
            self._reader.flow_capacity,
        )  # fmt: skip
        self._in_flight = batch, self._writer.commit(batch)
        self._count(batch)

    def _finish(self, in_flight: tuple[Batch, Future[bool]]) -> bool:
        """True when the batch is stored and its generation cleared."""
        batch, future = in_flight
        if not future.done():
            return False
        try:
            future.result()
        except StoreError as error:
            self._complain(f"{error}; counting goes on in the kernel and is stored when the database can be written")
            self._in_flight = batch, self._writer.commit(batch)
            return False
        self._reader.clear(batch.generation)
        self._in_flight = None
        return True

    def _complain(self, text: str) -> None:
        """Logs a warning, but not at every turn."""
        if time.monotonic() - self._complained_s >= _COMPLAIN_S:
            self._complained_s = time.monotonic()
            log.warning("%s", text)

    def _leave(self) -> None:
        """Detaches first, so that what is read then is all there will ever be."""
        self._attachments.detach()
        if self._in_flight:
            _wait(self._in_flight[1])
            self._in_flight = None
        try:
            self._settle(self._instance.name, self._reader, self._attachments.known)
        except StoreError as error:
            raise StoreError(f"{error}; the last of it stays in the kernel: start again to store it") from None
        self._reader.close()
        self._instance.remove()
        self._writer.call(self._writer.store.forget_instance, self._instance.name)

    def _leave_quietly(self) -> None:
        """After a failure: the kernel is left as it was found, as far as it lets us; counted traffic is stored."""
        try:
            self._leave()
        except (TrafficAnalyzerError, OSError) as error:
            log.error("while leaving: %s", error)

    def _count(self, batch: Batch) -> None:
        for key, traffic in batch.flows.items():
            self._counted[key.is_tx] += traffic.bytes
            self._counted[2] += traffic.packets

    def _progress(self, last: bool = False) -> None:
        interval_s = self._config.progress_s
        if not interval_s or not last and time.monotonic() - self._said_s < interval_s:
            return
        self._said_s = time.monotonic()
        rx, tx, packets = self._counted
        self._counted = [0, 0, 0]
        names = ", ".join(self._attachments.names) or "no interface"
        log.info("%s: down %s, up %s, %s packets", names, bytes_text(rx), bytes_text(tx), f"{packets:,}")


def _say(lines: list[str]) -> None:
    for line in lines:
        log.info("%s", line)


def _boot_ns() -> int:
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME)


def _wait(future: Future[bool]) -> None:
    """Until it is done; whether it went well is asked of the store afterwards."""
    with contextlib.suppress(StoreError):
        future.result()


