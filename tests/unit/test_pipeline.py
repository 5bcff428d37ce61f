"""Booking keeps every byte, and knows whose it is."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from traffic_analyzer.kernel.abi import COUNTERS
from traffic_analyzer.pipeline import book, minute_of
from traffic_analyzer.records import (
    CounterKey,
    CounterRecord,
    Direction,
    FlowRecord,
    Generation,
    Health,
    Role,
    Traffic,
)

from .traffic import MAC, MINUTE, interface, packed

#: eth0 was made anew, hence twice.
_INTERFACES = {
    2: interface("eth0", Role.HOST, ifindex=2, addresses=("192.0.2.1",)),
    9: interface("eth0", Role.HOST, ifindex=9, addresses=("192.0.2.2",)),
    3: interface("br-lan", Role.LAN, ifindex=3, networks=(("192.168.1.1", 24),)),
    4: interface("wan", Role.WAN, ifindex=4),
}
_AMOUNTS = st.integers(0, 2**40)
_PORTS = st.sampled_from([0, 53, 443, 65_535])
_ADDRESSES = st.sampled_from([
    [packed(a) for a in ("192.0.2.1", "192.0.2.2", "192.168.1.5", "192.168.1.255", "224.0.0.251", "255.255.255.255")],
    [packed(a) for a in ("2001:db8::1", "fe80::1", "ff02::fb")],
])  # fmt: skip


@st.composite
def _flows(draw: st.DrawFn) -> FlowRecord:
    addresses = st.sampled_from(draw(_ADDRESSES))
    return FlowRecord(
        draw(st.sampled_from(list(_INTERFACES))), draw(st.sampled_from([0, 1])), draw(st.sampled_from([1, 6, 17])),
        draw(addresses), draw(_PORTS), draw(addresses), draw(_PORTS), draw(st.sampled_from([bytes(6), MAC])),
        draw(_AMOUNTS), draw(_AMOUNTS),
    )  # fmt: skip


_COUNTERS = st.builds(
    CounterRecord, st.sampled_from(list(_INTERFACES)), st.sampled_from([0, 1]), st.sampled_from(COUNTERS), _AMOUNTS,
    _AMOUNTS,
)  # fmt: skip
_GENERATIONS = st.builds(Generation, st.just("one"), st.integers(0, 9), st.lists(_flows()), st.lists(_COUNTERS))


@given(_GENERATIONS)
def test_every_byte_and_packet_is_booked_between_its_ends(generation: Generation) -> None:
    counted, booked = Counter[object](), Counter[object]()
    for flow in generation.flows:
        ends = flow.src, flow.src_port, flow.dst, flow.dst_port
        at = _INTERFACES[flow.ifindex].name, flow.direction, flow.l4_proto, ends
        counted.update({(*at, "bytes"): flow.bytes, (*at, "packets"): flow.packets})
    for key, traffic in book(generation, MINUTE, _INTERFACES, 100).flows.items():
        ends = key.client, key.client_port, key.remote, key.remote_port
        at = key.iface, key.direction, key.l4_proto, ends if key.is_tx else ends[2:] + ends[:2]
        booked.update({(*at, "bytes"): traffic.bytes, (*at, "packets"): traffic.packets})
        assert (key.minute_unix_s, key.domain, key.label) == (MINUTE, "", "unknown")
    assert booked == counted


@given(_GENERATIONS)
def test_counters_are_booked_and_what_found_no_room_goes_to_health(generation: Generation) -> None:
    batch = book(generation, MINUTE, _INTERFACES, 100)
    for kind in range(2):
        counted, booked = Counter[object](), Counter[object]()
        for record in generation.counters:
            counted[_INTERFACES[record.ifindex].name, record.direction, record.counter] += record[3 + kind]
        for key, traffic in batch.counters.items():
            booked[key[1:]] += traffic[kind]
        assert booked == counted
    dropped = sum(record.packets for record in generation.counters if record.counter == "not_booked")
    assert sum(health.flow_insert_drop for health in batch.health) == dropped
    assert sum(health.flow_entries for health in batch.health) == len(generation.flows)
    assert sorted(health.iface for health in batch.health) == ["br-lan", "eth0", "wan"]


@given(_GENERATIONS)
def test_a_device_is_named_only_by_its_own_lan_link(generation: Generation) -> None:
    for key in book(generation, MINUTE, _INTERFACES, 100).flows:
        if key.device:
            assert key.device == MAC and key.iface == "br-lan"
            assert key.is_tx == (key.direction == Direction.INGRESS)


def test_an_interface_that_was_made_anew_is_one_interface() -> None:
    ends = packed("192.0.2.9"), 1, packed("198.51.100.1"), 2
    flows = [FlowRecord(ifindex, 0, 6, *ends, bytes(6), 10, 1) for ifindex in (2, 9)]
    counters = [CounterRecord(ifindex, 0, "not_booked", 100, 3) for ifindex in (2, 9)]
    batch = book(Generation("one", 5, flows, counters), MINUTE, {i: _INTERFACES[i] for i in (2, 9)}, 7)
    assert (batch.instance, batch.generation) == ("one", 5)
    assert list(batch.flows.values()) == [Traffic(20, 2)]
    assert batch.counters == {CounterKey(MINUTE, "eth0", 0, "not_booked"): Traffic(200, 6)}
    assert batch.health == [Health(MINUTE, "eth0", 2, 7, 6)]


@pytest.mark.parametrize(("unix_s", "minute"), [(0, 0), (59.999, 0), (60, 60), (119.5, 60), (-0.5, -60)])
def test_a_minute_begins_at_its_first_second(unix_s: float, minute: int) -> None:
    assert minute_of(unix_s) == minute
