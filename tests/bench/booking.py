"""What naming flows adds to booking them."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from statistics import median

from traffic_analyzer.aggregate import add
from traffic_analyzer.attribution.devices import ends
from traffic_analyzer.kernel import abi
from traffic_analyzer.kernel.libbpf import Libbpf
from traffic_analyzer.pipeline import Pipeline
from traffic_analyzer.records import Batch, Direction, FlowKey, FlowRecord, Generation, Head, HeadKind, Label, Traffic
from traffic_analyzer.wire.quic_crypto import LibcryptoCipher

from . import flows, lookups
from .samples import median_ratio, print_table, spread

_FLOWS = 50_000
_NAMES = 10_000
_ROUNDS = 7
_MINUTE = 60
_GENERATION_NS = 10**9
_MACS = 0x02_00_00_00_00_00
_RESOLVER = bytes([198, 51, 100, 253])
_INTERFACES = {flows.IFINDEX: flows.INTERFACE}


def _generation() -> Generation:
    """Each client is a device of its own."""
    packed = flows.keys(_FLOWS)
    values = abi.FLOW.pack(123_456, 89, flows.FIRST_BOOT_NS, bytes(6), 0, 0) * _FLOWS
    records = []
    for flow in abi.decode_flows(packed, values, 1):
        client = flow.src if flow.direction == Direction.INGRESS else flow.dst
        records.append(flow._replace(neighbour_mac=(_MACS + client[-1]).to_bytes(6, "big")))
    return Generation("bench", 0, records, [])


def _places(generation: Generation) -> list[tuple[FlowRecord, bytes]]:
    """For each device and remote of *generation*, once: a flow of theirs, and the remote."""
    found = {}
    for flow in generation.flows:
        seen = ends(flow, flows.INTERFACE)
        if seen.is_tx:
            found[seen.device, seen.remote] = flow, seen.remote
    return list(found.values())


def _lookup(number: int, flow: FlowRecord, address: bytes) -> list[Head]:
    """The device of *flow* asks for name *number* and is told *address*."""
    family = "A" if len(address) == 4 else "AAAA"
    heads = []
    for is_answer, payload in enumerate(lookups.messages(number, family, address)):
        ends_ = [(bytes([192, 168, 1, flow.neighbour_mac[-1]]), 40_000), (_RESOLVER, 53)]
        (src, src_port), (dst, dst_port) = reversed(ends_) if is_answer else ends_
        heads.append(Head(
            flows.IFINDEX, Direction(is_answer), 17, src, src_port, dst, dst_port, flow.neighbour_mac,
            flows.FIRST_BOOT_NS - _GENERATION_NS, HeadKind.DNS, 0, 0, len(payload), payload,
        ))  # fmt: skip
    return heads


def _heads(generation: Generation) -> list[Head]:
    """Lookups of _NAMES names: one for each place that a flow is at, then for others."""
    places = _places(generation)
    flow = places[0][0]
    elsewhere = [(flow, (0x0A000000 + number).to_bytes(4, "big")) for number in range(_NAMES - len(places))]
    return [
        head for number, (flow, address) in enumerate(places + elsewhere) for head in _lookup(number, flow, address)
    ]


def _plain(generation: Generation) -> Batch:
    """What is left of booking without names: whose each flow is, and sums."""
    bucket: dict[FlowKey, Traffic] = {}
    for flow in generation.flows:
        interface = _INTERFACES[flow.ifindex]
        found = ends(flow, interface)
        key = FlowKey(
            _MINUTE, interface.name, flow.direction, found.is_tx, flow.l4_proto, found.client, found.client_port,
            found.remote, found.remote_port, found.device, "", Label.UNKNOWN, "",
        )  # fmt: skip
        add(bucket, key, flow.bytes, flow.packets)
    return Batch("plain", 0, bucket)


def _book(pipeline: Pipeline, generation: Generation, turn: int) -> Batch:
    return pipeline.book(
        generation, _MINUTE, flows.FIRST_BOOT_NS + turn * _GENERATION_NS, _INTERFACES, {}, _FLOWS
    )  # fmt: skip


def _us_a_flow(book: Callable[[], Batch], named: int) -> float:
    """µs a flow.

    :raises RuntimeError: not as many flows as *named* got a name.
    """
    began_ns = time.thread_time_ns()
    batch = book()
    taken_us = (time.thread_time_ns() - began_ns) / 1000
    labels = [key.label for key in batch.flows]
    if len(labels) != _FLOWS or labels.count(Label.EXACT) != named:
        raise RuntimeError(f"{len(labels)} flows were booked, {labels.count(Label.EXACT)} with a name, not {named}")
    return taken_us / _FLOWS


def _round(generation: Generation, heads: list[Head]) -> list[float]:
    """µs a flow: booked plainly; new and running, with no name known and with _NAMES."""
    nameless, named = Pipeline(LibcryptoCipher()), Pipeline(LibcryptoCipher())
    for head in heads:
        named.hear(head, flows.INTERFACE, {})
    taken_us = [_us_a_flow(partial(_plain, generation), 0)]
    for pipeline, expected in ((nameless, 0), (named, _FLOWS)):
        taken_us += [_us_a_flow(partial(_book, pipeline, generation, turn), expected) for turn in (1, 2)]
    return taken_us


def measure(libbpf: Libbpf) -> None:  # noqa: ARG001  # as every part
    """Prints µs per flow.

    :raises RuntimeError: a flow was not booked, or not named as expected.
    """
    generation = _generation()
    heads = _heads(generation)
    taken = list(zip(*(_round(generation, heads) for _ in range(_ROUNDS)), strict=True))
    steps = (
        "ends, add", "book: new flows, no names", "book: the same again", f"book: new flows, {_NAMES:,} names",
        "book: the same again",
    )  # fmt: skip
    rows = [
        (
            step, f"{median(samples):.2f}", spread(samples, 2),
            f"{median(us - plain for us, plain in zip(samples, taken[0], strict=True)):.2f}",
            f"{median_ratio(samples, taken[0]):.2f}",
        )
        for step, samples in zip(steps, taken, strict=True)
    ]  # fmt: skip
    print_table(
        f"5. booking: µs a flow, {_FLOWS:,} flows, median of {_ROUNDS} rounds",
        ("step", "µs", "10-90 %", "- first", "/ first"),
        rows,
    )
    print("   ends, add: whose each flow is, and its minute's sums, under no name. Names: one\n"
          f"   for each of the {len(_places(generation)):,} pairs of device and remote that have flows, and others.\n"
          "   Time of the CPU.")  # fmt: skip
