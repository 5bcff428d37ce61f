"""One file holds everything, and comes into another store once: every sum, in every tier, then and later."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from traffic_analyzer.errors import StoreError
from traffic_analyzer.reports.registry import REPORTS, run
from traffic_analyzer.reports.selection import Selection
from traffic_analyzer.store.exchange.backup import export_to, exported
from traffic_analyzer.store.exchange.intake import import_from
from traffic_analyzer.store.facts import MINUTES_SINCE
from traffic_analyzer.store.writer import Store

from ...traffic import MINUTE, home, stored
from ..seeds import rows
from .tiers import DAY, all_of, apart, days_of, full_store, home_of, minutes_of, small_disk, together

DAY_S = 86_400


@pytest.fixture
def full(tmp_path: Path) -> Path:
    return full_store(tmp_path / "full.db")


def _reports(path: Path) -> list[object]:
    selection = Selection(MINUTE - DAY_S, MINUTE + 4 * DAY_S, limit=100)
    return [
        run(path, name, selection).rows for name, report in REPORTS.items()
        if not (report.needs_device or report.needs_domain)
    ]  # fmt: skip


@pytest.fixture(autouse=True)
def no_debris(tmp_path: Path) -> Iterator[None]:
    yield
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_the_file_is_a_database_that_says_the_same(full: Path, tmp_path: Path) -> None:
    before, to = full.read_bytes(), tmp_path / "export.db"
    found = export_to(to, full, None)
    assert full.read_bytes() == before
    assert _reports(to) == _reports(full) != []
    assert (all_of(to), minutes_of(to), days_of(to)) == (all_of(full), minutes_of(full), days_of(full))
    assert rows(to, "SELECT * FROM quota_crossed") == [("month", 5, 80)]
    assert found.rows["flow_minute"] == 20 and found.rows["days"] > 5 < found.rows["hours"]
    assert found[1:] == (DAY, MINUTE + 60 * 3_001)
    for table in ("notice", "kernel_instance", "kernel_interface"):
        assert rows(full, f"SELECT * FROM {table}") and not rows(to, f"SELECT * FROM {table}")
    facts = dict(rows(to, "SELECT * FROM meta_kv"))
    assert facts["of a user"] == "kept" and facts["export_id"] == facts["store_id"]
    assert facts["store_id"] != dict(rows(full, "SELECT * FROM meta_kv"))["store_id"]
    assert rows(to, "PRAGMA integrity_check") == [("ok",)] and rows(to, "PRAGMA journal_mode") == [("delete",)]
    assert to.stat().st_mode & 0o777 == 0o600  # where a home's traffic goes is nobody else's business


def test_the_file_can_be_collected_into(full: Path, tmp_path: Path) -> None:
    export_to(tmp_path / "export.db", full, None)
    before = all_of(full)
    with closing(Store(tmp_path / "export.db")) as store:
        assert store.commit(home_of(4_000, 0))
    assert all_of(tmp_path / "export.db") == together(before, minutes_of(stored(tmp_path / "one.db", home(MINUTE))))


def test_it_can_be_sent_through_a_pipe(full: Path, tmp_path: Path) -> None:
    with exported(full, None) as file:
        (tmp_path / "piped.db").write_bytes(file.read())
    assert all_of(tmp_path / "piped.db") == all_of(full)


@pytest.mark.parametrize("is_given", [True, False])
def test_a_working_database_and_its_archive_become_one(full: Path, tmp_path: Path, is_given: bool) -> None:
    working, archive = apart(full, tmp_path)
    assert all_of(working) != all_of(full)
    to = tmp_path / "export.db"
    export_to(to, working, archive if is_given else None)
    assert (all_of(to), minutes_of(to), days_of(to)) == (all_of(full), minutes_of(full), days_of(full))
    assert _reports(to) == _reports(full)
    for database, is_held in ((working, archive), (archive, None), (full, None)):
        with pytest.raises(StoreError, match="already; nothing was changed"):
            import_from(to, database, is_held)


def test_an_archive_alone_is_exported_where_ram_was_lost(full: Path, tmp_path: Path) -> None:
    working, archive = apart(full, tmp_path)
    lost = all_of(working)
    working.unlink()
    to = tmp_path / "export.db"
    export_to(to, working, archive)
    assert together(all_of(to), lost) == all_of(full) and not working.exists()
    assert int(dict(rows(to, "SELECT * FROM meta_kv"))[MINUTES_SINCE]) > MINUTE + 60 * 2_900


def test_what_an_archive_took_meanwhile_is_not_counted_twice(full: Path, tmp_path: Path) -> None:
    working, archive = apart(full, tmp_path)
    with closing(Store(working)) as store:
        store.commit(home_of(3_005, 7))
        sequence = store.seal()
    before = all_of(working)
    (store_id,) = rows(working, "SELECT value FROM meta_kv WHERE key = 'store_id'")[0]
    with closing(sqlite3.connect(archive)) as database, database:  # it has them, and they are not deleted yet
        database.execute("INSERT OR REPLACE INTO meta_kv VALUES (?, ?)", (f"taken/{store_id}", str(sequence)))
    export_to(tmp_path / "export.db", working, archive)
    assert together(all_of(tmp_path / "export.db"), before) == together(all_of(archive), before)


def test_an_archive_that_is_ahead_of_the_store_is_refused(full: Path, tmp_path: Path) -> None:
    working, archive = apart(full, tmp_path)
    (store_id,) = rows(working, "SELECT value FROM meta_kv WHERE key = 'store_id'")[0]
    with closing(sqlite3.connect(archive)) as database, database:
        database.execute("INSERT OR REPLACE INTO meta_kv VALUES (?, '99')", (f"taken/{store_id}",))
    with pytest.raises(StoreError, match=f"^{archive}: holds what {working} has not handed over yet; try again$"):
        export_to(tmp_path / "export.db", working, None)
    assert not (tmp_path / "export.db").exists()


def test_a_working_database_without_its_archive_is_no_backup(full: Path, tmp_path: Path) -> None:
    working, archive = apart(full, tmp_path)
    new = tmp_path / "new.db"
    with pytest.raises(StoreError, match=f"^{working}: its hours and days are in {archive}; import what"):
        import_from(working, new, None)
    archive.unlink()
    with pytest.raises(StoreError, match=f"{archive}: no such database"):
        export_to(tmp_path / "export.db", working, None)
    assert not (tmp_path / "export.db").exists()


def test_a_file_that_is_there_is_not_written_over(full: Path, tmp_path: Path) -> None:
    before = full.read_bytes()
    for to in (full, tmp_path):
        with pytest.raises(StoreError, match=f"^{to}: exists; remove it, or choose another name$"):
            export_to(to, full, None)
    with pytest.raises(StoreError, match="cannot be written .No such file or directory"):
        export_to(tmp_path / "no folder" / "export.db", full, None)
    assert full.read_bytes() == before


def test_a_full_disk_is_said_and_nothing_is_left(full: Path, tmp_path: Path) -> None:
    with small_disk(tmp_path / "small", 64) as folder:
        with pytest.raises(StoreError, match=f"^{folder / 'export.db'}: [^\n]*(full|space)[^\n]*$"):
            export_to(folder / "export.db", full, None)
        assert list(folder.iterdir()) == []


def test_nothing_is_left_of_a_large_store_on_a_full_disk_either(full: Path, tmp_path: Path) -> None:
    """What does not fit into SQLite's cache leaves a journal, which a full disk does not let it put right."""
    with closing(sqlite3.connect(full)) as database, database:
        database.execute("CREATE TABLE notes (a)")
        database.executemany("INSERT INTO notes VALUES (?)", [(bytes(2_000),)] * 8_000)
    with small_disk(tmp_path / "small", 2_048) as folder:
        with pytest.raises(StoreError, match="full"):
            export_to(folder / "export.db", full, None)
        assert list(folder.iterdir()) == []


def test_the_collector_may_write_meanwhile(full: Path, tmp_path: Path) -> None:
    code = (
        "import sys, pathlib, itertools; from tests.unit.store.exchange.tiers import home_of\n"
        "from traffic_analyzer.store.writer import Store\n"
        "store = Store(pathlib.Path(sys.argv[1]))\n"
        "for number in itertools.count(10):\n"
        "    store.commit(home_of(3_002 + number // 5, number)); print(flush=True)"
    )
    process = subprocess.Popen([sys.executable, "-c", code, full], stdout=subprocess.PIPE)
    try:
        assert process.stdout
        for turn in range(4):
            for _ in range(7):
                assert process.stdout.readline(), "the writer has stopped"
            export_to(tmp_path / f"{turn}.db", full, None)
            theirs = stored(tmp_path / f"theirs {turn}.db", home_of(3_000 + 20 * turn, 0, 1_000 + turn))
            import_from(theirs, full, None)
        for _ in range(7):
            assert process.stdout.readline(), "the writer has stopped"
    finally:
        process.kill()
        process.communicate()
    sizes = []
    for turn in range(4):
        path = tmp_path / f"{turn}.db"
        minutes = rows(path, f"SELECT sum(bytes) FROM flow_minute WHERE minute_unix_s > {MINUTE + 60 * 3_000}")
        sizes.append(minutes[0][0])
        assert all_of(path)["traffic"] == all_of(path)["remote"]
    assert sizes == sorted(set(sizes))
    grown = all_of(full)["counter"][0] - all_of(tmp_path / "0.db")["counter"][0]
    minutes = minutes_of(full)["counter"][0] - minutes_of(tmp_path / "0.db")["counter"][0]
    assert grown == minutes > 0
