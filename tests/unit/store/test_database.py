"""Reading needs no right to write, sees what is not checkpointed yet, and waits for nobody."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from traffic_analyzer.errors import StoreError
from traffic_analyzer.store.database import open_readable, open_writable
from traffic_analyzer.store.writer import Store

from ..nobody import as_nobody, freeze, public_folder
from ..traffic import batch, flow_key, stored

_SUM = "SELECT sum(bytes) FROM flow_minute"


@pytest.fixture
def folder() -> Iterator[Path]:
    with public_folder() as made:
        yield made


def _sum(path: Path) -> int:
    with open_readable(path) as database:
        return int(database.execute_sql(_SUM).fetchone()[0])


def _left_behind(folder: Path, *names: str) -> Path:
    """A database as a power cut leaves it: its last commit only in the write-ahead log."""
    source = folder / "source"
    source.mkdir()
    with closing(Store(stored(source / "traffic.db", batch({flow_key(): (1, 1)})))) as store:
        store.commit(batch({flow_key(): (10, 1)}, generation=1))
        for name in names:
            shutil.copyfile(source / name, folder / name)
    shutil.rmtree(source)
    return folder / "traffic.db"


def test_a_writer_s_log_is_not_taken_away_when_its_process_reads_too(folder: Path) -> None:
    """Another process that is the last to close a database removes its log: a reader here must not make it that."""
    path = folder / "traffic.db"
    program = "import sqlite3, sys; d = sqlite3.connect(sys.argv[1]); d.execute('SELECT 1 FROM meta_kv'); d.close()"
    with closing(Store(path)) as store:
        store.commit(batch({flow_key(): (5, 1)}, generation=0))
        assert _sum(path) == 5
        subprocess.run([sys.executable, "-c", program, path], check=True)
        store.commit(batch({flow_key(): (6, 1)}, generation=1))
        assert _sum(path) == 11


def test_a_frozen_database_is_read(folder: Path) -> None:
    path = stored(folder / "traffic.db", batch({flow_key(): (7, 1)}))
    freeze(folder)
    with as_nobody():
        assert _sum(path) == 7
    assert [p.name for p in folder.iterdir()] == ["traffic.db"]


def test_somebody_without_rights_reads_what_a_writer_has_not_checkpointed(folder: Path) -> None:
    path = folder / "traffic.db"
    with closing(Store(path)) as store:
        for number in range(3):
            store.commit(batch({flow_key(): (5, 1)}, generation=number))
            assert (folder / "traffic.db-wal").stat().st_size > 0
            with as_nobody():
                assert _sum(path) == 5 * (number + 1)


def test_a_log_that_was_left_behind_is_read(folder: Path) -> None:
    assert _sum(_left_behind(folder, "traffic.db", "traffic.db-wal")) == 11


def test_a_frozen_log_is_read_with_its_index_and_never_passed_over_without(folder: Path) -> None:
    path = _left_behind(folder, "traffic.db", "traffic.db-wal", "traffic.db-shm")
    freeze(folder)
    with as_nobody():
        assert _sum(path) == 11
    folder.chmod(0o755)
    (folder / "traffic.db-shm").unlink()
    freeze(folder)
    with as_nobody(), pytest.raises(StoreError, match="latest rows are in traffic.db-wal"):
        _sum(path)


def test_reading_waits_for_no_writer(tmp_path: Path) -> None:
    path = stored(tmp_path / "traffic.db", batch({flow_key(): (7, 1)}))
    with closing(sqlite3.connect(path, isolation_level=None)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        writer.execute("UPDATE flow_minute SET bytes = 1000")
        assert _sum(path) == 7
        writer.execute("COMMIT")
    assert _sum(path) == 1000


def test_a_reader_cannot_write(tmp_path: Path) -> None:
    path = stored(tmp_path / "traffic.db", batch({flow_key(): (7, 1)}))
    with pytest.raises(StoreError, match="readonly"), open_readable(path) as database:
        database.execute_sql("DELETE FROM flow_minute")
    assert _sum(path) == 7


@pytest.mark.parametrize("name", ["a?b#c%20d.db", "with space.db", "ünïcode.db", "file:x.db", "a&mode=rwc.db"])
def test_awkward_names(tmp_path: Path, name: str) -> None:
    path = stored(tmp_path / name, batch({flow_key(): (7, 1)}))
    assert path.exists() and _sum(path) == 7


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"", "no traffic yet"), (b"hello\n", "not an SQLite database"), (b"SQLite format 3\0" + bytes(84), "--db"),
     (b"SQLite format 3\0" + b"\xff" * 5000, "--db")],
    ids=["empty", "text", "head only", "garbage"],
)  # fmt: skip
def test_what_is_no_database(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "strange.db"
    path.write_bytes(content)
    with pytest.raises(StoreError, match=said), open_readable(path):
        pass
    if content:
        with pytest.raises(StoreError):
            open_writable(path)
        assert path.read_bytes() == content


def test_a_folder_that_cannot_be_made(folder: Path) -> None:
    (folder / "file").touch()
    with pytest.raises(StoreError, match="cannot be made"):
        open_writable(folder / "file" / "below" / "traffic.db")
    folder.chmod(0o555)
    with as_nobody(), pytest.raises(StoreError, match="Permission denied"):
        open_writable(folder / "below" / "traffic.db")
    with as_nobody(), pytest.raises(StoreError, match="unable to open"):
        open_writable(folder / "traffic.db")


@pytest.mark.parametrize("may_make", [True, False])
def test_a_database_of_another_program_is_left_alone(tmp_path: Path, may_make: bool) -> None:
    path = tmp_path / "other.db"
    with closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TABLE theirs (a)")
        other.commit()
    before = path.read_bytes()
    with pytest.raises(StoreError, match="another program"):
        open_writable(path, may_make)
    assert path.read_bytes() == before


def test_a_seed_without_flows_is_a_seed(tmp_path: Path) -> None:
    path = tmp_path / "seed.db"
    with closing(sqlite3.connect(path)) as seed:
        seed.execute("CREATE TABLE dns_1m (ts_minute, iface, qname, qtype, count)")
        seed.execute("INSERT INTO dns_1m VALUES (60, 'eth0', 'a.example', 1, 2)")
        seed.commit()
    with open_readable(path) as copy:
        assert copy.execute_sql("SELECT count FROM dns_1m").fetchall() == [(2,)]
    with closing(open_writable(path)) as database:
        assert database.execute_sql("SELECT count FROM dns_1m").fetchall() == [(2,)]
