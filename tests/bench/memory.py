"""What the daemon takes: a real one, in a namespace of its own, before and after a full turn, and full of names."""

from __future__ import annotations

import json
import socket
import tempfile
import textwrap
import time
from contextlib import closing
from pathlib import Path
from typing import Any

from tests.lab.collector import Collector, collector
from tests.lab.netns import Namespace, namespace, run, veth
from traffic_analyzer.kernel.libbpf import Libbpf

from . import frames, lookups
from .samples import WIDTH, print_table

_FLOWS = 50_000
_FLUSH_S = 5
_TIMEOUT_S = 30
_LOOKUPS = 10_000  # with two addresses each: more than the table of names has room for
_LOOKUPS_PER_S = 1000
_PROGRAM_ENDS = ("_ingress", "_egress")
_COLUMNS = ("Rss", "Pss", "Private_Dirty")


def process_kib(pid: int) -> list[str]:
    """Resident memory of a process, its share of it, and what is its own; then its largest ever resident. KiB."""
    found = {}
    for name in ("smaps_rollup", "status"):
        for line in Path(f"/proc/{pid}/{name}").read_text().splitlines():
            key, _, value = line.partition(":")
            found[key] = value.split()[0] if value.split() else ""
    return [f"{int(found[column]):,}" for column in (*_COLUMNS, "VmHWM")]


def _maps_kib(pins: Path) -> dict[str, int]:
    """Kernel memory of the maps of one instance by name, KiB, as the kernel accounts it."""
    program = next(pins.glob("*/ethernet_ingress"))
    wanted = [("pinned", pin) for pin in program.parent.iterdir() if not pin.name.endswith(_PROGRAM_ENDS)]
    wanted += [("id", number) for number in _bpftool("prog", "pinned", program)["map_ids"]]
    maps = (_bpftool("map", *which) for which in wanted)
    return {found["name"]: found["bytes_memlock"] // 1024 for found in maps}


def _bpftool(kind: str, *which: object) -> dict[str, Any]:
    found = json.loads(run("bpftool", "-j", kind, "show", *which).stdout)
    assert isinstance(found, dict)
    return found


def _send_flows(outside: Namespace, name: str) -> None:
    """Sends one packet of each of _FLOWS flows, right after a turn of the maps, so that one turn holds them all."""
    batch = [frames.udp_ipv4(number) for number in range(_FLOWS)]
    with outside.entered(), socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as link:
        link.bind((name, 0))
        time.sleep(_FLUSH_S - time.time() % _FLUSH_S + 0.5)
        for frame in batch:
            link.send(frame)


def _wait_until_stored(made: Collector) -> int:
    """The most flows that one turn held, when all are stored.

    :raises RuntimeError: they are not, in time.
    """
    until = time.monotonic() + _TIMEOUT_S
    while True:
        ((stored, most),) = made.rows(
            "SELECT (SELECT count(*) FROM flow_minute), (SELECT max(flow_entries) FROM collector_health_1m)"
        )
        if stored >= _FLOWS:
            return int(most)
        if time.monotonic() > until:
            raise RuntimeError(f"{stored} of {_FLOWS} flows are stored after {_TIMEOUT_S} s")
        time.sleep(0.5)


def _look_up(inside: Namespace, outside: Namespace) -> None:
    with closing(lookups.Line(inside, "lan0", outside, "out0")) as line:
        line.send(_LOOKUPS, _LOOKUPS, lookups.CLIENTS, _LOOKUPS_PER_S)


def measure(libbpf: Libbpf) -> None:  # noqa: ARG001  # as every part
    """Prints the daemon's memory.

    :raises RuntimeError: it did not store what was sent.
    """
    with (
        tempfile.TemporaryDirectory(prefix="ta-bench-") as folder,
        namespace("bench-in") as inside,
        namespace("bench-out") as outside,
    ):
        veth(inside, "lan0", outside, "out0")
        flags = ("--iface", "lan0", "--flush-interval-secs", _FLUSH_S)
        with collector(inside, Path(folder), *flags) as made:
            assert made.process is not None
            pid = made.process.pid
            time.sleep(_FLUSH_S + 1)  # a turn with nothing in it
            rows = [("idle", *process_kib(pid))]
            _send_flows(outside, "out0")
            most = _wait_until_stored(made)
            rows.append((f"{_FLOWS:,} flows stored", *process_kib(pid)))
            time.sleep(2 * _FLUSH_S)
            rows.append((f"two turns of {_FLUSH_S} s later", *process_kib(pid)))
            _look_up(inside, outside)
            time.sleep(2 * _FLUSH_S)
            ((entries,),) = made.rows("SELECT max(cache_entries) FROM dns_cache_1m")
            rows.append((f"{entries:,} names known", *process_kib(pid)))
            maps_kib = _maps_kib(made.pins)
    print_table("6. daemon: memory, KiB", ("when", "RSS", "PSS", "private dirty", "peak RSS"), rows)
    shares = (f"{name} {kib:,}" for name, kib in sorted(maps_kib.items(), key=lambda item: -item[1]) if kib)
    print(f"   Most flows in one turn: {most:,}. Kernel memory of the maps: {sum(maps_kib.values()):,} KiB:")
    print(textwrap.fill(", ".join(shares) + ".", WIDTH, initial_indent="   ", subsequent_indent="   "))
