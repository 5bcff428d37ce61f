"""``python -m tests.home.demo``: a virtual home, its reports, and a comparison with tshark.

Exit status 0 where collector and tshark agree to the byte; 1 where they do not, or something failed.
"""

from __future__ import annotations

import fcntl
import os
import pty
import signal
import struct
import subprocess
import sys
import termios
import time
from pathlib import Path

from .comparison import client_rows, difference, flow_rows, is_of, render
from .house import BRIDGE, home
from .observed import Observed, observe
from .servers import missing_programs

_DURATION_S = 20
_FLOWS_SHOWN = 10
_TERMINAL = 24, 80  # lines, columns
_REPORTS = (
    ("top-device",), ("ledger",), ("top-domain",), ("top-sni",), ("attribution-coverage",),
    ("top-flow", "--limit", "10"), ("collector-health",),
)  # fmt: skip


def _say(text: str) -> None:
    print(f"{time.strftime('%H:%M:%S')}  {text}", flush=True)


def _on_a_terminal(argv: list[str]) -> str:
    """What a command prints on a terminal of 80 columns. RuntimeError where it fails."""
    ours, its = pty.openpty()
    with os.fdopen(ours, "rb", buffering=0) as reader:
        try:
            fcntl.ioctl(its, termios.TIOCSWINSZ, struct.pack("HHHH", *_TERMINAL, 0, 0))
            environment = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES")}
            process = subprocess.Popen(argv, stdin=its, stdout=its, stderr=its, env=environment)
        finally:
            os.close(its)
        pieces = []
        try:
            while piece := reader.read(4096):
                pieces.append(piece)
        except OSError:  # the last writer has closed the terminal
            pass
    text = b"".join(pieces).decode().replace("\r\n", "\n")
    if process.wait():
        raise RuntimeError(f"{' '.join(argv)}: exit status {process.returncode}: {text}")
    return text


def _print_reports(database: Path) -> None:
    for report in _REPORTS:
        print(f"\n$ traffic-analyzer {' '.join(report)} --db {database}\n")
        command = [sys.executable, "-m", "traffic_analyzer", *report, "--db", str(database)]
        print(_on_a_terminal(command), end="", flush=True)


def _print_flows(observed: Observed) -> None:
    (theirs,) = observed.theirs
    rows = flow_rows(observed.ours, theirs)
    differing = sum(not row.agrees for row in rows)
    shown = rows[: max(_FLOWS_SHOWN, differing)]
    print(f"\nEach flow, one direction each: collector and tshark; the largest {len(shown)} of {len(rows)}\n")
    print(render(("proto", "source", "port", "destination", "port"), shown))
    if not differing:
        print(f"... and {len(rows) - len(shown)} more flows, each of them the same in both")


def main() -> int:
    """Runs the demo; its exit status."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    _say("building a home: a router, three clients, an internet with dnsmasq, nginx and a CA; offloads are off")
    with home(offloads=False) as built:
        observed = observe(built, _DURATION_S, [(built.router, BRIDGE)], _say)
        _print_reports(observed.database)
        (theirs,) = observed.theirs
        print("\nEach client: collector and tshark\n")
        print(render(("client", "address", "way"), client_rows(built.clients, observed.ours, theirs)))
        _print_flows(observed)
        distance = difference(observed.ours, theirs)
        count = sum(any(is_of(client)(flow) for client in built.clients) for flow in theirs.bytes)
        clients = len(built.clients)
    print(f"\ndifference: {distance.bytes} bytes, {distance.packets} packets in {count} flows of {clients} clients")
    return 1 if any(distance) else 0


def _refusal() -> str | None:
    """Why this machine cannot run the demo, if so."""
    if os.geteuid():
        return "the demo needs root: it makes network namespaces and loads eBPF programs"
    if missing := missing_programs():
        return f"the demo needs {', '.join(missing)}: run `make setup`"
    return None


if __name__ == "__main__":
    if refusal := _refusal():
        sys.exit(refusal)
    try:
        sys.exit(main())
    except (AssertionError, OSError, RuntimeError, subprocess.SubprocessError) as error:
        sys.exit(f"the demo failed: {error}")
    except KeyboardInterrupt:
        sys.exit(128 + signal.SIGINT)
