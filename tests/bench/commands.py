"""What a command takes from its being typed to its end: a new process each time, on years of a reference home.

BENCH_HOME names the folder of a home that ``history`` has kept; without it one lives first, for BENCH_DAYS. Files are
in the page cache, as they are where a collector writes to them; byte code is there, as a package brings it.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from traffic_analyzer.kernel.libbpf import Libbpf

from . import history
from .home.keeper import Keeper
from .home.sums import opened
from .samples import print_table

_ROUNDS = 15
_AIM_MS = 250
_REPORTS = ("top-domain", "top-device", "top-flow", "ledger", "collector-health")


def measure(libbpf: Libbpf) -> None:  # noqa: ARG001  # as every part
    """Prints times of commands.

    :raises RuntimeError: one failed.
    """
    with history.local_zone(), history.home_folder() as folder:
        working, archive = folder / Keeper.WORKING, folder / Keeper.ARCHIVE
        if not working.exists():
            history.lived(folder, history.days_asked_for())
        _ask(working, archive if archive.exists() else working)


def _ask(working: Path, archive: Path) -> None:
    with opened(working, archive) as database:
        ((last_unix_s,),) = database.execute("SELECT max(minute_unix_s) FROM counter_minute").fetchall()
    until_unix_s = last_unix_s + 60
    stores = ("--db", working, "--archive", archive)
    rows = [_row("an interpreter alone", ("-c", "pass")), _row("--version", ("-m", "traffic_analyzer", "--version"))]
    for name in _REPORTS:
        for window, window_s in history.WINDOWS.items():
            since, until = (_text(unix_s) for unix_s in (until_unix_s - window_s, until_unix_s))
            asked = ("-m", "traffic_analyzer", name, *stores, "--since", since, "--until", until)
            rows.append(_row(f"{name}, {window}", asked))
    # Of a now that is long after: what they show is short.
    rows += [_row(name, ("-m", "traffic_analyzer", name, *stores)) for name in ("summary", "status")]
    title = f"10. commands: ms from exec to exit, of {_ROUNDS}; aim {_AIM_MS}"
    print_table(title, ("command", "median", "least", "CPU, median", ""), rows)


def _text(unix_s: int) -> str:
    return datetime.fromtimestamp(unix_s, UTC).strftime("%Y-%m-%dT%H:%MZ")


def _row(what: str, arguments: Sequence[object]) -> tuple[str, str, str, str, str]:
    command = [sys.executable, *map(str, arguments)]
    wall_ms, cpu_ms = [], []
    for _ in range(_ROUNDS):
        began_s = time.perf_counter()
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        assert process.stderr
        said = process.stderr.read()
        _, status, used = os.wait4(process.pid, 0)
        wall_ms.append((time.perf_counter() - began_s) * 1000)
        cpu_ms.append((used.ru_utime + used.ru_stime) * 1000)
        process.returncode = os.waitstatus_to_exitcode(status)
        process.stderr.close()
        if process.returncode:
            raise RuntimeError(f"{what}: {said.decode(errors='replace')}")
    ms = median(wall_ms)
    return what, f"{ms:.0f}", f"{min(wall_ms):.0f}", f"{median(cpu_ms):.0f}", "*" if ms > _AIM_MS else ""
