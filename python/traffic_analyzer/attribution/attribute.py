"""What a flow is called: from what was read on it, else from what its device had asked for when it began."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple

from ..records import Evidence, Head, HeadKind, Interface, Label
from ..wire import dns, dns_chain
from ..wire.http import RequestHead
from ..wire.tls import ClientHello
from .devices import Ends, device_key, ends
from .names import Name, Names, Place
from .public_names import PublicNames
from .questions import Question, Questions

_NS = 10**9
_IN = 1  # class of the internet, RFC 1035 3.2.4
_STANDARD_QUERY = 0  # opcode
_SWEPT = 1024  # running flows that are looked at each time, whether they fell silent
_READ = {HeadKind.TLS: Evidence.TLS, HeadKind.QUIC: Evidence.QUIC, HeadKind.HTTP: Evidence.HTTP}


@dataclass(frozen=True)
class Limits:
    """How long names hold, in seconds, and how many running flows are remembered."""

    dns_ttl_cap_s: int = 600
    sni_ttl_cap_s: int = 300
    flow_idle_s: int = 900
    flows: int = 32_768


#: Both directions of a flow: ifindex, l4 protocol, client, its port, remote, its port. Plain: made for every flow.
Conversation = tuple[int, int, bytes, int, bytes, int]


@dataclass(slots=True)
class _Running:
    name: Name
    named_boot_ns: int
    seen_boot_ns: int


class Asked(NamedTuple):
    """A DNS question."""

    iface: str
    found: Ends
    qname: str  #: lower case
    qtype: int
    again: bool = False  #: as in records.FlowKey


class Shown(NamedTuple):
    """A server name in a ClientHello."""

    iface: str
    found: Ends
    server_name: str  #: lower case
    evidence: Evidence  #: tls, quic, or ech where it is only a public name
    again: bool = False  #: as in records.FlowKey


class Attribution:
    """Hears messages and names flows. All tables are bounded; what had to go early is counted by interface."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._questions = Questions()
        self._public_names = PublicNames()
        self._running: dict[Conversation, _Running] = {}  # in the order in which they are looked at
        self.names = Names()
        self.answers: Counter[str] = Counter()  #: with addresses that were taken, by interface
        self.unasked: Counter[str] = Counter()  #: answers whose question was not seen, by interface
        self.flow_overflow = 0  #: running flows that were forgotten early

    @property
    def overflow(self) -> int:
        """Questions, public names and running flows that were forgotten early; names are counted with the names."""
        return self._questions.overflow + self._public_names.overflow + self.flow_overflow

    def hear_dns(self, head: Head, interface: Interface, message: dns.Message) -> Asked | None:
        """Learns from an answer, if it was asked for; returns the question if it is one."""
        if len(message.questions) != 1 or message.opcode != _STANDARD_QUERY:
            return None
        asked = message.questions[0]
        found, qname = ends(head, interface), asked.name.lower() or "."
        device = device_key(found)
        question = Question(
            device, found.client, found.client_port, found.remote, found.remote_port, head.l4_proto, message.id, qname,
            asked.type,
        )  # fmt: skip
        if not message.is_response:
            if not found.is_tx:
                return None
            self._questions.ask(question, head.boot_ns)
            return Asked(interface.name, found, qname, asked.type)
        if found.is_tx:  # a server among the clients; its clients are elsewhere
            return None
        if not self._questions.answer(question, head.boot_ns):
            self.unasked[interface.name] += 1
            return None
        if asked.class_ == _IN:
            self._learn(interface.name, device, qname, message, head.boot_ns)
        return None

    def _learn(self, iface: str, device: str | bytes, qname: str, message: dns.Message, now_boot_ns: int) -> None:
        resolved = dns_chain.addresses(message)
        for address, ttl_s in resolved:
            ttl_s = min(ttl_s, self._limits.dns_ttl_cap_s)
            self.names.learn(iface, Place(device, address), qname, now_boot_ns, ttl_s, asked=True)
        self.answers[iface] += bool(resolved)
        for config in dns_chain.ech_configs(message):
            self._public_names.announce(config.public_name.lower(), config.config_id, now_boot_ns)

    def hear_name(self, head: Head, interface: Interface, message: ClientHello | RequestHead) -> Shown | None:
        """Names the flow that *message* was read on; returns the server name of a ClientHello."""
        is_hello = isinstance(message, ClientHello)
        read = message.server_name if isinstance(message, ClientHello) else message.host
        if not read:
            return None
        found = ends(head, interface)
        name = Name(read.lower().rstrip("."), Label.EXACT, _READ[HeadKind(head.kind)])
        if isinstance(message, ClientHello) and message.ech_config_id is not None and self._public_names.hides(
            name.domain, message.ech_config_id, head.boot_ns
        ):  # fmt: skip
            name = Name(name.domain, Label.HIDDEN, Evidence.ECH)
        running = _Running(name, head.boot_ns, head.boot_ns)
        self._remember(conversation_of(head.ifindex, head.l4_proto, found), running)
        if name.label is Label.EXACT and self._limits.sni_ttl_cap_s:
            place = Place(device_key(found), found.remote)
            ttl_s = self._limits.sni_ttl_cap_s
            self.names.learn(interface.name, place, name.domain, head.boot_ns, ttl_s, asked=False)
        return Shown(interface.name, found, name.domain, name.evidence) if is_hello else None

    def _remember(self, conversation: Conversation, running: _Running) -> None:
        self._running.pop(conversation, None)
        if len(self._running) >= self._limits.flows:
            del self._running[next(iter(self._running))]
            self.flow_overflow += 1
        self._running[conversation] = running

    def reopen(self, ifindex: int, l4_proto: int, found: Ends, since_boot_ns: int) -> None:
        """A new connection between ports that had one: what the earlier one was called is past."""
        running = self._running.get(conversation_of(ifindex, l4_proto, found))
        if running is not None and running.named_boot_ns < since_boot_ns:
            del self._running[conversation_of(ifindex, l4_proto, found)]

    def name(
        self, ifindex: int, l4_proto: int, found: Ends, began_boot_ns: int, now_boot_ns: int
    ) -> Name:
        """What a flow is called; asked for in each generation that has packets of it.

        :param began_boot_ns: its first packet in the generation.
        """
        conversation = conversation_of(ifindex, l4_proto, found)
        running = self._running.get(conversation)
        if running is not None and began_boot_ns - running.seen_boot_ns <= self._limits.flow_idle_s * _NS:
            running.seen_boot_ns = now_boot_ns
            return running.name
        name = self.names.name(Place(device_key(found), found.remote), began_boot_ns)
        self._remember(conversation, _Running(name, began_boot_ns, now_boot_ns))
        return name

    def expire(self, before_boot_ns: int) -> None:
        """Forgets names that held no longer, and flows that fell silent.

        No flow that began before *before_boot_ns* is asked for after this.
        """
        self.names.expire(before_boot_ns)
        idle_boot_ns = before_boot_ns - self._limits.flow_idle_s * _NS
        for conversation in list(islice(self._running, _SWEPT)):
            running = self._running.pop(conversation)
            if running.seen_boot_ns >= idle_boot_ns:
                self._running[conversation] = running  # to the end of the queue


def conversation_of(ifindex: int, l4_proto: int, found: Ends) -> Conversation:
    """Both directions of the flow that *found* are the ends of."""
    return ifindex, l4_proto, found.client, found.client_port, found.remote, found.remote_port
