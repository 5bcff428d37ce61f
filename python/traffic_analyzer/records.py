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
    addresses: frozenset[bytes] = frozenset()
    networks: tuple[tuple[bytes, int], ...] = ()  #: (address, prefix length in bits) of what is on the link


class FlowKey(NamedTuple):
    """What a minute's bytes are booked under."""

    minute_unix_s: int
    iface: str
    direction: int
    is_tx: bool  #: sent by the client
    l4_proto: int
    client: bytes  #: 4 or 16
    client_port: int
    remote: bytes
    remote_port: int
    device: bytes  #: MAC of the client; empty where it is not known
    domain: str  #: empty where no name is known
    label: str  #: exact, ambiguous or unknown


class CounterKey(NamedTuple):
    """What a minute's counters are booked under."""

    minute_unix_s: int
    iface: str
    direction: int
    counter: str


class Health(NamedTuple):
    """How the collector fared in one turn, for one interface."""

    minute_unix_s: int
    iface: str
    flow_entries: int  #: flows that the turn held
    flow_capacity: int  #: flows that it could have held
    flow_insert_drop: int  #: packets that found no room


@dataclass
class Batch:
    """What one transaction writes: a generation, booked. Written once, or not at all."""

    instance: str
    generation: int
    flows: dict[FlowKey, Traffic] = field(default_factory=dict)
    counters: dict[CounterKey, Traffic] = field(default_factory=dict)
    health: list[Health] = field(default_factory=list)
