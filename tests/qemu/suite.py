"""What is run under each kernel, and what is not, and why."""

from __future__ import annotations

import sys

from .architecture import Architecture
from .machine import ROOT

SERIES = ("6.1", "6.12", "6.1/s390x")
TIMEOUT_S = 3600.0  # of the whole suite in one guest

_ABOVE = "what it tries lies above the kernel and is the same on all"
_PROGRAMS = "browsers or servers of a whole home, which take minutes on an emulated processor"
_LOAD = "its load takes two processors of full speed"
#: Of tests/kernel, what is run on this machine's own kernel alone.
LEFT_OUT = {
    "browsers": _ABOVE, "database_trouble": _ABOVE, "forged": _ABOVE, "follow": _PROGRAMS, "home": _PROGRAMS,
    "ledger": _LOAD, "live": _LOAD, "lossless": _LOAD, "names_home": _PROGRAMS, "power_cut": _ABOVE,
    "roster": _PROGRAMS, "score": _ABOVE, "takeover": _LOAD, "web": _ABOVE,
}  # fmt: skip
_NO_MODULE = "no such module for this architecture"
#: The same for guests that are not of this machine's kind, and what they have no module or program for.
_LEFT_OUT_ELSEWHERE = {
    "attach": _LOAD, "attachments": _ABOVE, "forwarded": _PROGRAMS, "leavings": _ABOVE, "offload": _LOAD,
    "two_lans": _PROGRAMS, "unprivileged": _ABOVE,
}  # fmt: skip
_DESELECTED_ELSEWHERE = {"libbcc_bpf": "python3-bpfcc is not in that root", "pppoe": _NO_MODULE}


def left_out(architecture: Architecture) -> dict[str, str]:
    """Why, by the name of what is not run there: a file of tests/kernel, or a part of test names."""
    return LEFT_OUT if architecture.is_own else LEFT_OUT | _LEFT_OUT_ELSEWHERE | _DESELECTED_ELSEWHERE


def suite(architecture: Architecture) -> list[object]:
    """The command that runs it in the root of the checkout; all of tests/kernel that is not left out."""
    without = left_out(architecture)
    files = sorted((ROOT / "tests" / "kernel").glob("test_*.py"))
    tests = [f"tests/kernel/{path.name}" for path in files if path.stem.removeprefix("test_") not in without]
    environment = ["TA_REQUIRE_KERNEL_TESTS=1", f"PYTHONPATH={ROOT}/python", "PYTHONDONTWRITEBYTECODE=1"]
    # A slow processor: what takes a second elsewhere may take twenty.
    options = ["-q", "--timeout=300", "-p", "no:cacheprovider", "--durations=5", "--tb=short"]
    if architecture.is_own:
        return ["env", *environment, sys.executable, "-m", "pytest", *options, *tests, "tests/qemu/guest"]
    options += ["-k", " and ".join(f"not {words}" for words in _DESELECTED_ELSEWHERE)]
    return ["env", *environment, "python3", "-m", "pytest", *options, *tests, "tests/qemu/guest/test_links.py"]
