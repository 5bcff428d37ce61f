"""The database cannot be written for a while: counting goes on in the kernel, and nothing is lost."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from ..lab.blast import frames
from ..lab.collector import Collector, collector
from ..lab.frames import send
from ..lab.netns import run

_FLOWS = 5000
_PATIENCE_S = 30
_STORED = "SELECT ifnull(sum(packets), 0) FROM flow_1m_5t WHERE proto = 17"


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 4 MB."""
    folder = tmp_path / "small"
    folder.mkdir()
    run("mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", folder)
    yield folder
    run("umount", folder)


def _until(running: Collector, words: str) -> None:
    until = time.monotonic() + _PATIENCE_S
    while words not in running.log.read_text():
        assert time.monotonic() < until, running.log.read_text()
        time.sleep(0.1)


def _fill(folder: Path) -> Path:
    ballast = folder / "ballast"
    with pytest.raises(OSError, match="No space left"), ballast.open("wb", buffering=0) as file:
        while True:
            file.write(bytes(4096))
    return ballast


def test_disk_full(cable, small_disk: Path) -> None:
    sender, receiver = cable
    with collector(receiver, small_disk, "--iface", "rx") as running:
        ballast = _fill(small_disk)
        sent = send(sender, "tx", frames(_FLOWS))
        _until(running, "database or disk is full")
        sent += send(sender, "tx", frames(_FLOWS))
        ballast.unlink()
        assert running.stop() == 0
        assert running.rows(_STORED) == [(sent,)]


def test_locked_by_another(cable, tmp_path: Path) -> None:
    sender, receiver = cable
    with collector(receiver, tmp_path, "--iface", "rx") as running:
        with closing(sqlite3.connect(running.db, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            sent = send(sender, "tx", frames(100))
            time.sleep(2.5)
            sent += send(sender, "tx", frames(100))
            assert running.rows(_STORED) == [(0,)]
            other.execute("ROLLBACK")
        assert running.stop() == 0
        assert running.rows(_STORED) == [(sent,)]


def test_deleted_while_it_runs(cable, tmp_path: Path) -> None:
    sender, receiver = cable
    with collector(receiver, tmp_path, "--iface", "rx") as running:
        time.sleep(1.5)
        for file in tmp_path.glob("traffic.db*"):
            file.unlink()
        sent = send(sender, "tx", frames(10))
        assert running.stop() == 0
        assert running.rows(_STORED) == [(sent,)]


def test_full_at_the_end_too(cable, small_disk: Path) -> None:
    """What cannot be stored stays in the kernel, and the next start stores it."""
    sender, receiver = cable
    with collector(receiver, small_disk, "--iface", "rx") as running:
        ballast = _fill(small_disk)
        sent = send(sender, "tx", frames(_FLOWS))
        time.sleep(1.5)
        assert running.stop() == 1
        assert "start again" in running.log.read_text()
        ballast.unlink()
        running.start()
        assert running.stop() == 0
        assert running.rows(_STORED) == [(sent,)]
