"""The status tells what is counted on, how complete that is, and what was noticed."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from traffic_analyzer.errors import StoreError
from traffic_analyzer.records import Notice, Role
from traffic_analyzer.reports.status import Known, Place, status
from traffic_analyzer.store.local_time import hour_of
from traffic_analyzer.store.writer import Store

from .. import tiers
from ..traffic import MINUTE, batch, counter_key, home, interface, stored


@pytest.fixture
def path(tmp_path: Path) -> Path:
    made = stored(tmp_path / "traffic.db", home(MINUTE))
    with closing(Store(made)) as store:
        store.remember_interface("one", interface("br-lan", Role.LAN))
        store.remember_interface("one", interface("eth0", Role.WAN))
        store.remember_interface("one", interface("never", Role.WAN, ifindex=9))
        store.notice([Notice("lro", "eth0"), Notice("unseen", "br-lan", "why")], 7)
    return made


def test_what_was_counted_in_the_last_hour(path: Path) -> None:
    found = status(path, MINUTE + 100)
    assert found.is_counting
    assert found.places == [Place("br-lan", "lan", MINUTE), Place("eth0", "wan", MINUTE)]
    assert (found.lately.seen_bytes, found.lately.not_booked_packets) == (2_450, 27)
    assert found.notices == [Known("lro", "eth0", "", 7), Known("unseen", "br-lan", "why", 7)]


@pytest.mark.parametrize(("later_s", "is_counting", "places"), [(179, True, 2), (180, False, 2), (3660, False, 0)])
def test_it_counts_while_minutes_come(path: Path, later_s: int, is_counting: bool, places: int) -> None:
    found = status(path, MINUTE + later_s)
    assert (found.is_counting, len(found.places)) == (is_counting, places)


def test_who_has_stopped_does_not_count(path: Path) -> None:
    with closing(Store(path)) as store:
        store.forget_instance("one")
    found = status(path, MINUTE + 1)
    assert (found.is_counting, len(found.places)) == (False, 2)


def test_what_is_kept_begins_somewhere_and_takes_room(path: Path) -> None:
    found = status(path, MINUTE)
    assert found.since_unix_s == {"minutes": MINUTE}
    copy = path.with_name("traffic.db.copy.gz")
    copy.write_bytes(b"1234")
    later = status(path, MINUTE)
    assert later.file_bytes == {str(path): found.file_bytes[str(path)] + 4} and found.file_bytes[str(path)] >= 4096


def test_hours_and_days_of_an_archive_are_kept_too(tmp_path: Path) -> None:
    path = stored(tmp_path / "traffic.db", home(MINUTE))
    tiers.take(path)
    found = status(path, MINUTE)
    assert found.since_unix_s["minutes"] == MINUTE and found.since_unix_s["hours"] == hour_of(MINUTE)


def test_the_role_is_the_last_one(tmp_path: Path) -> None:
    path = stored(tmp_path / "traffic.db", batch(counters={counter_key("seen"): (1, 1)}))
    with closing(Store(path)) as store:
        for role in (Role.LAN, Role.WAN):
            store.remember_interface("one", interface(role=role))
    assert status(path, MINUTE).places == [Place("eth0", "wan", MINUTE)]


def test_no_database_is_an_error_of_one_line(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="no such database"):
        status(tmp_path / "none.db", 0)
