"""What a test needs of the machine."""

from __future__ import annotations

import os

import pytest

from traffic_analyzer.errors import KernelError
from traffic_analyzer.kernel import bpffs
from traffic_analyzer.kernel.libbpf import Libbpf


def require(missing: str | None) -> None:
    """Skips with what is missing, if anything is; fails instead where TA_REQUIRE_KERNEL_TESTS=1."""
    if missing is None:
        return
    if os.environ.get("TA_REQUIRE_KERNEL_TESTS") == "1":
        pytest.fail(f"every test is required to run here, but: {missing}")
    pytest.skip(missing)


def missing_kernel() -> str | None:
    """Why no packet program can be loaded here, if so."""
    if os.geteuid():
        return "kernel tests need root"
    try:
        Libbpf()
        bpffs.prepare(bpffs.MOUNT_POINT)
    except KernelError as error:
        return f"kernel tests need eBPF: {error}"
    return None
