"""The pure chain from what the kernel counted to what the store writes. No clock, no file, no socket: replayable."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import TypeVar

from .aggregate import add
from .attribution.attribute import Asked, Attribution, Limits, Shown
from .attribution.devices import Ends, ends
from .dissector import Dissector, Message
from .records import (
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
    ServerNameKey,
)
from .wire import dns
from .wire.quic_crypto import Cipher

_NOT_BOOKED = "not_booked"
_DNS_LOST, _TLS_LOST = ("dns_", "mdns_"), ("tls_", "quic_", "http_")
_PIECES_WAIT_NS = 10**9  # for the rest of a datagram
_NAMED_MAX = 4096  # different questions in a minute, and server names, that are counted by name
_OTHER = "(other)"  # all that come after those; no name has parentheses that are not its own


Kind = TypeVar("Kind", Asked, Shown)


def minute_of(unix_s: float) -> int:
    """The start of the minute that *unix_s* lies in, Unix seconds."""
    return int(unix_s // 60) * 60


class Pipeline:
    """Hears payload heads, then books the generation that they came with.

    :param cipher: opens QUIC Initials.
    """

    def __init__(self, cipher: Cipher, limits: Limits | None = None) -> None:
        self._dissector = Dissector(cipher)
        self._attribution = Attribution(limits or Limits())
        self._asked: Counter[Asked] = Counter()
        self._shown: Counter[Shown] = Counter()
        self._shown_by_iface: Counter[str] = Counter()
        self._asked_names: set[Asked] = set()  #: of the running minute
        self._shown_names: set[Shown] = set()
        self._minute_unix_s = 0
        self._overflow = 0  #: that was told already

    def hear(self, head: Head, interface: Interface) -> None:
        """Learns what *head*, seen on *interface*, tells. Before the generation in which it was captured is booked."""
        for heard in self._dissector.dissect(head):
            self._hear(heard.head, interface, heard.message)

    def _hear(self, head: Head, interface: Interface, message: Message) -> None:
        if head.kind == HeadKind.MDNS:
            return  # tells names of devices, not of sites
        if isinstance(message, dns.Message):
            asked = self._attribution.hear_dns(head, interface, message)
            if asked:
                named = asked._replace(found=_whose(asked.found))
                self._asked[named if self._has_room(self._asked_names, named) else named._replace(qname=_OTHER)] += 1
        else:
            shown = self._attribution.hear_name(head, interface, message)
            if shown:
                self._shown_by_iface[interface.name] += 1
                told = shown._replace(found=_whose(shown.found))
                room = self._has_room(self._shown_names, told)
                self._shown[told if room else told._replace(server_name=_OTHER)] += 1

    def _has_room(self, names: set[Kind], name: Kind) -> bool:
        """True where *name* is one of those that the minute has room for. A flood of names fills no database."""
        if name not in names and len(names) < _NAMED_MAX:
            names.add(name)
        return name in names

    def book(
        self,
        generation: Generation,
        minute_unix_s: int,
        now_boot_ns: int,
        interfaces: Mapping[int, Interface],
        flow_capacity: int,
    ) -> Batch:
        """Books one generation into one minute, with all that was heard since the last.

        :param now_boot_ns: when the generation was at rest.
        :param interfaces: every interface that the generation names, by ifindex, gone ones included.
        :param flow_capacity: flows that the generation had room for.
        """
        for head, message in self._dissector.give_up(now_boot_ns - _PIECES_WAIT_NS):
            if head.ifindex in interfaces:
                self._hear(head, interfaces[head.ifindex], message)
        batch = Batch(generation.instance, generation.number)
        entries: Counter[str] = Counter({interface.name: 0 for interface in interfaces.values()})
        self._book_flows(batch, generation, minute_unix_s, now_boot_ns, interfaces, entries)
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
        return batch

    def _book_flows(
        self,
        batch: Batch,
        generation: Generation,
        minute_unix_s: int,
        now_boot_ns: int,
        interfaces: Mapping[int, Interface],
        entries: Counter[str],
    ) -> None:
        attribution = self._attribution
        for flow in generation.flows:
            if flow.opened:
                found = ends(flow, interfaces[flow.ifindex])
                attribution.reopen(flow.ifindex, flow.l4_proto, found, flow.first_boot_ns)
        for flow in generation.flows:
            interface = interfaces[flow.ifindex]
            found = ends(flow, interface)
            name = attribution.name(
                flow.ifindex, flow.l4_proto, found, interface, flow.first_boot_ns or now_boot_ns, now_boot_ns
            )
            key = FlowKey(
                minute_unix_s, interface.name, flow.direction, found.is_tx, flow.l4_proto, found.client,
                found.client_port, found.remote, found.remote_port, found.device, name.domain, name.label,
                name.evidence,
            )  # fmt: skip
            add(batch.flows, key, flow.bytes, flow.packets)
            entries[interface.name] += 1

    def _book_counters(
        self, batch: Batch, generation: Generation, minute_unix_s: int, interfaces: Mapping[int, Interface]
    ) -> dict[str, tuple[int, int, int]]:
        """Books the counters; by interface what was lost: flow packets, DNS heads, other heads."""
        lost: dict[str, tuple[int, int, int]] = {}
        for counter in generation.counters:
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
        for (iface, found, qname, qtype), count in self._asked.items():
            key = QuestionKey(minute_unix_s, iface, found.device, found.client, qname, qtype)
            batch.questions[key] = batch.questions.get(key, 0) + count
        for (iface, found, server_name, evidence), count in self._shown.items():
            shown = ServerNameKey(minute_unix_s, iface, found.device, found.client, server_name, evidence)
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


def _whose(found: Ends) -> Ends:
    """The ends as far as questions and server names are counted by them."""
    return found._replace(client_port=0, remote=b"", remote_port=0)
