"""The base queries: every row once, whatever its dictionaries hold."""

from __future__ import annotations

from pathlib import Path

import pytest
from peewee import fn

from traffic_analyzer.reports.bases import BYTES, COUNTERS, FLOWS, HEALTH, PACKETS, RX_BYTES, TX_BYTES
from traffic_analyzer.reports.declaration import Base
from traffic_analyzer.store.database import open_readable

from ..traffic import MINUTE, home, stored


@pytest.mark.parametrize(
    ("base", "count"), [(FLOWS, 5), (COUNTERS, 5), (HEALTH, 2)], ids=["flows", "counters", "health"]
)
def test_no_row_is_lost_or_doubled_by_a_join(tmp_path: Path, base: Base, count: int) -> None:
    with open_readable(stored(tmp_path / "traffic.db", home(MINUTE))) as database:
        found = list(base.query.select(base.minute, base.iface).tuples().execute(database))
    assert len(found) == count
    assert {iface for _, iface in found} == {"eth0", "br-lan"} and {minute for minute, _ in found} == {MINUTE}


def test_download_and_upload_make_the_total(tmp_path: Path) -> None:
    columns = (RX_BYTES, TX_BYTES, BYTES, PACKETS)
    with open_readable(stored(tmp_path / "traffic.db", home(MINUTE))) as database:
        query = FLOWS.query.select(*(fn.SUM(column.expression) for column in columns))
        assert list(query.tuples().execute(database)) == [(1_400, 150, 1_550, 31)]
