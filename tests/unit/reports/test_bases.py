"""The base queries: every row once, whatever its dictionaries hold."""

from __future__ import annotations

from pathlib import Path

import pytest
from peewee import fn

from traffic_analyzer.reports.bases import (
    BYTES,
    COUNTERS,
    DOMAIN,
    FLOWS,
    HEALTH,
    NAMES,
    PACKETS,
    QUESTIONS,
    RX_BYTES,
    SERVER_NAMES,
    TX_BYTES,
)
from traffic_analyzer.reports.declaration import Base
from traffic_analyzer.store.database import open_readable

from ..traffic import MINUTE, batch, flow_key, home, stored


@pytest.mark.parametrize(
    ("base", "count"),
    [(FLOWS, 5), (COUNTERS, 5), (HEALTH, 2), (QUESTIONS, 3), (SERVER_NAMES, 2), (NAMES, 2)],
    ids=["flows", "counters", "health", "questions", "server names", "names"],
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


def test_a_public_name_is_never_shown_as_a_site(tmp_path: Path) -> None:
    flows = {flow_key(domain="a.ech.example", label=label): (1, 1) for label in ("exact", "ambiguous", "hidden")}
    with open_readable(stored(tmp_path / "traffic.db", batch(flows))) as database:
        query = FLOWS.query.select(DOMAIN.expression, DOMAIN.by_site)
        assert sorted(query.tuples().execute(database)) == [
            ("a.ech.example", "ech.example"), ("a.ech.example", "ech.example"),
            ("hidden by ECH (a.ech.example)", "hidden by ECH (ech.example)"),
        ]  # fmt: skip


@pytest.mark.parametrize("base", [FLOWS, QUESTIONS, SERVER_NAMES], ids=["flows", "questions", "server names"])
def test_rows_of_a_client_know_it_by_both_addresses(tmp_path: Path, base: Base) -> None:
    with open_readable(stored(tmp_path / "traffic.db", home(MINUTE))) as database:
        found = set(base.query.select(base.mac, base.client).tuples().execute(database))
    assert found >= {("", "192.168.1.2")} and {mac for mac, _ in found} == {"", "02:aa:bb:cc:dd:01"}
