"""What an interface counted itself, beside what the programs saw of it: what is missing is unseen.

For each interface and direction, in every window, in bytes and in packets::

    interface + headers + uncounted = exact + ambiguous + hidden + unknown + non_ip + not_booked + unseen

``interface`` is its own count. ``headers`` is what it counts otherwise: an Ethernet header that it has taken off,
super-packets that it counts as one. ``uncounted`` passed the programs and not the interface's counter: its queue
dropped it afterwards.

The kernel's counters and ours are not read at one instant, and a packet passes one before the other: on the way in the
interface counts first, on the way out the programs do. So bounds are compared, and a difference is booked where both
cannot be true. Where traffic rests the bounds meet, and the difference is exact to the byte.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

from .aggregate import add
from .records import Batch, CounterKey, Direction, Generation, Interface, LinkCounters, Traffic

#: Devices made of software: they count socket buffers. All others count what is on the wire. What these send is counted
#: after super-packets were cut, where the device does not do that itself (validate_xmit_skb in net/core/dev.c).
_IN_BUFFERS = frozenset({
    "bond", "bridge", "dummy", "geneve", "gre", "gretap", "hsr", "ifb", "ip6gre", "ip6tnl", "ipip", "ipvlan", "macvlan",
    "ppp", "sit", "team", "tun", "veth", "vlan", "vrf", "vxlan", "wireguard",
})  # fmt: skip
#: These count messages of their own: encrypted, padded, and more of them than packets.
_OF_THEIR_OWN = frozenset({"wireguard"})
_ETHERNET_HEADER_BYTES, _PPPOE_HEADER_BYTES = 14, 8
#: By device and direction: bytes that it adds to each packet. These have taken the header off before they count
#: (br_pass_frame_up in net/bridge/br_input.c, vlan_do_receive in net/8021q/vlan_core.c).
_EXTRA_BYTES = {(kind, Direction.INGRESS): -_ETHERNET_HEADER_BYTES for kind in ("bridge", "vlan")}
_EXTRA_MAX_BYTES = 32
_SURE = 10**9
_SELDOM = ("headers", "uncounted")  # not shown where they are 0
_LATE_NS = 10 * 10**9  # so long after a difference was booked it may turn out to be a counter that came late
_NEW_NS = 30 * 10**9  # so long after it appeared an interface is new: all that it counted is asked about
_PART_S = 900  # an hour of some zones begins a quarter or a half past one of UTC
_NOTHING = Traffic(0, 0)
#: All that an interface's statement shows, 0 or not.
ITEMS = ("interface", "exact", "ambiguous", "hidden", "unknown", "non_ip", "not_booked", "unseen")


class Sample(NamedTuple):
    """The kernel's counters around one turn of the maps, by interface name."""

    early: Mapping[str, LinkCounters]  #: a moment before: what was counted then has reached the programs
    before: Mapping[str, LinkCounters]  #: just before
    after: Mapping[str, LinkCounters]  #: just after


class Gap(NamedTuple):
    """What an interface counted in one turn and the programs did not see."""

    iface: str
    direction: int
    packets: int
    is_silent: bool  #: the programs saw nothing at all


def _sum(*parts: Traffic) -> Traffic:
    return Traffic(sum(part.bytes for part in parts), sum(part.packets for part in parts))


def _less(one: Traffic, other: Traffic) -> Traffic:
    return Traffic(one.bytes - other.bytes, one.packets - other.packets)


@dataclass(slots=True)
class _Difference:
    """What an interface counted less what we saw: a constant that lies in bounds, both included, and what is missing.

    Missing is only what must be: without a gap the constant lies in all bounds, whatever the timing. Negative where
    the interface did not count what we saw.
    """

    low: int
    high: int
    missing: int = 0

    def narrow(self, low: int, high: int) -> None:
        """The difference now lies between *low* and *high*."""
        self.missing = min(max(self.missing, low - self.high), high - self.low)
        self.low, self.high = max(self.low, low - self.missing), min(self.high, high - self.missing)

    def forgive(self, missing: int) -> None:
        """No more than that is missing; the constant was another."""
        change = self.missing - missing
        self.low, self.high, self.missing = self.low + change, self.high + change, missing


class _Rest(NamedTuple):
    """All counters at a moment when nothing moved."""

    link: Traffic
    buffers: Traffic
    wire: Traffic
    told: Traffic


@dataclass(slots=True)
class _Account:
    """One interface, one direction. What the programs saw is added up since the account was opened, in both units."""

    in_buffers: bool
    trust: int  #: in that: stretches that may tell otherwise, by chance, before it is believed
    extra: int  #: bytes that the interface counts on top of ours for each packet
    is_known: bool  #: whether its units are known, or supposed
    buffers: Traffic = _NOTHING
    wire: Traffic = _NOTHING
    read: Traffic = _NOTHING  #: what the interface said last
    packets: _Difference | None = None
    bytes: _Difference | None = None
    told: Traffic = _NOTHING  #: of what is missing, in the interface's units
    base: Traffic = _NOTHING  #: the same at the last rest, or a while ago where there is none
    base_boot_ns: int = 0
    rest: _Rest | None = None  #: the last one
    booked: Traffic = _NOTHING  #: as the interface's own since then
    part: int = -1  #: of an hour, in which all items were booked
    late: deque[tuple[int, Traffic]] = field(default_factory=deque)  #: booked of late: boot clock ns; all of one sign

    def own(self) -> Traffic:
        """What the programs saw, as the interface should have counted it."""
        return self.as_link(self.buffers if self.in_buffers else self.wire)

    def as_link(self, wire: Traffic) -> Traffic:
        """*wire*, with the bytes that the interface counts on top."""
        return Traffic(wire.bytes + self.extra * wire.packets, wire.packets)

    def span(self) -> tuple[Traffic, Traffic]:
        """The least and the most that the interface counted of what the programs saw, as far as its units are known."""
        if self.is_known:
            return self.own(), self.own()
        return self.as_link(self.buffers), self.as_link(self.wire)

    def compare(self, least: Traffic, most: Traffic, now_boot_ns: int, is_rest: bool = False) -> Traffic:
        """By how much more than was told is missing, in wire bytes; *least* and *most* bound the difference.

        Bytes alone are not missing: they are headers that the interface counts and we do not. But packets may turn out
        to be missing with them, when it rests.
        """
        if self.packets is None or self.bytes is None:
            low, high = _less(least, self.told), _less(most, self.told)
            self.packets = _Difference(low.packets, high.packets, self.told.packets)
            self.bytes = _Difference(low.bytes, high.bytes, self.told.bytes)
        self.packets.narrow(least.packets, most.packets)
        self.bytes.narrow(least.bytes, most.bytes)
        is_alone = self.packets.missing == self.base.packets
        change = self._tell(self.base if is_alone else Traffic(self.bytes.missing, self.packets.missing))
        if is_rest or now_boot_ns - self.base_boot_ns > _LATE_NS:
            self.bytes.forgive(self.told.bytes)
            self.base, self.base_boot_ns = self.told, now_boot_ns
        return change

    def come_to_rest(self, now_boot_ns: int) -> Traffic:
        """As :meth:`compare`, where the difference is known exactly."""
        change, learnt = _NOTHING, self._learn()
        if self.rest and learnt and learnt != (self.in_buffers, self.extra):
            change = self._tell(self.rest.told)  # nothing was missing since then
            self.base = self.told
            self.in_buffers, self.extra = learnt
            self.packets = self.bytes = None
        least, most = self.span()
        change = _sum(
            change, self.compare(_less(self.read, most), _less(self.read, least), now_boot_ns, is_rest=True)
        )
        self.rest = _Rest(self.read, self.buffers, self.wire, self.told)
        return change

    def _tell(self, missing: Traffic) -> Traffic:
        change, self.told = _less(missing, self.told), missing
        return Traffic(change.bytes - self.extra * change.packets, change.packets)

    def _learn(self) -> tuple[bool, int] | None:
        """In which units, and with how many bytes more, the interface counted since the last rest; None: not told."""
        if self.rest is None:
            return None
        link = _less(self.read, self.rest.link)
        buffers, wire = _less(self.buffers, self.rest.buffers), _less(self.wire, self.rest.wire)
        for in_buffers in (self.in_buffers, not self.in_buffers):
            seen = buffers if in_buffers else wire
            if not seen.packets or seen.packets != link.packets:
                continue
            extra, remainder = divmod(link.bytes - seen.bytes, seen.packets)
            if remainder or abs(extra) > _EXTRA_MAX_BYTES:
                continue
            if in_buffers == self.in_buffers:
                self.trust += buffers.packets != wire.packets
            elif self.trust > 0:
                self.trust -= 1
                return None
            else:
                self.trust = 1
            self.is_known = self.is_known or self.trust > 0
            return in_buffers, extra
        return None

    def split(self, change: Traffic, now_boot_ns: int) -> tuple[Traffic, Traffic]:
        """*change* as unseen and as uncounted; one that turns up late takes back what was booked for it."""
        while self.late and now_boot_ns - self.late[0][0] > _LATE_NS:
            self.late.popleft()
        booked = {True: _NOTHING, False: _NOTHING}  # by whether it is unseen
        while self.late and change != _NOTHING:
            at_boot_ns, last = self.late[-1]
            is_unseen, left = last.packets > 0, _sum(last, change)
            if change.packets * last.packets > 0:
                break
            if left.packets * last.packets > 0:  # it stays in part, or only its bytes were not known yet
                self.late[-1] = at_boot_ns, left
                booked[is_unseen] = _sum(booked[is_unseen], change)
                change = _NOTHING
            else:
                self.late.pop()
                booked[is_unseen] = _less(booked[is_unseen], last)
                change = left
        if change.packets:
            self.late.append((now_boot_ns, change))
            booked[change.packets > 0] = _sum(booked[change.packets > 0], change)
        return booked[True], _less(_NOTHING, booked[False])


class Ledger:
    """The accounts of a run. Pure: clocks and counters are handed in."""

    def __init__(self) -> None:
        self._accounts: dict[tuple[int, Direction], _Account] = {}
        self._came: dict[str, int | None] = {}  # boot clock, ns; None: it was there from the beginning

    def reconcile(
        self, batch: Batch, generation: Generation, minute_unix_s: int, now_boot_ns: int,
        interfaces: Iterable[Interface], sample: Sample, left: Iterable[Interface] = (),
    ) -> list[Gap]:  # fmt: skip
        """Books into *batch* what the interfaces counted in one turn; where packets passed unseen.

        :param generation: what the programs counted in this turn.
        :param interfaces: those that are watched; what passes one that was left is not asked about.
        :param left: those that were watched once: the generation may hold the last of what passed them.
        """
        counted: dict[tuple[int, int], dict[str, Traffic]] = {}
        for record in generation.counters:
            traffic = Traffic(record.bytes, record.packets)
            counted.setdefault((record.ifindex, record.direction), {})[record.counter] = traffic
        gaps = []
        self._greet(sample, now_boot_ns)
        watched = {interface.ifindex: interface for interface in interfaces}
        for interface in left:
            if interface.ifindex not in watched:
                self._close(batch, interface, counted, minute_unix_s, now_boot_ns)
        self._accounts = {key: account for key, account in self._accounts.items() if key[0] in watched}
        for interface in watched.values():
            for direction in Direction:
                of = counted.get((interface.ifindex, int(direction)), {})
                copies = _copies(interface, counted, sample) if direction is Direction.EGRESS else _NOTHING
                link, unseen, uncounted = self._settle(interface, direction, of, copies, now_boot_ns, sample)
                headers = _less(_sum(of.get("seen", _NOTHING), unseen), _sum(link, uncounted))
                items = {"interface": link, "headers": headers, "uncounted": uncounted, "unseen": unseen}
                if self._begins(interface, direction, minute_unix_s):
                    items = dict.fromkeys(ITEMS, _NOTHING) | items
                for item, traffic in items.items():
                    if traffic == _NOTHING and item in _SELDOM:
                        continue
                    key = CounterKey(minute_unix_s, interface.name, int(direction), item)
                    add(batch.counters, key, traffic.bytes, traffic.packets)
                if unseen.packets > 0:
                    gaps.append(Gap(interface.name, int(direction), unseen.packets, "seen" not in of))
        return gaps

    def _close(
        self, batch: Batch, interface: Interface, counted: Mapping[tuple[int, int], Mapping[str, Traffic]],
        minute_unix_s: int, now_boot_ns: int,
    ) -> None:  # fmt: skip
        """The last of an interface whose counters are gone, or another's by now: it counted what was seen."""
        for direction in Direction:
            of = counted.get((interface.ifindex, int(direction)), {})
            seen = of.get("seen", _NOTHING)
            account = self._accounts.get((interface.ifindex, direction)) or _opened(interface, direction, now_boot_ns)
            link = account.as_link(of.get("buffers", _NOTHING) if account.in_buffers else seen)
            for item, traffic in (("interface", link), ("headers", _less(seen, link))):
                if traffic != _NOTHING:
                    key = CounterKey(minute_unix_s, interface.name, int(direction), item)
                    add(batch.counters, key, traffic.bytes, traffic.packets)

    def _greet(self, sample: Sample, now_boot_ns: int) -> None:
        """Notes which interfaces came since the last turn: their counters began at 0."""
        at_first = not self._came
        self._came = {name: self._came.get(name, None if at_first else now_boot_ns) for name in sample.after}

    def _is_new(self, name: str, now_boot_ns: int) -> bool:
        came = self._came.get(name)
        return came is not None and now_boot_ns - came <= _NEW_NS

    def _begins(self, interface: Interface, direction: Direction, minute_unix_s: int) -> bool:
        """True once in each part of an hour: then every item is booked, so that an hour shows those that are 0 too."""
        account = self._accounts[interface.ifindex, direction]
        before, account.part = account.part, minute_unix_s // _PART_S
        return before != account.part

    def _settle(
        self, interface: Interface, direction: Direction, counted: Mapping[str, Traffic], copies: Traffic,
        now_boot_ns: int, sample: Sample,
    ) -> tuple[Traffic, Traffic, Traffic]:  # fmt: skip
        """What the interface counted itself, what of it was unseen, and what it did not count."""
        buffers, wire = (_sum(counted.get(unit, _NOTHING), copies) for unit in ("buffers", "seen"))
        read = _read(interface, direction, sample)
        account = self._accounts.get((interface.ifindex, direction))
        if read and (not _grows(*read) or account and not _grows(account.read, read[1])):
            account, read = None, (_NOTHING, _NOTHING, read[2])  # the counters began anew
        if account is None:  # of what passed before this turn nothing is known
            account = self._accounts[interface.ifindex, direction] = _opened(interface, direction, now_boot_ns)
            if all(self._is_new(name, now_boot_ns) for name in _measures(interface)):
                account.packets, account.bytes = _Difference(0, 0), _Difference(0, 0)
        before, (least_before, _) = account.own(), account.span()
        account.buffers, account.wire = _sum(account.buffers, buffers), _sum(account.wire, wire)
        own = account.own()
        if read is None:
            return _less(own, before), _NOTHING, _NOTHING
        early, at, account.read = read
        since, is_rest = account.rest, early == account.read and own == before
        if is_rest:
            missing = account.come_to_rest(now_boot_ns)
        else:
            least_own, most_own = account.span()
            least, of_most = (early, least_own) if direction is Direction.INGRESS else (at, least_before)
            missing = account.compare(_less(least, most_own), _less(account.read, of_most), now_boot_ns)
        unseen, uncounted = account.split(missing, now_boot_ns)
        if is_rest and since:  # in all it is what the interface counted, whatever was booked under way
            link = _less(_less(account.read, since.link), account.booked)
        else:
            link = _sum(_less(own, before), _less(account.as_link(unseen), account.as_link(uncounted)))
        account.booked = _NOTHING if is_rest else _sum(account.booked, link)
        return link, unseen, uncounted


def _grows(*read: Traffic) -> bool:
    return all(a.bytes <= b.bytes and a.packets <= b.packets for a, b in pairwise(read))


def _opened(interface: Interface, direction: Direction, now_boot_ns: int) -> _Account:
    kinds = {kind for _, kind in interface.bottom} or {interface.kind}
    in_buffers = kinds <= _IN_BUFFERS
    is_sure = in_buffers and direction is Direction.INGRESS
    extra = _EXTRA_BYTES.get((interface.kind, direction), 0)
    if interface.bottom:
        extra = 0 if interface.has_link_header else _ETHERNET_HEADER_BYTES + _PPPOE_HEADER_BYTES
    return _Account(in_buffers, _SURE if is_sure else 0, extra, is_sure, base_boot_ns=now_boot_ns)


def _measures(interface: Interface) -> tuple[str, ...]:
    """The interfaces whose counters tell what passed: itself, or those below that packets take past it."""
    return tuple(name for name, _ in interface.bottom) or (interface.name,)


def _read(interface: Interface, direction: Direction, sample: Sample) -> tuple[Traffic, Traffic, Traffic] | None:
    """The interface's counters, early, before and after; None where one cannot be told."""
    names = _measures(interface)
    if interface.kind in _OF_THEIR_OWN or any(name not in read for read in sample for name in names):
        return None
    way = 0 if direction is Direction.INGRESS else 1
    early, before, after = (_sum(*(read[name][way] for name in names)) for read in sample)
    return early, before, after


def _copies(
    interface: Interface, counted: Mapping[tuple[int, int], Mapping[str, Traffic]], sample: Sample
) -> Traffic:
    """What leaves by more than one port below: a bridge sends what is for a group to each, if it ever sent anything.

    What a client sends to a group leaves by all ports but its own, and came in by the bridge too.
    """
    ports = sum(1 for name, _ in interface.bottom if name in sample.after and sample.after[name].tx.packets)
    group = _sum(*(counted.get((interface.ifindex, int(way)), {}).get("group", _NOTHING) for way in Direction))
    return Traffic(group.bytes * max(ports - 1, 0), group.packets * max(ports - 1, 0))
