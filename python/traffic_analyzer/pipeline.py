"""The pure chain from what the kernel counted to what the store writes. No clock, no file, no socket: replayable."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import TypeVar

from .aggregate import Room, add
from .attribution.attribute import Asked, Attribution, Limits, Shown
from .attribution.devices import Ends, ends, is_machine
from .attribution.sightings import Sightings, went_out
from .dissector import Dissector, Message
from .records import (
    FORWARDED,
    OTHER,
    OTHER_ADDRESS,
    THIS_MACHINE,
    Batch,
    CounterKey,
    FlowKey,
    Generation,
    Head,
    HeadKind,
    Health,
    Interface,
    NameHealth,
    QuestionKey,
    Role,
    ServerNameKey,
    Traffic,
)
from .roster.roster import Roster
from .wire import dns
from .wire.dhcp import DhcpMessage
from .wire.quic_crypto import Cipher

_NOT_BOOKED = "not_booked"
_AGAIN = "again"  # an item of the ledger: counted on another interface too
_OVERFLOW = "overflow"  # another: the minute had no room to keep it apart
_DNS_LOST, _TLS_LOST = ("dns_", "mdns_"), ("tls_", "quic_", "http_")
_FOR_THE_LEDGER = ("buffers", "group")  # the same packets in other units
_PIECES_WAIT_NS = 10**9  # for the rest of a datagram
_NAMED_MAX = 4096  # different questions in a minute, and server names, that are counted by name
_ASKING_MAX = 1024  # clients of the others that are told apart
_MET_MAX = 1024  # different addresses of devices in a minute that are noted: a flood makes them up


Kind = TypeVar("Kind", Asked, Shown)


def minute_of(unix_s: float) -> int:
    """The start of the minute that *unix_s* lies in, Unix seconds."""
    return int(unix_s // 60) * 60


class Pipeline:
    """Hears payload heads, then books the generation that they came with.

    :param cipher: opens QUIC Initials.
    :param roster: learns what devices call themselves, and names those that are met.
    """

    def __init__(self, cipher: Cipher, limits: Limits | None = None, roster: Roster | None = None) -> None:
        self._dissector = Dissector(cipher)
        self._attribution = Attribution(limits or Limits())
        self._sightings = Sightings()
        self._roster = roster or Roster()
        self._asked: Counter[Asked] = Counter()
        self._shown: Counter[Shown] = Counter()
        self._shown_by_iface: Counter[str] = Counter()
        self._asked_names: set[Asked] = set()  #: of the running minute
        self._shown_names: set[Shown] = set()
        self._room = Room()
        self._met: set[tuple[str, bytes]] = set()
        self._minute_unix_s = 0
        self._overflow = 0  #: that was told already

    def hear(self, head: Head, interface: Interface, counted: Mapping[int, Role]) -> None:
        """Learns what *head*, seen on *interface*, tells. Before the generation in which it was captured is booked.

        :param counted: as in :meth:`book`.
        """
        for heard in self._dissector.dissect(head):
            self._hear(heard.head, interface, counted, heard.message)

    def _hear(self, head: Head, interface: Interface, counted: Mapping[int, Role], message: Message) -> None:
        if isinstance(message, DhcpMessage) or head.kind == HeadKind.MDNS and isinstance(message, dns.Message):
            found = ends(head, interface)
            if found.is_tx and is_machine(found.device):
                self._roster.hear(found.device, found.client, message)
        elif isinstance(message, dns.Message):
            asked = self._attribution.hear_dns(head, interface, message)
            if asked:
                named = asked._replace(found=_whose(asked.found, head), again=_is_again(head, interface, counted))
                self._asked[_placed(self._asked_names, named, named._replace(qname=OTHER))] += 1
        else:
            shown = self._attribution.hear_name(head, interface, message)
            if shown:
                self._shown_by_iface[interface.name] += 1
                told = shown._replace(found=_whose(shown.found, head), again=_is_again(head, interface, counted))
                self._shown[_placed(self._shown_names, told, told._replace(server_name=OTHER))] += 1

    def book(
        self,
        generation: Generation,
        minute_unix_s: int,
        now_boot_ns: int,
        interfaces: Mapping[int, Interface],
        counted: Mapping[int, Role],
        flow_capacity: int,
    ) -> Batch:
        """Books one generation into one minute, with all that was heard since the last.

        :param now_boot_ns: when the generation was at rest.
        :param interfaces: every interface that the generation names, by ifindex, gone ones included.
        :param counted: role by ifindex of every device all of whose packets are counted, on itself or below it.
        :param flow_capacity: flows that the generation had room for.
        """
        for head, message in self._dissector.give_up(now_boot_ns - _PIECES_WAIT_NS):
            if head.ifindex in interfaces:
                self._hear(head, interfaces[head.ifindex], counted, message)
        batch = Batch(generation.instance, generation.number, minute_unix_s=minute_unix_s)
        entries: Counter[str] = Counter({interface.name: 0 for interface in interfaces.values()})
        if minute_unix_s != self._minute_unix_s:
            self._room.clear()
            self._met.clear()
        self._book_flows(batch, generation, minute_unix_s, now_boot_ns, interfaces, counted, entries)
        lost = self._book_counters(batch, generation, minute_unix_s, interfaces)
        batch.health = [
            Health(minute_unix_s, name, count, flow_capacity, *lost.get(name, (0, 0, 0)))
            for name, count in entries.items()
        ]
        if minute_unix_s != self._minute_unix_s:
            self._minute_unix_s = minute_unix_s
            self._asked_names, self._shown_names = set(self._asked), set(self._shown)
        # No flow of a later generation began before this one was at rest.
        self._attribution.expire(now_boot_ns)
        self._book_names(batch, minute_unix_s, list(entries))
        for device, client in batch.addresses:
            self._roster.meet(device, client)
        batch.device_names = self._roster.take(now_boot_ns)
        return batch

    def _book_flows(
        self,
        batch: Batch,
        generation: Generation,
        minute_unix_s: int,
        now_boot_ns: int,
        interfaces: Mapping[int, Interface],
        counted: Mapping[int, Role],
        entries: Counter[str],
    ) -> None:
        attribution, sightings, room, met = self._attribution, self._sightings, self._room, self._met
        flows = [(flow, ends(flow, interfaces[flow.ifindex])) for flow in generation.flows]
        for flow, found in flows:
            if flow.opened:
                attribution.reopen(flow.ifindex, flow.l4_proto, found, flow.first_boot_ns)
        sightings.look(flows, interfaces, counted)
        items: dict[CounterKey, Traffic] = {}
        for flow, found in flows:
            interface = interfaces[flow.ifindex]
            name = attribution.name(
                flow.ifindex, flow.l4_proto, found, flow.first_boot_ns or now_boot_ns, now_boot_ns
            )
            again, is_forwarded = sightings.of(flow, found, interface, counted)
            device = FORWARDED if is_forwarded and found.device == THIS_MACHINE else found.device
            key = FlowKey(
                minute_unix_s, interface.name, flow.direction, found.is_tx, flow.l4_proto, found.client,
                found.client_port, found.remote, found.remote_port, device, name.domain, name.label, name.evidence,
                again,
            )  # fmt: skip
            placed = room.place(key)
            add(batch.flows, placed, flow.bytes, flow.packets)
            add(items, CounterKey(minute_unix_s, interface.name, flow.direction, name.label), flow.bytes, flow.packets)
            if again:
                add(items, CounterKey(minute_unix_s, interface.name, flow.direction, _AGAIN), flow.bytes, flow.packets)
            if placed is not key:
                item = CounterKey(minute_unix_s, interface.name, flow.direction, _OVERFLOW)
                add(items, item, flow.bytes, flow.packets)
            if placed.client is not OTHER_ADDRESS and is_machine(device):
                pair = device, found.client
                if len(met) < _MET_MAX:
                    met.add(pair)
                if pair in met:
                    batch.addresses.add(pair)
            entries[interface.name] += 1
        batch.counters |= items

    def _book_counters(
        self, batch: Batch, generation: Generation, minute_unix_s: int, interfaces: Mapping[int, Interface]
    ) -> dict[str, tuple[int, int, int]]:
        """Books the counters; by interface what was lost: flow packets, DNS heads, other heads."""
        lost: dict[str, tuple[int, int, int]] = {}
        for counter in generation.counters:
            if counter.counter in _FOR_THE_LEDGER:
                continue
            name = interfaces[counter.ifindex].name
            add(batch.counters, CounterKey(minute_unix_s, name, counter.direction, counter.counter),
                counter.bytes, counter.packets)  # fmt: skip
            flows, dns_heads, tls_heads = lost.get(name, (0, 0, 0))
            lost[name] = (
                flows + counter.packets * (counter.counter == _NOT_BOOKED),
                dns_heads + counter.packets * counter.counter.startswith(_DNS_LOST),
                tls_heads + counter.packets * counter.counter.startswith(_TLS_LOST),
            )
        return lost

    def _book_names(self, batch: Batch, minute_unix_s: int, ifaces: list[str]) -> None:
        for (iface, found, qname, qtype, again), count in self._asked.items():
            key = QuestionKey(minute_unix_s, iface, found.device, found.client, qname, qtype, again)
            batch.questions[key] = batch.questions.get(key, 0) + count
        for (iface, found, server_name, evidence, again), count in self._shown.items():
            shown = ServerNameKey(minute_unix_s, iface, found.device, found.client, server_name, evidence, again)
            batch.server_names[shown] = batch.server_names.get(shown, 0) + count
        attribution, events = self._attribution, self._attribution.names.take_events()
        overflow = self._dissector.overflow + attribution.overflow
        shared, self._overflow = overflow - self._overflow, overflow  # tables of all interfaces: shown at the first
        for iface in ifaces:
            batch.name_health.append(
                NameHealth(
                    minute_unix_s, iface, attribution.names.live[iface], attribution.answers[iface],
                    self._shown_by_iface[iface], events.new[iface], events.refresh[iface], events.expired[iface],
                    events.overflow[iface] + shared, attribution.unasked[iface],
                )  # fmt: skip
            )
            shared = 0
        for counter in (self._asked, self._shown, self._shown_by_iface, attribution.answers, attribution.unasked):
            counter.clear()


def _placed(names: set[Kind], name: Kind, rest: Kind) -> Kind:
    """*name*, where the minute has room for it; else *rest*, of its client or of nobody. A flood fills no database."""
    for each, most in ((name, _NAMED_MAX), (rest, _NAMED_MAX + _ASKING_MAX)):
        if each not in names and len(names) < most:
            names.add(each)
        if each in names:
            return each
    return rest._replace(found=rest.found._replace(client=OTHER_ADDRESS, device=OTHER))


def _whose(found: Ends, head: Head) -> Ends:
    """The ends as far as questions and server names are counted by them."""
    device = FORWARDED if head.ingress_ifindex and found.device == THIS_MACHINE else found.device
    return found._replace(client_port=0, remote=b"", remote_port=0, device=device)


def _is_again(head: Head, interface: Interface, counted: Mapping[int, Role]) -> bool:
    """True where a question or a ClientHello is counted on another interface too.

    Those that a WAN receives are calls from the internet, and count there.
    """
    if not interface.is_primary:
        return True
    if interface.role is Role.WAN:
        return head.ingress_ifindex in counted
    return went_out(head.direction, head.ingress_ifindex, counted).again
