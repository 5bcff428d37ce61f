"""What the power cuts of tests/lab/power.py do to SQLite: nothing where it syncs, and harm where it does not."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from traffic_analyzer.store.damage.copy import make_copy, restore_copy
from traffic_analyzer.store.damage.files import copy_of
from traffic_analyzer.store.damage.rescue import rescue
from traffic_analyzer.store.tiers.archive import Archive
from traffic_analyzer.store.writer import Store

from ..lab.power import Cut, Recording
from ..unit.store.tiers.archives import minute_batch, take
from ..unit.store.tiers.kills import hours_in, is_whole, last_of, minute_of, summed

#: Adds to rows all over the file, with a sum of 0 in each transaction, and notes each commit when it was told of it.
_WRITER = """
import random, sqlite3, sys
path, journal_mode, synchronous, transactions, marks = *sys.argv[1:4], int(sys.argv[4]), sys.argv[5]
database = sqlite3.connect(path, isolation_level=None)
database.execute(f"PRAGMA journal_mode = {journal_mode}")
database.execute(f"PRAGMA synchronous = {synchronous}")
database.execute("PRAGMA wal_autocheckpoint = 200")
database.execute("PRAGMA cache_size = 20")
chance = random.Random(1)
with open(marks, "a") as witness:
    for number in range(1, transactions + 1):
        database.execute("BEGIN")
        database.execute("INSERT INTO done VALUES (?)", (number,))
        for key in chance.sample(range(2000), 30):
            database.execute("UPDATE row SET value = value + ?, filler = ? WHERE key = ?",
                             (number, chance.randbytes(chance.randrange(300)), key))
            database.execute("UPDATE row SET value = value - ? WHERE key = ?", (number, (key * 7) % 2000))
        database.execute("COMMIT")
        print(number, file=witness, flush=True)
"""
_TRANSACTIONS = 60
_CUTS = 100


def _recorded(tmp_path: Path, journal_mode: str, synchronous: str) -> Recording:
    folder = tmp_path / "disk"
    folder.mkdir()
    path = folder / "traffic.db"
    with closing(sqlite3.connect(path)) as made, made:
        made.execute("CREATE TABLE done (number INTEGER PRIMARY KEY)")
        made.execute("CREATE TABLE row (key INTEGER PRIMARY KEY, value INTEGER, filler BLOB)")
        made.executemany("INSERT INTO row VALUES (?, 0, ?)", [(key, bytes(200)) for key in range(2000)])
    recording = Recording(folder, tmp_path / "log")
    arguments = [path, journal_mode, synchronous, str(_TRANSACTIONS), folder / "marks"]
    subprocess.run([sys.executable, "-c", _WRITER, *arguments], env=recording.environment(), check=True, timeout=120)
    return recording


def _lost(cut: Cut, folder: Path) -> int:
    """How many transactions are lost that the process had been told of.

    :raises sqlite3.DatabaseError: the database is damaged.
    """
    with closing(sqlite3.connect(cut.write(folder) / "traffic.db")) as database:
        if (found := database.execute("PRAGMA integrity_check").fetchone()[0]) != "ok":
            raise sqlite3.DatabaseError(found)
        ((total, done, highest),) = database.execute(
            "SELECT (SELECT sum(value) FROM row), count(*), ifnull(max(number), 0) FROM done"
        )
    if total or done != highest:
        raise sqlite3.DatabaseError("half a transaction")
    return len(cut.marks) - int(done)


@pytest.mark.parametrize("journal_mode", ["wal", "delete", "truncate"])
def test_the_record_is_exact(tmp_path: Path, journal_mode: str) -> None:
    recording = _recorded(tmp_path, journal_mode, "full")
    disk = recording.disk()
    for record in recording.records():
        disk.apply(record)
    there = {path.name: path.read_bytes() for path in (tmp_path / "disk").iterdir()}
    assert disk.marks == tuple(there.pop("marks").decode().split()) == tuple(map(str, range(1, _TRANSACTIONS + 1)))
    assert {name: content for name, content in there.items() if not name.endswith("-shm")} == disk.now()


@pytest.mark.parametrize(
    ("journal_mode", "synchronous", "lost_max"),
    [
        ("wal", "full", 0),
        ("wal", "normal", _TRANSACTIONS),  # they last from the next checkpoint on
        ("truncate", "full", 0),
        ("delete", "extra", 0),
        ("delete", "full", 1),  # the journal's removal may be lost, and the transaction is rolled back
    ],
)
def test_synced_databases_outlast_it(tmp_path: Path, journal_mode: str, synchronous: str, lost_max: int) -> None:
    recording = _recorded(tmp_path, journal_mode, synchronous)
    lost = [_lost(cut, tmp_path / "after") for cut in recording.cuts(_CUTS, 1)]
    assert len(lost) == _CUTS
    assert max(lost) <= lost_max
    if lost_max:
        assert max(lost) > 0


@pytest.mark.parametrize("journal_mode", ["wal", "delete", "truncate"])
def test_others_do_not(tmp_path: Path, journal_mode: str) -> None:
    recording = _recorded(tmp_path, journal_mode, "off")
    damaged = 0
    for cut in recording.cuts(_CUTS, 1):
        try:
            _lost(cut, tmp_path / "after")
        except sqlite3.DatabaseError:
            damaged += 1
    assert damaged > _CUTS // 20


_MADE = """
import sqlite3, sys
made = sqlite3.connect(sys.argv[1], isolation_level=None)
made.execute("PRAGMA synchronous = normal")
made.execute("BEGIN")
for number in range(60):
    made.execute(f"CREATE TABLE flow_minute{number or ''} (number INTEGER PRIMARY KEY, filler BLOB)")
made.execute("COMMIT")
made.execute(f"PRAGMA journal_mode = {sys.argv[2]}")
for number in range(5):
    made.execute("INSERT INTO flow_minute (filler) VALUES (zeroblob(3000))")
"""


@pytest.mark.parametrize("journal_mode", ["wal", "delete"])
def test_a_new_database_outlasts_it(tmp_path: Path, journal_mode: str) -> None:
    """Nothing has to be set aside: SQLite takes half a beginning back by itself."""
    folder = tmp_path / "disk"
    folder.mkdir()
    recording = Recording(folder, tmp_path / "log")
    program = [sys.executable, "-c", _MADE, folder / "traffic.db", journal_mode]
    subprocess.run(program, env=recording.environment(), check=True, timeout=120)
    for cut in recording.cuts(3 * _CUTS, 3):
        assert rescue(cut.write(tmp_path / "after") / "traffic.db", 9) is None


#: A copy, more rows, another copy, damage, a rescue, rows again, a rescue of nothing at all. A page is lost at a time.
_RESCUED = """
import os, sqlite3, sys
from contextlib import closing
from pathlib import Path
from traffic_analyzer.store.tiers.archive import Archive
from traffic_analyzer.store.damage.copy import make_copy
from traffic_analyzer.store.damage.rescue import rescue
from traffic_analyzer.store.writer import Store
path, journal_mode = Path(sys.argv[1]), sys.argv[2]
def add(begin, end):
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        database.execute(f"PRAGMA journal_mode = {journal_mode}")
        database.execute("PRAGMA synchronous = extra")
        for number in range(begin, end):
            database.execute("BEGIN")
            database.execute("INSERT INTO flow_minute VALUES (?, ?)", (number, bytes(500)))
            database.execute("UPDATE flow_minute SET filler = ? WHERE number < 100", (os.urandom(300),))
            database.execute("COMMIT")
for turn in range(1, 4):
    make_copy(path, turn)
    add(200 * turn, 200 * turn + 2)
    if turn < 3:
        fd = os.open(path, os.O_RDWR)
        os.pwrite(fd, bytes(4096), 5 * 4096)
        os.fsync(fd)
        os.close(fd)
    else:
        os.unlink(path)
    assert rescue(path, turn).copied_unix_s == turn
    add(200 * turn + 100, 200 * turn + 102)
    make_copy(path, turn)
"""


@pytest.mark.parametrize("journal_mode", ["wal", "delete", "truncate"])
def test_rescues_and_copies_outlast_it(tmp_path: Path, journal_mode: str) -> None:
    """After each cut there is a good copy, and a database that holds at least what the first copy held."""
    folder = tmp_path / "disk"
    folder.mkdir()
    path = folder / "traffic.db"
    with closing(sqlite3.connect(path)) as made, made:
        made.execute("CREATE TABLE flow_minute (number INTEGER PRIMARY KEY, filler BLOB)")
        made.executemany("INSERT INTO flow_minute VALUES (?, ?)", [(key, bytes(500)) for key in range(200)])
    make_copy(path, 0)
    recording = Recording(folder, tmp_path / "log")
    program = [sys.executable, "-c", _RESCUED, path, journal_mode]
    subprocess.run(program, env=recording.environment(), check=True, timeout=120)
    rescued = 0
    for cut in recording.cuts(3 * _CUTS, 2):
        after = cut.write(tmp_path / "after") / "traffic.db"
        other = after.with_name("other.db")
        copy_of(other).write_bytes(cut.files["traffic.db.copy.gz"])
        assert restore_copy(other)
        rescued += rescue(after, 9) is not None
        assert rescue(after, 9, thorough=True) is None
        with closing(sqlite3.connect(after)) as database:
            assert database.execute("SELECT count(*) FROM flow_minute WHERE number < 200").fetchone() == (200,)
    assert rescued > _CUTS // 10


#: The real store and its archive, as the daemon has them: the archive, or the one file, is in the recorded folder.
_STORE = """
import random, sys
from pathlib import Path
from tests.unit.store.tiers.kills import live
working, path, batches, marks = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
with open(marks, "ab", buffering=0) as witness:
    live(working, path, 0, random.Random(3), lambda *said: witness.write(b"%s %d\\n" % said), batches)
"""
_STORE_CUTS = 60


def _stored(tmp_path: Path, is_apart: bool) -> Recording:
    folder = tmp_path / "disk"
    folder.mkdir()
    recording = Recording(folder, tmp_path / "log")
    working = tmp_path / "working.db" if is_apart else folder / "traffic.db"
    root = Path(__file__).parents[2]
    environment = recording.environment() | {"PYTHONPATH": os.pathsep.join([str(root), *sys.path])}
    program = [sys.executable, "-c", _STORE, working, folder / "traffic.db", "90", folder / "marks"]
    subprocess.run(program, env=environment, check=True, timeout=120)
    return recording


def _said(cut: Cut, what: bytes) -> int:
    """The last number that the process said that of."""
    said = [line.split() for line in cut.marks]
    return max((int(number) for word, number in said if word == what.decode()), default=-1)


def test_an_archive_outlasts_it(tmp_path: Path) -> None:
    """Each take that was acknowledged is there, and none by half; all that is lost came after it."""
    recording, takes = _stored(tmp_path, is_apart=True), set()
    for cut in recording.cuts(_STORE_CUTS, 4):
        path = cut.write(tmp_path / "after") / "traffic.db"
        assert is_whole(path)
        assert hours_in(path) in (summed(_said(cut, b"taken")), summed(_said(cut, b"sealed")))
        assert rescue(path, 9) is None
        with closing(Store(tmp_path / "after" / "working.db")) as store:  # another one, after the boot
            store.commit(minute_batch(minute_of(1_000), 1_000))
            with closing(Archive(path, tmp_path / "after" / "working.db")) as archive:
                take(store, archive, minute_of(1_001))
        assert minute_of(1_000) // 3600 * 3600 in hours_in(path)
        takes.add(_said(cut, b"taken"))
    assert len(takes) > 5


def test_a_database_alone_outlasts_it(tmp_path: Path) -> None:
    """What was committed before the last seal is there, in minutes and in hours, once."""
    recording, seals = _stored(tmp_path, is_apart=False), set()
    for cut in recording.cuts(_STORE_CUTS, 5):
        path = cut.write(tmp_path / "after") / "traffic.db"
        last = last_of(path, path)
        assert _said(cut, b"sealed") <= last <= _said(cut, b"committed") + 1
        seals.add(_said(cut, b"sealed"))
    assert len(seals) > 5


def test_what_is_not_recorded_ends_the_process(tmp_path: Path) -> None:
    folder = tmp_path / "disk"
    folder.mkdir()
    recording = Recording(folder, tmp_path / "log")
    program = "import os, sys; os.writev(os.open(sys.argv[1], os.O_RDWR | os.O_CREAT), [b'x'])"
    done = subprocess.run(
        [sys.executable, "-c", program, folder / "file"], env=recording.environment(), capture_output=True
    )
    assert done.returncode < 0
    assert b"writev on a file of the folder is not recorded" in done.stderr
