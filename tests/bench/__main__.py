"""Prints every figure of the benchmark; exit status 1 where a part of it did not run.

``python -m tests.bench [PART ...]``, all of them by default.
"""

from __future__ import annotations

import os
import platform
import sqlite3
import sys
import tempfile
import time
import traceback
from pathlib import Path

from traffic_analyzer.kernel.libbpf import Libbpf

from . import booking, commands, dns_flood, drain, endpoint, heads, history, memory, names, packets, terminal

_PARTS = {
    "packets": packets.measure,
    "heads": heads.measure,
    "drain": drain.measure,
    "names": names.measure,
    "booking": booking.measure,
    "memory": memory.measure,
    "flood": dns_flood.measure,
    "history": history.measure,
    "endpoint": endpoint.measure,
    "commands": commands.measure,
    "terminal": terminal.measure,
}


def _cpu_model() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), "unknown CPU")


def _machine(libbpf: Libbpf) -> str:
    jit = Path("/proc/sys/net/core/bpf_jit_enable")
    jit_is_on = jit.exists() and jit.read_text().strip() != "0"
    return "\n".join((
        f"machine   {platform.machine()}, {os.cpu_count()} CPUs ({libbpf.cpus} possible), {_cpu_model()}",
        f"kernel    {platform.release()}, BPF JIT {'on' if jit_is_on else 'off'}",
        f"software  Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, {libbpf.name}",
        f"load      {os.getloadavg()[0]:.1f} runnable in the last minute",
    ))  # fmt: skip


def main(names: list[str]) -> int:
    """Runs the parts that are named."""
    if unknown := set(names) - set(_PARTS):
        print(f"no such part: {', '.join(sorted(unknown))}; choose from {', '.join(_PARTS)}", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory(prefix="ta-bench-") as folder:
        os.environ.setdefault("BENCH_HOME", folder)  # one home for all parts
        return _measure(names)


def _measure(names: list[str]) -> int:
    began_s = time.monotonic()
    libbpf = Libbpf()
    print(_machine(libbpf))
    failed = []
    for name in names or list(_PARTS):
        try:
            _PARTS[name](libbpf)
        except Exception:
            traceback.print_exc()
            failed.append(name)
    print(f"\n{time.monotonic() - began_s:.0f} s")
    if failed:
        print(f"did not run: {', '.join(failed)}", file=sys.stderr)
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
