"""What a flood of DNS does to the daemon: a real one, in a namespace of its own; sent = heard + lost, or it fails."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from tests.lab.collector import Collector, collector
from tests.lab.netns import namespace, veth
from traffic_analyzer.kernel.libbpf import Libbpf
from traffic_analyzer.records import Direction

from . import lookups
from .samples import print_table

_RATE = 5000
_SECONDS = 10
_PORTS = {"40 ports": 40, "a port each": 60_000}
_SETTLED_S = 3
_TIMEOUT_S = 60
_LOSSES = ("dns_ring_full", "dns_flow_cap", "dns_rate_cap")
_TICKS_PER_S = os.sysconf("SC_CLK_TCK")


class Told(NamedTuple):
    """What the database says of messages that went one way."""

    heard: int
    unasked: int  #: heard, but the question was not
    lost: tuple[int, ...]  #: by cause
    seen: int  #: packets


class Figures(NamedTuple):
    """What one flood came to."""

    lookups: int  #: questions, and as many answers
    seconds: float  #: in which they were sent
    questions: Told
    answers: Told
    dropped: int  #: as the health report has it
    cpu_s: float
    writer_s: float  #: of that, the thread that writes
    waited_s: float  #: its first thread, for a CPU that others had
    elapsed_s: float
    rss_kib: int
    entries: int  #: most names at a time


def _cpu_s(pid: int, thread: str = "") -> float:
    """CPU time of a process, or of its *thread*."""
    base = Path(f"/proc/{pid}/task/{thread}" if thread else f"/proc/{pid}")
    fields = (base / "stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS_PER_S


def _writer_s(pid: int) -> float:
    """CPU time of all threads but the first."""
    return sum(_cpu_s(pid, task.name) for task in Path(f"/proc/{pid}/task").iterdir() if task.name != str(pid))


def _waited_s(pid: int) -> float:
    """How long the first thread was ready to run, and did not."""
    return int(Path(f"/proc/{pid}/schedstat").read_text().split()[1]) / 1e9


def rss_kib(pid: int) -> int:
    """Resident memory of a process, KiB."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS"))


def _number(made: Collector, query: str, *arguments: object) -> int:
    ((value,),) = made.rows(query, *arguments)
    return value or 0


def _told(made: Collector, direction: Direction) -> Told:
    counted = dict(made.rows(
        "SELECT counter, sum(packets) FROM counter_minute WHERE direction = ? GROUP BY counter", int(direction)
    ))  # fmt: skip
    unasked = 0
    if direction is Direction.EGRESS:
        heard = _number(made, "SELECT sum(count) FROM dns_1m")
    else:
        unasked = _number(made, "SELECT sum(unasked) FROM dns_cache_1m")
        heard = _number(made, "SELECT sum(dns_answer_events) FROM dns_cache_1m") + unasked
    return Told(heard, unasked, tuple(counted.get(cause, 0) for cause in _LOSSES), counted.get("seen", 0))


def _wait_until_stored(made: Collector) -> None:
    """Until what is stored grows no more."""
    until_s, before, since_s = time.monotonic() + _TIMEOUT_S, -1, time.monotonic()
    while time.monotonic() < min(until_s, since_s + _SETTLED_S):
        stored = _number(made, "SELECT sum(packets) FROM counter_minute WHERE counter = 'seen'")
        if stored != before:
            before, since_s = stored, time.monotonic()
        time.sleep(0.2)


@contextmanager
def cable() -> Iterator[tuple[Collector, tuple[str, ...]]]:
    """A collector on one end of a cable, and what :mod:`lookups` needs to know to send over it."""
    with (
        tempfile.TemporaryDirectory(prefix="ta-bench-") as folder,
        namespace("bench-in") as inside,
        namespace("bench-out") as outside,
    ):
        veth(inside, "lan0", outside, "out0")
        with collector(inside, Path(folder), "--iface", "lan0") as made:
            yield made, (inside.name, "lan0", outside.name, "out0")


def _flood(ports: int) -> Figures:
    with cable() as (made, where):
        assert made.process is not None
        pid = made.process.pid
        time.sleep(1)
        began_s, cpu_s, writer_s, waited_s = time.monotonic(), _cpu_s(pid), _writer_s(pid), _waited_s(pid)
        sender = [sys.executable, "-m", lookups.__name__, *where, *map(str, (ports, _RATE, _SECONDS))]
        sent, seconds = subprocess.run(sender, check=True, capture_output=True, text=True).stdout.split()
        elapsed_s, waited_s = time.monotonic() - began_s, _waited_s(pid) - waited_s
        cpu_s, writer_s = _cpu_s(pid) - cpu_s, _writer_s(pid) - writer_s
        _wait_until_stored(made)
        resident_kib = rss_kib(pid)
        made.stop()
        return Figures(
            int(sent), float(seconds), _told(made, Direction.EGRESS), _told(made, Direction.INGRESS),
            _number(made, "SELECT sum(dns_ringbuf_drop) FROM collector_health_1m"), cpu_s, writer_s, waited_s,
            elapsed_s, resident_kib, _number(made, "SELECT max(cache_entries) FROM dns_cache_1m"),
        )  # fmt: skip


def _faults(figures: Figures) -> list[str]:
    """What does not add up."""
    told = {"questions": figures.questions, "answers": figures.answers}
    faults = [
        f"{figures.lookups} {kind} were sent, {each} was told"
        for kind, each in told.items()
        if figures.lookups != each.heard + sum(each.lost)
    ]
    lost = sum(sum(each.lost) for each in told.values())
    return faults + [f"{lost} were lost, the health report tells {figures.dropped}"] * (lost != figures.dropped)


def measure(libbpf: Libbpf) -> None:  # noqa: ARG001  # as every part
    """Prints what was heard and lost, and what it took.

    :raises RuntimeError: heard and lost are not what was sent.
    """
    floods = {name: _flood(ports) for name, ports in _PORTS.items()}
    rows = [
        (
            f"{what}, {name}", f"{figures.lookups:,}", f"{told.heard:,}", *(f"{count:,}" for count in told.lost),
            f"{told.unasked:,}",
        )
        for name, figures in floods.items()
        for what, told in (("questions", figures.questions), ("answers", figures.answers))
    ]  # fmt: skip
    print_table(
        f"7. flood: {_RATE:,} DNS lookups a second for {_SECONDS} s",
        ("messages", "sent", "heard", "ring full", "flow cap", "rate cap", "unasked"),
        rows,
    )
    for name, figures in floods.items():
        cpu, writer = (100 * spent_s / figures.elapsed_s for spent_s in (figures.cpu_s, figures.writer_s))
        print(f"   {name}: sent in {figures.seconds:.1f} s. Daemon: {cpu:.0f} % of a core, {writer:.0f} % to write,\n"
              f"   {figures.waited_s:.1f} s without a CPU; RSS {figures.rss_kib:,} KiB; {figures.entries:,} names.")
    print("   40 ports: each client asks from one. a port each: each lookup is two new flows.\n"
          "   without a CPU: its first thread was ready to run, and others ran.\n"
          f"   unasked: heard, but not its question. {lookups.NAMES:,} names, two addresses each, of\n"
          f"   {lookups.CLIENTS} clients; questions leave, answers arrive; all else as by default.")  # fmt: skip
    if faults := [f"{name}: {fault}" for name, figures in floods.items() for fault in _faults(figures)]:
        raise RuntimeError("; ".join(faults))
