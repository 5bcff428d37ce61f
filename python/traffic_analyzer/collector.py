"""The collector: one instance of the packet programs, and what becomes of all that it counts."""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass, replace
from pathlib import Path

from . import clock
from .attribution.attribute import Limits
from .caretaker import Caretaker
from .clock import Clock
from .errors import KernelError, StoreError, TrafficAnalyzerError
from .kernel import instance as instances
from .kernel import interfaces as links
from .kernel import statistics, tc
from .kernel.attachments import Attachments
from .kernel.instance import Instance, Sizes
from .kernel.reader import Reader
from .ledger import Ledger, Sample
from .live import Live
from .pipeline import Pipeline, minute_of
from .records import Batch, Generation, Interface, Notice, Role
from .store.keeping.tending import Keeping
from .store.writer import Writer
from .units import bytes_text

log = logging.getLogger("traffic-analyzer")

_COMPLAIN_S = 10  # between two warnings
_HEADS_MAX = 4096  # payload heads taken at a time
_EARLY_S = 0.05  # so long before a turn an interface has counted what then has reached the programs
_HEADS_TIMES = 8  # then the maps are turned, whoever fills the ring buffer as fast as it is emptied


@dataclass(frozen=True)
class Config:
    """What ``run`` was asked for."""

    ifaces: tuple[str, ...]  #: names, and "auto": those that see everything
    roles: Mapping[str, Role]  #: by interface: what the user says, not what is found
    bpf_object: str | None
    db: Path
    archive: Path | None  #: None: hours and days are in db
    commit_interval_s: int  #: between two takes of the archive
    archive_budget_bytes: int  #: that may be written to it in a day; 0: any
    keep: Keeping
    flush_interval_s: int
    event_poll_ms: int
    limits: Limits
    pin_dir: Path
    sizes: Sizes
    progress_s: int


class Collector:
    """One instance and the interfaces it counts on.

    The kernel is the queue: a generation is cleared only when it is stored, and the maps are turned only when the one
    at rest is clear. While the database is slow or broken the programs count on into the other maps, at no cost in
    memory here, and nothing is lost but the exact minute.
    """

    def __init__(
        self, config: Config, instance: Instance, writer: Writer, pipeline: Pipeline, caretaker: Caretaker, live: Live
    ) -> None:
        self._config = config
        self._instance = instance
        self._writer = writer
        self._reader = Reader(instance)
        self._attachments = Attachments(
            instance, self._reader, config.ifaces, config.pin_dir, self._remember, config.roles
        )
        self._pipeline, self._caretaker, self._live = pipeline, caretaker, live
        self._ledger = Ledger()
        self._clock = Clock(*clock.read())
        self._counters = [(0.0, statistics.read())]  # of the interfaces: when (monotonic s), and what; oldest first
        self._in_flight: tuple[Batch, Future[bool]] | None = None
        self._turned_boot_ns = _boot_ns()
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
            self._begin_boot()
            self._take_over()
            log.info("counting; Ctrl-C stops")
            turn_s = time.monotonic() + self._until_next_turn_s()
            while not stop.wait(max(0.0, min(self._config.event_poll_ms / 1000, turn_s - time.monotonic()))):
                self._hear(self._reader, self._attachments.known)
                self._look()
                _say(self._attachments.follow())
                if time.monotonic() >= turn_s:
                    self._turn()
                    self._look_after()
                    self._progress()
                    turn_s = time.monotonic() + self._until_next_turn_s()
        except BaseException:
            self._leave_quietly()
            raise
        self._leave()
        self._progress(last=True)
        log.info("stopped; everything that was counted is stored")

    def now(self) -> tuple[int, bool]:
        """The time that rows are stamped by, and whether that is a date."""
        return int(self._clock.unix_s(_boot_ns())), self._clock.is_set

    def _begin_boot(self) -> None:
        """Puts rows of boots whose clock was never set where none of this one's are, before it has any."""
        store, this = self._writer.store, clock.boot_id()
        if self._writer.call(store.undated_boot) not in (None, this):
            last_unix_s = self._writer.call(store.last_minute_before, clock.BOOT_TIMES_END_UNIX_S)
            if last_unix_s is not None:
                self._writer.call(store.restamp, *clock.aside(last_unix_s))
        if not self._clock.is_set:
            self._writer.call(store.remember_boot, this)

    def _look_after(self) -> None:
        """Names, quotas, and what the status tells."""
        now_boot_ns = _boot_ns()
        notices = list(self._attachments.notices)
        if not self._clock.is_set:
            notices.append(Notice("clock", "", ""))
        now_unix_s = int(self._clock.unix_s(now_boot_ns))
        _say(self._caretaker.look(now_boot_ns, now_unix_s, notices, self._clock.is_set))

    def _look(self) -> None:
        """Reads the interfaces' counters; keeps those that are no older than need be."""
        now_s = time.monotonic()
        self._counters.append((now_s, statistics.read()))
        while len(self._counters) > 1 and now_s - self._counters[1][0] >= _EARLY_S:
            del self._counters[0]

    def _remember(self, interface: Interface) -> None:
        self._writer.call(self._writer.store.remember_interface, self._instance.name, interface)

    def _until_next_turn_s(self) -> float:
        """To the next multiple of the interval, which a minute always is: no generation spans two minutes."""
        now_s = self._clock.unix_s(_boot_ns())
        interval_s = self._config.flush_interval_s
        return min(interval_s - now_s % interval_s, 60 - now_s % 60)

    def _hear(self, reader: Reader, interfaces: Mapping[int, Interface]) -> None:
        """Learns names from all payload heads that were captured until now."""
        for _ in range(_HEADS_TIMES):
            heads = reader.heads(_HEADS_MAX)
            for head in heads:
                interface = interfaces.get(head.ifindex)
                if interface:
                    self._pipeline.hear(head, interface, self._attachments.counted)
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
            packets = self._settle(orphan.name, reader, named, Ledger(), None)
            reader.close()
            orphan.remove()
            self._writer.call(self._writer.store.forget_instance, orphan.name)
            log.info("took over %s packets that were counted while nobody was reading", f"{packets:,}")

    def _interfaces_of(self, instance: str) -> dict[int, Interface]:
        """The interfaces of an earlier instance, with the addresses that they have now."""
        rows = self._writer.call(self._writer.store.known_interfaces, instance)
        now = self._attachments.as_now(row.name for row in rows)
        return {
            row.ifindex: replace(now[row.name], ifindex=row.ifindex, role=Role(row.role)) if row.name in now
            else Interface(row.name, row.ifindex, True, Role(row.role))
            for row in rows
        }  # fmt: skip

    def _settle(
        self, name: str, reader: Reader, interfaces: dict[int, Interface], last: Ledger, sample: Sample | None
    ) -> int:
        """Stores the last two generations of an instance that is attached nowhere; how many packets they held.

        :param last: the ledger that the very last one goes to; the other was left over, and what its interfaces counted
            is not known any more.
        """
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
                is_last = number == reader.generation
                batch = self._booked(
                    generation, rested_boot_ns, rested_boot_ns, interfaces, reader.flow_capacity,
                    last if is_last else Ledger(), sample if is_last else None,
                )  # fmt: skip
                self._writer.commit(batch).result()
                packets += sum(flow.packets for flow in generation.flows)
                self._count(batch)
        return packets

    def _turn(self) -> None:
        """Turns the maps and starts to store the generation at rest, unless the last one is not stored yet."""
        if self._in_flight and not self._finish(self._in_flight):
            return
        self._follow_clock()
        before_boot_ns, self._turned_boot_ns = self._turned_boot_ns, _boot_ns()
        early, before = self._counters[0][1], statistics.read()
        resting = self._reader.turn()
        sample = Sample(early, before, statistics.read())
        rested_boot_ns = _boot_ns()
        self._hear(self._reader, self._attachments.known)  # what was captured with it, before it is booked
        batch = self._booked(
            self._reader.read(resting), rested_boot_ns, (before_boot_ns + self._turned_boot_ns) // 2,
            self._attachments.known, self._reader.flow_capacity, self._ledger, sample,
        )  # fmt: skip
        self._in_flight = batch, self._writer.commit(batch)
        self._live.add(batch, before_boot_ns, self._turned_boot_ns, self._clock.unix_s(self._turned_boot_ns))
        self._count(batch)

    def _booked(
        self, generation: Generation, rested_boot_ns: int, middle_boot_ns: int, interfaces: Mapping[int, Interface],
        flow_capacity: int, ledger: Ledger, sample: Sample | None,
    ) -> Batch:  # fmt: skip
        """A generation as it is stored: its flows, and what the interfaces counted themselves."""
        minute_unix_s = minute_of(self._clock.unix_s(middle_boot_ns))
        batch = self._pipeline.book(
            generation, minute_unix_s, rested_boot_ns, interfaces, self._attachments.counted, flow_capacity
        )
        of = self._attachments.watched if sample else interfaces.values()
        gaps = ledger.reconcile(
            batch, generation, minute_unix_s, rested_boot_ns, of, sample or Sample({}, {}, {}), interfaces.values()
        )
        for iface in {gap.iface for gap in gaps if gap.is_silent}:
            self._attachments.suspect(iface)
        return batch

    def _follow_clock(self) -> None:
        """Moves what was booked by a clock that has been set; later, where the database cannot be written now."""
        boot_ns, unix_s = clock.read()
        was_set, before_s = self._clock.is_set, self._clock.unix_s(boot_ns)
        step = self._clock.step(boot_ns, unix_s)
        if step is None:
            return
        try:
            store = self._writer.store
            self._writer.call(store.date_boot if step.dates_boots else store.restamp, *step)
        except StoreError as error:
            self._complain(f"{error}; what was counted while the clock was wrong keeps its old time until then")
            return
        self._clock.taken(boot_ns, unix_s)
        self._caretaker.recount()
        if not was_set:
            log.info("the clock is set; what was counted since this machine started has moved to its true time")
        elif (by_s := self._clock.unix_s(boot_ns) - before_s) != 0:
            log.info("the clock was set by %+.0f s; what was counted before moves with it, by whole minutes", by_s)

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
        _say(self._caretaker.close())
        time.sleep(_EARLY_S)
        early, before = self._counters[0][1], statistics.read()
        self._attachments.detach()
        sample = Sample(early, before, statistics.read())
        if self._in_flight:
            _wait(self._in_flight[1])
            self._in_flight = None
        try:
            self._settle(self._instance.name, self._reader, self._attachments.known, self._ledger, sample)
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
            if key.again:
                continue
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


