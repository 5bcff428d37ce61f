"""Payload heads to messages: puts together what came in pieces. No clock, no file, no socket; tables are bounded."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator
from typing import Generic, NamedTuple, Protocol, TypeAlias, TypeVar

from .errors import WireError
from .records import Head, HeadKind
from .wire import dhcp, dns, http, quic, tls
from .wire.dns_stream import DnsStream
from .wire.quic_crypto import Cipher
from .wire.stream import Stream

Message: TypeAlias = dns.Message | tls.ClientHello | http.RequestHead | dhcp.DhcpMessage

_TCP = 6
_DATAGRAM_BYTES = 65_535
_SEQUENCES = 1 << 32
_HANDSHAKE, _CLIENT_HELLO = 22, 1  # first and sixth byte of a record with a ClientHello (RFC 8446 5.1, 4)
_PENDING_PIECES = 8  # of a stream whose beginning has not come yet
_QUIC_AGAIN_NS = 10 * 10**9  # later an Initial between the same ports is of another connection

Key = TypeVar("Key")
Value = TypeVar("Value", bound="_Conversation")


class Heard(NamedTuple):
    """A message, and the head that it came with, or whose datagram it began."""

    head: Head
    message: Message


class Flow(NamedTuple):
    """One direction of one conversation."""

    ifindex: int
    direction: int
    src: bytes
    src_port: int
    dst: bytes
    dst_port: int


class _Conversation(Protocol):
    """What a table holds."""

    @property
    def is_under_way(self) -> bool:
        """A message would be lost if it were forgotten now."""


class _Table(Generic[Key, Value]):
    """A table of at most *most* values. The one not used for longest is given up; if under way, it is counted."""

    def __init__(
        self, most: int, make: Callable[[], Value], give_up: Callable[[Value], object] = lambda _: None
    ) -> None:
        self._most, self._make, self._give_up = most, make, give_up
        self._values: OrderedDict[Key, Value] = OrderedDict()
        self.overflow = 0

    def get(self, key: Key) -> Value | None:
        return self._values.get(key)

    def use(self, key: Key) -> Value:
        """The value of *key*, made where there is none."""
        value = self._values.get(key)
        if value is None:
            if len(self._values) >= self._most:
                given_up = self._values.popitem(last=False)[1]
                self.overflow += given_up.is_under_way
                self._give_up(given_up)
            value = self._values[key] = self._make()
        else:
            self._values.move_to_end(key)
        return value

    def drop(self, key: Key) -> None:
        self._values.pop(key, None)

    def items(self) -> list[tuple[Key, Value]]:
        return list(self._values.items())


class _Opening:
    """The beginning of a TCP stream, from its ClientHello on."""

    __slots__ = ("done", "pending", "start", "stream")

    def __init__(self) -> None:
        self.start: int | None = None  #: sequence number of its first byte
        self.stream = Stream(tls.STREAM_BYTES)
        self.pending: list[tuple[int, bytes]] = []  #: what came before the first byte did
        self.done = False  #: read, or no ClientHello after all

    @property
    def is_under_way(self) -> bool:
        return not self.done

    def begin(self, sequence: int) -> None:
        self.start, self.done, self.stream = sequence, False, Stream(tls.STREAM_BYTES)
        for earlier, payload in self.pending:
            self.stream.add((earlier - sequence) % _SEQUENCES, payload)
        self.pending = []

    def finish(self) -> None:
        self.done, self.stream = True, Stream(0)


class _Lookups:
    """A TCP stream of DNS messages, from the first byte that was seen."""

    __slots__ = ("is_under_way", "start", "stream")

    def __init__(self) -> None:
        self.start: int | None = None
        self.stream = DnsStream()
        self.is_under_way = False  #: whatever comes next is read from there on


class _Connection:
    """A QUIC connection, as far as its client's Initials tell."""

    __slots__ = ("initials", "read_boot_ns")

    def __init__(self) -> None:
        self.initials: quic.Initials | None = None
        self.read_boot_ns: int | None = None  #: when its ClientHello was read

    @property
    def is_under_way(self) -> bool:
        return self.read_boot_ns is None


class _Datagram:
    """A UDP datagram in pieces."""

    __slots__ = ("first", "is_under_way", "stream")

    def __init__(self) -> None:
        self.first: Head | None = None  #: the piece that tells how long the whole is
        self.stream = Stream(_DATAGRAM_BYTES)
        self.is_under_way = True


class Dissector:
    """Messages out of payload heads, in the order in which they become whole.

    :param cipher: opens QUIC Initials.
    :param most: conversations of a kind that are under way at a time.
    """

    def __init__(self, cipher: Cipher, most: int = 256) -> None:
        self._cipher = cipher
        self._given_up: list[_Datagram] = []
        self._openings: _Table[Flow, _Opening] = _Table(most, _Opening)
        self._lookups: _Table[Flow, _Lookups] = _Table(most // 2, _Lookups)
        self._connections: _Table[Flow, _Connection] = _Table(most, _Connection)
        self._datagrams: _Table[tuple[Flow, int], _Datagram] = _Table(most // 8, _Datagram, self._given_up.append)
        self.malformed = 0  #: heads that were no message
        self._read: dict[int, Callable[[Flow, Head], Iterator[Message]]] = {
            HeadKind.DNS: self._read_dns,
            HeadKind.MDNS: self._read_dns,
            HeadKind.TLS: self._read_tls,
            HeadKind.QUIC: self._read_quic,
            HeadKind.HTTP: self._read_http,
            HeadKind.DHCP: self._read_dhcp,
        }

    @property
    def overflow(self) -> int:
        """Conversations that were given up for others, and packets that the cipher had no time for."""
        tables = self._openings, self._lookups, self._connections, self._datagrams
        return sum(table.overflow for table in tables) + self._cipher.skipped_packets

    def dissect(self, head: Head) -> list[Heard]:
        """The messages that *head* completes. What is no message is counted, and nothing is raised."""
        flow = Flow(head.ifindex, head.direction, head.src, head.src_port, head.dst, head.dst_port)
        try:
            heard = [Heard(head, message) for message in self._read[head.kind](flow, head)]
        except WireError:
            self.malformed += 1
            heard = []
        while self._given_up:
            heard += self._read_partly(self._given_up.pop())
        return heard

    def _read_partly(self, datagram: _Datagram) -> Iterator[Heard]:
        if datagram.first:
            for message in self._parse_dns(datagram.first.kind, datagram.stream.head):
                yield Heard(datagram.first, message)

    def _read_dns(self, flow: Flow, head: Head) -> Iterator[Message]:
        if head.l4_proto == _TCP:
            lookups = self._lookups.use(flow)
            if lookups.start is None:
                lookups.start = head.sequence
            offset = (head.sequence - lookups.start) % _SEQUENCES
            for payload in lookups.stream.add(offset, head.payload, head.length):
                yield from self._parse_dns(head.kind, payload)
        elif head.datagram:
            yield from self._read_fragment(flow, head)
        else:
            yield from self._parse_dns(head.kind, head.payload)

    def _parse_dns(self, kind: int, payload: bytes) -> Iterator[Message]:
        # A device that answers by multicast tells its addresses in the additional section (RFC 6763 12).
        try:
            yield dns.parse_message(payload, with_additional=kind == HeadKind.MDNS)
        except WireError:
            self.malformed += 1

    def _read_fragment(self, flow: Flow, head: Head) -> Iterator[Message]:
        """A datagram in pieces is read when all have come; its first one tells how long it is."""
        key = flow, head.datagram
        datagram = self._datagrams.use(key)
        if not head.sequence:
            datagram.first, datagram.stream.limit_bytes = head, head.length
        datagram.stream.add(head.sequence, head.payload)
        if datagram.first and datagram.stream.is_full:
            self._datagrams.drop(key)
            yield from self._parse_dns(head.kind, datagram.stream.head)

    def give_up(self, before_boot_ns: int) -> Iterator[Heard]:
        """What can be read of the datagrams whose first piece came before then, and others of them never."""
        for key, datagram in self._datagrams.items():
            if datagram.first and datagram.first.boot_ns < before_boot_ns:
                self._datagrams.drop(key)
                yield from self._read_partly(datagram)

    def _read_tls(self, flow: Flow, head: Head) -> Iterator[Message]:
        opening = self._openings.use(flow)
        payload, sequence = head.payload, head.sequence
        begins = payload[0] == _HANDSHAKE and (len(payload) < 6 and opening.start is None or payload[5:6] == b"\x01")
        if begins and sequence != opening.start:
            opening.begin(sequence)
        if opening.start is None:
            if len(opening.pending) < _PENDING_PIECES:
                opening.pending.append((sequence, payload))
            return
        if opening.done:
            return
        opening.stream.add((sequence - opening.start) % _SEQUENCES, payload)
        try:
            hello = tls.parse_records(opening.stream.head)
        except WireError:
            opening.finish()
            raise
        if hello is not None:
            opening.finish()
            yield hello

    def _read_quic(self, flow: Flow, head: Head) -> Iterator[Message]:
        if self._connections.get(_reverse(flow)) or self._connections.get(_bounced(flow)):
            return  # the server's
        connection = self._connections.use(flow)
        read_boot_ns = connection.read_boot_ns
        if connection.initials is None or read_boot_ns is not None and head.boot_ns - read_boot_ns >= _QUIC_AGAIN_NS:
            connection.initials, connection.read_boot_ns = quic.Initials(self._cipher), None
        try:
            hello = connection.initials.add(head.payload, head.boot_ns)
        finally:
            if not connection.initials.has_opened:
                self._connections.drop(flow)
        if hello is not None:
            connection.read_boot_ns = head.boot_ns
            yield hello

    def _read_http(self, flow: Flow, head: Head) -> Iterator[Message]:  # noqa: ARG002  # a head is whole or useless
        request = http.parse_request_head(head.payload)
        if request is not None:
            yield request

    def _read_dhcp(self, flow: Flow, head: Head) -> Iterator[Message]:
        if head.l4_proto == _TCP or head.datagram or head.length > len(head.payload):
            return  # not whole
        parse = dhcp.parse_dhcpv4 if len(flow.src) == 4 else dhcp.parse_dhcpv6
        message = parse(head.payload)
        if message is not None:
            yield message


def _bounced(flow: Flow) -> Flow:
    """The other way, seen in the same direction: between two machines beyond the interface."""
    return Flow(flow.ifindex, flow.direction, flow.dst, flow.dst_port, flow.src, flow.src_port)


def _reverse(flow: Flow) -> Flow:
    """The other way, seen in the other direction."""
    return _bounced(flow)._replace(direction=1 - flow.direction)
