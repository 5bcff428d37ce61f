"""A clock that is set while the collector runs: nothing is lost, and nothing lies in the future."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ...lab.collector import collector
from .counted import cables, flows, of_clients, on_cables
from .house import FORMS, SERVER_IPV4, SERVER_IPV6, home
from .traffic import Amount, exchange

_AMOUNT = Amount(up_bytes=10_000, down_bytes=20_000, datagrams=5)
_HOUR_S, _YEARS_S = 3600, 50 * 365 * 86400
_TURNS_S = 4
_TABLES = ("flow_minute", "counter_minute")


@contextmanager
def _clock_off_by(seconds: int) -> Iterator[None]:
    """The machine's wall clock is wrong until the block ends."""
    off_s = time.time() - time.clock_gettime(time.CLOCK_BOOTTIME)
    time.clock_settime(time.CLOCK_REALTIME, time.clock_gettime(time.CLOCK_BOOTTIME) + off_s + seconds)
    try:
        yield
    finally:
        time.clock_settime(time.CLOCK_REALTIME, time.clock_gettime(time.CLOCK_BOOTTIME) + off_s)


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
            with _clock_off_by(seconds):
                live()
            live()
            expected = on_cables(built, wires)
            assert counting.stop() == 0
        print(counting.log.read_text())
        for table in _TABLES:
            ((first, last),) = counting.rows(f"SELECT min(minute_unix_s), max(minute_unix_s) FROM {table}")
            assert began_unix_s - 60 <= first <= last <= time.time(), table
        assert of_clients(built, flows(counting)) == expected
