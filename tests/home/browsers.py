"""``python -m tests.home.browsers``: real browsers visit known sites, with segmentation offload on and off.

Exit status 0 where every flow is called by its true name, or hidden by ECH where it is; 1 where one is not, or
something failed.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence

from ..lab.collector import collector
from . import ech, http3
from .browser import missing_browsers
from .cases import CASES, Case, Visitor
from .house import BRIDGE, home
from .named import named
from .servers import missing_programs
from .sites import BROWSED
from .verdict import Verdict, complaints, judge, render
from .visits import Visits


def missing() -> list[str]:
    """What this machine does not have of all that visitors and servers need."""
    more = [what for what in (ech.missing(), http3.missing()) if what]
    return [*missing_programs(), *missing_browsers(), *more]


def browse(
    offloads: bool, times: Callable[[Case], int], cases: Sequence[Case] = CASES, say: Callable[[str], None] = print
) -> list[Verdict]:
    """Visits by every case in a home of its own; the verdicts.

    :param times: how many visits a case gets.
    """
    with home(offloads, BROWSED, ("laptop",)) as built:
        visits = Visits(Visitor(built, built.clients[0]))
        with collector(built.router, built.folder, "--iface", BRIDGE) as counting:
            for case in cases:
                began_s = time.monotonic()
                visits.times(case, times(case))
                say(f"{case.name}: {times(case)} visits in {time.monotonic() - began_s:.1f} s")
            status = counting.stop()
            assert status == 0, f"the collector ended with {status}: {counting.log.read_text()}"
            return judge(visits.made, named(counting, BRIDGE))


def main() -> int:
    """The full numbers; the exit status."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    clean = True
    for offloads in (False, True):
        print(f"offloads {'on' if offloads else 'off'}", flush=True)
        verdicts = browse(offloads, lambda case: case.times, say=lambda text: print("  " + text, flush=True))
        print(f"\n{render(verdicts)}\n{complaints(verdicts)}", flush=True)
        clean = clean and all(verdict.is_clean for verdict in verdicts)
    print("every flow is called by its name, none by another's" if clean else "NOT every flow is called by its name")
    return 0 if clean else 1


if __name__ == "__main__":
    if os.geteuid():
        sys.exit("this needs root: it makes network namespaces and loads eBPF programs")
    if lacking := missing():
        sys.exit(f"this needs {', '.join(lacking)}: run `make setup`")
    try:
        sys.exit(main())
    except (AssertionError, OSError, RuntimeError, subprocess.SubprocessError) as error:
        sys.exit(f"it failed: {error}")
    except KeyboardInterrupt:
        sys.exit(128 + signal.SIGINT)
