"""Which names stand behind an address, as a device has learnt it, and until when."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import NamedTuple

from ..records import Evidence, Label

_NS = 10**9
#: A name with a time to live of 0 is for the connection that follows at once (RFC 1035 3.2.1).
_AT_ONCE_NS = 2 * _NS
#: Browsers use an address for a while after its time: so long a name that ran out makes another one less sure.
_DOUBT_NS = 60 * _NS


class Name(NamedTuple):
    """What a flow is called, how sure that is, and what tells it."""

    domain: str  #: lower case; empty where no name is known
    label: Label
    evidence: Evidence


UNKNOWN = Name("", Label.UNKNOWN, Evidence.NONE)


class Place(NamedTuple):
    """What a name belongs to."""

    device: str | bytes  #: see :func:`.devices.device_key`
    remote: bytes  #: 4 or 16


@dataclass(slots=True)
class _Span:
    """Of the boot clock, ns; the end is not part of it."""

    since: int = 0
    until: int = 0

    def extend(self, now: int, until: int) -> None:
        if self.until <= now:
            self.since = now
        self.until = max(self.until, until)

    def holds(self, at: int) -> bool:
        return self.since <= at < self.until

    def may_hold(self, at: int) -> bool:
        """True where it holds, or has not been over for long. What never began is not over."""
        return bool(self.until) and self.since <= at < self.until + _DOUBT_NS


@dataclass(slots=True)
class _Entry:
    iface: str
    learnt_boot_ns: int  #: last
    asked: _Span = field(default_factory=_Span)  #: by DNS
    shown: _Span = field(default_factory=_Span)  #: in a ClientHello

    def may_hold(self, at: int) -> bool:
        """True where a flow that began then may be of this name."""
        return self.asked.may_hold(at) or self.shown.holds(at)

    @property
    def forget_boot_ns(self) -> int:
        """When nothing depends on it any more."""
        return max(self.asked.until + _DOUBT_NS, self.shown.until)


@dataclass
class Events:
    """What happened to the table since it was last asked, by interface."""

    new: Counter[str]
    refresh: Counter[str]
    expired: Counter[str]
    overflow: Counter[str]


class Names:
    """Names by (device, address), each with the span of the boot clock in which it holds.

    :param most: entries (device, address, name); the oldest place goes early, and is counted as overflow.
    """

    def __init__(self, most: int = 16_384) -> None:
        self._most = most
        self._count = 0
        self._places: dict[Place, dict[str, _Entry]] = {}  # least recently learnt first
        self._devices: defaultdict[bytes, dict[str | bytes, None]] = defaultdict(dict)  # by remote: who has names
        self._due: defaultdict[int, list[tuple[Place, str]]] = defaultdict(list)  # by second, once each
        self.live: Counter[str] = Counter()  #: entries by interface
        self.events = Events(Counter(), Counter(), Counter(), Counter())

    def learn(self, iface: str, place: Place, name: str, now_boot_ns: int, ttl_s: int, asked: bool) -> None:
        """From now on, and for *ttl_s*, *name* stands behind the place.

        :param asked: by a DNS question of this device; else the name was read in a ClientHello.
        """
        until_boot_ns = now_boot_ns + max(ttl_s * _NS, _AT_ONCE_NS)
        entries = self._places.pop(place, None)
        if entries is None:
            entries = {}
            self._devices[place.remote][place.device] = None
        self._places[place] = entries
        entry = entries.get(name)
        is_new = entry is None
        if entry is None:
            entry = entries[name] = _Entry(iface, now_boot_ns)
            self._count += 1
            self.live[iface] += 1
            self._due[until_boot_ns // _NS].append((place, name))
        (self.events.new if is_new else self.events.refresh)[iface] += 1
        (entry.asked if asked else entry.shown).extend(now_boot_ns, until_boot_ns)
        entry.learnt_boot_ns = now_boot_ns
        self._make_room()

    def _make_room(self) -> None:
        """Whole places go: one that lost some of its names would seem surer than it is."""
        while self._count > self._most:
            place = next(iter(self._places))
            for name, entry in list(self._places[place].items()):
                self._drop(place, name, entry, self.events.overflow)

    def _drop(self, place: Place, name: str, entry: _Entry, events: Counter[str]) -> None:
        entries = self._places[place]
        del entries[name]
        self._count -= 1
        self.live[entry.iface] -= 1
        events[entry.iface] += 1
        if not entries:
            del self._places[place]
            devices = self._devices[place.remote]
            del devices[place.device]
            if not devices:
                del self._devices[place.remote]

    def expire(self, before_boot_ns: int) -> None:
        """Forgets what held no longer at *before_boot_ns*; no flow that began earlier is asked for after this."""
        before_s = before_boot_ns // _NS
        for second in [second for second in self._due if second < before_s]:
            for place, name in self._due.pop(second):
                entry = self._places.get(place, {}).get(name)
                if entry is None:
                    continue
                if entry.forget_boot_ns < before_boot_ns:
                    self._drop(place, name, entry, self.events.expired)
                else:
                    self._due[entry.forget_boot_ns // _NS].append((place, name))

    def take_events(self) -> Events:
        """What happened since the last call."""
        events, self.events = self.events, Events(Counter(), Counter(), Counter(), Counter())
        return events

    def name(self, place: Place, at_boot_ns: int) -> Name:
        """What a flow of the place that began at *at_boot_ns*, and tells no name itself, is called."""
        entries = self._places.get(place, {})
        asked = [(e.learnt_boot_ns, name) for name, e in entries.items() if e.asked.holds(at_boot_ns)]
        shown = [(e.learnt_boot_ns, name) for name, e in entries.items() if e.shown.holds(at_boot_ns)]
        if asked:
            is_one = all(name == asked[0][1] or not e.may_hold(at_boot_ns) for name, e in entries.items())
            return Name(max(asked)[1], Label.EXACT if is_one else Label.AMBIGUOUS, Evidence.DNS)
        if shown:
            return Name(max(shown)[1], Label.AMBIGUOUS, Evidence.SNI)
        others = [
            (entry.learnt_boot_ns, name)
            for device in self._devices.get(place.remote, ())
            for name, entry in self._places[Place(device, place.remote)].items()
            if entry.asked.holds(at_boot_ns)
        ]
        return Name(max(others)[1], Label.AMBIGUOUS, Evidence.DNS_OTHER) if others else UNKNOWN
