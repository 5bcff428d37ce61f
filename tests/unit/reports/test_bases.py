"""The base queries: every row once, whatever its dictionaries hold."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from peewee import fn

from traffic_analyzer import records
from traffic_analyzer.reports.bases import (
    ADDRESSES,
    BYTES,
    COUNTERS,
    DEVICE_NAME,
    DEVICE_NAMES,
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
from traffic_analyzer.store.models import Device, DeviceName

from ..traffic import CLIENT, MAC, MINUTE, batch, flow_key, home, stored


@pytest.mark.parametrize(
    ("base", "count"),
    [(FLOWS, 5), (COUNTERS, 11), (HEALTH, 2), (QUESTIONS, 3), (SERVER_NAMES, 2), (NAMES, 2)],
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
        found = set(base.query.select(base.device, base.client).tuples().execute(database))
    assert found == {(CLIENT, CLIENT), (MAC, "2001:db8:1::20" if base is FLOWS else CLIENT)}


def test_devices_have_each_address_and_name_once(tmp_path: Path) -> None:
    with open_readable(stored(tmp_path / "traffic.db", home(MINUTE), replace(home(60), generation=1))) as database:
        found = ADDRESSES.query.select(ADDRESSES.device, ADDRESSES.client, ADDRESSES.minute, ADDRESSES.last)
        assert sorted(found.tuples().execute(database)) == [
            (MAC, "2001:db8:1::20", 60, MINUTE), (CLIENT, CLIENT, 60, MINUTE),
        ]  # fmt: skip
        names = DEVICE_NAMES.query.select(DEVICE_NAMES.device, DeviceName.name)
        assert list(names.tuples().execute(database)) == [(MAC, "laptop")]


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ([], MAC),
        ([(4, "old", 60), (4, "new", 120)], "new"),
        ([(4, "new", 120), (4, "old", 60)], "new"),
        ([(2, "leased", 60), (4, "said", 120)], "leased"),
        ([(6, "Acme", 300), (5, "said", 60)], "said"),
        ([(6, "Acme", 300), (0, "mine", 60), (1, "given", 120)], "mine"),
        ([(2, "", 60)], ""),
    ],
)  # fmt: skip
def test_a_device_is_called_by_the_best_source_and_its_latest(
    tmp_path: Path, said: list[tuple[int, str, int]], shown: str
) -> None:
    batches = [
        batch(generation=number, device_names=[records.DeviceName(MAC, source, name)], minute_unix_s=minute)
        for number, (source, name, minute) in enumerate(said, 1)
    ]
    flows = batch({flow_key(device=MAC): (1, 1), flow_key(): (1, 1)})
    with open_readable(stored(tmp_path / "traffic.db", flows, *batches)) as database:
        found = FLOWS.query.select(Device.text, DEVICE_NAME).tuples().execute(database)
        assert dict(found) == {MAC: shown, CLIENT: CLIENT}
