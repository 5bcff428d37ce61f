"""``ebpf/traffic_analyzer.h`` as Python sees it: layouts, counter names, and how to decode them."""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator

from ..records import CounterRecord, Direction, FlowRecord, Head, HeadKind

ABI_VERSION = 3
GENERATIONS = 2
INTERFACE_SLOTS = 64
INTERFACE_PROBES = 4
HEAD_PAYLOAD_MAX = 1500
FLOW_OPENED = 0x8000
#: enum ta_head_loss, in its order.
LOSSES = ("ring_full", "flow_cap", "rate_cap")
#: enum ta_counter, in its order.
COUNTERS = (
    "seen",
    "non_ip",
    "not_booked",
    "buffers",
    "group",
    "malformed",
    "l4_truncated",
    "fragment_orphan",
    "fragment_untracked",
    "extensions_too_long",
    *(f"{kind.name.lower()}_{loss}" for kind in HeadKind for loss in LOSSES),
)
#: struct ta_flow_key: src, dst, ifindex, src_port, dst_port, direction, l4_proto, ip_version.
FLOW_KEY = struct.Struct("=16s16sIHHBBBx")
_FLOW = "QQQ6sHI4x"
#: struct ta_flow: bytes, packets, first_boot_ns, neighbour_mac, heads, ingress_ifindex.
FLOW = struct.Struct("=" + _FLOW)
#: struct ta_control: abi_version, generation, heads_per_s.
CONTROL = struct.Struct("=III4x")
#: struct ta_head without its payload: src, dst, ifindex, src_port, dst_port, direction, l4_proto, ip_version, sequence,
#: boot_ns, datagram, length, ingress_ifindex, neighbour_mac, kind.
HEAD = struct.Struct(FLOW_KEY.format + "IQIII6sBx")
#: Key of every array.
INDEX = struct.Struct("=I")
#: struct ta_interface: ifindex, then (bytes, packets) by direction and counter.
INTERFACE = struct.Struct("=I4x" + "QQ" * len(COUNTERS) * len(Direction))


def decode_flows(keys: bytes, values: bytes, cpus: int) -> Iterator[FlowRecord]:
    """Flows of one batch, their CPUs summed.

    :param keys: packed :data:`FLOW_KEY`, one a flow.
    :param values: packed :data:`FLOW`, *cpus* a flow.
    """
    per_flow = struct.Struct("=" + _FLOW * cpus)
    ntohs = socket.ntohs
    for key, value in zip(FLOW_KEY.iter_unpack(keys), per_flow.iter_unpack(values), strict=True):
        src, dst, ifindex, src_port, dst_port, direction, l4_proto, ip_version = key
        if ip_version == 4:
            src, dst = src[:4], dst[:4]
        yield FlowRecord(
            ifindex, direction, l4_proto, src, ntohs(src_port), dst, ntohs(dst_port),
            max(value[3::6]),  # a CPU that saw no packet has zeros
            sum(value[0::6]), sum(value[1::6]), min(filter(None, value[2::6]), default=0),
            max(value[4::6]) >= FLOW_OPENED, max(value[5::6]),
        )  # fmt: skip


def decode_head(record: bytes) -> Head:
    """A record of the ring buffer.

    :param record: packed :data:`HEAD`, then the payload.
    """
    (
        src, dst, ifindex, src_port, dst_port, direction, l4_proto, ip_version, sequence, boot_ns, datagram, length,
        ingress_ifindex, neighbour_mac, kind,
    ) = HEAD.unpack_from(record)  # fmt: skip
    if ip_version == 4:
        src, dst = src[:4], dst[:4]
    return Head(
        ifindex, direction, l4_proto, src, socket.ntohs(src_port), dst, socket.ntohs(dst_port), neighbour_mac, boot_ns,
        kind, sequence, datagram, length, record[HEAD.size :],
        ingress_ifindex,
    )  # fmt: skip


def encode_interface(ifindex: int, cpus: int) -> bytes:
    """The slot of an interface with nothing counted, for every CPU; ifindex 0 frees it."""
    return INTERFACE.pack(ifindex, *[0] * 2 * len(COUNTERS) * len(Direction)) * cpus


def decode_ifindex(values: bytes) -> int:
    """Whose slot it is; 0 = free."""
    return int(INDEX.unpack_from(values)[0])


def decode_interface(values: bytes) -> Iterator[CounterRecord]:
    """The counters of one slot that are not zero, their CPUs summed.

    :param values: packed :data:`INTERFACE`, one a CPU.
    """
    ifindex = decode_ifindex(values)
    columns = list(zip(*INTERFACE.iter_unpack(values), strict=True))[1:]
    at = map(sum, columns)
    for direction in Direction:
        for counter in COUNTERS:
            record = CounterRecord(ifindex, int(direction), counter, next(at), next(at))
            if record.packets or record.bytes:
                yield record
