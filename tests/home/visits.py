"""Visits whose truth is known: each has source ports of its own, and the servers note who came."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from traffic_analyzer.records import Evidence, Label

from .cases import Case, Visitor
from .house import Home
from .named import Conversation, Name
from .sites import BROWSED, PUBLIC_NAME, Server, Site

_PORTS = 128  # of one visit
_TRIES = 3  # a busy machine may be too slow for a browser's patience with HTTPS records or HTTP/3
_FIRST_PORT, _LAST_PORT = 20_000, 60_000
_HTTP, _UDP = 80, 17
_NOTED = {"tls", "h3", "ech", "http"}
_NOTES = ("nginx", "http3", "ech")


class Note(NamedTuple):
    """What a server notes of a request."""

    client: str
    port: int
    host: str
    kind: str


def notes(home: Home) -> set[Note]:
    """All that the servers of a home have noted."""
    found = set()
    for server in _NOTES:
        file = home.folder / f"{server}.visits"
        for line in file.read_text().splitlines() if file.exists() else ():
            client, *rest = line.split(" ")
            if len(rest) == 3 and rest[2] in _NOTED:
                found.add(Note(client, int(rest[0]), rest[1].removesuffix(":443"), rest[2]))
    return found


def addresses(name: str) -> tuple[str, ...]:
    """Where a name of ``BROWSED`` leads to."""
    by_name = {site.name: site for site in BROWSED}
    site: Site = by_name[name]
    while site.cname:
        site = by_name[site.cname]
    return site.addresses


_SERVERS = {address for site in BROWSED for address in site.addresses}
_HAS_HTTP3 = {address for site in BROWSED if site.server is Server.HTTP3 for address in site.addresses}


@dataclass(frozen=True)
class Visit:
    """One visit, and what the flows between its ports and the servers must be called."""

    case: Case
    host: str
    clients: frozenset[str]  #: addresses
    ports: range
    noted: Mapping[tuple[str, int], str] = field(default_factory=dict)  #: kind, by client address and port
    fell_back: bool = False  #: to plain TLS: of connections without a request nobody knows how they were tried

    @property
    def came_as_wanted(self) -> bool:
        """Whether a server saw it come the way that the case is about."""
        return self.case.noted is None or self.case.noted in self.noted.values()

    def has(self, conversation: Conversation) -> bool:
        """Whether a conversation is with one of our servers, and of this visit."""
        return (
            conversation.client in self.clients
            and conversation.client_port in self.ports
            and conversation.remote in _SERVERS
            and (not self.fell_back or (conversation.client, conversation.client_port) in self.noted)
        )

    def expected(self, conversation: Conversation) -> Name | None:
        """What a conversation of this visit must be called; ``None`` where it has no business with that server."""
        if self.case.addresses_of and conversation.remote in addresses(self.case.addresses_of):
            return Name(self.case.addresses_of, Label.EXACT, Evidence.TLS)
        if conversation.remote not in addresses(self.host):
            return None
        kind = self.noted.get((conversation.client, conversation.client_port), self.case.noted)
        if kind == "ech":
            return Name(PUBLIC_NAME, Label.HIDDEN, Evidence.ECH)
        if conversation.l4_proto == _UDP:
            return Name(self.host, Label.EXACT, Evidence.QUIC)
        return Name(self.host, Label.EXACT, Evidence.HTTP if conversation.remote_port == _HTTP else Evidence.TLS)


class Visits:
    """Those of one visitor, one after the other."""

    def __init__(self, visitor: Visitor) -> None:
        self._visitor = visitor
        self._next_port = _FIRST_PORT
        self.made: list[Visit] = []

    def make(self, case: Case, host: str) -> Visit:
        """Visits; AssertionError or RuntimeError where it failed."""
        visitor, client = self._visitor, self._visitor.client
        ports = range(self._next_port, self._next_port + _PORTS)
        assert ports.stop <= _LAST_PORT, "more visits than there are ports for"
        self._next_port = ports.stop
        knob = "/proc/sys/net/ipv4/ip_local_port_range"  # of IPv6 too
        client.inside.run("sh", "-c", f"echo {ports.start} {ports.stop - 1} > {knob}")
        case.visit(visitor, host)
        clients = frozenset({client.ipv4, client.ipv6})
        came = {note for note in notes(visitor.home) if note.port in ports and note.client in clients}
        assert {note.host for note in came} == ({host} if case.noted else set()), f"{case.name} of {host}: {came}"
        visit = Visit(case, host, clients, ports, {(note.client, note.port): note.kind for note in came})
        if not visit.came_as_wanted:
            fallen = replace(case, name=f"{case.name}, fell back", noted="tls")
            visit = replace(visit, case=fallen, fell_back=True)
        self.made.append(visit)
        return visit

    def times(self, case: Case, times: int) -> None:
        """Visits the hosts of a case in turn. One that fell back to plain TLS is kept as such, and made again.

        :raises AssertionError: it fell back again and again.
        """
        for number in range(times):
            host = case.hosts[number % len(case.hosts)]
            for _ in range(_TRIES):
                if self.make(case, host).case is case:
                    break
            else:
                raise AssertionError(f"{case.name} of {host}: the servers saw only plain TLS, {_TRIES} times")
