"""What the daemon takes: a real one, in a namespace of its own, before and after a full turn."""

from __future__ import annotations

import os
import socket
import tempfile
import time
from pathlib import Path

from tests.lab.collector import Collector, collector
from tests.lab.netns import Namespace, namespace, veth
from traffic_analyzer.kernel.libbpf import Libbpf

from . import frames
from .samples import print_table

_FLOWS = 50_000
_FLUSH_S = 5
_TIMEOUT_S = 30
_COLUMNS = ("Rss", "Pss", "Private_Dirty")


def _process_kib(pid: int) -> list[str]:
    """Resident memory of a process, its share of it, and what is its own; then its largest ever resident. KiB."""
    found = {}
    for name in ("smaps_rollup", "status"):
        for line in Path(f"/proc/{pid}/{name}").read_text().splitlines():
            key, _, value = line.partition(":")
            found[key] = value.split()[0] if value.split() else ""
    return [f"{int(found[column]):,}" for column in (*_COLUMNS, "VmHWM")]


def _maps_kib(libbpf: Libbpf, pins: Path) -> int:
    """Kernel memory of all pinned maps of one instance, KiB, as the kernel accounts it."""
    total_bytes = 0
    for pin in pins.glob("*/*"):
        fd = libbpf.get(str(pin))
        try:
            lines = Path(f"/proc/self/fdinfo/{fd}").read_text().splitlines()
        finally:
            os.close(fd)
        if any(line.startswith("map_id") for line in lines):
            total_bytes += next(int(line.split()[1]) for line in lines if line.startswith("memlock"))
    return total_bytes // 1024


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


def measure(libbpf: Libbpf) -> None:
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
            rows = [("idle", *_process_kib(pid))]
            _send_flows(outside, "out0")
            most = _wait_until_stored(made)
            rows.append((f"{_FLOWS:,} flows stored", *_process_kib(pid)))
            time.sleep(2 * _FLUSH_S)
            rows.append((f"two turns of {_FLUSH_S} s later", *_process_kib(pid)))
            maps_kib = _maps_kib(libbpf, made.pins)
    print_table("3. daemon: memory, KiB", ("when", "RSS", "PSS", "private dirty", "peak RSS"), rows)
    print(f"   Most flows in one turn: {most:,}. Kernel memory of the maps: {maps_kib:,} KiB.")
