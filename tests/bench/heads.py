"""What looking for names costs a packet: an instance that captures payload heads beside one that does not."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from statistics import mean, median
from typing import NamedTuple

from tests.lab.runner import Runner
from traffic_analyzer.kernel.instance import Instance, Sizes
from traffic_analyzer.kernel.libbpf import Libbpf
from traffic_analyzer.kernel.reader import Reader

from . import frames, lookups
from .programs import instances
from .samples import median_ratio, print_table, spread

_ROUNDS = 15
_REPEAT = 200_000
_BATCH, _BATCHES = 500, 40  # of records that fit into the ring buffer together, and of those in a round
_LOOPBACK = 1
_SEGMENT_BYTES = 1448
_UNCAPPED = 2**32 - 1  # heads a second
_UDP_HEADERS_BYTES = 14 + 20 + 8
_ROOMY = 65_536  # flows
_PROGRAM = "ethernet_ingress"


class Case(NamedTuple):
    """A frame."""

    name: str
    frame: bytes
    is_early: bool  #: among the first of its flow
    is_taken: bool = False  #: captured, and room is made for it
    fills: bool = False  #: would be captured, but the ring buffer is full


def _cases() -> list[Case]:
    hello = (Path(__file__).parents[1] / "unit/wire/hellos/chromium.bin").read_bytes()
    answer = frames.answer(0, 40_000, lookups.messages(1234)[1])
    segment = frames.tcp_ipv4(hello[:_SEGMENT_BYTES])
    return [
        Case("later: TCP/IPv4", frames.TCP_IPV4, False),
        Case("later: UDP/IPv6", frames.UDP_IPV6, False),
        Case("early: TCP/IPv4, no ClientHello", frames.TCP_IPV4, True),
        Case("early: UDP/IPv6, no Initial", frames.UDP_IPV6, True),
        Case("DNS answer", answer, True, is_taken=True),
        Case("ClientHello", segment, True, is_taken=True),
        Case("DNS answer, ring full", answer, True, fills=True),
        Case("ClientHello, ring full", segment, True, fills=True),
    ]


class _Side:
    """Two instances, capture on or off in both: one with room for flows, and one whose only flow is another."""

    def __init__(self, runner: Runner, roomy: Instance, crowded: Instance) -> None:
        self._runner = runner
        self._roomy, self._crowded = roomy.programs[_PROGRAM], crowded.programs[_PROGRAM]
        self._roomy_reader, self._reader = Reader(roomy), Reader(crowded)
        for reader in (self._roomy_reader, self._reader):
            reader.register(_LOOPBACK)
        runner.ns(self._crowded, frames.udp_ipv4(0), 1)  # every other packet is early from now on

    def ns(self, case: Case) -> float:
        """Mean time of a run, ns."""
        program = self._crowded if case.is_early else self._roomy
        if case.is_taken:
            return mean(self._batch_ns(case.frame) for _ in range(_BATCHES))
        if case.fills:
            self._runner.ns(program, case.frame, _REPEAT // 10)
        return self._runner.ns(program, case.frame, _REPEAT)

    def _batch_ns(self, frame: bytes) -> int:
        self.taken()
        return self._runner.ns(self._crowded, frame, _BATCH)

    def taken(self) -> list[bytes]:
        """Takes the records from the ring buffer; their payloads."""
        return [head.payload for head in self._reader.heads(1 << 20)]

    def counted(self) -> dict[str, int]:
        """What the crowded instance counted: packets by counter, and those in its flow."""
        generation = self._reader.read(self._reader.turn())
        booked = sum(flow.packets for flow in generation.flows)
        return {counter.counter: counter.packets for counter in generation.counters} | {"booked": booked}

    def close(self) -> None:
        """Lets go of the ring buffers."""
        for reader in (self._roomy_reader, self._reader):
            reader.close()


def _check(on: _Side, off: _Side, cases: list[Case]) -> None:
    """What was captured is what was meant to be.

    :raises RuntimeError: it is not.
    """
    for case in cases:
        on.taken()
        on.ns(case)
        payloads = on.taken()
        is_right = all(case.frame.endswith(payload) for payload in payloads)
        if not case.fills and (len(payloads) != case.is_taken * _BATCH or not is_right):
            raise RuntimeError(f"{case.name}: {len(payloads)} were captured")
    counted, uncaptured = on.counted(), off.counted()
    refused = {case.name: _ROUNDS * _REPEAT for case in cases if case.fills}
    lost = counted.get("dns_ring_full", 0) + counted.get("tls_ring_full", 0)
    if lost < sum(refused.values()) or any(name.endswith("_cap") for name in counted) or counted["booked"] != 1:
        raise RuntimeError(f"capture on: counted {counted}")
    if set(uncaptured) != {"seen", "buffers", "not_booked", "booked"} or uncaptured["booked"] != 1 or off.taken():
        raise RuntimeError(f"capture off: counted {uncaptured}")


def _sample(runner: Runner, made: list[Instance], cases: list[Case]) -> list[list[tuple[float, float]]]:
    """By case and round: ns with capture off, and on."""
    with closing(_Side(runner, *made[:2])) as on, closing(_Side(runner, *made[2:])) as off:
        rounds = [[(off.ns(case), on.ns(case)) for case in cases] for _ in range(1 + _ROUNDS)]
        _check(on, off, cases)
    return [list(samples) for samples in zip(*rounds[1:], strict=True)]  # without the first, which warmed up


def measure(libbpf: Libbpf) -> None:
    """Prints ns per packet with capture on and off.

    :raises OSError: a program did not run.
    :raises RuntimeError: what was measured was not the work that was meant.
    """
    cases = _cases()
    sizes = [Sizes(flow_entries=flows, heads_per_s=rate) for rate in (_UNCAPPED, 0) for flows in (_ROOMY, 1)]
    with instances(libbpf, *sizes) as made:
        taken = _sample(Runner(libbpf), made, cases)
    rows = []
    for case, samples in zip(cases, taken, strict=True):
        off, on = zip(*samples, strict=True)
        price = [with_capture - without for without, with_capture in samples]
        rows.append((
            case.name, f"{median(off):.0f}", f"{median(on):.0f}", spread(on), f"{median(price):.0f}", spread(price),
            f"{median_ratio(on, off):.2f}",
        ))  # fmt: skip
    print_table(
        f"2. head: ns a packet with capture off and on, median of {_ROUNDS} rounds",
        ("packet", "off", "on", "10-90 %", "price", "10-90 %", "on / off"),
        rows,
    )
    answer_bytes = next(len(case.frame) for case in cases if case.is_taken) - _UDP_HEADERS_BYTES
    print("   later: beyond the first 32 packets of its flow. All others: in a map whose only\n"
          "   flow is another: none is booked, each is looked into. Of a real flow only the\n"
          "   first 32 packets on a CPU in a generation pay the price, and DNS.\n"
          f"   DNS answer: {answer_bytes} bytes; ClientHello: {_SEGMENT_BYTES:,}, a first segment; both copied\n"
          f"   to the ring buffer, which is emptied before each {_BATCH} runs. ring full: looked\n"
          "   into, refused and counted. The cap on heads a second is lifted.")  # fmt: skip
