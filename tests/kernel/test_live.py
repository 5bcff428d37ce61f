"""A collector as it is, and real traffic: its rates come to what its reports say, minute by minute."""

from __future__ import annotations

import json
import time
from collections import Counter
from pathlib import Path

from traffic_analyzer.reports.registry import run
from traffic_analyzer.reports.selection import Selection

from ..lab import live
from ..lab.collector import Collector, pin_dir, remove_pins
from ..lab.router import PORTS, UPLINK, router

_FRAME_BYTES = 142
_CLIENTS = (300, 40)  # datagrams, each burst


def _devices(database: Path, since_unix_s: int, until_unix_s: int) -> dict[str, tuple[str, int, int]]:
    """What a report says: by device its name, download and upload."""
    answer = run(database, "top-device", Selection(since_unix_s, until_unix_s))
    rows = (dict(zip((column.name for column in answer.report.columns), row, strict=True)) for row in answer.rows)
    return {row["device"]: (row["name"], row["rx_bytes"], row["tx_bytes"]) for row in rows}


def test_rates_come_to_what_the_reports_say(tmp_path: Path) -> None:
    with router() as home:
        ifaces = [word for name in (*PORTS, UPLINK) for word in ("--iface", name)]
        running = Collector(home.inside, tmp_path / "traffic.db", pin_dir(), *ifaces)
        running.program = ["-P", live.__file__, tmp_path / "live.json"]
        try:
            running.start()
            time.sleep(2)
            began_unix_s = time.time()
            for _ in range(3):
                for client, packets in enumerate(_CLIENTS):
                    home.upload(packets, client)
                time.sleep(1)
            ended_unix_s = time.time()
            time.sleep(2)
            assert running.stop() == 0
        finally:
            if running.process is not None:
                running.stop()
            remove_pins(running.pins)
        answer = json.loads((tmp_path / "live.json").read_text())
        slots = answer["slots"]
        by_minute = Counter[int]()
        for until_unix_s, seconds, bytes_ in zip(
            slots["until_unix_s"], slots["seconds"], slots["tx_bytes"], strict=True
        ):
            by_minute[int((until_unix_s - seconds / 2) // 60) * 60] += bytes_
            if bytes_ > 30 * _FRAME_BYTES and seconds < 2:  # a bridge joins a group now and then
                assert began_unix_s < until_unix_s < ended_unix_s + 1.5
        for minute_unix_s, bytes_ in by_minute.items():
            shown = _devices(running.db, minute_unix_s, minute_unix_s + 60).values()
            assert sum(tx_bytes for _, _, tx_bytes in shown) == bytes_
    told = {row["device"]: (row["name"], row["rx_bytes"], row["tx_bytes"]) for row in answer["devices"]}
    assert told == _devices(running.db, min(by_minute), max(by_minute) + 60)
    sent = [3 * packets * _FRAME_BYTES for packets in _CLIENTS]
    assert sorted((tx_bytes for _, _, tx_bytes in told.values()), reverse=True)[:2] == sent
    assert sum(by_minute.values()) == sum(tx_bytes for _, _, tx_bytes in told.values())
    assert len([bytes_ for bytes_ in slots["tx_bytes"] if bytes_]) >= 3
    largest = answer["devices"][0]
    assert abs(sum(largest["history"]) * 10 - sent[0]) < sent[0]  # of a point that may be a fraction of ten seconds
