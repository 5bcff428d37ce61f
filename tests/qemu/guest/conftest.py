"""These tests belong into a guest: they need its modules, and they set its clock."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

_SHARE = Path("/run/share/started")  # of tests.qemu.initramfs


@pytest.fixture(scope="session", autouse=True)
def guest() -> None:
    """Skips anywhere else; fails instead where TA_REQUIRE_KERNEL_TESTS=1."""
    if _SHARE.exists():
        return
    if os.environ.get("TA_REQUIRE_KERNEL_TESTS") == "1":
        pytest.fail("this is no guest: `make test-kernels` runs these tests")
    pytest.skip("only in a guest of `make test-kernels`")
