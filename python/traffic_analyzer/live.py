"""Rates of the last ten minutes, of the network and of its devices, as turns of the maps are booked. Bounded.

A slot is one turn: what was booked, in the time of the boot clock that it covers. A device has a number each way for
every slot that is kept, so that sums over devices are those over slots, always.
"""

from __future__ import annotations

import threading
from array import array
from bisect import bisect_left
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from heapq import nlargest
from itertools import accumulate, pairwise
from operator import add
from typing import NamedTuple

from .records import OTHER, Batch

SPAN_S = 600
DEVICES_MAX = 64  #: that are told, OTHER included
HISTORY_POINTS = 60
RATE_S = 5  #: that a rate is the mean of

_FOLLOWED_MAX = 2 * DEVICES_MAX  # the largest are chosen from these; a new one takes the place of what is less than it
_NS, _MINUTE_S = 10**9, 60
_POINT_NS = SPAN_S // HISTORY_POINTS * _NS

#: What devices are called, by device; one that has no name, or is not known, may be absent.
Names = Callable[[Collection[str]], Mapping[str, str]]
#: Between two Unix times: from when on local time is how many seconds ahead of UTC.
Offsets = Callable[[int, int], Sequence[tuple[int, int]]]


class _Ring:
    """Bytes by slot, and their sums."""

    __slots__ = ("rx", "rx_bytes", "tx", "tx_bytes")

    def __init__(self, slots: int) -> None:
        self.rx, self.tx = array("Q", bytes(8 * slots)), array("Q", bytes(8 * slots))
        self.rx_bytes = self.tx_bytes = 0

    @property
    def total(self) -> int:
        return self.rx_bytes + self.tx_bytes

    def put(self, at: int, rx_bytes: int, tx_bytes: int) -> None:
        """In place of what slot *at* held."""
        self.rx_bytes += rx_bytes - self.rx[at]
        self.tx_bytes += tx_bytes - self.tx[at]
        self.rx[at], self.tx[at] = rx_bytes, tx_bytes

    def fold(self, other: _Ring) -> None:
        """Adds another, of as many slots."""
        self.rx, self.tx = array("Q", map(add, self.rx, other.rx)), array("Q", map(add, self.tx, other.tx))
        self.rx_bytes += other.rx_bytes
        self.tx_bytes += other.tx_bytes

    def cut(self, first: int, count: int) -> _Ring:
        """A copy of *count* slots from *first* on, oldest first."""
        copy = _Ring(0)
        copy.rx, copy.tx = _cut(self.rx, first, count), _cut(self.tx, first, count)
        copy.rx_bytes, copy.tx_bytes = self.rx_bytes, self.tx_bytes
        return copy


class _Copy(NamedTuple):
    """All of it at one time, oldest slot first."""

    sequence: int  #: of the newest slot
    offset_s: float  #: from the boot clock to the collector's
    since_ns: array[int]  #: boot clock
    until_ns: array[int]
    total: _Ring
    devices: dict[str, _Ring]


class Live:
    """Rates of the last :data:`SPAN_S`. Fed by one thread, asked by others.

    A slot's number only grows, over restarts of the collector too: faces ask for what came after the last they know.

    :param interval_s: between two turns of the maps; there are no more slots than a span has of these.
    :param clocks: the boot clock, ns, and the wall clock, Unix seconds, as they are now.
    :param names: asked for at most :data:`DEVICES_MAX` at a time, by the thread that wants an answer.
    """

    def __init__(
        self, interval_s: int, clocks: Callable[[], tuple[int, float]], offsets: Offsets, names: Names
    ) -> None:
        self._interval_s, self._clocks, self._offsets, self._names = interval_s, clocks, offsets, names
        self._slots = SPAN_S // _MINUTE_S * -(-_MINUTE_S // interval_s)  # a turn ends with the minute
        self._lock = threading.Lock()
        self._since_ns, self._until_ns = array("q", bytes(8 * self._slots)), array("q", bytes(8 * self._slots))
        self._total, self._other = _Ring(self._slots), _Ring(self._slots)
        self._devices: dict[str, _Ring] = {}
        self._sequence = self._count = 0  # of the newest slot; slots that are kept
        self._offset_s: float | None = None

    def add(self, batch: Batch, since_boot_ns: int, until_boot_ns: int, until_unix_s: float) -> None:
        """Takes in what one turn held.

        :param since_boot_ns: when the turn before it ended; its own end comes after that.
        :param until_unix_s: its end, by the clock that rows are stamped by: all that is told follows that.
        """
        rx: dict[str, int] = {}
        tx: dict[str, int] = {}
        for key, (bytes_, _) in batch.flows.items():
            if not key[13]:  # again; by place, which is quicker
                way, device = tx if key[3] else rx, key[9]
                way[device] = way.get(device, 0) + bytes_
        seen = rx.keys() | tx.keys()
        with self._lock:
            self._sequence = self._sequence + 1 if self._sequence else max(1, until_boot_ns // _NS)
            self._offset_s = until_unix_s - until_boot_ns / _NS
            self._age(until_boot_ns)
            at = self._sequence % self._slots
            self._since_ns[at], self._until_ns[at] = since_boot_ns, until_boot_ns
            self._count += 1
            self._total.put(at, sum(rx.values()), sum(tx.values()))
            for device, ring in self._devices.items():
                if device in seen:
                    ring.put(at, rx.get(device, 0), tx.get(device, 0))
            new = [(rx.get(device, 0) + tx.get(device, 0), device) for device in seen - self._devices.keys()]
            for bytes_, device in nlargest(_FOLLOWED_MAX, new):
                if device != OTHER and self._has_room(bytes_):
                    ring = self._devices[device] = _Ring(self._slots)
                    ring.put(at, rx.get(device, 0), tx.get(device, 0))
            for _, device in new:
                if device not in self._devices:
                    other = self._other
                    other.put(at, other.rx[at] + rx.get(device, 0), other.tx[at] + tx.get(device, 0))

    def _age(self, now_ns: int) -> None:
        """Lets go of slots that are past, and of devices that had none but those; makes room for a slot."""
        rings = self._total, self._other, *self._devices.values()
        while self._count:
            at = (self._sequence - self._count) % self._slots
            if self._count < self._slots and self._until_ns[at] > now_ns - SPAN_S * _NS:
                break
            self._count -= 1
            for ring in rings:
                ring.put(at, 0, 0)
        self._devices = {device: ring for device, ring in self._devices.items() if ring.total}

    def _has_room(self, bytes_: int) -> bool:
        """Whether a device with so many bytes is followed; where there is no room, in the place of the smallest."""
        if len(self._devices) < _FOLLOWED_MAX:
            return True
        smallest = min(self._devices, key=lambda device: self._devices[device].total)
        if self._devices[smallest].total >= bytes_:
            return False
        self._other.fold(self._devices.pop(smallest))
        return True

    def answer(self, since: int) -> dict[str, object]:
        """Plain numbers, lists and texts for a face.

        ``now_unix_s``; ``interval_s`` and ``span_s``; ``sequence`` of the newest slot, 0 where there is none; ``slots``
        after *since*, oldest first: ``sequence``, ``until_unix_s``, ``seconds``, ``rx_bytes``, ``tx_bytes``, a list
        each; ``devices``, the largest first and last what was put together as ``(other)``: ``device``, ``name``, bytes
        a second as the mean of the last :data:`RATE_S`, bytes of the span, and a ``history`` of bytes a second,
        :data:`HISTORY_POINTS` of them, oldest first, the newest of as much time as has passed; ``offsets``: the local
        time's from UTC, each from a Unix time on.

        :param since: 0, or a number that was never told: all.
        """
        now_ns, now_unix_s = self._clocks()
        copy = self._copy()
        if copy is None:
            copy = _Copy(0, now_unix_s - now_ns / _NS, array("q"), array("q"), _Ring(0), {})
        count = len(copy.until_ns)
        after = count - min(count, copy.sequence - since) if 0 < since <= copy.sequence else 0
        now_unix_s = round(now_ns / _NS + copy.offset_s, 3)
        began_unix_s = copy.since_ns[0] / _NS + copy.offset_s if count else now_unix_s
        return {
            "now_unix_s": now_unix_s,
            "interval_s": self._interval_s,
            "span_s": SPAN_S,
            "sequence": copy.sequence,
            "offsets": [list(each) for each in self._offsets(int(began_unix_s), int(now_unix_s))],
            "slots": {
                "sequence": list(range(copy.sequence - count + 1 + after, copy.sequence + 1)),
                "until_unix_s": [round(ns / _NS + copy.offset_s, 3) for ns in copy.until_ns[after:]],
                "seconds": [
                    round((until - began) / _NS, 3)
                    for began, until in zip(copy.since_ns[after:], copy.until_ns[after:], strict=True)
                ],
                "rx_bytes": copy.total.rx[after:].tolist(),
                "tx_bytes": copy.total.tx[after:].tolist(),
            },
            "devices": self._told(copy),
        }

    def _copy(self) -> _Copy | None:
        """What is kept, and nothing computed yet; None before the first turn."""
        with self._lock:
            if self._offset_s is None:
                return None
            first, count = (self._sequence - self._count + 1) % self._slots, self._count
            rings = {OTHER: self._other, **self._devices}
            return _Copy(
                self._sequence, self._offset_s, _cut(self._since_ns, first, count), _cut(self._until_ns, first, count),
                self._total.cut(first, count), {d: ring.cut(first, count) for d, ring in rings.items() if ring.total},
            )  # fmt: skip

    def _told(self, copy: _Copy) -> list[dict[str, object]]:
        rings, other = copy.devices, copy.devices.pop(OTHER, None)
        largest = sorted(rings, key=lambda device: (-rings[device].total, device))
        most = DEVICES_MAX - (other is not None or len(largest) > DEVICES_MAX)
        for device in largest[most:]:
            other = other or _Ring(len(copy.until_ns))
            other.fold(rings[device])
        times = _Times(copy.since_ns, copy.until_ns)
        names = self._names(largest[:most])
        told = [_row(device, names.get(device, device), rings[device], times) for device in largest[:most]]
        return told + ([_row(OTHER, OTHER, other, times)] if other else [])


class _Times:
    """When bytes of slots passed, where they are spread evenly over each."""

    def __init__(self, since_ns: array[int], until_ns: array[int]) -> None:
        edges = [*since_ns[:1], *until_ns]
        last = edges[-1] if edges else 0
        begun = (last - 1) // _POINT_NS * _POINT_NS  # points begin at whole ones, so that past ones stay as they are
        bounds = [begun - (HISTORY_POINTS - 1 - point) * _POINT_NS for point in range(HISTORY_POINTS)] + [last]
        self._history = [_place(edges, bound) for bound in bounds]
        self._points_s = [(until - since) / _NS for since, until in pairwise(bounds)]
        since = max(edges[0], last - RATE_S * _NS) if edges else 0
        at, after = _place(edges, since)
        self._recent = max(0, at - 1)  # the slot that it lies in
        self._rate, self._rate_s = (at - self._recent, after), (last - since) / _NS

    def rate(self, slots: array[int]) -> int:
        """Bytes a second at the end."""
        (passed,) = _between(slots[self._recent :], [self._rate, (-1, 0.0)])
        return round(passed / self._rate_s)

    def history(self, slots: Iterable[int]) -> list[int]:
        """Bytes a second, by point."""
        passed = _between(slots, self._history)
        return [round(part / seconds) for part, seconds in zip(passed, self._points_s, strict=True)]


def _place(edges: list[int], at_ns: int) -> tuple[int, float]:
    """The edge at or after a time, and how much of the slot before it lies after that time, 0 to 1."""
    at = bisect_left(edges, at_ns)
    return at, (edges[at] - at_ns) / (edges[at] - edges[at - 1]) if at else 0.0


def _between(slots: Iterable[int], places: list[tuple[int, float]]) -> list[float]:
    """What passed from each of *places* to the next."""
    sums = [0, *accumulate(slots)]
    until = [sums[at] - after * (sums[at] - sums[at - 1]) if after else sums[at] for at, after in places]
    return [late - early for early, late in pairwise(until)]


def _row(device: str, name: str, ring: _Ring, times: _Times) -> dict[str, object]:
    return {
        "device": device,
        "name": name,
        "rx_bytes_s": times.rate(ring.rx),
        "tx_bytes_s": times.rate(ring.tx),
        "rx_bytes": ring.rx_bytes,
        "tx_bytes": ring.tx_bytes,
        "history": times.history(map(add, ring.rx, ring.tx)),
    }


def _cut(ring: array[int], first: int, count: int) -> array[int]:
    """*count* of a ring from *first* on."""
    end = first + count
    return ring[first:end] + ring[: max(0, end - len(ring))]
