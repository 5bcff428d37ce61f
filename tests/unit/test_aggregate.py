"""Sums by key, and keys that have room."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from traffic_analyzer.aggregate import Most, Room, add
from traffic_analyzer.records import OTHER, OTHER_ADDRESS, OTHER_NUMBER, FlowKey, Traffic

from .traffic import flow_key

_AMOUNT = st.integers(0, 2**63)


@given(st.lists(st.tuples(st.sampled_from("abc"), _AMOUNT, _AMOUNT)))
def test_additions_sum_up_by_key_in_any_order(additions: list[tuple[str, int, int]]) -> None:
    forwards: dict[str, Traffic] = {}
    backwards: dict[str, Traffic] = {}
    bytes_, packets = Counter[str](), Counter[str]()
    for key, more_bytes, more_packets in additions:
        add(forwards, key, more_bytes, more_packets)
        bytes_[key] += more_bytes
        packets[key] += more_packets
    for addition in reversed(additions):
        add(backwards, *addition)
    assert forwards == backwards == {key: Traffic(bytes_[key], packets[key]) for key in bytes_}


_SMALL = Most(flows=100, nameless=80, clients=10, devices=10)
#: What an attacker can make up, by number.
_SCANS: dict[str, Any] = {
    "the internet scans this machine": lambda n: {"remote": n.to_bytes(4, "big")},
    "a client scans the internet": lambda n: {"remote": n.to_bytes(4, "big"), "remote_port": n, "l4_proto": n % 256},
    "clients are made up": lambda n: {"client": n.to_bytes(4, "big")},
    "devices are made up": lambda n: {"device": f"02:00:00:00:{n >> 8:02x}:{n & 255:02x}", "client": bytes(16)},
    "everything is": lambda n: {"device": str(n), "client": n.to_bytes(16, "big"), "remote": n.to_bytes(16, "big")},
    "names are": lambda n: {"domain": f"{n}.example", "label": "exact", "evidence": "tls"},
}


@pytest.mark.parametrize("scan", _SCANS.values(), ids=_SCANS)
def test_whatever_is_made_up_the_number_of_keys_is_bounded(scan: Any) -> None:
    room = Room(_SMALL)
    keys = {room.place(flow_key()._replace(**scan(n))) for n in range(5_000)}
    assert len(keys) <= sum((_SMALL.flows, _SMALL.clients, _SMALL.devices)) + 1
    room.clear()
    fresh = flow_key()._replace(**scan(4_999))
    assert room.place(fresh) is fresh


def test_a_scan_leaves_who_scanned_and_what_has_a_name() -> None:
    room = Room(_SMALL)
    running = flow_key("192.168.1.9")
    room.place(running)
    placed = [room.place(flow_key(remote=f"198.51.{n >> 8}.{n & 255}", client_port=n)) for n in range(500)]
    assert placed[78] == flow_key(remote="198.51.0.78", client_port=78)
    rest = flow_key(
        l4_proto=OTHER_NUMBER, client_port=OTHER_NUMBER, remote_port=OTHER_NUMBER
    )._replace(remote=OTHER_ADDRESS)  # fmt: skip
    assert set(placed[79:]) == {rest}
    assert room.place(running) is running
    named = flow_key(domain="www.one.example", label="exact")
    assert room.place(named) is named


_KEYS = st.builds(
    FlowKey, st.just(60), st.sampled_from(["lan", "wan"]), st.sampled_from([0, 1]), st.booleans(),
    st.sampled_from([6, 17]), st.integers(0, 40).map(lambda n: bytes([10, 0, 0, n])), st.integers(0, 3),
    st.integers(0, 40).map(lambda n: bytes([203, 0, 113, n])), st.just(443),
    st.integers(0, 20).map(str), st.sampled_from(["", "a.example", "b.example"]),
    st.sampled_from(["exact", "unknown"]), st.sampled_from(["", "tls"]), st.booleans(),
)  # fmt: skip
_TIGHT = Most(flows=8, nameless=6, clients=3, devices=3)


@given(st.lists(st.tuples(_KEYS, st.integers(0, 2**40), st.integers(0, 2**20)), max_size=120))
def test_sums_stay_in_all_that_is_not_put_together(flows: list[tuple[FlowKey, int, int]]) -> None:
    room, booked = Room(_TIGHT), dict[FlowKey, Traffic]()
    kept, sums = Counter[object](), Counter[object]()
    for key, bytes_, packets in flows:
        placed = room.place(key)
        add(booked, placed, bytes_, packets)
        assert placed.device in (key.device, OTHER) and placed.client in (key.client, OTHER_ADDRESS)
        assert (placed.domain == "") == (key.domain == "")
        at = key.iface, key.direction, key.is_tx, key.label, key.evidence, key.again
        sums.update({(*at, "bytes"): bytes_, (*at, "packets"): packets})
    for key, traffic in booked.items():
        at = key.iface, key.direction, key.is_tx, key.label, key.evidence, key.again
        kept.update({(*at, "bytes"): traffic.bytes, (*at, "packets"): traffic.packets})
    assert kept == sums
    assert sum(key.remote != OTHER_ADDRESS for key in booked) <= _TIGHT.flows
