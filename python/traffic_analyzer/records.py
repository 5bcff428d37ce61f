"""What is handed from room to room. Plain data: no behaviour, no clock, no file."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from typing import NamedTuple


class Direction(enum.IntEnum):
    """Which way a packet crossed the interface, seen from this machine."""

    INGRESS = 0
    EGRESS = 1


class Role(enum.Enum):
    """What stands behind an interface; says which end of a flow is the client."""

    LAN = "lan"  #: the clients
    WAN = "wan"  #: the internet, on a machine that forwards
    HOST = "host"  #: the network of a machine that does not forward


class Label(enum.StrEnum):
    """How sure a flow's name is."""

    EXACT = "exact"  #: read on this very flow, or the only name that this device resolved to its remote
    AMBIGUOUS = "ambiguous"  #: one of several, or known from elsewhere only
    HIDDEN = "hidden"  #: real Encrypted Client Hello: the name read is the provider's public name, not the site's
    UNKNOWN = "unknown"


class Evidence(enum.StrEnum):
    """What a flow's name was learnt from."""

    TLS = "tls"  #: ClientHello on this flow, over TCP
    QUIC = "quic"  #: ClientHello on this flow, in QUIC Initials
    HTTP = "http"  #: request head on this flow
    ECH = "ech"  #: ClientHello on this flow that hides the site's name
    DNS = "dns"  #: an answer that this device asked for
    SNI = "sni"  #: a ClientHello on another flow of this device to the same remote
    DNS_OTHER = "dns_other"  #: an answer that another device asked for
    NONE = ""


class HeadKind(enum.IntEnum):
    """What the beginning of a packet's payload was captured as; enum ta_head_kind."""

    DNS = 0  #: port 53, UDP and TCP
    MDNS = 1  #: port 5353
    TLS = 2  #: a ClientHello over TCP
    QUIC = 3  #: a long-header Initial
    HTTP = 4  #: a request to port 80
    DHCP = 5  #: what a client says to a DHCP server, UDP ports 67 and 547


#: Devices that are no single machine beyond a link. Every other device is a MAC, an address where the link tells none,
#: or a network (``10.9.0.0/24``) that lies behind another router.
THIS_MACHINE = "this machine"
FORWARDED = "forwarded"  #: clients behind this router on interfaces that are not counted: seen on the uplink only
MULTICAST = "multicast"
BROADCAST = "broadcast"


#: What was put together where there was no room to keep it apart: a name, a device; an address; a port or a protocol.
OTHER, OTHER_ADDRESS, OTHER_NUMBER = "(other)", b"(other)", -1


class NameSource(enum.IntEnum):
    """Where a device's name is from; the lower one is shown."""

    LABEL = 0  #: the user's, from our own configuration
    STATIC_LEASE = 1  #: a host section of the DHCP server's configuration
    LEASE = 2  #: a file of leases of dnsmasq or odhcpd
    HOSTS = 3  #: /etc/hosts
    MDNS = 4  #: said by itself, RFC 6762
    DHCP = 5  #: said by itself, to a DHCP server
    VENDOR = 6  #: who made the network card


class DeviceName(NamedTuple):
    """A name that a device goes by."""

    device: str  #: as in :class:`FlowKey`
    source: int  #: :class:`NameSource`
    name: str  #: hostile: somebody's own text


class Notice(NamedTuple):
    """Something that a user should know of this machine as it is now. Faces have the sentence."""

    code: str
    subject: str  #: an interface, a flowtable, a quota, a file
    detail: str = ""


class Remark(NamedTuple):
    """Something that a reader must know of one answer. Faces have the sentence."""

    code: str
    subject: str = ""  #: a file, or names with commas between
    detail: str = ""


class Traffic(NamedTuple):
    """Bytes and packets as on the wire, link header included, preamble and FCS not."""

    bytes: int
    packets: int


class FlowRecord(NamedTuple):
    """One direction of one conversation, as the kernel counted it."""

    ifindex: int
    direction: int  #: :class:`Direction`
    l4_proto: int  #: IANA number
    src: bytes  #: 4 or 16
    src_port: int  #: 0 where the protocol has none
    dst: bytes  #: 4 or 16
    dst_port: int
    neighbour_mac: bytes  #: 6; zeros where the link has none
    bytes: int
    packets: int
    first_boot_ns: int = 0  #: boot clock of its first packet in this generation
    opened: bool = False  #: by a TCP SYN: what an earlier connection between these ports was called is past
    ingress_ifindex: int = 0  #: egress: where it came into this machine; 0: it was made here


class Head(NamedTuple):
    """The beginning of one packet's payload, as the kernel captured it."""

    ifindex: int
    direction: int  #: :class:`Direction`
    l4_proto: int  #: IANA number
    src: bytes  #: 4 or 16
    src_port: int
    dst: bytes  #: 4 or 16
    dst_port: int
    neighbour_mac: bytes  #: 6; zeros where the link has none
    boot_ns: int  #: boot clock
    kind: int  #: :class:`HeadKind`
    sequence: int  #: TCP: number of the first byte; UDP: its offset in the datagram (fragments)
    datagram: int  #: identification of a fragmented datagram; 0 where it is whole
    length: int  #: bytes on the wire that it stands for; more than captured where a datagram is cut or in pieces
    payload: bytes  #: at most 1,500
    ingress_ifindex: int = 0  #: as in :class:`FlowRecord`


class CounterRecord(NamedTuple):
    """One of the kernel's per-interface counters."""

    ifindex: int
    direction: int
    counter: str  #: a name of ``kernel.abi.COUNTERS``
    bytes: int
    packets: int


class Generation(NamedTuple):
    """All that the programs counted between two turns of the maps."""

    instance: str  #: which set of maps
    number: int  #: counted up from 0 within an instance
    flows: list[FlowRecord]
    counters: list[CounterRecord]


@dataclass(frozen=True)
class Interface:
    """A network interface as it is now. Addresses are packed, 4 or 16 bytes."""

    name: str
    ifindex: int
    has_link_header: bool
    role: Role = Role.HOST
    addresses: frozenset[bytes] = frozenset()  #: its own, and those of the devices above it (the bridge of a port)
    networks: tuple[tuple[bytes, int], ...] = ()  #: (address, prefix length in bits) of what is on the link
    routed: tuple[tuple[bytes, int], ...] = ()  #: the same of what is behind other routers on the link
    kind: str = ""  #: ``bridge``, ``vlan``, ``veth``, ``tun``, ``ppp``, ``wireguard``…; empty: hardware, or not known
    is_primary: bool = True  #: False: all that passes it is counted on other interfaces, above or below it
    passed_by: tuple[str, ...] = ()  #: devices below it between which a flowtable forwards without passing it
    bottom: tuple[tuple[str, str], ...] = ()  #: then, if primary: name and kind of the devices at the bottom below it
    hides_origin: bool = False  #: what leaves it does not say where it came in: below PPPoE (skb_scrub_packet)


class FlowKey(NamedTuple):
    """What a minute's bytes are booked under."""

    minute_unix_s: int
    iface: str
    direction: int
    is_tx: bool  #: sent by the client
    l4_proto: int  #: IANA number; it and the ports: OTHER_NUMBER where flows were put together
    client: bytes  #: 4 or 16, or OTHER_ADDRESS
    client_port: int
    remote: bytes  #: likewise
    remote_port: int
    device: str  #: the client's MAC as text, or what stands for it
    domain: str  #: lower case; empty where no name is known
    label: str  #: :class:`Label`
    evidence: str  #: :class:`Evidence`
    again: bool = False  #: counted on another interface too, which is the one that reports over all of them take


class CounterKey(NamedTuple):
    """What a minute's counters are booked under."""

    minute_unix_s: int
    iface: str
    direction: int
    counter: str  #: an item of the ledger


class QuestionKey(NamedTuple):
    """What a minute's DNS questions are counted under."""

    minute_unix_s: int
    iface: str
    device: str  #: as in :class:`FlowKey`
    client: bytes  #: 4 or 16
    qname: str  #: lower case, presentation format (RFC 1035 5.1)
    qtype: int  #: IANA number
    again: bool = False  #: as in :class:`FlowKey`


class ServerNameKey(NamedTuple):
    """What a minute's ClientHellos are counted under."""

    minute_unix_s: int
    iface: str
    device: str  #: as in :class:`FlowKey`
    client: bytes  #: 4 or 16
    server_name: str  #: lower case
    evidence: str  #: tls, quic, or ech where it is only a public name
    again: bool = False  #: as in :class:`FlowKey`


class NameHealth(NamedTuple):
    """How the table of names fared in one turn, for one interface. Entries are (device, address, name)."""

    minute_unix_s: int
    iface: str
    cache_entries: int  #: live at the end of the turn
    dns_answer_events: int  #: answers with addresses that were taken
    sni_events: int  #: ClientHellos with a name
    new: int  #: entries made
    refresh: int  #: entries whose time was extended
    expired: int  #: entries whose time ran out
    overflow: int  #: entries, questions or streams that had to go early, or never found room
    unasked: int  #: answers to a question that this device was not seen to ask: no name was taken


class LinkCounters(NamedTuple):
    """What an interface counted itself since it was made, in units of its own."""

    rx: Traffic
    tx: Traffic



class Health(NamedTuple):
    """How the collector fared in one turn, for one interface."""

    minute_unix_s: int
    iface: str
    flow_entries: int  #: flows that the turn held
    flow_capacity: int  #: flows that it could have held
    flow_insert_drop: int  #: packets that found no room
    dns_ringbuf_drop: int = 0  #: DNS and mDNS payload heads lost: ring buffer full, or a cap
    tls_ringbuf_drop: int = 0  #: TLS, QUIC and HTTP payload heads lost
    archive_bytes: int = 0  #: written to the archive; of no interface


@dataclass
class Batch:
    """What one transaction writes: a generation, booked. Written once, or not at all."""

    instance: str
    generation: int
    flows: dict[FlowKey, Traffic] = field(default_factory=dict)
    counters: dict[CounterKey, Traffic] = field(default_factory=dict)
    health: list[Health] = field(default_factory=list)
    questions: dict[QuestionKey, int] = field(default_factory=dict)  #: counts
    server_names: dict[ServerNameKey, int] = field(default_factory=dict)  #: counts
    name_health: list[NameHealth] = field(default_factory=list)
    addresses: set[tuple[str, bytes]] = field(default_factory=set)  #: (device, its address) that were seen together
    device_names: list[DeviceName] = field(default_factory=list)  #: new ones, and those said again
    minute_unix_s: int = 0  #: that it is booked into
