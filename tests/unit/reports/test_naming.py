"""A device has one name, whoever asks."""

from __future__ import annotations

from pathlib import Path

import pytest

from traffic_analyzer.errors import StoreError
from traffic_analyzer.records import DeviceName, NameSource
from traffic_analyzer.reports.naming import called
from traffic_analyzer.reports.registry import run
from traffic_analyzer.reports.selection import Selection

from ..traffic import CLIENT, MAC, MINUTE, batch, flow_key, stored

_NAMES = (
    DeviceName(MAC, NameSource.VENDOR, "Example Corp."),
    DeviceName(MAC, NameSource.LEASE, "<b>laptop"),
    DeviceName("02:aa:bb:cc:dd:02", NameSource.MDNS, "printer"),
)
_FLOWS = {flow_key(device=device): (10, 1) for device in (MAC, CLIENT, "this machine")}


def test_names_are_those_of_the_reports(tmp_path: Path) -> None:
    later = batch(device_names=[DeviceName(MAC, NameSource.LEASE, "new")], generation=1, minute_unix_s=MINUTE + 60)
    before = stored(tmp_path / "before.db", batch(_FLOWS, device_names=_NAMES))
    after = stored(tmp_path / "after.db", batch(_FLOWS, device_names=_NAMES), later)
    for path, name in (before, "<b>laptop"), (after, "new"):
        rows = run(path, "top-device", Selection(MINUTE, MINUTE + 120)).rows
        shown = {row[2]: row[0] for row in rows}
        assert called(path, [*shown]) == shown == {MAC: name, CLIENT: CLIENT, "this machine": "this machine"}


def test_only_what_is_asked_for_and_known_has_a_name(tmp_path: Path) -> None:
    path = stored(tmp_path / "traffic.db", batch(_FLOWS, device_names=_NAMES))
    assert called(path, []) == {}
    assert called(path, ["02:00:00:00:00:99", "02:aa:bb:cc:dd:02"]) == {"02:aa:bb:cc:dd:02": "printer"}


def test_a_database_that_is_none_says_so(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="no such database"):
        called(tmp_path / "traffic.db", [MAC])
