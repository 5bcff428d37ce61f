"""Each minute is in one place of a snapshot, whatever the writer and the archivist do meanwhile."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from traffic_analyzer.errors import StoreError
from traffic_analyzer.reports.registry import run
from traffic_analyzer.reports.selection import Selection
from traffic_analyzer.reports.totals import totals
from traffic_analyzer.store.database import open_readable, open_writable
from traffic_analyzer.store.local_time import day_of, hour_of
from traffic_analyzer.store.tiers.cover import ALWAYS, NEVER
from traffic_analyzer.store.tiers.snapshot import ARCHIVE, snapshot
from traffic_analyzer.store.writer import Store

from ... import tiers
from ...traffic import MINUTE, batch, flow_key, stored

_HOUR_S = 3600
_SINCE = hour_of(MINUTE) - 6 * _HOUR_S


def _sum(database: object) -> int:
    """All that there is in hours, pending rows and minutes that are in neither, as a report of hours adds it up."""
    from traffic_analyzer.store.tiers.cover import cover
    from traffic_analyzer.store.tiers.relations import RELATIONS, Asked, with_relations
    from traffic_analyzer.store.tiers.rollups import register

    register(database)  # type: ignore[arg-type]
    with snapshot(database) as found:  # type: ignore[arg-type]
        span = cover(_SINCE, _SINCE + 12 * _HOUR_S, found.kept, True)
        assert not span.is_by_minute
        sql = with_relations(RELATIONS["flow"], ["bytes"], Asked(), span, found)
        return int(database.execute_sql(f"{sql} SELECT bytes FROM flow").fetchone()[0])  # type: ignore[attr-defined]


@pytest.fixture
def pair(tmp_path: Path) -> tuple[Path, Path]:
    """A database with an archive that took one of two minutes."""
    path, archive = tmp_path / "traffic.db", tmp_path / "archive.db"
    stored(path, batch({flow_key(minute_unix_s=MINUTE): (1, 1)}))
    tiers.take(path, archive)
    with closing(Store(path)) as store:
        later = {flow_key(minute_unix_s=MINUTE + 60): (10, 1)}
        store.commit(batch(later, generation=1, minute_unix_s=MINUTE + 60))
    return path, archive


def _seal_and_take(path: Path, archive: Path) -> None:
    tiers.take(path, archive)


def _take_without_the_writer(path: Path, archive: Path) -> None:
    tiers.take(path, archive, must_forget=False)


@pytest.mark.parametrize("meanwhile", [_seal_and_take, _take_without_the_writer])
def test_a_take_between_the_two_files_counts_nothing_twice(
    pair: tuple[Path, Path], meanwhile: Callable[[Path, Path], None]
) -> None:
    """What is rolled up, sealed and taken after the first file was read is in the archive, and not told of there."""
    path, archive = pair
    taken = []

    def note(sql: str) -> None:
        if f"{ARCHIVE}.meta_kv" in sql and not taken:  # the first file is read, the second is not
            taken.append(sql)
            meanwhile(path, archive)

    with open_readable(path) as database:
        database.connection().set_trace_callback(note)
        assert _sum(database) == 11 and taken


def test_a_take_of_what_was_sealed_before_is_no_reason_to_read_again(pair: tuple[Path, Path]) -> None:
    path, archive = pair
    sealed = tiers.seal(path)
    reads = []

    def note(sql: str) -> None:
        if f"{ARCHIVE}.meta_kv" in sql and "taken" not in sql and not reads:
            tiers.take(path, archive, sealed)
        if f"{ARCHIVE}.meta_kv" in sql:
            reads.append(sql)

    with open_readable(path) as database:
        database.connection().set_trace_callback(note)
        assert _sum(database) == 11
    assert totals(path, Selection(_SINCE, _SINCE + 12 * _HOUR_S)).rx_bytes == 11


def test_an_archive_that_never_rests_is_an_error(pair: tuple[Path, Path]) -> None:
    path, archive = pair

    def note(sql: str) -> None:
        if f"{ARCHIVE}.meta_kv" in sql:
            tiers.take(path, archive)

    with open_readable(path) as database:
        database.connection().set_trace_callback(note)
        with pytest.raises(StoreError, match="again and again"):
            _sum(database)


def test_both_files_stay_as_they_were_until_the_block_ends(pair: tuple[Path, Path]) -> None:
    path, archive = pair
    with open_readable(path) as database, snapshot(database) as found:
        with closing(sqlite3.connect(archive, timeout=0)) as other:
            other.execute("BEGIN IMMEDIATE")
            other.execute("UPDATE traffic_hour SET rx_bytes = 99")
            with pytest.raises(sqlite3.OperationalError, match="locked"):
                other.commit()
            other.rollback()
        assert (found.archive, found.taken) == (ARCHIVE, 1)
        assert database.execute_sql("SELECT sum(rx_bytes) FROM archive.traffic_hour").fetchone() == (1,)
    with closing(sqlite3.connect(archive, timeout=0)) as other, other:
        other.execute("UPDATE traffic_hour SET rx_bytes = 99")


def test_what_is_kept_of_one_file(tmp_path: Path) -> None:
    path = stored(tmp_path / "traffic.db", batch({flow_key(minute_unix_s=MINUTE + n * 60): (1, 1) for n in (0, 1)}))
    with open_readable(path) as database, snapshot(database) as found:
        assert (found.archive, found.taken, found.rolled) == ("main", 0, MINUTE)
        assert found.kept.minutes_since == found.kept.hours_since == found.kept.days_until == ALWAYS
        assert found.kept.newest == MINUTE + 60
    tiers.take(path)
    tiers.roll_days(path, day_of(MINUTE + 86_400))
    tiers.forget_minutes(path, MINUTE + 60)
    tiers.forget_hours(path, hour_of(MINUTE))
    with open_readable(path) as database, snapshot(database) as found:
        assert found.kept.minutes_since == MINUTE + 60 and found.kept.hours_since == hour_of(MINUTE)
        assert found.kept.days_until == day_of(MINUTE + 86_400)


def test_a_new_database_does_not_have_the_minutes_of_an_old_archive(tmp_path: Path) -> None:
    """As after a restart of a router: the short window is answered from hours, and grows."""
    path, archive = tmp_path / "traffic.db", tmp_path / "archive.db"
    tiers.take(stored(path, batch({flow_key(): (7, 1)})), archive)
    tiers.forget_minutes(path, MINUTE + 60)
    with closing(open_writable(path)) as database:
        database.execute_sql("DELETE FROM meta_kv WHERE key = 'minutes_since_unix_s'")
    with open_readable(path) as database, snapshot(database) as found:
        assert found.kept.minutes_since == NEVER and found.kept.newest == hour_of(MINUTE) + _HOUR_S - 60
    found = run(path, "top-ip", Selection(MINUTE, MINUTE + 60))
    assert [row[3] for row in found.rows] == [7] and found.selection.since_unix_s == hour_of(MINUTE)
    with closing(Store(path)) as store:
        later = MINUTE + 3 * _HOUR_S
        store.commit(batch({flow_key(minute_unix_s=later): (5, 1)}, generation=1, minute_unix_s=later))
    with open_readable(path) as database, snapshot(database) as found:
        assert (found.kept.minutes_since, found.kept.newest) == (later, later)


def test_an_archive_that_began_in_the_same_hour_is_older_too(tmp_path: Path) -> None:
    before, path, archive = tmp_path / "before.db", tmp_path / "traffic.db", tmp_path / "archive.db"
    tiers.take(stored(before, batch({flow_key(): (7, 1)})), archive)
    later = MINUTE + 120
    assert hour_of(later) == hour_of(MINUTE)
    tiers.take(stored(path, batch({flow_key(minute_unix_s=later): (5, 1)}, minute_unix_s=later)), archive)
    found = run(path, "top-ip", Selection(MINUTE - 600, later + 60))
    assert sum(row[3] for row in found.rows) == 12 and found.selection.since_unix_s == hour_of(MINUTE - 600)


def test_minutes_stand_in_for_hours_of_an_archive_that_is_away(pair: tuple[Path, Path]) -> None:
    path, archive = pair
    archive.unlink()
    asked = Selection(_SINCE, _SINCE + 12 * _HOUR_S)
    found = run(path, "top-ip", asked)
    assert [row[3] for row in found.rows] == [11]
    assert len(found.remarks) == 1 and found.remarks[0].code == "archive-unread"
    tiers.forget_minutes(path, MINUTE + 60)
    assert [row[3] for row in run(path, "top-ip", asked).rows] == [10]


def test_today_is_no_sign_of_older_minutes(tmp_path: Path) -> None:
    """Its midnight is noted as that of the first day in hours only, though the first minute is of this afternoon."""
    path = stored(tmp_path / "traffic.db", batch({flow_key(): (7, 1)}))
    tiers.take(path)
    tiers.roll_days(path, day_of(MINUTE))
    with open_readable(path) as database, snapshot(database) as found:
        assert found.kept.minutes_since == ALWAYS and found.kept.days_until == day_of(MINUTE)
    tiers.roll_days(path, day_of(MINUTE + 86_400))
    with open_readable(path) as database, snapshot(database) as found:
        assert found.kept.minutes_since == ALWAYS
    assert run(path, "top-ip", Selection(MINUTE - 60, MINUTE + 60)).remarks == ()


def test_days_alone_do_not_tell_when_it_was(tmp_path: Path) -> None:
    path = stored(tmp_path / "traffic.db", batch({flow_key(): (7, 1)}))
    tiers.take(path)
    tiers.roll_days(path, day_of(MINUTE + 86_400))
    tiers.forget_minutes(path, MINUTE + 86_400)
    tiers.forget_hours(path, day_of(MINUTE + 86_400))
    day = day_of(MINUTE)
    found = run(path, "top-ip", Selection(day + 60, day + 5 * _HOUR_S))
    assert [row[3] for row in found.rows] == [7]
    assert (found.selection.since_unix_s, found.selection.until_unix_s) == (day, day + 86_400)
