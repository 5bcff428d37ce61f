"""Reading a database's bytes harms nobody who has it open, and a file is replaced whole or not at all."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from traffic_analyzer.store.damage.files import (
    blocks,
    copy_of,
    descriptor,
    ended_uncleanly,
    forget_removed,
    let_go,
    replacing,
    sibling,
    size_bytes,
    sync_folder,
)

from .damage import connect, database, fill

_OTHER = """
import sqlite3, sys
with sqlite3.connect(sys.argv[1], timeout=0) as database:
    database.execute("DELETE FROM flow_minute")
"""


def _another_process_may_write(path: Path) -> bool:
    return not subprocess.run([sys.executable, "-c", _OTHER, path], capture_output=True).returncode


def test_names() -> None:
    path = Path("folder/traffic.db")
    assert sibling(path, "-wal") == Path("folder/traffic.db-wal")
    assert copy_of(path) == Path("folder/traffic.db.copy.gz")


def test_sizes(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(bytes(7))
    assert size_bytes(tmp_path / "file") == 7
    assert size_bytes(tmp_path / "none") == size_bytes(tmp_path / "file" / "none") == 0


def test_an_end_is_unclean_where_a_journal_is_left(tmp_path: Path) -> None:
    path = database(tmp_path / "traffic.db", "wal")
    assert not ended_uncleanly(path)
    with closing(connect(path)) as writer:
        fill(writer, 10_000, 10_001)
        assert ended_uncleanly(path)
    assert not ended_uncleanly(path)
    sibling(path, "-journal").touch()  # as journal_mode=TRUNCATE leaves it
    assert not ended_uncleanly(path)
    sibling(path, "-journal").write_bytes(b"x")
    assert ended_uncleanly(path)


def test_locks_outlast_the_reading(tmp_path: Path) -> None:
    path = database(tmp_path / "traffic.db")
    content = path.read_bytes()
    with closing(connect(path)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM flow_minute").fetchall()
        assert b"".join(blocks(path)) == content
        assert not _another_process_may_write(path)
        path.open("rb").close()  # what is avoided here
        assert _another_process_may_write(path)


def test_one_descriptor_a_file_until_it_is_removed(tmp_path: Path) -> None:
    path, other = tmp_path / "traffic.db", tmp_path / "other.db"
    path.write_bytes(b"1")
    other.write_bytes(b"2")
    first = descriptor(path)
    assert descriptor(path) == first != descriptor(other)
    path.rename(tmp_path / "moved.db")
    path.write_bytes(b"3")
    assert os.pread(descriptor(path), 9, 0) == b"3"
    assert descriptor(tmp_path / "moved.db") == first
    (tmp_path / "moved.db").unlink()
    forget_removed()
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(first)
    assert os.pread(descriptor(other), 9, 0) == b"2"


def test_no_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path, tmp_path / "pipe"):
        with pytest.raises(IsADirectoryError):
            descriptor(path)
    with pytest.raises(FileNotFoundError):
        descriptor(tmp_path / "none")


def test_replaced_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")
    with pytest.raises(ZeroDivisionError), replacing(path) as file:
        file.write(b"half")
        raise ZeroDivisionError
    assert path.read_bytes() == b"old"
    with replacing(path) as file:
        file.write(b"new")
        assert path.read_bytes() == b"old"
    assert path.read_bytes() == b"new"
    sync_folder(tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["file"]


def test_what_was_let_go_is_held_no_longer(tmp_path: Path) -> None:
    (tmp_path / "one").write_bytes(b"one")
    (tmp_path / "two").write_bytes(b"two")
    one, two = (descriptor(tmp_path / name) for name in ("one", "two"))
    let_go(tmp_path / "one")
    let_go(tmp_path / "one")
    let_go(tmp_path / "none")
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(one)
    assert os.pread(two, 9, 0) == b"two" and os.pread(descriptor(tmp_path / "one"), 9, 0) == b"one"
