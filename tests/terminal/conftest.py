"""The dashboard is driven as its user would: keys go in, and what the terminal shows is looked at."""

from __future__ import annotations

import pytest

from ..lab.required import require
from ..lab.terminal import missing_tmux


@pytest.fixture(scope="session", autouse=True)
def tmux() -> None:
    """Skips with the reason; fails instead where all tests are required."""
    require(missing_tmux())
