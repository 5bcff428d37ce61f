"""An interface, its programs and the ledger above them, simulated: every packet has a time at each of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from traffic_analyzer.ledger import Gap, Ledger, Sample
from traffic_analyzer.records import (
    Batch,
    CounterRecord,
    Direction,
    Generation,
    Interface,
    LinkCounters,
    Traffic,
)

from .traffic import MINUTE

EARLY_MS = 50  #: the counters are read early by so much at least
NOTHING = Traffic(0, 0)

_MS = 10**6
_TURN_MS = 1000
_HEADERS = 66  # of a segment of a super-packet
_IN, _OUT = Direction.INGRESS, Direction.EGRESS


class Packet(NamedTuple):
    """A socket buffer on its way."""

    at_ms: float  #: when the first of interface and programs counts it
    delay_ms: float  #: until the other does
    size: int  #: bytes of the buffer
    segments: int = 1
    is_seen: bool = True  #: by the programs
    is_counted: bool = True  #: by the interface; a queue may drop it
    more: int = 0  #: bytes that the interface counts on top, as for a tag that the programs do not see

    @property
    def wire(self) -> Traffic:
        return Traffic(self.size + _HEADERS * (self.segments - 1), self.segments)

    @property
    def buffer(self) -> Traffic:
        return Traffic(self.size, 1)


def total(parts: Iterable[Traffic]) -> Traffic:
    """The sum of all."""
    each = list(parts)
    return Traffic(sum(part.bytes for part in each), sum(part.packets for part in each))


@dataclass
class World:
    """An interface, its programs, and the ledger above them."""

    direction: Direction
    kind: str  #: as the ledger is told
    in_buffers: bool  #: as it is
    extra: int
    packets: list[Packet]
    lag_ms: int = 0  #: the interface's counters are brought up to date so often
    reset_ms: float | None = None  #: when they began at 0 again
    before: Traffic = Traffic(10**9, 10**6)  # counted before anybody looked
    moved: list[dict[str, Traffic]] = field(default_factory=list)  #: by turn
    gaps: list[Gap] = field(default_factory=list)
    is_taught: bool = True  #: a super-packet between two rests has told the ledger in which units the interface counts

    def _teach(self, ledger: Ledger, interface: Interface) -> None:
        packet = Packet(0, 0, 3000, 2)
        moved = total([self.before, self._link(packet)])
        for at_s, said, seen in ((-3, self.before, False), (-2, moved, True), (-1, moved, False)):
            counters = [CounterRecord(7, int(self.direction), "seen", *packet.wire),
                        CounterRecord(7, int(self.direction), "buffers", *packet.buffer)]  # fmt: skip
            read = {"eth0": LinkCounters(*((said, Traffic(5, 5)) if self.direction is _IN else (Traffic(5, 5), said)))}
            generation = Generation("one", 0, [], counters if seen else [])
            ledger.reconcile(Batch("one", 0), generation, MINUTE, at_s * 10**9, [interface], Sample(read, read, read))
        self.before = moved

    def _link(self, packet: Packet) -> Traffic:
        counted = packet.buffer if self.in_buffers else packet.wire
        return Traffic(counted.bytes + (self.extra + packet.more) * counted.packets, counted.packets)

    def link_at(self, ms: float) -> Traffic:
        """What the interface says it has counted."""
        if self.lag_ms:
            ms = ms // self.lag_ms * self.lag_ms
        late = self.direction is _OUT
        since, start = -1.0, self.before
        if self.reset_ms is not None and ms >= self.reset_ms:
            since, start = self.reset_ms, NOTHING
        passed = (p for p in self.packets if p.is_counted and since < p.at_ms + late * p.delay_ms <= ms)
        return total([start, *map(self._link, passed)])

    def _seen(self, since_ms: float, until_ms: float) -> list[Packet]:
        late = self.direction is _IN
        return [p for p in self.packets if p.is_seen and since_ms < p.at_ms + late * p.delay_ms <= until_ms]

    def run(self, turns: int, jitter_ms: Iterator[tuple[float, float, float]]) -> Ledger:
        """Turns the maps each second. By turn: how long before it the counters are read early, before, and after it."""
        ledger = Ledger()
        interface = Interface("eth0", 7, True, kind=self.kind)
        if self.is_taught:
            self._teach(ledger, interface)
        since_ms = 0.0
        for turn in range(1, turns + 1):
            at_ms = turn * _TURN_MS
            early_ms, before_ms, after_ms = next(jitter_ms)
            sample = Sample(*(self._read(ms) for ms in (at_ms - EARLY_MS - early_ms, at_ms - before_ms,
                                                        at_ms + after_ms)))  # fmt: skip
            seen = self._seen(since_ms, at_ms)
            counters = [
                CounterRecord(7, int(self.direction), name, *traffic)
                for name, traffic in (
                    ("seen", total(p.wire for p in seen)), ("buffers", total(p.buffer for p in seen)),
                ) if traffic.packets
            ]  # fmt: skip
            batch = Batch("one", turn)
            generation = Generation("one", turn, [], counters)
            minute_unix_s = MINUTE + turn // 60 * 60
            self.gaps += ledger.reconcile(batch, generation, minute_unix_s, at_ms * _MS, [interface], sample)
            items = {k.counter: v for k, v in batch.counters.items() if k.direction == self.direction}
            assert {k.minute_unix_s for k in batch.counters} == {minute_unix_s}
            self._adds_up(items, total(p.wire for p in seen))
            self.moved.append(items)
            since_ms = at_ms
        return ledger

    def _read(self, ms: float) -> dict[str, LinkCounters]:
        said, other = self.link_at(ms), Traffic(5, 5)
        return {"eth0": LinkCounters(said, other) if self.direction is _IN else LinkCounters(other, said)}

    def _adds_up(self, items: dict[str, Traffic], seen: Traffic) -> None:
        left = total(items.get(item, NOTHING) for item in ("interface", "headers", "uncounted"))
        assert left == total([seen, items.get("unseen", NOTHING)])

    def sum(self, item: str, since: int = 0) -> Traffic:
        """Of all turns from *since* on."""
        return total(items.get(item, NOTHING) for items in self.moved[since:])


def steady(until_s: float, pps: int = 200, **fate: bool) -> list[Packet]:
    """After three quiet seconds."""
    return [Packet(at * 1000 / pps, 1, 1000, **fate) for at in range(3 * pps, int(until_s * pps))]


def bridge(ports: dict[str, tuple[Traffic, Traffic]], seen: dict[Direction, dict[str, Traffic]]) -> dict[str, Traffic]:
    """The unseen of a bridge that is passed by below, by direction, after what *ports* moved and the bridge saw."""
    ledger = Ledger()
    interface = Interface("br-lan", 7, True, kind="bridge", bottom=tuple((port, "veth") for port in ports))
    one = Traffic(1, 1)
    before = {port: LinkCounters(one, one) for port in ports}
    after = {port: LinkCounters(total([one, rx]), total([one, tx])) for port, (rx, tx) in ports.items()}
    said = [before, after, after]
    counters = [CounterRecord(7, int(way), name, *traffic) for way, of in seen.items() for name, traffic in of.items()]
    found: dict[str, Traffic] = {}
    for turn, read in enumerate(said):
        batch = Batch("one", turn)
        generation = Generation("one", turn, [], counters if turn == 1 else [])
        ledger.reconcile(batch, generation, MINUTE, turn * 10**9, [interface], Sample(read, read, read))
        for key, traffic in batch.counters.items():
            if key.counter == "unseen":
                name = "rx" if key.direction == _IN else "tx"
                found[name] = total([found.get(name, NOTHING), traffic])
    return found


def alike(traffic: Traffic, **more: Traffic) -> dict[str, Traffic]:
    """The counters of a program that saw *traffic*, no super-packets among it."""
    return {"seen": traffic, "buffers": traffic, **more}
