"""The pure chain from what the kernel counted to what the store writes. No clock, no file, no socket: replayable."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from .aggregate import add
from .attribution.devices import ends
from .records import Batch, CounterKey, Evidence, FlowKey, Generation, Health, Interface, Label

_NOT_BOOKED = "not_booked"


def minute_of(unix_s: float) -> int:
    """The start of the minute that *unix_s* lies in, Unix seconds."""
    return int(unix_s // 60) * 60


def book(
    generation: Generation, minute_unix_s: int, interfaces: Mapping[int, Interface], flow_capacity: int
) -> Batch:
    """Books one generation into one minute.

    :param interfaces: every interface that the generation names, by ifindex, gone ones included.
    :param flow_capacity: flows that the generation had room for.
    """
    batch = Batch(generation.instance, generation.number)
    entries: Counter[str] = Counter({interface.name: 0 for interface in interfaces.values()})
    dropped: Counter[str] = Counter()
    for flow in generation.flows:
        interface = interfaces[flow.ifindex]
        is_tx, client, client_port, remote, remote_port, device = ends(flow, interface)
        key = FlowKey(
            minute_unix_s, interface.name, flow.direction, is_tx, flow.l4_proto, client, client_port, remote,
            remote_port, device, "", Label.UNKNOWN, Evidence.NONE,
        )  # fmt: skip
        add(batch.flows, key, flow.bytes, flow.packets)
        entries[interface.name] += 1
    for counter in generation.counters:
        name = interfaces[counter.ifindex].name
        add(batch.counters, CounterKey(minute_unix_s, name, counter.direction, counter.counter),
            counter.bytes, counter.packets)  # fmt: skip
        if counter.counter == _NOT_BOOKED:
            dropped[name] += counter.packets
    batch.health = [
        Health(minute_unix_s, name, count, flow_capacity, dropped[name]) for name, count in entries.items()
    ]
    return batch
