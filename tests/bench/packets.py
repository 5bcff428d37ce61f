"""What a packet costs in the kernel: our program beside the programs of ``reference.bpf.c``."""

from __future__ import annotations

from statistics import median
from typing import NamedTuple

from tests.lab.runner import Runner, super_packet
from traffic_analyzer.kernel.instance import Sizes
from traffic_analyzer.kernel.libbpf import Libbpf
from traffic_analyzer.kernel.reader import Reader

from . import frames
from .programs import instances, references
from .samples import median_ratio, print_table, spread

_REPEAT = 1_000_000
_ROUNDS = 15
_LOOPBACK = 1


class Case(NamedTuple):
    """A program on a frame."""

    name: str
    program: int
    frame: bytes
    context: bytes | None = None


def _cases(reference: dict[str, int], ours: int, unregistered: int) -> list[Case]:
    return [
        *(Case(name, program, frames.TCP_IPV4) for name, program in reference.items()),
        Case("ours: not registered", unregistered, frames.TCP_IPV4),
        Case("ours: ARP", ours, frames.ARP),
        Case("ours: TCP/IPv4", ours, frames.TCP_IPV4),
        Case("ours: TCP/IPv4 super-packet", ours, frames.TCP_IPV4, super_packet(10, 1448)),
        Case("ours: TCP/IPv4, VLAN tag", ours, frames.VLAN_TCP_IPV4),
        Case("ours: UDP/IPv6", ours, frames.UDP_IPV6),
        Case("ours: later fragment", ours, frames.LATER_FRAGMENT),
    ]


def _check_counted(reader: Reader, runs: int) -> None:
    """Every run on a frame was counted, each IP frame in a flow of its own.

    :raises RuntimeError: what was measured was not the work that was meant.
    """
    generation = reader.read(reader.turn())
    seen = {counter.counter: counter.packets for counter in generation.counters}
    booked = sum(flow.packets for flow in generation.flows)
    if set(seen) != {"seen", "buffers", "non_ip"} or seen["seen"] != booked + seen["non_ip"] or seen["seen"] < runs:
        raise RuntimeError(f"{runs} runs were counted as {seen}, {booked} packets in flows")
    reader.clear(generation.number)


def measure(libbpf: Libbpf) -> None:
    """Prints ns per packet.

    :raises OSError: a program did not run.
    """
    runner = Runner(libbpf)
    with references(libbpf) as reference, instances(libbpf, Sizes(), Sizes()) as (instance, other):
        reader = Reader(instance)
        reader.register(_LOOPBACK)
        ours = instance.programs["ethernet_ingress"]
        runner.ns(ours, frames.FIRST_FRAGMENT, 1)
        cases = _cases(reference, ours, other.programs["ethernet_ingress"])
        taken: list[list[int]] = [[] for _ in cases]
        for case in cases:
            runner.ns(case.program, case.frame, _REPEAT // 10, case.context)
        for _ in range(_ROUNDS):
            for case, samples in zip(cases, taken, strict=True):
                samples.append(runner.ns(case.program, case.frame, _REPEAT, case.context))
        _check_counted(reader, _ROUNDS * _REPEAT * sum(case.program == ours for case in cases))

    rows = [
        (
            case.name,
            f"{median(samples):.0f}",
            spread(samples),
            f"{median(samples) - median(taken[0]):.0f}",
            *(f"{median_ratio(samples, base):.1f}" for base in taken[:3]),
        )
        for case, samples in zip(cases, taken, strict=True)
    ]
    print_table(
        f"1. packet: ns, BPF_PROG_TEST_RUN, median of {_ROUNDS} rounds of {_REPEAT:,} runs",
        ("program", "ns", "10-90 %", "- empty", "/ empty", "/ counter", "/ floor"),
        rows,
    )
    print("   - empty: without the kernel's test loop. / floor: to floor_ipv4.")
