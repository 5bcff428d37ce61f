"""Encrypted DNS: by port, by a name that was read, by an address that serves nothing else; never by a guess."""

from __future__ import annotations

from pathlib import Path

import pytest

from traffic_analyzer.records import DeviceName, FlowKey
from traffic_analyzer.reports.registry import run
from traffic_analyzer.reports.selection import Selection

from ..store.seeds import seed
from ..traffic import MAC, MINUTE, batch, flow_key, stored

_WINDOW = Selection(MINUTE, MINUTE + 60)
_UDP = 17
_ELSEWHERE = "203.0.113.7"


def _rows(tmp_path: Path, *keys: FlowKey) -> list[tuple[object, ...]]:
    path = stored(tmp_path / "traffic.db", batch(dict.fromkeys(keys, (10, 1))))
    return [(row[0], *row[2:5]) for row in run(path, "top-dohdot", _WINDOW).rows]  # without the name


def _named(domain: str, label: str = "exact", evidence: str = "tls", **changed: object) -> FlowKey:
    return flow_key(domain=domain, label=label, evidence=evidence, **changed)


@pytest.mark.parametrize(
    ("key", "row"),
    [
        (flow_key(remote_port=853), ("DoT", _ELSEWHERE, "port")),
        (flow_key(remote_port=853, l4_proto=_UDP), ("DoQ", _ELSEWHERE, "port")),
        (_named("resolver.example", remote_port=853), ("DoT", "resolver.example", "port")),
        (_named("resolver.example", "ambiguous", "dns", remote_port=853), ("DoT", _ELSEWHERE, "port")),
        (_named("dns.google", remote_port=853), ("DoT", "dns.google", "name")),
        (flow_key(remote="8.8.8.8", remote_port=853), ("DoT", "8.8.8.8", "address")),
        (_named("dns.google"), ("DoH", "dns.google", "name")),
        (_named("dns.google", evidence="quic", l4_proto=_UDP), ("DoH", "dns.google", "name")),
        (_named("a1b2.dns.nextdns.io"), ("DoH", "a1b2.dns.nextdns.io", "name")),
        (_named("cloudflare-dns.com", "hidden", "ech"), ("DoH", "hidden by ECH (cloudflare-dns.com)", "name")),
        (flow_key(remote="1.1.1.1"), ("DoH", "1.1.1.1", "address")),
        (flow_key(remote="2606:4700:4700::1111", client="2001:db8::1"), ("DoH", "2606:4700:4700::1111", "address")),
        (flow_key(remote="9.9.9.9", l4_proto=_UDP), ("DoH", "9.9.9.9", "address")),
        (_named("dns.quad9.net", "ambiguous", "dns", remote="9.9.9.9"), ("DoH", "9.9.9.9", "address")),
        (_named("some.example", remote="1.1.1.1"), ("DoH", "some.example", "address")),
        # A client that serves it, to one outside: hours and days keep the port that is served, not at which end.
        (flow_key(client_port=853, remote_port=40000), ("DoT", _ELSEWHERE, "port")),
    ],
)
def test_what_is_suspected(tmp_path: Path, key: FlowKey, row: tuple[str, ...]) -> None:
    assert [found[1:] for found in _rows(tmp_path, key)] == [row]


@pytest.mark.parametrize(
    "key",
    [
        flow_key(), _named("www.example"), _named("dns.google", "ambiguous", "dns"), _named("notdns.google"),
        _named("mask.icloud.com"), _named("mask-h2.icloud.com"), _named("dns.google", remote_port=80),
        flow_key(remote="8.8.8.8", remote_port=53, l4_proto=_UDP),
        flow_key(remote="8.8.8.8", l4_proto=1, remote_port=0),
        flow_key(l4_proto=132, remote_port=853), flow_key(client="8.8.8.8"),
        _named("", "exact", ""),
    ],
)  # fmt: skip
def test_what_is_not(tmp_path: Path, key: FlowKey) -> None:
    assert _rows(tmp_path, key) == []


def test_a_device_is_its_mac_or_else_its_address(tmp_path: Path) -> None:
    keys = [
        flow_key(remote="8.8.8.8"), flow_key(remote="8.8.8.8", device=MAC, client="10.0.0.1"),
        flow_key(remote="8.8.8.8", device=MAC, client="2001:db8::1"),
    ]  # fmt: skip
    assert _rows(tmp_path, *keys) == [
        ("02:aa:bb:cc:dd:01", "DoH", "8.8.8.8", "address"), ("192.168.1.2", "DoH", "8.8.8.8", "address"),
    ]  # fmt: skip


def test_sums(tmp_path: Path) -> None:
    down, up = flow_key(remote="8.8.8.8"), flow_key(remote="8.8.8.8", direction=1, is_tx=True)
    path = stored(tmp_path / "traffic.db", batch({down: (100, 2), up: (10, 1), flow_key(): (1000, 1)}))
    rows = run(path, "top-dohdot", _WINDOW).rows
    assert rows == [("192.168.1.2", "192.168.1.2", "DoH", "8.8.8.8", "address", 100, 10, 110, 3)]


def test_a_device_goes_by_its_name(tmp_path: Path) -> None:
    flows = {flow_key(remote="8.8.8.8", device=MAC): (100, 2)}
    path = stored(tmp_path / "traffic.db", batch(flows, device_names=[DeviceName(MAC, 2, "laptop")]))
    assert [row[:2] for row in run(path, "top-dohdot", _WINDOW).rows] == [(MAC, "laptop")]


def test_rows_of_the_seed_are_shown_by_address(tmp_path: Path) -> None:
    rows = [(60, "eth0", 0, 6, "8.8.8.8", 853, "192.168.1.2", 40000, None, None, 5, 1)]
    found = run(seed(tmp_path / "seed.db", flow_1m_5t=rows), "top-dohdot", Selection(0, 100)).rows
    assert [row[:4] for row in found] == [("192.168.1.2", "192.168.1.2", "DoT", "8.8.8.8")]
