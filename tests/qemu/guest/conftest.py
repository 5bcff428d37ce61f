"""These tests belong into a guest: they need its modules, and they set its clock."""

from __future__ import annotations

from pathlib import Path

import pytest

from ...lab.required import require

_SHARE = Path("/run/share/started")  # of tests.qemu.initramfs


@pytest.fixture(scope="session", autouse=True)
def guest() -> None:
    """Skips anywhere else; fails instead where all tests are required."""
    require(None if _SHARE.exists() else "only in a guest: `make test-kernels` runs these tests")
