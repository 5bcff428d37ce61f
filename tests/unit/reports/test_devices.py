"""Every device once, whatever its addresses and names; sums of devices are sums of flows."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from traffic_analyzer.records import DeviceName, NameSource
from traffic_analyzer.reports.registry import Result, run
from traffic_analyzer.reports.selection import Selection

from ..traffic import CLIENT, MAC, MINUTE, batch, flow_key, home, stored

_WINDOW = Selection(MINUTE, MINUTE + 3 * 60)
_OTHER = "00:16:3e:00:00:01"
_UDP = 17


def _flows(number: int, minute_unix_s: int) -> dict[Any, tuple[int, int]]:
    """What one minute brings: a device with an address of its own each minute, and all that is no machine."""
    at: dict[str, Any] = {"minute_unix_s": minute_unix_s}
    return {
        flow_key(f"2001:db8::{number + 1}", device=MAC, **at): (100, 2),
        flow_key("10.0.0.1", device=MAC, **at, direction=1, is_tx=True): (10, 1),
        flow_key("10.0.0.2", device=_OTHER, **at): (30, 1),
        flow_key("10.0.0.3", **at): (5, 1),
        flow_key("192.168.1.254", device="this machine", **at): (4, 1),
        flow_key("10.9.0.7", device="10.9.0.0/24", **at): (3, 1),
        flow_key("10.9.0.8", device="10.9.0.0/24", **at): (3, 1),
        flow_key("239.255.255.250", device="multicast", **at): (2, 1),
        flow_key("255.255.255.255", device="broadcast", **at): (1, 1),
    }


@pytest.fixture
def path(tmp_path: Path) -> Path:
    minutes = [(number, MINUTE + 60 * number) for number in range(3)]
    names = [DeviceName(MAC, NameSource.MDNS, "<b>\x1b[2J"), DeviceName(MAC, NameSource.LEASE, "laptop")]
    return stored(
        tmp_path / "traffic.db",
        *(
            batch(
                _flows(n, minute), generation=n, minute_unix_s=minute, device_names=names if n == 0 else (),
                addresses=[(MAC, f"2001:db8::{n + 1}"), (MAC, "10.0.0.1"), (_OTHER, "10.0.0.2")],
            )
            for n, minute in minutes
        ),
    )  # fmt: skip


def test_every_device_is_shown_once(path: Path) -> None:
    rows = run(path, "top-device", _WINDOW).rows
    last, total = MINUTE + 120, 3 * 158
    mac_addresses = ("10.0.0.1", "2001:db8::1", "2001:db8::2", "2001:db8::3")
    assert rows == [
        ("laptop", "random", MAC, mac_addresses, 300, 30, 330, 330 / total, 9, last),
        (_OTHER, "mac", _OTHER, ("10.0.0.2",), 90, 0, 90, 90 / total, 3, last),
        ("10.9.0.0/24", "network", "10.9.0.0/24", ("10.9.0.7", "10.9.0.8"), 18, 0, 18, 18 / total, 6, last),
        ("10.0.0.3", "address", "10.0.0.3", ("10.0.0.3",), 15, 0, 15, 15 / total, 3, last),
        ("this machine", "group", "this machine", ("192.168.1.254",), 12, 0, 12, 12 / total, 3, last),
        ("multicast", "group", "multicast", ("239.255.255.250",), 6, 0, 6, 6 / total, 3, last),
        ("broadcast", "group", "broadcast", ("255.255.255.255",), 3, 0, 3, 3 / total, 3, last),
    ]


def test_the_window_cuts_addresses_and_the_last_time(path: Path) -> None:
    first = run(path, "top-device", Selection(MINUTE, MINUTE + 60, limit=1)).rows
    assert [(row[3], row[9]) for row in first] == [(("10.0.0.1", "2001:db8::1"), MINUTE)]


@pytest.mark.parametrize("none", ["0.0.0.0", "::"])
def test_no_address_is_shown_as_none(tmp_path: Path, none: str) -> None:
    """As who asks a DHCP server for an address, or whether it is free, has none."""
    flows = {flow_key(device=MAC): (1, 1), flow_key(none, device=MAC): (5, 1), flow_key(none, device=_OTHER): (1, 1)}
    path = stored(tmp_path / "traffic.db", batch(flows, addresses=[(MAC, none), (MAC, CLIENT), (_OTHER, none)]))
    rows = run(path, "top-device", _WINDOW).rows
    assert [(row[2], row[3], row[6]) for row in rows] == [(MAC, (CLIENT,), 6), (_OTHER, (), 1)]
    detail = _parts(run(path, "device-detail", replace(_WINDOW, devices=(MAC, _OTHER))))
    assert [row[:2] for row in detail["addresses"]] == [(MAC, CLIENT)]


def test_devices_of_one_name_stay_apart(tmp_path: Path) -> None:
    flows = {flow_key(device=MAC): (1, 1), flow_key(device=_OTHER): (2, 1)}
    names = [DeviceName(device, 2, "laptop") for device in (MAC, _OTHER)]
    rows = run(stored(tmp_path / "traffic.db", batch(flows, device_names=names)), "top-device", _WINDOW).rows
    assert [row[0:3:2] for row in rows] == [("laptop", _OTHER), ("laptop", MAC)]


def _parts(result: Result) -> dict[str, list[tuple[Any, ...]]]:
    return {part.report.name: part.rows for part in result.parts}


@pytest.mark.parametrize("asked", ["laptop", "LapTop", MAC, MAC.upper().replace(":", "-"), "<b>\x1b[2J"], ids=ascii)
def test_one_device_in_detail(path: Path, asked: str) -> None:
    result = run(path, "device-detail", Selection(MINUTE, MINUTE + 180, devices=(asked,)))
    assert result.rows == []
    parts = _parts(result)
    assert parts["names"] == [
        (MAC, "laptop", "lease", MINUTE, MINUTE), (MAC, "<b>\x1b[2J", "mdns", MINUTE, MINUTE),
    ]  # fmt: skip
    assert parts["addresses"] == [
        (MAC, "10.0.0.1", MINUTE, MINUTE + 120), (MAC, "2001:db8::3", MINUTE + 120, MINUTE + 120),
        (MAC, "2001:db8::2", MINUTE + 60, MINUTE + 60), (MAC, "2001:db8::1", MINUTE, MINUTE),
    ]  # fmt: skip
    assert parts["sites"] == [("", "unknown", 300, 30, 330, 1.0)]
    assert parts["protocols"] == [(6, 443, 300, 30, 330, 1.0)]
    assert parts["resolvers"] == []
    assert sum(row[3] for row in parts["hours"]) == 330


def test_a_server_among_the_clients_is_told_by_the_port_that_it_serves(tmp_path: Path) -> None:
    calls = {flow_key(device=MAC, client_port=443, remote_port=port): (port, 1) for port in (50_000, 50_001)}
    pings = {flow_key(device=MAC, l4_proto=1, client_port=0, remote_port=0): (7, 1)}
    path = stored(tmp_path / "traffic.db", batch(calls | pings))
    parts = _parts(run(path, "device-detail", replace(_WINDOW, devices=(MAC,))))
    assert [row[:3] for row in parts["protocols"]] == [(6, 443, 100_001), (1, 0, 7)]


def test_an_address_shows_what_had_it(path: Path) -> None:
    parts = _parts(run(path, "device-detail", Selection(MINUTE, MINUTE + 180, devices=("2001:db8::2",))))
    assert [row[:2] for row in parts["names"]] == [(MAC, "laptop"), (MAC, "<b>\x1b[2J")]
    assert parts["addresses"] == [(MAC, "2001:db8::2", MINUTE + 60, MINUTE + 60)]
    assert [row[4] for row in parts["sites"]] == [100]


def test_an_address_of_another_time_names_nobody(path: Path) -> None:
    parts = _parts(run(path, "device-detail", Selection(MINUTE, MINUTE + 60, devices=("2001:db8::2",))))
    assert parts["names"] == parts["addresses"] == []


def test_sites_are_put_together_and_hidden_ones_are_not_shown(tmp_path: Path) -> None:
    of: dict[str, Any] = {"device": MAC}
    flows = {
        flow_key(**of, domain="www.one.example", label="exact", evidence="tls"): (5, 1),
        flow_key(**of, domain="api.one.example", label="exact", evidence="quic"): (6, 1),
        flow_key(**of, domain="api.one.example", label="ambiguous", evidence="dns"): (3, 1),
        flow_key(**of, domain="a.ech.example", label="hidden", evidence="ech"): (2, 1),
        flow_key(domain="www.one.example", label="exact", evidence="tls"): (99, 1),
    }
    path = stored(tmp_path / "traffic.db", batch(flows))
    parts = _parts(run(path, "device-detail", Selection(MINUTE, MINUTE + 60, devices=(MAC,))))
    assert [(*row[:2], row[4]) for row in parts["sites"]] == [
        ("one.example", "exact", 11), ("one.example", "ambiguous", 3), ("hidden by ECH (ech.example)", "hidden", 2),
    ]  # fmt: skip


def test_resolvers_are_those_of_the_ports(tmp_path: Path) -> None:
    flows = {
        flow_key(remote="192.168.1.254", l4_proto=_UDP, remote_port=53): (30, 3),
        flow_key(remote="8.8.8.8", remote_port=853, domain="dns.google", label="exact", evidence="tls"): (20, 2),
        flow_key(remote="8.8.8.8", l4_proto=_UDP, remote_port=853): (10, 1),
        flow_key(client_port=53): (99, 1),
    }
    path = stored(tmp_path / "traffic.db", batch(flows))
    parts = _parts(run(path, "device-detail", Selection(MINUTE, MINUTE + 60, devices=(CLIENT,))))
    assert parts["resolvers"] == [
        ("192.168.1.254", "", _UDP, 53, 30, 3), ("8.8.8.8", "dns.google", 6, 853, 20, 2),
        ("8.8.8.8", "", _UDP, 853, 10, 1),
    ]  # fmt: skip


def test_a_day_has_all_its_hours(tmp_path: Path) -> None:
    flows = {flow_key(minute_unix_s=MINUTE + 3600 * n): (1, 1) for n in range(30)}
    path = stored(tmp_path / "traffic.db", batch(flows))
    parts = _parts(run(path, "device-detail", Selection(MINUTE, MINUTE + 30 * 3600, devices=(CLIENT,))))
    hours = [row[0] for row in parts["hours"]]
    assert len(hours) == 25 and {before - after for before, after in zip(hours, hours[1:], strict=False)} == {3600}


def test_addresses_are_shown_where_their_time_meets_the_window_and_names_always(path: Path) -> None:
    for since, until, count in ((MINUTE + 60, MINUTE + 61, 2), (MINUTE + 61, MINUTE + 119, 1), (0, 60, 0)):
        parts = _parts(run(path, "device-detail", Selection(since, until, devices=(MAC,))))
        assert (len(parts["addresses"]), len(parts["names"])) == (count, 2)


def test_sums_of_devices_are_sums_of_flows(tmp_path: Path) -> None:
    path = stored(tmp_path / "traffic.db", home(MINUTE))
    of_devices = [row[4:7] for row in run(path, "top-device", _WINDOW).rows]
    of_flows = [row[1:4] for row in run(path, "top-ip", _WINDOW).rows]
    assert [sum(column) for column in zip(*of_devices, strict=True)] == [1_400, 150, 1_550]
    assert [sum(column) for column in zip(*of_flows, strict=True)] == [1_400, 150, 1_550]
    details = [_parts(run(path, "device-detail", Selection(MINUTE, MINUTE + 60, devices=(d,)))) for d in (MAC, CLIENT)]
    for name, at in (("sites", 4), ("protocols", 4), ("hours", 3)):
        assert sum(row[at] for parts in details for row in parts[name]) == 1_550
