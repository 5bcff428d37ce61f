"""``python -m tests.qemu [SERIES...] [-- COMMAND...]``: the kernel tests, or a command, under other kernels.

Exit status: 0 all went well; 1 something failed under one of the kernels; 2 a kernel cannot be had or does not start.
"""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from .command import QemuError
from .kernels import find_kernel
from .machine import Outcome, boot
from .suite import SERIES, TIMEOUT_S, left_out, suite

_AT_ONCE = 2


def _run(series: str, command: Sequence[object]) -> Outcome | QemuError:
    try:
        kernel = find_kernel(series)
        print(f"{kernel.release}: booting", flush=True)
        if not command:
            for name, reason in left_out(kernel.architecture).items():
                print(f"{kernel.release}: left out: {name}: {reason}", flush=True)
        return boot(kernel, command or suite(kernel.architecture), TIMEOUT_S)
    except QemuError as error:
        return error


def main(arguments: Sequence[str]) -> int:
    """Runs the command under every kernel, two at once, and prints what each said; the exit status."""
    at = arguments.index("--") if "--" in arguments else len(arguments)
    every_series = list(arguments[:at]) or list(SERIES)
    command = list(arguments[at + 1 :])
    began_s, status = time.monotonic(), 0
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        for series, outcome in zip(every_series, pool.map(lambda s: _run(s, command), every_series), strict=True):
            if isinstance(outcome, QemuError):
                print(f"kernel {series}: {outcome}", file=sys.stderr)
                status = 2
                continue
            print(f"---- kernel {series}, up in {outcome.boot_s:.1f} s\n{outcome.output.rstrip()}")
            print(f"---- kernel {series}: exit status {outcome.status} after {outcome.run_s:.0f} s", flush=True)
            skipped = not command and re.search(r"\d+ skipped", outcome.output)
            if skipped:
                print(f"kernel {series}: {skipped[0]}, and all were asked for", file=sys.stderr)
            status = status or bool(outcome.status or skipped)
    print(f"{len(every_series)} kernels in {time.monotonic() - began_s:.0f} s")
    return int(status)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
