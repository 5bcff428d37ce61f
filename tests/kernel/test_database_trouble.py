"""The database cannot be written for a while, or is damaged: counting goes on, and what can be is kept, and said."""

from __future__ import annotations

import json
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from ..lab.blast import frames
from ..lab.collector import Collector, collector
from ..lab.frames import send
from ..lab.netns import run

_FLOWS = 5000
_PATIENCE_S = 60
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


def _said(command: str, db: Path, *flags: object) -> str:
    """What a command prints, and says on standard error."""
    argv = [sys.executable, "-m", "traffic_analyzer", command, "--db", str(db), *map(str, flags)]
    done = subprocess.run(argv, capture_output=True, text=True, check=True)
    return " ".join((done.stdout + done.stderr).split())  # however it is wrapped


def _packets(db: Path) -> int:
    """Packets over UDP in the last hour, as a report has them."""
    argv = [sys.executable, "-m", "traffic_analyzer", "top-flow", "--db", str(db), "--json", "--limit", "100000"]
    report = json.loads(subprocess.run(argv, capture_output=True, check=True).stdout)
    return sum(row["packets"] for row in report["rows"] if row["proto"] == 17)


def _header(file: bytearray) -> None:
    file[:64] = bytes(64)


def _truncated(file: bytearray) -> None:
    del file[len(file) * 2 // 3 :]


def _flipped(file: bytearray) -> None:
    chance = random.Random(5)
    for _ in range(2_000):
        file[chance.randrange(100, len(file))] ^= 1 << chance.randrange(8)


@pytest.mark.parametrize("damage", [_header, _truncated, _flipped])
def test_a_damaged_database_makes_room(cable, tmp_path: Path, damage: Callable[[bytearray], None]) -> None:
    sender, receiver = cable
    with collector(receiver, tmp_path, "--iface", "rx") as running:
        send(sender, "tx", frames(200))
        assert running.stop() == 0
        file = bytearray(running.db.read_bytes())
        damage(file)
        running.db.write_bytes(file)
        running.start()
        assert "was damaged" in running.log.read_text()
        sent = send(sender, "tx", frames(300))
        _until_stored(running, sent)
        assert "was damaged" in _said("status", running.db)
        assert running.stop() == 0
        assert running.rows(_STORED) == [(sent,)]
    aside = [path for path in tmp_path.glob("traffic.db.set-aside-*") if path.suffix != ".txt"]
    assert [path.read_bytes() for path in aside] == [bytes(file)]


def _until_stored(running: Collector, packets: int) -> None:
    until = time.monotonic() + _PATIENCE_S
    while running.rows(_STORED) != [(packets,)]:
        assert time.monotonic() < until, running.log.read_text()
        time.sleep(0.1)


def test_damaged_while_it_runs(cable, tmp_path: Path) -> None:
    sender, receiver = cable
    with collector(receiver, tmp_path, "--iface", "rx") as running:
        send(sender, "tx", frames(2_000))
        time.sleep(1.5)
        running.process.send_signal(signal.SIGSTOP)
        with closing(sqlite3.connect(running.db)) as other, other:  # so that it does not go by what it has read before
            other.execute("INSERT INTO meta_kv VALUES ('another', 'was here')")
        for path in (running.db, running.db.with_name("traffic.db-wal")):
            with path.open("r+b") as file:
                file.write(b"garbage!" * (path.stat().st_size // 8))
        running.process.send_signal(signal.SIGCONT)
        sent = 0
        until = time.monotonic() + _PATIENCE_S
        while not list(tmp_path.glob("traffic.db.set-aside-*")):
            assert time.monotonic() < until, running.log.read_text()
            sent += send(sender, "tx", frames(10))
            time.sleep(0.3)
        later = send(sender, "tx", frames(100))
        time.sleep(1.5)
        assert running.stop() == 0
        ((stored,),) = running.rows(_STORED)
        assert later <= stored <= later + sent
        assert "was damaged" in running.log.read_text() or "set aside" in running.log.read_text()


def _make_read_only(disk: Path) -> None:
    """The kernel refuses while somebody has a file open to write it, as who has just started does for a moment."""
    until_s = time.monotonic() + _PATIENCE_S
    while True:
        try:
            run("mount", "-o", "remount,ro", disk)
            return
        except RuntimeError:
            if time.monotonic() > until_s:
                raise
            time.sleep(0.05)


@pytest.mark.parametrize("trouble", ["full", "read-only"])
def test_a_disk_that_cannot_be_written_at_the_start(cable, small_disk: Path, trouble: str) -> None:
    """Counting goes on in RAM, reports show it, and it comes to the disk when that is well again."""
    sender, receiver = cable
    with collector(receiver, small_disk, "--iface", "rx") as running:
        sent = send(sender, "tx", frames(100))
        assert running.stop() == 0
        running.log = small_disk.parent / "running.log"
        ballast = _fill(small_disk) if trouble == "full" else None
        if trouble == "read-only":
            _make_read_only(small_disk)
        running.start()
        assert "kept in RAM" in running.log.read_text()
        later = send(sender, "tx", frames(50))
        time.sleep(2.5)
        assert _packets(running.db) == later  # what is on the disk is hours by now
        assert "kept in RAM" in _said("status", running.db)
        if ballast:
            ballast.unlink()
        else:
            run("mount", "-o", "remount,rw", small_disk)
        assert running.stop() == 0
        running.start()
        assert running.stop() == 0
        assert running.rows(_STORED) == [(sent + later,)]
        assert _packets(running.db) == sent + later


@pytest.mark.parametrize("trouble", ["full", "read-only"])
def test_an_archive_that_cannot_be_written(cable, tmp_path: Path, small_disk: Path, trouble: str) -> None:
    sender, receiver = cable
    archive = small_disk / "archive.db"
    hours = "SELECT ifnull(sum(rx_packets + tx_packets), 0) FROM traffic_hour WHERE l4_proto = 17"
    with collector(receiver, tmp_path, "--iface", "rx", "--archive", archive) as running:
        ballast = _fill(small_disk) if trouble == "full" else None
        if trouble == "read-only":
            _make_read_only(small_disk)
        sent = send(sender, "tx", frames(30))
        assert running.stop() == 0
        assert "waits in the database" in running.log.read_text()
        if ballast:
            ballast.unlink()
        else:
            run("mount", "-o", "remount,rw", small_disk)
        running.start()
        assert running.stop() == 0
        with closing(sqlite3.connect(archive)) as database:
            assert database.execute(hours).fetchall() == [(sent,)]
        for file in tmp_path.glob("traffic.db*"):  # as a router's RAM goes
            if file.suffix != ".log":
                file.unlink()
        assert "this is what --archive" in _said("top-domain", running.db, "--archive", archive)
        running.start()
        sent += send(sender, "tx", frames(10))
        assert running.stop() == 0
        with closing(sqlite3.connect(archive)) as database:
            assert database.execute(hours).fetchall() == [(sent,)]
