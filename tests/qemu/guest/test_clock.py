"""A clock that is set while the collector runs: nothing is lost, and nothing lies in the future."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from ...lab.collector import Collector, collector
from ...lab.netns import run
from .counted import cables, flows, of_clients, on_cables, report
from .house import FORMS, SERVER_IPV4, SERVER_IPV6, home
from .traffic import Amount, exchange

_AMOUNT = Amount(up_bytes=10_000, down_bytes=20_000, datagrams=5)
_HOUR_S, _YEARS_S = 3600, 50 * 365 * 86400
_TURNS_S = 4
_TABLES = ("flow_minute", "counter_minute")
_DAYS_UNIX_S = 3 * 86_400  # in 1970; the kernel allows no time of before it started
_BUILT_UNIX_S = 1_748_736_000  # 2025-06-01: of an image, which a router without a battery begins with


def _boot_s() -> float:
    return time.clock_gettime(time.CLOCK_BOOTTIME)


@contextmanager
def _clock_at(unix_s: float) -> Iterator[None]:
    """The machine's wall clock is wrong until the block ends."""
    off_s = time.time() - _boot_s()
    time.clock_settime(time.CLOCK_REALTIME, unix_s)
    try:
        yield
    finally:
        time.clock_settime(time.CLOCK_REALTIME, _boot_s() + off_s)


def _minutes(counting: Collector) -> list[int]:
    """Of all tables, first and last."""
    found = []
    for table in _TABLES:
        found += counting.rows(f"SELECT min(minute_unix_s), max(minute_unix_s) FROM {table}")
    return [minute for row in found for minute in row]


def _status(counting: Collector) -> tuple[bool, set[str]]:
    """Whether it counts, and the codes of notices."""
    status = json.loads(run(sys.executable, "-m", "traffic_analyzer", "status", "--json", "--db", counting.db).stdout)
    return status["is_counting"], {notice["code"] for notice in status["notices"]}


@pytest.mark.parametrize("seconds", [_HOUR_S, -_HOUR_S, _YEARS_S, -_YEARS_S])
def test_nothing_is_lost_when_the_clock_is_set(seconds: int, tmp_path: Path) -> None:
    began_unix_s = time.time()
    with home(FORMS[0]) as built:
        built.rest()
        client = built.clients[0].inside

        def live() -> None:
            for server in (SERVER_IPV4, SERVER_IPV6):
                exchange(client, built.internet, server, _AMOUNT)
            time.sleep(_TURNS_S)

        with collector(built.router, tmp_path, "--iface", "auto") as counting:
            wires = cables(built)
            live()
            with _clock_at(time.time() + seconds):
                live()
            live()
            expected = on_cables(built, wires)
            assert counting.stop() == 0
        print(counting.log.read_text())
        for table in _TABLES:
            ((first, last),) = counting.rows(f"SELECT min(minute_unix_s), max(minute_unix_s) FROM {table}")
            assert began_unix_s - 60 <= first <= last <= time.time(), table
        assert of_clients(built, flows(counting)) == expected


@pytest.mark.parametrize("wrong_unix_s", [_DAYS_UNIX_S, _BUILT_UNIX_S])
def test_before_the_clock_is_set_rows_are_stamped_by_the_boot_clock(wrong_unix_s: int, tmp_path: Path) -> None:
    began_unix_s = time.time()
    with home(FORMS[0]) as built:
        built.rest()
        client = built.clients[0].inside

        def live() -> None:
            for server in (SERVER_IPV4, SERVER_IPV6):
                exchange(client, built.internet, server, _AMOUNT)
            time.sleep(_TURNS_S)

        with ExitStack() as wrong:
            wrong.enter_context(_clock_at(wrong_unix_s))
            began_boot_s = _boot_s()
            with collector(built.router, tmp_path, "--iface", "auto") as counting:
                wires, early = cables(built), cables(built)
                live()
                time.clock_settime(time.CLOCK_REALTIME, _BUILT_UNIX_S + 5 * _HOUR_S)  # another that cannot be
                live()
                assert all(began_boot_s - 60 <= minute <= _boot_s() for minute in _minutes(counting))
                assert counting.stop() == 0
                counting.start()
                live()
                assert all(began_boot_s - 60 <= minute <= _boot_s() for minute in _minutes(counting))
                assert of_clients(built, flows(counting)) == on_cables(built, early)
                assert report(counting, "top-device") and report(counting, "usage", "--period", "month")
                table = run(sys.executable, "-m", "traffic_analyzer", "top-device", "--db", counting.db)
                assert table.stderr.startswith("The clock of this machine is not set.")
                is_counting, notices = _status(counting)
                assert is_counting and "clock" in notices
                wrong.close()
                live()
                is_counting, notices = _status(counting)
                assert is_counting and "clock" not in notices
                expected = on_cables(built, wires)
                assert counting.stop() == 0
        print(counting.log.read_text())
        assert all(began_unix_s - 60 <= minute <= time.time() for minute in _minutes(counting))
        assert of_clients(built, flows(counting)) == expected
