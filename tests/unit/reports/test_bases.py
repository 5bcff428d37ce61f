"""The base queries: every row once, whatever its dictionaries hold."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

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
from traffic_analyzer.reports.declaration import Base, Column, Report, Role
from traffic_analyzer.reports.query import ask
from traffic_analyzer.reports.relations import Client
from traffic_analyzer.reports.selection import Selection
from traffic_analyzer.store.models import Device, DeviceName, Iface
from traffic_analyzer.units import Unit

from ..traffic import CLIENT, MAC, MINUTE, batch, flow_key, home, stored

_WINDOW = Selection(MINUTE, MINUTE + 60)


def _rows(path: Path, base: Base, *expressions: Any, window: Selection = _WINDOW) -> list[tuple[Any, ...]]:
    """What a report of these columns answers, each of them a key."""
    columns = tuple(Column(f"c{at}", "", Unit.TEXT, each) for at, each in enumerate(expressions))
    return _answered(path, base, *columns, window=window)


def _answered(path: Path, base: Base, *columns: Column, window: Selection = _WINDOW) -> list[tuple[Any, ...]]:
    report = Report("r", "", "", base, columns, ())
    return ask(path, None, window, lambda query: query.rows(report, None))


@pytest.mark.parametrize(
    ("base", "count"),
    [(FLOWS, 5), (COUNTERS, 11), (HEALTH, 2), (QUESTIONS, 3), (SERVER_NAMES, 2), (NAMES, 2)],
    ids=["flows", "counters", "health", "questions", "server names", "names"],
)
def test_no_row_is_lost_or_doubled_by_a_join(tmp_path: Path, base: Base, count: int) -> None:
    keys = [each for name, each in sorted(base.rows._meta.fields.items()) if name != "id"]
    texts = [each.text for each in base.texts.values()]
    found = _rows(stored(tmp_path / "traffic.db", home(MINUTE)), base, base.rows.minute_unix_s, *keys, *texts)
    assert len(found) == count and {row[0] for row in found} == {MINUTE}
    assert None not in {value for row in found for value in row}, "an id without its text"


def test_download_and_upload_make_the_total(tmp_path: Path) -> None:
    path = stored(tmp_path / "traffic.db", home(MINUTE))
    assert _answered(path, FLOWS, RX_BYTES, TX_BYTES, BYTES, PACKETS) == [(1_400, 150, 1_550, 31)]


def test_a_public_name_is_never_shown_as_a_site(tmp_path: Path) -> None:
    flows = {flow_key(domain="a.ech.example", label=label): (1, 1) for label in ("exact", "ambiguous", "hidden")}
    path = stored(tmp_path / "traffic.db", batch(flows))
    assert sorted(_rows(path, FLOWS, DOMAIN.expression, DOMAIN.by_site)) == [
        ("a.ech.example", "ech.example"), ("hidden by ECH (a.ech.example)", "hidden by ECH (ech.example)"),
    ]  # fmt: skip


@pytest.mark.parametrize("base", [FLOWS, QUESTIONS, SERVER_NAMES], ids=["flows", "questions", "server names"])
def test_rows_of_a_client_know_it_by_both_addresses(tmp_path: Path, base: Base) -> None:
    found = _rows(stored(tmp_path / "traffic.db", home(MINUTE)), base, Device.text, Client.text, Iface.text)
    six = "2001:db8:1::20" if base is FLOWS else CLIENT
    assert set(found) == {(CLIENT, CLIENT, "eth0"), (MAC, six, "br-lan")}


def test_devices_have_each_address_and_name_once(tmp_path: Path) -> None:
    path = stored(tmp_path / "traffic.db", home(MINUTE), replace(home(60), generation=1))
    assert ADDRESSES.span is not None
    found = _rows(path, ADDRESSES, Device.text, Client.text, *ADDRESSES.span)
    assert sorted(found) == [(MAC, "2001:db8:1::20", 60, MINUTE), (CLIENT, CLIENT, 60, MINUTE)]
    assert _rows(path, ADDRESSES, Device.text, window=Selection(0, 60)) == []
    assert _rows(path, DEVICE_NAMES, Device.text, DeviceName.name, window=Selection(0, 1)) == [(MAC, "laptop")]


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
    path = stored(tmp_path / "traffic.db", flows, *batches)
    name = Column("name", "", Unit.NAME, DEVICE_NAME, Role.DETAIL)
    found = _answered(path, FLOWS, Column("device", "", Unit.NAME, Device.text), name)
    assert dict(found) == {MAC: shown, CLIENT: CLIENT}
