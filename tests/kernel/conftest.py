"""Kernel tests send known packets through real interfaces. They need root and eBPF; see TA_REQUIRE_KERNEL_TESTS."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from ..lab.collector import pin_dir, remove_pins
from ..lab.netns import Namespace, namespace, veth
from ..lab.required import missing_kernel, require


@pytest.fixture(scope="session", autouse=True)
def kernel() -> None:
    """Skips with the reason; fails instead where all tests are required."""
    require(missing_kernel())


@contextmanager
def own_pins() -> Iterator[Path]:
    """A pin folder that nobody else uses; what is left in it is removed."""
    folder = pin_dir()
    try:
        yield folder
    finally:
        remove_pins(folder)


@contextmanager
def plain_cable() -> Iterator[tuple[Namespace, Namespace]]:
    """Two quiet namespaces, ``tx`` in the first joined to ``rx`` in the second, without addresses."""
    with namespace("tx") as sender, namespace("rx") as receiver:
        veth(sender, "tx", receiver, "rx", 65535)
        yield sender, receiver


@pytest.fixture
def pins() -> Iterator[Path]:
    """See :func:`own_pins`."""
    with own_pins() as folder:
        yield folder


@pytest.fixture
def cable() -> Iterator[tuple[Namespace, Namespace]]:
    """See :func:`plain_cable`."""
    with plain_cable() as ends:
        yield ends


def required(missing: Sequence[str]) -> None:
    """Skips where something is missing, with the reason; fails instead where TA_REQUIRE_KERNEL_TESTS=1."""
    if not missing:
        return
    reason = f"this needs {', '.join(missing)}"
    if os.environ.get("TA_REQUIRE_KERNEL_TESTS") == "1":
        pytest.fail(reason)
    pytest.skip(reason)
