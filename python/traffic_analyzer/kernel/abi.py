"""``ebpf/traffic_analyzer.h`` as Python sees it: layouts, counter names, and how to decode them."""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator

from ..records import CounterRecord, Direction, FlowRecord

ABI_VERSION = 1
GENERATIONS = 2
#: enum ta_counter, in its order.
COUNTERS = (
    "seen",
    "non_ip",
    "not_booked",
    "malformed",
    "l4_truncated",
    "fragment_orphan",
    "fragment_untracked",
    "extensions_too_long",
)
#: struct ta_flow_key: src, dst, ifindex, src_port, dst_port, direction, l4_proto, ip_version.
FLOW_KEY = struct.Struct("=16s16sIHHBBBx")
#: struct ta_flow: bytes, packets, neighbour_mac.
FLOW = struct.Struct("=QQ6s2x")
#: struct ta_control: abi_version, generation.
CONTROL = struct.Struct("=II")
#: Key of the interface maps and of every array.
INDEX = struct.Struct("=I")
#: struct ta_interface: (bytes, packets) by direction and counter.
INTERFACE = struct.Struct("=" + "QQ" * len(COUNTERS) * len(Direction))

_NO_MAC = bytes(6)


def decode_flows(keys: bytes, values: bytes, cpus: int) -> Iterator[FlowRecord]:
    """Flows of one batch, their CPUs summed.

    :param keys: packed :data:`FLOW_KEY`, one a flow.
    :param values: packed :data:`FLOW`, *cpus* a flow.
    """
    per_flow = struct.Struct("=" + "QQ6s2x" * cpus)
    ntohs = socket.ntohs
    for key, value in zip(FLOW_KEY.iter_unpack(keys), per_flow.iter_unpack(values), strict=True):
        src, dst, ifindex, src_port, dst_port, direction, l4_proto, ip_version = key
        if ip_version == 4:
            src, dst = src[:4], dst[:4]
        mac = next((m for m in value[2::3] if m != _NO_MAC), _NO_MAC)
        yield FlowRecord(
            ifindex, direction, l4_proto, src, ntohs(src_port), dst, ntohs(dst_port), mac,
            sum(value[0::3]), sum(value[1::3]),
        )  # fmt: skip


def decode_interface(ifindex: int, values: bytes) -> Iterator[CounterRecord]:
    """The counters of one interface that are not zero, their CPUs summed.

    :param values: packed :data:`INTERFACE`, one a CPU.
    """
    sums = [sum(column) for column in zip(*INTERFACE.iter_unpack(values), strict=True)]
    at = iter(sums)
    for direction in Direction:
        for counter in COUNTERS:
            record = CounterRecord(ifindex, int(direction), counter, next(at), next(at))
            if record.packets or record.bytes:
                yield record
