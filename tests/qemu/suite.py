"""What is run under each kernel."""

from __future__ import annotations

import sys

from .machine import ROOT

SERIES = ("6.1", "6.12")
TIMEOUT_S = 2400.0  # of the whole suite in one guest

#: Those of tests/kernel that meet the kernel. Names and databases are the same everywhere, and load takes two CPUs.
_KERNEL_TESTS = ("verifier", "packets", "tun", "super_packets", "offload", "attach", "attachments")


def suite() -> list[object]:
    """The command that runs it in the root of the checkout, with the Python that runs this."""
    tests = [f"tests/kernel/test_{name}.py" for name in _KERNEL_TESTS]
    environment = ["TA_REQUIRE_KERNEL_TESTS=1", f"PYTHONPATH={ROOT}/python"]
    # A slow processor: what takes a second elsewhere may take twenty.
    options = ["-q", "--timeout=300", "-p", "no:cacheprovider", "--durations=5"]
    return ["env", *environment, sys.executable, "-m", "pytest", *options, *tests, "tests/qemu/guest"]
