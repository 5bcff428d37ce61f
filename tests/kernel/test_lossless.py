"""Two CPUs send while the maps are turned ten times a second: what was sent is stored, to the byte."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from traffic_analyzer.kernel.instance import Sizes
from traffic_analyzer.pipeline import Pipeline
from traffic_analyzer.store.writer import Store
from traffic_analyzer.wire.quic_crypto import find_cipher

from ..lab import blast
from ..lab.counted import Counted, counted

_SECONDS = 4
_TURNS_PER_SECOND = 10
_CPUS = min(2, os.cpu_count() or 1)


def _store(programs: Counted, store: Store, pipeline: Pipeline, number: int) -> None:
    reader = programs.reader
    generation = reader.read(reader.turn())
    interfaces = {programs.interface.ifindex: programs.interface}
    now_boot_ns = time.clock_gettime_ns(time.CLOCK_BOOTTIME)
    batch = pipeline.book(generation, 60 * (number // 600), now_boot_ns, interfaces, {}, reader.flow_capacity)
    assert store.commit(batch)
    reader.clear(generation.number)


@pytest.mark.parametrize(
    "flows, room, rate",
    [
        (1, 65_536, 0),
        (50_000, 65_536, 0),  # more flows a second than can be stored ten times a second: it turns when it can
        (50_000, 65_536, 12_500),  # every flow twice in the time of the test, by both CPUs
        (50_000, 1024, 0),
    ],
)
def test_sent_is_stored(cable, pins, tmp_path: Path, flows: int, room: int, rate: int) -> None:
    sender, _ = cable
    store, pipeline = Store(tmp_path / "traffic.db"), Pipeline(find_cipher())
    with counted(sender, "tx", pins, Sizes(flow_entries=room)) as programs:
        senders = blast.start(sender, "tx", _CPUS, flows, _SECONDS, rate)
        began_s, turns = time.monotonic(), 0
        while any(process.poll() is None for process in senders):
            time.sleep(max(0.0, began_s + turns / _TURNS_PER_SECOND - time.monotonic()))
            _store(programs, store, pipeline, turns)
            turns += 1
        sent_frames, sent_bytes = blast.finish(senders)
        _store(programs, store, pipeline, turns)
    query = "SELECT sum(packets), sum(bytes) FROM flow_minute"
    stored_frames, stored_bytes = store._database.execute_sql(query).fetchone()
    query = "SELECT ifnull(sum(packets), 0), ifnull(sum(bytes), 0) FROM counter_minute WHERE counter = 'not_booked'"
    lost_frames, lost_bytes = store._database.execute_sql(query).fetchone()
    store.close()
    print(f"{flows} flows, room for {room}: {sent_frames} frames sent, {turns} turns, {lost_frames} not booked; "
          f"difference {stored_frames + lost_frames - sent_frames} frames")
    assert (stored_frames + lost_frames, stored_bytes + lost_bytes) == (sent_frames, sent_bytes)
    assert (lost_frames > 0) == (flows > room)
    assert turns > _SECONDS  # it was turned while it was sent
