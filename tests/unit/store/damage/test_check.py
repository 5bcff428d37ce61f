"""Damage is told from mistakes and from bad luck; what is said to be sound can be read."""

from __future__ import annotations

import os
import sqlite3
import subprocess
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from traffic_analyzer.errors import StoreError
from traffic_analyzer.store.damage import check as checks
from traffic_analyzer.store.damage.check import check
from traffic_analyzer.store.damage.faults import is_corruption
from traffic_analyzer.store.damage.files import ended_uncleanly, sibling
from traffic_analyzer.store.database import open_writable

from ...nobody import as_nobody, public_folder
from ..seeds import NEW_ROWS, seed
from .damage import (
    PAGE_BYTES,
    SUM,
    connect,
    database,
    fill,
    flip,
    garbage,
    overwrite,
    total,
    truncate,
)


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return database(tmp_path_factory.mktemp("sound") / "traffic.db").read_bytes()


@pytest.fixture
def path(tmp_path: Path, sound: bytes) -> Path:
    path = tmp_path / "traffic.db"
    path.write_bytes(sound)
    return path


def test_sound(path: Path) -> None:
    assert check(path) is None
    assert check(path, thorough=True) is None
    assert total(path) == SUM
    assert [p.name for p in path.parent.iterdir()] == ["traffic.db"]


def test_nothing_to_check(tmp_path: Path) -> None:
    empty = tmp_path / "empty.db"
    empty.touch()
    assert check(empty) is None
    assert check(tmp_path / "missing.db") is None
    assert check(tmp_path / "no folder" / "missing.db") is None
    with closing(connect(tmp_path / "new.db")) as made:
        made.execute("PRAGMA user_version = 0")
        made.execute("VACUUM")
    assert check(tmp_path / "new.db") is None


def test_those_of_this_package_and_of_the_seed_are_known(tmp_path: Path) -> None:
    open_writable(tmp_path / "ours.db").close()
    seed(tmp_path / "seed.db", flow_1m_5t=NEW_ROWS, meta_kv=[])
    for path in (tmp_path / "ours.db", tmp_path / "seed.db"):
        assert check(path) is None
        overwrite(path, 0, garbage(1, 100))
        assert check(path) == "its first bytes are not those of a database"


@pytest.mark.parametrize("size_bytes", [6, 16, 99, 100, 511, 2048, 4095, 4096, 4097, 8192, 50_000, 102_400, -1, -4096])
def test_truncated(path: Path, size_bytes: int) -> None:
    truncate(path, size_bytes if size_bytes > 0 else path.stat().st_size + size_bytes)
    assert check(path)


@pytest.mark.parametrize("count", [1, 16, 100, 4096, 65_536])
@pytest.mark.parametrize("content", [bytes, lambda count: garbage(2, count), lambda count: b"\xff" * count])
def test_the_begin_is_overwritten(path: Path, count: int, content: Callable[[int], bytes]) -> None:
    overwrite(path, 0, content(count))
    assert check(path)


def test_each_byte_of_the_header(path: Path, sound: bytes) -> None:
    """What goes unnoticed can be read and written; a later version, which cannot be told from one, is refused."""
    unnoticed = 0
    for at in range(100):
        for value in (0, 255):
            if sound[at] == value:
                continue
            path.write_bytes(sound)
            overwrite(path, at, bytes([value]))
            if check(path) is None and not 60 <= at < 64:
                unnoticed += 1
                with closing(connect(path)) as written:
                    fill(written, 10_000, 10_010)
                assert total(path) == SUM + sum(range(10_000, 10_010)), at
    assert 0 < unnoticed < 100


@pytest.mark.parametrize("seed", range(150))
def test_flipped_bytes(path: Path, seed: int) -> None:
    flip(path, seed, 1 + seed % 40)
    if check(path) is None:
        total(path)
    if seed % 40 == 39:
        assert check(path)


def test_zeroed_pages(path: Path, sound: bytes) -> None:
    for page in range(len(sound) // PAGE_BYTES):
        path.write_bytes(sound)
        overwrite(path, page * PAGE_BYTES, bytes(PAGE_BYTES))
        assert check(path), page


def test_nothing_but_zeros(path: Path) -> None:
    overwrite(path, 0, bytes(path.stat().st_size))
    assert check(path)


def test_a_text_that_is_none(path: Path) -> None:
    with closing(connect(path)) as database:
        database.execute("INSERT INTO domain (text) VALUES (CAST(X'66ff' AS TEXT))")
        with pytest.raises(sqlite3.OperationalError) as error:
            database.execute("SELECT text FROM domain").fetchall()
    assert check(path) == "in domain, text, is a text that is none"
    assert is_corruption(error.value)


def test_no_table_is_left(path: Path) -> None:
    overwrite(path, 103, bytes(2))
    assert check(path)


@pytest.mark.parametrize("version", [0, -1, 0x04000003])
def test_the_version_cannot_be(path: Path, version: int) -> None:
    with closing(connect(path)) as database:
        database.execute("CREATE TABLE kernel_instance (instance TEXT)")
        database.execute(f"PRAGMA user_version = {version}")
    assert check(path) == f"its version cannot be {version}"


def test_a_later_version_is_no_damage(path: Path) -> None:
    with closing(connect(path)) as database:
        database.execute("PRAGMA user_version = 99")
    assert check(path) is None


def _lose_an_index_row(path: Path) -> None:
    with closing(connect(path)) as database:
        (page,) = database.execute("SELECT rootpage FROM sqlite_master WHERE name = 'meta_kv'").fetchone()
        database.execute("INSERT INTO meta_kv VALUES ('a', 'b')")
    overwrite(path, (page - 1) * PAGE_BYTES, bytes([13, 0, 0, 0, 0, 16, 0, 0]))  # an empty leaf


def test_an_index_that_lacks_a_row_takes_a_thorough_check(path: Path) -> None:
    _lose_an_index_row(path)
    assert check(path) is None
    assert check(path, thorough=True)


@pytest.mark.parametrize("journal_mode", ["delete", "wal"])
@pytest.mark.parametrize("content", [b"", bytes(5000), garbage(3, 5000)])
@pytest.mark.parametrize("suffix", ["-wal", "-journal", "-shm"])
def test_garbage_beside_it_does_no_harm(tmp_path: Path, journal_mode: str, content: bytes, suffix: str) -> None:
    path = database(tmp_path / "traffic.db", journal_mode)
    sibling(path, suffix).write_bytes(content)
    assert check(path) is None
    assert total(path) == SUM


def test_a_torn_log_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    path = _died(database(tmp_path / "source.db", "wal"), tmp_path / "traffic.db")
    truncate(sibling(path, "-wal"), sibling(path, "-wal").stat().st_size - 1000)
    assert ended_uncleanly(path)
    assert check(path) is None
    assert total(path) >= SUM
    assert not ended_uncleanly(path)


def test_a_journal_mends_even_the_header(path: Path, tmp_path: Path) -> None:
    torn = tmp_path / "torn.db"
    with closing(connect(path)) as writer:
        writer.execute("PRAGMA cache_size = 2")
        writer.execute("BEGIN")
        writer.execute("CREATE TABLE one_more (column)")
        fill(writer, 10_000, 12_000)
        for suffix in ("", "-journal"):
            sibling(torn, suffix).write_bytes(sibling(path, suffix).read_bytes())
    overwrite(torn, 0, bytes(PAGE_BYTES))
    assert check(torn) is None
    assert total(torn) == SUM


def _died(source: Path, target: Path) -> Path:
    """*source* as it is while somebody has written to it."""
    with closing(connect(source)) as writer:
        writer.execute("PRAGMA journal_mode")
        for begin in (10_000, 10_100):
            fill(writer, begin, begin + 100)
        target.write_bytes(source.read_bytes())
        sibling(target, "-wal").write_bytes(sibling(source, "-wal").read_bytes())
    return target


def test_a_large_one_is_checked_through_after_an_unclean_end_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checks, "_THROUGH_MAX_BYTES", PAGE_BYTES)
    path = _died(database(tmp_path / "source.db", "wal"), tmp_path / "traffic.db")
    overwrite(path, 20 * PAGE_BYTES, bytes(PAGE_BYTES))
    log = sibling(path, "-wal").read_bytes()
    sibling(path, "-wal").unlink()
    assert check(path) is None
    assert check(path, thorough=True)
    sibling(path, "-wal").write_bytes(log)
    assert check(path)


def test_a_check_is_bounded(path: Path) -> None:
    with closing(connect(path)) as database:
        database.execute("BEGIN")
        fill(database, 10_000, 60_000)
        database.execute("COMMIT")
    _lose_an_index_row(path)
    assert check(path, thorough=True)
    assert check(path, thorough=True, seconds=0) is None


def test_no_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path, tmp_path / "pipe", Path("/dev/null")):
        with pytest.raises(StoreError, match="not a file"):
            check(path)


@pytest.mark.parametrize("journal_mode", ["delete", "wal"])
def test_locked(tmp_path: Path, journal_mode: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "_BUSY_TIMEOUT_S", 0.1)
    path = database(tmp_path / "traffic.db", journal_mode)
    with closing(connect(path)) as other:
        other.execute("PRAGMA locking_mode = exclusive")
        other.execute("BEGIN EXCLUSIVE")
        assert check(path) is None


def test_no_permission() -> None:
    with public_folder() as folder:
        path = database(folder / "traffic.db")
        overwrite(path, 0, bytes(100))
        path.chmod(0)
        with as_nobody():
            assert check(path) is None


@pytest.mark.parametrize("journal_mode", ["delete", "wal"])
def test_read_only_disk(tmp_path: Path, journal_mode: str) -> None:
    path = database(tmp_path / "traffic.db", journal_mode)
    if os.geteuid():
        pytest.skip("mounting takes root")
    subprocess.run(["mount", "--bind", "-o", "ro", tmp_path, tmp_path], check=True)
    subprocess.run(["mount", "-o", "remount,bind,ro", tmp_path], check=True)
    try:
        assert check(path) is None
        subprocess.run(["mount", "-o", "remount,bind,rw", tmp_path], check=True)
        overwrite(path, 20 * PAGE_BYTES, bytes(PAGE_BYTES))
        subprocess.run(["mount", "-o", "remount,bind,ro", tmp_path], check=True)
        assert check(path)
    finally:
        subprocess.run(["umount", "--lazy", tmp_path], check=True)
