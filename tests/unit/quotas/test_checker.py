"""Who is told when a quota is used up: log, status and hook, once; over restarts and while the database is broken."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from traffic_analyzer.errors import StoreError
from traffic_analyzer.periods import Window
from traffic_analyzer.quotas.checker import QuotaChecker, environment_of, used_in
from traffic_analyzer.quotas.hooks import Hooks
from traffic_analyzer.quotas.quotas import Crossed, Crossing, Quota
from traffic_analyzer.records import Notice
from traffic_analyzer.units import window_text

from ..traffic import MINUTE, batch, flow_key, home, stored

_UTC = ZoneInfo("UTC")
_DAY = MINUTE - MINUTE % 86_400
_WINDOW = (_DAY, _DAY + 86_400)
_PATIENCE_S = 60


class _Household:
    """What was used, what was remembered, and what a broken store says."""

    def __init__(self) -> None:
        self.bytes = 0
        self.remembered: list[Crossed] = []
        self.used_error: StoreError | None = None
        self.remember_error: StoreError | None = None
        self.asked_since: list[int] = []

    def used(self, _: Quota, since_unix_s: int, until_unix_s: int) -> int:
        if self.used_error:
            raise self.used_error
        self.asked_since.append(since_unix_s)
        return self.bytes if since_unix_s <= MINUTE < until_unix_s else 0

    def remember(self, crossed: list[Crossed]) -> None:
        if self.remember_error:
            raise self.remember_error
        self.remembered += crossed

    def checker(self, *quotas: Quota, hooks: Hooks | None = None) -> QuotaChecker:
        return QuotaChecker(quotas, self.used, lambda: self.remembered, self.remember, hooks or Hooks(), _UTC)


@pytest.fixture
def household() -> Iterator[_Household]:
    yield _Household()


_KIDS = Quota("kids", 5_000, "day")


def test_a_warning_is_said_once_and_stays_a_notice(household: _Household) -> None:
    checker = household.checker(_KIDS)
    assert checker.due(MINUTE) == [] and checker.notices() == []
    household.bytes = 4_120
    window = window_text(*_WINDOW)
    assert checker.due(MINUTE + 60) == [f"quota kids: past 80 %: 82 % used, 4.12 kB of 5.00 kB, {window}"]
    assert checker.notices() == [Notice("quota-warned", "kids", "4120/5000")]
    household.bytes = 4_999
    assert checker.due(MINUTE + 120) == [] and checker.notices() == [Notice("quota-warned", "kids", "4999/5000")]
    household.bytes = 5_000
    assert checker.due(MINUTE + 180) == [f"quota kids: past 100 %: 100 % used, 5.00 kB of 5.00 kB, {window}"]
    assert checker.notices() == [Notice("quota-reached", "kids", "5000/5000")]
    assert household.remembered == [("kids", _DAY, 80), ("kids", _DAY, 100)]
    assert checker.due(_DAY + 86_400) == [] and checker.notices() == []


def test_a_restart_says_nothing_again_but_knows(household: _Household) -> None:
    household.bytes = 4_500
    assert len(household.checker(_KIDS).due(MINUTE)) == 1
    checker = household.checker(_KIDS)
    assert checker.due(MINUTE) == [] and checker.notices() == [Notice("quota-warned", "kids", "4500/5000")]


def test_what_an_archive_remembers_is_known_once_it_is_there(household: _Household) -> None:
    """As after a restart of a router: the database is new, and takes over what the archive has a little later."""
    checker = household.checker(_KIDS)
    household.remembered.append(Crossed("kids", _DAY, 80))
    household.bytes = 5_000
    assert [line.partition(":")[2][:11] for line in checker.due(MINUTE)] == [" past 100 %"]
    assert household.remembered == [("kids", _DAY, 80), ("kids", _DAY, 100)]


def test_each_quota_is_its_own(household: _Household) -> None:
    household.bytes = 4_000
    checker = household.checker(_KIDS, Quota("all", 4_000, "day"), Quota("much", 10**12))
    assert [line.split(":")[0] for line in checker.due(MINUTE)] == ["quota kids", "quota all", "quota all"]
    assert [(notice.code, notice.subject) for notice in checker.notices()] == [
        ("quota-warned", "kids"), ("quota-reached", "all"),
    ]  # fmt: skip


def test_a_broken_database_is_said_once_and_misses_nothing(household: _Household) -> None:
    checker = household.checker(_KIDS)
    household.bytes, household.used_error = 9_000, StoreError("--db x: database is locked")
    assert checker.due(MINUTE) == ["quota kids cannot be checked: --db x: database is locked"]
    assert checker.due(MINUTE) == []
    household.used_error = None
    assert len(checker.due(MINUTE)) == 2
    household.used_error = StoreError("--db x: database is locked")
    assert len(checker.due(MINUTE)) == 1
    assert checker.notices() == [Notice("quota-reached", "kids", "9000/5000")]


def test_what_cannot_be_remembered_is_told_all_the_same(household: _Household) -> None:
    household.bytes, household.remember_error = 4_000, StoreError("--db x: disk is full")
    checker = household.checker(_KIDS)
    first, second = checker.due(MINUTE)
    assert first == "--db x: disk is full; after a restart these quotas warn again"
    assert second.startswith("quota kids: past 80 %: 80 % used")
    assert checker.due(MINUTE) == []


def test_rows_that_changed_are_counted_anew(household: _Household) -> None:
    checker = household.checker(_KIDS)
    late = _DAY + 80_000
    checker.due(late)
    checker.due(late)
    assert household.asked_since.count(_DAY) == 1
    checker.recount()
    checker.due(late)
    assert household.asked_since.count(_DAY) == 2


def _lines(checker: QuotaChecker, count: int) -> list[str]:
    end_s, found = time.monotonic() + _PATIENCE_S, list[str]()
    while len(found) < count:
        assert time.monotonic() < end_s, found
        found += checker.due(MINUTE)
        time.sleep(0.02)
    return found


def test_a_hook_is_started_once_for_each_threshold(household: _Household, tmp_path: Path) -> None:
    hook, out = tmp_path / "hook", tmp_path / "out"
    hook.write_text(f'#!/bin/sh\necho "$TA_QUOTA $TA_PERCENT $TA_USED_BYTES $TA_LIMIT_BYTES" >> "{out}"\n')
    hook.chmod(0o755)
    household.bytes = 6_000
    checker = household.checker(Quota("kids", 5_000, "day", hook=str(hook)))
    assert _lines(checker, 4)[2:] == [f"hook {hook}: exit status 0"] * 2
    assert sorted(out.read_text().splitlines()) == ["kids 100 6000 5000", "kids 80 6000 5000"]
    assert checker.due(MINUTE) == [] and checker.close() == []


def test_a_hook_that_is_not_there_is_said_before_it_is_needed(household: _Household, tmp_path: Path) -> None:
    hook = tmp_path / "hook"
    checker = household.checker(Quota("kids", 5_000, "day", hook=str(hook)))
    assert checker.due(MINUTE) == [f"quota kids: hook {hook}: no such file"]
    assert checker.due(MINUTE) == []
    household.bytes = 4_000
    assert _lines(checker, 2)[1] == f"hook {hook} was not started: no such file"


def test_the_end_ends_hooks(household: _Household, tmp_path: Path) -> None:
    hook = tmp_path / "hook"
    hook.write_text("#!/bin/sh\nexec sleep 100\n")
    hook.chmod(0o755)
    household.bytes = 4_000
    checker = household.checker(Quota("kids", 5_000, "day", hook=str(hook)))
    checker.due(MINUTE)
    assert checker.close() == [f"hook {hook} was killed: the collector ends"]


def test_what_a_hook_is_told() -> None:
    quota = Quota("guests", 10**12, "month", 15, network="br-guest", direction="down", hook="/etc/hook")
    assert environment_of(Crossing(quota, 80, 8 * 10**11, Window(*_WINDOW))) == {
        "TA_QUOTA": "guests", "TA_PERCENT": "80", "TA_USED_BYTES": "800000000000", "TA_LIMIT_BYTES": "1000000000000",
        "TA_DIRECTION": "down", "TA_PERIOD": "month", "TA_SINCE": str(_DAY),
        "TA_UNTIL": str(_DAY + 86_400), "TA_DEVICE": "", "TA_NETWORK": "br-guest",
    }  # fmt: skip


def test_many_threads_cross_once(household: _Household) -> None:
    def slowly(quota: Quota, since_unix_s: int, until_unix_s: int) -> int:
        at_once.append(1)
        most.append(len(at_once))
        time.sleep(0.01)
        at_once.pop()
        return household.used(quota, since_unix_s, until_unix_s)

    at_once, most = list[int](), list[int]()
    household.bytes = 9_000
    checker = QuotaChecker([_KIDS], slowly, list, household.remember, Hooks(), _UTC)
    said: list[str] = []
    threads = [threading.Thread(target=lambda: said.extend(checker.due(MINUTE))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(said) == 2 == len(household.remembered) and max(most) == 1


@pytest.mark.parametrize(
    ("quota", "used"),
    [
        (Quota("q", 1), 1_550),
        (Quota("q", 1, direction="down"), 1_400),
        (Quota("q", 1, direction="up"), 150),
        (Quota("q", 1, network="br-lan", direction="up"), 50),
        (Quota("q", 1, device="2001:db8:1::20"), 450),
        (Quota("q", 1, device="02:aa:bb:cc:dd:01", direction="down"), 400),
    ],
)
def test_what_the_database_says(tmp_path: Path, quota: Quota, used: int) -> None:
    path = stored(tmp_path / "traffic.db", home(MINUTE))
    assert used_in(path)(quota, MINUTE, MINUTE + 60) == used
    assert used_in(path)(quota, MINUTE + 60, MINUTE + 120) == 0


def test_from_the_database_to_the_warning(tmp_path: Path) -> None:
    day = Quota("q", 10_000, "day", device="192.168.1.2")
    flows = {flow_key(minute_unix_s=_DAY - 60): (9_000, 1), flow_key(minute_unix_s=_DAY): (7_000, 1)}
    path = stored(tmp_path / "traffic.db", batch(flows))
    checker = QuotaChecker([day], used_in(path), list, lambda _: None, Hooks(), _UTC)
    assert checker.due(MINUTE) == []
    stored(path, batch({flow_key(minute_unix_s=MINUTE, is_tx=True): (1_000, 1)}, generation=1))
    assert checker.due(MINUTE + 60)[0].startswith("quota q: past 80 %: 80 % used, 8.00 kB of 10.0 kB, ")


def test_a_network_that_was_never_counted_is_said(tmp_path: Path) -> None:
    path = stored(tmp_path / "traffic.db", home(MINUTE))
    quota = Quota("guests", 10**12, network="br-guest")
    checker = QuotaChecker([quota], used_in(path), list, lambda _: None, Hooks(), _UTC)
    said = "--iface br-guest: never counted in this database; it knows br-lan, eth0"
    assert checker.due(MINUTE) == [f"quota guests cannot be checked: {said}"]
    assert checker.due(MINUTE) == []
