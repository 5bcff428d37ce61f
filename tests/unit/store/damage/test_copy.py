"""A copy is a whole database of one instant, whatever goes on beside it, and a bad one replaces nothing."""

from __future__ import annotations

import gzip
import resource
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from traffic_analyzer.errors import StoreError
from traffic_analyzer.store.damage import check as checks
from traffic_analyzer.store.damage import copy as copies
from traffic_analyzer.store.damage.copy import copied_unix_s, is_due, make_copy, restore_copy
from traffic_analyzer.store.damage.faults import is_disk_trouble
from traffic_analyzer.store.damage.files import copy_of, sibling

from ...disks import small_disk
from .damage import PAGE_BYTES, SUM, connect, database, fill, flip, garbage, overwrite, total, truncate

_NOW = 1_800_000_000
_DAY_S = 86_400


@pytest.mark.parametrize(
    ("copied", "days", "due"),
    [
        (None, 7, True),
        (None, 0, False),
        (_NOW, 7, False),
        (_NOW - 7 * _DAY_S + 1, 7, False),
        (_NOW - 7 * _DAY_S, 7, True),
        (_NOW + _DAY_S, 7, False),
        (_NOW + 7 * _DAY_S, 7, True),
        (0, 0, False),
    ],
)
def test_due(copied: int | None, days: int, due: bool) -> None:
    assert is_due(copied, _NOW, days) is due


@pytest.mark.parametrize("journal_mode", ["delete", "wal"])
def test_there_and_back(tmp_path: Path, journal_mode: str) -> None:
    path = database(tmp_path / "traffic.db", journal_mode)
    assert copied_unix_s(path) is None
    written = make_copy(path, _NOW)
    packed = copy_of(path).stat().st_size
    assert written == packed + (path.stat().st_size if journal_mode == "wal" else 0)
    assert packed < path.stat().st_size * 0.6
    assert copied_unix_s(path) == _NOW
    assert {p.name for p in tmp_path.iterdir()} == {"traffic.db", "traffic.db.copy.gz"}
    path.unlink()
    assert restore_copy(path)
    assert total(path) == SUM
    assert {p.name for p in tmp_path.iterdir()} == {"traffic.db", "traffic.db.copy.gz"}


def test_what_is_only_in_the_log_is_copied(tmp_path: Path) -> None:
    path = database(tmp_path / "traffic.db", "wal")
    with closing(connect(path)) as writer:
        writer.execute("PRAGMA wal_autocheckpoint = 0")
        fill(writer, 10_000, 10_010)
        make_copy(path, _NOW)
    path.unlink()
    assert restore_copy(path)
    assert total(path) == SUM + sum(range(10_000, 10_010))


@pytest.mark.parametrize("journal_mode", ["delete", "wal"])
def test_one_instant_while_others_write(tmp_path: Path, journal_mode: str) -> None:
    """Each transaction moves bytes between two rows that are far apart: any copy has the same sum."""
    path, stop, written = database(tmp_path / "traffic.db", journal_mode, 30_000), threading.Event(), [0]
    before = total(path)

    def write() -> None:
        with closing(connect(path)) as writer:
            while not stop.is_set():
                writer.execute("BEGIN IMMEDIATE")
                for minute, sign in ((0, 1), (36_000 - 60, -1)):
                    writer.execute("UPDATE flow_minute SET bytes = bytes + ? WHERE minute = ?", (sign, minute))
                writer.execute("COMMIT")
                written[0] += 1

    thread = threading.Thread(target=write)
    thread.start()
    try:
        counts = []
        for number in range(3):
            counts.append(written[0])
            make_copy(path, _NOW + number)
            other = tmp_path / f"restored-{number}.db"
            copy_of(other).write_bytes(copy_of(path).read_bytes())
            assert restore_copy(other)
            assert total(other) == before
    finally:
        stop.set()
        thread.join()
    assert counts[-1] > counts[0]


@pytest.mark.parametrize("harm", [lambda p: flip(p, 1, 500), lambda p: truncate(p, 50_000)])
def test_a_damaged_one_replaces_no_copy(tmp_path: Path, harm: Callable[[Path], None]) -> None:
    path = database(tmp_path / "traffic.db")
    make_copy(path, _NOW)
    good = copy_of(path).read_bytes()
    harm(path)
    with pytest.raises(StoreError, match="not copied, because it is damaged"):
        make_copy(path, _NOW + 1)
    assert copy_of(path).read_bytes() == good


def test_nothing_to_copy(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="no such database"):
        make_copy(tmp_path / "traffic.db", _NOW)
    assert list(tmp_path.iterdir()) == []


def test_locked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (copies, checks):
        monkeypatch.setattr(module, "_BUSY_TIMEOUT_S", 0.1)
    path = database(tmp_path / "traffic.db")
    with closing(connect(path)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(StoreError, match="locked"):
            make_copy(path, _NOW)
    assert not copy_of(path).exists()


@pytest.mark.parametrize("journal_mode", ["delete", "wal"])
def test_no_room(tmp_path: Path, journal_mode: str) -> None:
    with small_disk(tmp_path / "disk", 4) as disk:
        path = database(disk.folder / "traffic.db", journal_mode)
        make_copy(path, _NOW)
        good = copy_of(path).read_bytes()
        disk.fill()
        with pytest.raises(StoreError, match="no copy could be made") as error:
            make_copy(path, _NOW + 1)
        assert is_disk_trouble(error.value)
        assert copy_of(path).read_bytes() == good
        path.unlink()
        disk.fill()
        with pytest.raises(OSError, match="No space left"):
            restore_copy(path)
        disk.free()
        assert restore_copy(path)
        assert total(path) == SUM


def test_no_copy(tmp_path: Path) -> None:
    assert not restore_copy(tmp_path / "traffic.db")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "harm",
    [
        lambda copy: truncate(copy, copy.stat().st_size - 9),
        lambda copy: truncate(copy, 0),
        lambda copy: truncate(copy, 5),
        lambda copy: flip(copy, 3, 20),
        lambda copy: overwrite(copy, 0, bytes(20)),
        lambda copy: copy.write_bytes(gzip.compress(b"")),
        lambda copy: copy.write_bytes(gzip.compress(b"text\n" * 5000)),
        lambda copy: copy.write_bytes(gzip.compress(gzip.decompress(copy.read_bytes())[: 30 * PAGE_BYTES])),
        lambda copy: copy.write_bytes(garbage(5, 10_000)),
    ],
)
def test_a_bad_copy_takes_no_place(tmp_path: Path, harm: Callable[[Path], None]) -> None:
    path = database(tmp_path / "traffic.db")
    make_copy(path, _NOW)
    harm(copy_of(path))
    assert not restore_copy(path)
    assert total(path) == SUM
    assert {p.name for p in tmp_path.iterdir()} == {"traffic.db", "traffic.db.copy.gz"}


def test_what_lay_beside_the_old_one_is_not_played_into_the_copy(tmp_path: Path) -> None:
    path = database(tmp_path / "traffic.db", "wal")
    make_copy(path, _NOW)
    with closing(connect(path)) as writer:
        fill(writer, 10_000, 10_100)
        log = sibling(path, "-wal").read_bytes()
    assert log
    path.unlink()
    sibling(path, "-wal").write_bytes(log)
    sibling(path, ".new-wal").write_bytes(log)
    assert restore_copy(path)
    assert total(path) == SUM


def test_a_copy_is_streamed(tmp_path: Path) -> None:
    """Of 60 MB, either way, less than 15 MB are in memory at once."""
    path = tmp_path / "traffic.db"
    database(path, rows=10)
    with closing(sqlite3.connect(path)) as large, large:
        large.execute("CREATE TABLE ballast (content BLOB)")
        large.executemany("INSERT INTO ballast VALUES (?)", ((garbage(n, 1 << 16),) for n in range(960)))
    assert path.stat().st_size > 60e6
    program = (
        "import resource, sys; from pathlib import Path; from traffic_analyzer.store.damage import copy\n"
        "path = Path(sys.argv[1]); peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss; before = peak()\n"
        "copy.make_copy(path, 1); path.unlink(); assert copy.restore_copy(path); print(peak() - before)"
    )
    grown_kib = int(subprocess.run([sys.executable, "-c", program, path], capture_output=True, check=True).stdout)
    assert 0 <= grown_kib < 15 << 10
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss > 0
