"""What comes from another database comes once, and every sum is right in every tier, then and later."""

from __future__ import annotations

import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from traffic_analyzer.errors import StoreError
from traffic_analyzer.store import models
from traffic_analyzer.store.database import open_writable
from traffic_analyzer.store.exchange.backup import export_to
from traffic_analyzer.store.exchange.intake import import_from
from traffic_analyzer.store.facts import HOURS_SINCE, MINUTES_SINCE, SEQUENCE
from traffic_analyzer.store.local_time import day_of
from traffic_analyzer.store.tiers.archive import Archive
from traffic_analyzer.store.writer import Store

from ...nobody import as_nobody, freeze, public_folder
from ...traffic import MINUTE, batch, flow_key, home, stored
from ..schema.version_1 import version_1
from ..schema.version_2 import version_2
from ..schema.version_3 import version_3
from ..seeds import CACHE_ROWS, DNS_ROWS, HEALTH_ROWS, NEW_ROWS, OLD_ROWS, SNI_ROWS, rows, seed
from ..tiers.archives import take as hand_over
from .tiers import (
    DAY,
    all_of,
    apart,
    days_of,
    everything,
    full_store,
    home_of,
    hours_of,
    minutes_of,
    roll_days,
    small_disk,
    take,
    together,
)

DAY_S = 86_400
_NAMES = {"dns_1m": DNS_ROWS, "sni_1m": SNI_ROWS, "dns_cache_1m": CACHE_ROWS, "collector_health_1m": HEALTH_ROWS}


@pytest.fixture
def full(tmp_path: Path) -> Path:
    return full_store(tmp_path / "full.db")


@pytest.fixture(autouse=True)
def no_debris(tmp_path: Path) -> Iterator[None]:
    yield
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_everything_comes_into_a_new_store_by_every_tier(full: Path, tmp_path: Path) -> None:
    export_to(tmp_path / "export.db", full, None)
    new = tmp_path / "new.db"
    found = import_from(tmp_path / "export.db", new, None)
    assert found.rows["flow_minute"] == 20 and found[1:] == (DAY, MINUTE + 60 * 3_001)
    assert minutes_of(new) == minutes_of(full)
    # A day that came without hours is its first hour now: nothing is missing.
    counted = [minutes_of(stored(tmp_path / f"{n}.db", home(MINUTE + n))) for n in range(7)]
    assert all_of(new) == together(*counted)
    facts = dict(rows(new, "SELECT * FROM meta_kv"))
    assert HOURS_SINCE not in facts and facts[MINUTES_SINCE] == str(MINUTE + 90_000)  # its days are hours here
    with closing(Store(new)) as store:
        take(new, store.seal())
    roll_days(new, DAY + 2 * DAY_S)
    assert days_of(new) == together(*counted[:5])
    assert rows(new, "SELECT DISTINCT name FROM device_name") == [("laptop",)]


@pytest.mark.parametrize("is_apart", [True, False])
@pytest.mark.parametrize("has_run", [True, False])
def test_an_archive_takes_what_came_and_knows_it_when_ram_is_lost(
    full: Path, tmp_path: Path, is_apart: bool, has_run: bool
) -> None:
    own, now_unix_s = tmp_path / "own.db", MINUTE + 60 * 3_010
    path = tmp_path / "archive.db" if is_apart else own
    with closing(Store(own)) as store, closing(Archive(path, own)) as archive:
        store.commit(home_of(2_990, 0, 1_000))
        if has_run:
            hand_over(store, archive, now_unix_s)
        import_from(full, own, path if is_apart else None)
        hand_over(store, archive, now_unix_s)
        hand_over(store, archive, now_unix_s)
    counted = [minutes_of(stored(tmp_path / f"{n}.db", home(MINUTE + n))) for n in range(7)]
    counted.append(minutes_of(stored(tmp_path / "own minute.db", home_of(0, 0, 1_000))))
    assert hours_of(path) == together(*counted)
    assert days_of(path) == together(*counted[:5])  # the last two and its own are of today
    if is_apart:
        own.unlink()
    with pytest.raises(StoreError, match="already; nothing was changed"):
        import_from(full, own, path if is_apart else None)


def _at_hour(hour: int) -> int:
    """Minutes from MINUTE to an hour of its day."""
    return (DAY - MINUTE) // 60 + hour * 60


def test_hours_that_are_left_of_a_day_are_not_counted_beside_it(tmp_path: Path) -> None:
    path, new = tmp_path / "a.db", tmp_path / "new.db"
    with closing(Store(path)) as store:
        for number, hour in enumerate((10, 12, 36)):
            store.commit(home_of(_at_hour(hour), number))
        take(path, store.seal())
    before = all_of(path)
    roll_days(path, day_of(DAY + 30 * 3600), DAY + 11 * 3600)  # in the middle of the first day
    assert len(rows(path, "SELECT DISTINCT start_unix_s FROM traffic_hour")) == 2
    import_from(path, new, None)
    assert all_of(new) == before


def test_what_became_an_hour_and_is_pending_still_is_counted_once(tmp_path: Path) -> None:
    path, new = stored(tmp_path / "a.db", home_of(0, 0)), tmp_path / "new.db"
    with closing(Store(path)) as store:
        take(path, store.seal(), forget=False)
    import_from(path, new, None)
    assert all_of(new) == all_of(path) == minutes_of(path)


def test_a_store_that_was_a_seed_knows_the_seed(tmp_path: Path) -> None:
    tables = {"flow_1m_5t": NEW_ROWS, **_NAMES}
    path, own = seed(tmp_path / "seed.db", **tables), seed(tmp_path / "own.db", **tables)
    stored(own, home_of(3, 0))
    with pytest.raises(StoreError, match="already; nothing was changed"):
        import_from(path, own, None)


@pytest.mark.parametrize("source", ["the same file", "a copy", "its export", "what an import of it exports"])
def test_rows_that_are_here_already_are_refused(full: Path, tmp_path: Path, source: str) -> None:
    path = {"the same file": full}.get(source, tmp_path / "from.db")
    if source == "a copy":
        shutil.copy(full, path)
    elif source == "its export":
        export_to(path, full, None)
    elif source == "what an import of it exports":
        import_from(full, tmp_path / "other.db", None)
        export_to(path, tmp_path / "other.db", None)
    before = everything(full)
    with pytest.raises(StoreError, match=f"^{path}: rows of it are in {full} already; nothing was changed$"):
        import_from(path, full, None)
    assert everything(full) == before


def _earlier(folder: Path) -> dict[str, Path]:
    return {
        "1": version_1(folder / "1.db"), "2": version_2(folder / "2.db"), "3": version_3(folder / "3.db"),
        "seed": seed(folder / "seed.db", flow_1m_5t=NEW_ROWS, **_NAMES),
        "older": seed(folder / "older.db", flow_1m=OLD_ROWS, **_NAMES),
    }  # fmt: skip


@pytest.mark.parametrize("name", ["1", "2", "3", "seed", "older"])
def test_earlier_versions_and_seeds_come_once_and_stay_as_they_are(tmp_path: Path, name: str) -> None:
    path, own = _earlier(tmp_path)[name], stored(tmp_path / "own.db", home(MINUTE + 7))
    upgraded = _earlier((tmp_path / "upgraded").mkdir() or tmp_path / "upgraded")[name]  # type: ignore[func-returns-value]
    open_writable(upgraded).close()
    before, here = path.read_bytes(), all_of(own)
    import_from(path, own, None)
    assert path.read_bytes() == before
    assert all_of(own) == together(here, minutes_of(upgraded))
    assert minutes_of(own) == together(here, minutes_of(upgraded))
    held = everything(own)
    for again in (path, upgraded):  # by what it holds: it has no id, or another one each time
        with pytest.raises(StoreError, match="already; nothing was changed"):
            import_from(again, own, None)
    assert everything(own) == held


_STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("commit"), st.integers(0, 12)),
        st.tuples(st.just("commit"), st.integers(0, 4_000)),
        st.tuples(st.just("seal"), st.just(0)),
        st.tuples(st.just("take"), st.just(0)),
    ),
    max_size=6,
)


@settings(max_examples=25, deadline=None)
@given(mine=_STEPS, theirs=_STEPS, later=_STEPS)
def test_sums_are_those_of_both_in_every_tier_then_and_later(tmp_path_factory, mine, theirs, later) -> None:
    folder = tmp_path_factory.mktemp("union")
    sums, generation = [], iter(range(1_000))

    def steps(store: Store, path: Path, taken: list[tuple[str, int]], size: int) -> None:
        for what, minutes in taken:
            if what == "commit":
                assert store.commit(home_of(minutes, next(generation), size))
                sums.append(minutes_of(units[size]))
            else:
                sequence = store.seal()
                if what == "take":
                    take(path, sequence)

    units = {size: stored(folder / f"unit{size}.db", home_of(0, 0, size)) for size in (1, 100)}
    here, there = folder / "here.db", folder / "there.db"
    with closing(Store(here)) as store:  # open all the while, as the collector has it
        steps(store, here, mine, 1)
        with closing(Store(there)) as other:
            steps(other, there, theirs, 100)
        import_from(there, here, None)
        for taken in ([], later, [("commit", 4_001), ("take", 0)]):
            steps(store, here, taken, 1)
            expected = together(*sums) if sums else minutes_of(stored(folder / "nothing.db"))
            assert all_of(here) == minutes_of(here) == expected


def test_an_archive_holds_what_it_took_though_the_store_was_lost(full: Path, tmp_path: Path) -> None:
    working, archive = apart(full, tmp_path)
    export_to(tmp_path / "export.db", working, None)
    working.unlink()
    with pytest.raises(StoreError, match="already; nothing was changed"):
        import_from(tmp_path / "export.db", working, archive)


def _strange(folder: Path, what: str) -> Path:
    path = folder / "strange.db"
    if what == "folder":
        path.mkdir()
    elif what == "text":
        path.write_text("SELECT 1;\n" * 1000)
    elif what == "empty":
        path.touch()
    elif what == "truncated":
        whole = stored(path, batch({flow_key(f"10.0.{n >> 8}.{n & 255}"): (1, 1) for n in range(2000)})).read_bytes()
        path.write_bytes(whole[: len(whole) // 2])
    elif what in ("of another program", "of another program with versions"):
        with closing(sqlite3.connect(path)) as database, database:
            database.execute("CREATE TABLE moz_cookies (id INTEGER)")
            database.execute(f"PRAGMA user_version = {4 if 'versions' in what else 0}")
    elif what == "later":
        with closing(sqlite3.connect(stored(path, home(MINUTE)))) as database:
            database.execute(f"PRAGMA user_version = {models.SCHEMA_VERSION + 1}")
    return path


@pytest.mark.parametrize(
    "what",
    ["missing", "folder", "text", "empty", "truncated", "of another program", "of another program with versions",
     "later"],
)  # fmt: skip
def test_what_is_no_backup_is_refused_in_one_line(full: Path, tmp_path: Path, what: str) -> None:
    path, before = _strange(tmp_path, what), everything(full)
    held = path.read_bytes() if path.is_file() else None
    with pytest.raises(StoreError, match=f"^{path}: [^\n]+$"):
        import_from(path, full, None)
    assert everything(full) == before and (path.read_bytes() if path.is_file() else None) == held


def test_a_file_that_may_only_be_read_is_enough(full: Path) -> None:
    with public_folder() as folder, public_folder() as own:
        export_to(folder / "export.db", full, None)
        shutil.copy(full, folder / "store.db")
        old = version_3(folder / "3.db")
        freeze(folder)
        own.chmod(0o777)
        with as_nobody():
            for path in (folder / "export.db", folder / "store.db", old):
                import_from(path, own / f"of {path.name}", None)
        assert all_of(own / "of export.db") == all_of(own / "of store.db")
        assert sorted(path.name for path in folder.iterdir()) == ["3.db", "export.db", "store.db"]


def test_an_import_that_finds_no_room_changes_nothing(tmp_path: Path) -> None:
    big = stored(tmp_path / "big.db", batch({flow_key(f"10.0.{n >> 8}.{n & 255}"): (1, 1) for n in range(9_000)}))
    with small_disk(tmp_path / "small", 1_200) as folder:
        own = stored(folder / "own.db", home(MINUTE))
        before = everything(own)
        with pytest.raises(StoreError, match="full"):
            import_from(big, own, None)
        assert everything(own) == before and rows(own, "PRAGMA integrity_check") == [("ok",)]
        old = version_3(tmp_path / "3.db")
        with closing(sqlite3.connect(old)) as database, database:
            database.execute("CREATE TABLE large AS SELECT zeroblob(2000000) AS filler")
        with pytest.raises(StoreError, match=f"^{old}: its earlier version takes 4 MiB in {folder} for a while, and 0"):
            import_from(old, own, None)
        assert [path.name for path in folder.iterdir() if path.name.startswith(".")] == []


#: Dies when so many tables have been added to.
_DYING = """
import os, pathlib, signal, sys
from traffic_analyzer.store.exchange import intake, union
left, add = int(sys.argv[3]), union.Union.add
def add_and_die(self, *arguments, **instead):
    global left
    found, left = add(self, *arguments, **instead), left - 1
    if not left:
        os.kill(os.getpid(), signal.SIGKILL)
    return found
union.Union.add = add_and_die
intake.import_from(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), None)
"""


def test_killed_at_any_instant_it_has_come_or_not(full: Path, tmp_path: Path) -> None:
    own = stored(tmp_path / "own.db", home_of(9, 0))
    before, flows = all_of(own), rows(own, "SELECT * FROM flow_1m_5t")
    for adds in (1, 2, 6, 7, 9, 20, 33, 36):
        process = subprocess.run([sys.executable, "-c", _DYING, full, own, str(adds)], stderr=subprocess.PIPE)
        assert process.returncode == -signal.SIGKILL, process.stderr
        assert rows(own, "PRAGMA integrity_check") == [("ok",)]
        assert all_of(own) == before and rows(own, "SELECT * FROM flow_1m_5t") == flows
    import_from(full, own, None)
    assert minutes_of(own) != minutes_of(full) and all_of(own) != before


def test_the_sequence_of_what_came_is_the_running_one(full: Path, tmp_path: Path) -> None:
    own = tmp_path / "own.db"
    with closing(Store(own)) as store:
        store.commit(home_of(5_000, 0))
        for _ in range(3):
            store.seal()
        import_from(full, own, None)
        assert rows(own, f"SELECT value FROM meta_kv WHERE key = '{SEQUENCE}'") == [("4",)]
        assert rows(own, "SELECT DISTINCT value FROM meta_kv WHERE key LIKE 'holds/%'") == [("4",)]
    assert rows(own, "SELECT DISTINCT sequence FROM traffic_pending ORDER BY 1") == [(1,), (4,)]
