"""Booking keeps every byte, and knows whose it is."""

from __future__ import annotations

from collections import Counter
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from traffic_analyzer.attribution.devices import is_machine
from traffic_analyzer.kernel.abi import COUNTERS
from traffic_analyzer.pipeline import Pipeline, minute_of
from traffic_analyzer.records import (
    OTHER_ADDRESS,
    Batch,
    CounterKey,
    CounterRecord,
    Direction,
    FlowRecord,
    Generation,
    Head,
    HeadKind,
    Health,
    NameHealth,
    QuestionKey,
    Role,
    ServerNameKey,
    Traffic,
)
from traffic_analyzer.store.writer import Store
from traffic_analyzer.wire.quic_crypto import PythonCipher

from .store.seeds import rows
from .traffic import MAC, MAC_BYTES, MINUTE, interface, packed

#: eth0 was made anew, hence twice.
_INTERFACES = {
    2: interface("eth0", Role.HOST, ifindex=2, addresses=("192.0.2.1",)),
    9: interface("eth0", Role.HOST, ifindex=9, addresses=("192.0.2.2",)),
    3: interface("br-lan", Role.LAN, ifindex=3, networks=(("192.168.1.1", 24),)),
    4: interface("wan", Role.WAN, ifindex=4),
}
_COUNTED = {ifindex: on.role for ifindex, on in _INTERFACES.items()}
_S = 10**9
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
        draw(addresses), draw(_PORTS), draw(addresses), draw(_PORTS), draw(st.sampled_from([bytes(6), MAC_BYTES])),
        draw(_AMOUNTS), draw(_AMOUNTS), ingress_ifindex=draw(st.sampled_from([0, 2, 3, 4, 77])),
    )  # fmt: skip


_COUNTERS = st.builds(
    CounterRecord, st.sampled_from(list(_INTERFACES)), st.sampled_from([0, 1]), st.sampled_from(COUNTERS), _AMOUNTS,
    _AMOUNTS,
)  # fmt: skip
_GENERATIONS = st.builds(Generation, st.just("one"), st.integers(0, 9), st.lists(_flows()), st.lists(_COUNTERS))


def _pipeline() -> Pipeline:
    return Pipeline(PythonCipher())


def _book(generation: Generation, now_boot_ns: int = _S) -> Batch:
    return _pipeline().book(generation, MINUTE, now_boot_ns, _INTERFACES, _COUNTED, 100)


@given(_GENERATIONS)
def test_every_byte_and_packet_is_booked_between_its_ends(generation: Generation) -> None:
    counted, booked = Counter[object](), Counter[object]()
    for flow in generation.flows:
        ends = flow.src, flow.src_port, flow.dst, flow.dst_port
        at = _INTERFACES[flow.ifindex].name, flow.direction, flow.l4_proto, ends
        counted.update({(*at, "bytes"): flow.bytes, (*at, "packets"): flow.packets})
    for key, traffic in _book(generation).flows.items():
        ends = key.client, key.client_port, key.remote, key.remote_port
        at = key.iface, key.direction, key.l4_proto, ends if key.is_tx else ends[2:] + ends[:2]
        booked.update({(*at, "bytes"): traffic.bytes, (*at, "packets"): traffic.packets})
        assert (key.minute_unix_s, key.domain, key.label) == (MINUTE, "", "unknown")
    assert booked == counted


@given(_GENERATIONS)
def test_counters_are_booked_and_what_found_no_room_goes_to_health(generation: Generation) -> None:
    batch = _book(generation)
    for kind in range(2):
        counted, booked = Counter[object](), Counter[object]()
        for record in generation.counters:
            if record.counter not in ("buffers", "group"):  # what passed, once more
                counted[_INTERFACES[record.ifindex].name, record.direction, record.counter] += record[3 + kind]
        for flow_key, traffic in batch.flows.items():
            counted[flow_key.iface, flow_key.direction, flow_key.label] += traffic[kind]
            if flow_key.again:
                counted[flow_key.iface, flow_key.direction, "again"] += traffic[kind]
        for key, traffic in batch.counters.items():
            booked[key[1:]] += traffic[kind]
        assert booked == counted
    dropped = sum(record.packets for record in generation.counters if record.counter == "not_booked")
    for names, place in (("dns_", "mdns_"), 5), (("tls_", "quic_", "http_"), 6):
        lost = sum(record.packets for record in generation.counters if record.counter.startswith(names))
        assert sum(health[place] for health in batch.health) == lost
    assert sum(health.flow_insert_drop for health in batch.health) == dropped
    assert sum(health.flow_entries for health in batch.health) == len(generation.flows)
    assert sorted(health.iface for health in batch.health) == ["br-lan", "eth0", "wan"]


@given(_GENERATIONS)
def test_a_device_is_named_only_by_its_own_lan_link(generation: Generation) -> None:
    batch = _book(generation)
    for key in batch.flows:
        assert key.device
        if key.device == MAC:
            assert key.iface == "br-lan"
            assert key.is_tx == (key.direction == Direction.INGRESS)
    assert batch.addresses == {(key.device, key.client) for key in batch.flows if is_machine(key.device)}


def test_an_interface_that_was_made_anew_is_one_interface() -> None:
    ends = packed("192.0.2.9"), 1, packed("198.51.100.1"), 2
    flows = [FlowRecord(ifindex, 0, 6, *ends, bytes(6), 10, 1) for ifindex in (2, 9)]
    counters = [CounterRecord(ifindex, 0, "not_booked", 100, 3) for ifindex in (2, 9)]
    both = {ifindex: _INTERFACES[ifindex] for ifindex in (2, 9)}
    batch = _pipeline().book(Generation("one", 5, flows, counters), MINUTE, _S, both, {}, 7)
    assert (batch.instance, batch.generation) == ("one", 5)
    assert list(batch.flows.values()) == [Traffic(20, 2)]
    assert batch.counters == {
        CounterKey(MINUTE, "eth0", 0, "not_booked"): Traffic(200, 6),
        CounterKey(MINUTE, "eth0", 0, "unknown"): Traffic(20, 2),
    }
    assert batch.health == [Health(MINUTE, "eth0", 2, 7, 6)]


@pytest.mark.parametrize(("unix_s", "minute"), [(0, 0), (59.999, 0), (60, 60), (119.5, 60), (-0.5, -60)])
def test_a_minute_begins_at_its_first_second(unix_s: float, minute: int) -> None:
    assert minute_of(unix_s) == minute


_CLIENT, _ROUTER, _REMOTE = packed("192.168.1.5"), packed("192.168.1.1"), packed("203.0.113.7")
_QUESTION = bytes.fromhex("000701000001000000000000") + b"\x04Site\x07example\0\0\1\0\1"
_ANSWER = b"\0\7\x81\x80\0\1\0\1\0\0\0\0" + _QUESTION[12:] + bytes.fromhex("c00c00010001000000640004") + _REMOTE


def _head(kind: HeadKind, payload: bytes, boot_s: float, to_router: bool = True, **changed: object) -> Head:
    ends = (_CLIENT, 40_000, _ROUTER, 53) if to_router else (_ROUTER, 53, _CLIENT, 40_000)
    head = Head(3, 0 if to_router else 1, 17, *ends, MAC_BYTES, int(boot_s * _S), kind, 0, 0, len(payload), payload)
    return head._replace(**changed)


def _flow(boot_s: float) -> FlowRecord:
    return FlowRecord(3, 0, 6, _CLIENT, 50_000, _REMOTE, 443, MAC_BYTES, 100, 1, int(boot_s * _S))


def _hello(name: bytes) -> bytes:
    listed = len(name).to_bytes(2, "big") + name
    entry = b"\0" + listed
    extension = b"\0\0" + (len(entry) + 2).to_bytes(2, "big") + len(entry).to_bytes(2, "big") + entry
    body = b"\3\3" + bytes(32) + b"\0" + b"\0\2\x13\1" + b"\1\0" + len(extension).to_bytes(2, "big") + extension
    message = b"\1" + len(body).to_bytes(3, "big") + body
    return b"\x16\3\1" + len(message).to_bytes(2, "big") + message


def test_what_is_heard_names_what_is_booked_with_it() -> None:
    pipeline = _pipeline()
    pipeline.hear(_head(HeadKind.DNS, _QUESTION, 1), _INTERFACES[3], {})
    pipeline.hear(_head(HeadKind.DNS, _ANSWER, 1.1, to_router=False), _INTERFACES[3], {})
    batch = pipeline.book(Generation("one", 0, [_flow(1.2)], []), MINUTE, 2 * _S, {3: _INTERFACES[3]}, {}, 9)
    (key,) = batch.flows
    assert (key.domain, key.label, key.evidence) == ("site.example", "exact", "dns")
    assert batch.questions == {QuestionKey(MINUTE, "br-lan", MAC, _CLIENT, "site.example", 1): 1}
    assert batch.name_health == [NameHealth(MINUTE, "br-lan", 1, 1, 0, 1, 0, 0, 0, 0)]
    again = pipeline.book(Generation("one", 1, [_flow(2.1)], []), MINUTE, 300 * _S, {3: _INTERFACES[3]}, {}, 9)
    assert [key.domain for key in again.flows] == ["site.example"]
    assert (again.questions, again.name_health) == ({}, [NameHealth(MINUTE, "br-lan", 0, 0, 0, 0, 0, 1, 0, 0)])


def test_a_client_hello_is_counted_and_names_its_flow() -> None:
    pipeline = _pipeline()
    hello = _head(HeadKind.TLS, _hello(b"Site.example"), 1, l4_proto=6, src_port=50_000, dst=_REMOTE, dst_port=443)
    for _ in range(2):  # sent again: the same one
        pipeline.hear(hello, _INTERFACES[3], {})
    pipeline.hear(hello._replace(sequence=9000, src_port=1), _INTERFACES[3], {})
    batch = pipeline.book(Generation("one", 0, [_flow(0.5)], []), MINUTE, 2 * _S, {3: _INTERFACES[3]}, {}, 9)
    assert [(key.domain, key.label, key.evidence) for key in batch.flows] == [("site.example", "exact", "tls")]
    assert batch.server_names == {ServerNameKey(MINUTE, "br-lan", MAC, _CLIENT, "site.example", "tls"): 2}
    assert batch.name_health[0].sni_events == 2


def test_multicast_dns_tells_no_site() -> None:
    pipeline = _pipeline()
    pipeline.hear(_head(HeadKind.MDNS, _QUESTION, 1, src_port=5353, dst_port=5353), _INTERFACES[3], {})
    batch = pipeline.book(Generation("one", 0, [], []), MINUTE, 2 * _S, {3: _INTERFACES[3]}, {}, 9)
    assert batch.questions == {}


def test_a_datagram_whose_rest_never_comes_is_read_as_far_as_it_goes() -> None:
    pipeline = _pipeline()
    pipeline.hear(_head(HeadKind.DNS, _QUESTION, 1, datagram=5, length=2000), _INTERFACES[3], {})
    for now_s, questions in ((1.5, 0), (3, 1), (4, 0)):
        batch = pipeline.book(Generation("one", 0, [], []), MINUTE, int(now_s * _S), {3: _INTERFACES[3]}, {}, 9)
        assert sum(batch.questions.values()) == questions


def test_an_answer_nobody_asked_for_is_counted() -> None:
    pipeline = _pipeline()
    pipeline.hear(_head(HeadKind.DNS, _ANSWER, 1, to_router=False), _INTERFACES[3], {})
    batch = pipeline.book(Generation("one", 0, [_flow(1.2)], []), MINUTE, 2 * _S, {3: _INTERFACES[3]}, {}, 9)
    assert [key.label for key in batch.flows] == ["unknown"]
    assert batch.name_health[0].unasked == 1


def test_a_flood_of_names_is_counted_as_others() -> None:
    pipeline = _pipeline()
    interfaces = {3: _INTERFACES[3]}

    def counted(first: int, last: int, minute_unix_s: int) -> dict[str, int]:
        for number in range(first, last):
            asked = _QUESTION.replace(b"Site", b"%04d" % number)
            pipeline.hear(_head(HeadKind.DNS, asked, 1, src_port=number), _INTERFACES[3], {})
        batch = pipeline.book(Generation("one", 0, [], []), minute_unix_s, _S, interfaces, {}, 9)
        return {key.qname: count for key, count in batch.questions.items()}

    assert len(counted(0, 4000, MINUTE)) == 4000
    flood = counted(3990, 5000, MINUTE)
    assert flood.pop("(other)") == 5000 - 4096
    assert flood == {f"{number:04}.example": 1 for number in range(3990, 4096)}
    assert counted(5000, 5010, MINUTE + 60) == {"(other)": 10}  # heard before the minute was known to have ended
    assert len(counted(5010, 5020, MINUTE + 60)) == 10


def _scan(count: int) -> Generation:
    """A client of the LAN sends to as many addresses of the internet, one packet each."""
    flows = [
        FlowRecord(3, 0, 6, _CLIENT, 40_000, (0xCB00_0000 + n).to_bytes(4, "big"), 80, MAC_BYTES, 60 + n, 1)
        for n in range(count)
    ]
    return Generation("one", 0, flows, [])


def test_a_flood_of_flows_is_put_together_and_told(tmp_path: Path) -> None:
    pipeline, interfaces = _pipeline(), {3: _INTERFACES[3]}
    generation = _scan(20_000)
    batch = pipeline.book(generation, MINUTE, _S, interfaces, {}, 65_536)
    assert len(batch.flows) == 12_288 + 1
    rest = batch.flows[next(key for key in batch.flows if key.remote == OTHER_ADDRESS)]
    assert rest == Traffic(sum(60 + n for n in range(12_288, 20_000)), 20_000 - 12_288)
    overflow = batch.counters[CounterKey(MINUTE, "br-lan", 0, "overflow")]
    unknown = batch.counters[CounterKey(MINUTE, "br-lan", 0, "unknown")]
    assert (overflow, unknown.packets) == (rest, 20_000)
    again = pipeline.book(_scan(12_289)._replace(number=1), MINUTE, 2 * _S, interfaces, {}, 65_536)
    assert len(again.flows) == 12_289, "the minute knows whom it has"
    later = pipeline.book(_scan(100)._replace(number=2), MINUTE + 60, 3 * _S, interfaces, {}, 65_536)
    assert len(later.flows) == 100
    assert not [key for key in later.counters if key.counter == "overflow"]
    with closing(Store(tmp_path / "traffic.db")) as store:
        for each in (batch, again, later):
            store.commit(each)
    columns = "ts_minute, proto, src_ip, src_port, dst_ip, dst_port, bytes"
    told = rows(tmp_path / "traffic.db", f"SELECT {columns} FROM flow_1m_5t WHERE dst_ip = '(other)'")
    assert told == [(MINUTE, -1, "192.168.1.5", -1, "(other)", -1, rest.bytes + 60 + 12_288)]


def test_addresses_that_are_made_up_are_noted_up_to_a_bound() -> None:
    flows = [
        FlowRecord(3, 0, 6, bytes([10, 9, n >> 8, n & 255]), 40_000, _REMOTE, 80, n.to_bytes(6, "big"), 60, 1)
        for n in range(2, 40_002, 2)
    ]
    pipeline = _pipeline()
    for number in range(2):
        batch = pipeline.book(Generation("one", number, flows, []), MINUTE, _S, {3: _INTERFACES[3]}, {}, 65_536)
        assert len(batch.addresses) == 1024
        assert len(batch.flows) == 12_288 + 1_024 + 1_024 + 1
        assert sum(traffic.packets for traffic in batch.flows.values()) == 20_000
    fresh = pipeline.book(Generation("one", 2, flows[-5:], []), MINUTE + 60, _S, {3: _INTERFACES[3]}, {}, 65_536)
    assert len(fresh.addresses) == 5


def test_a_flood_of_names_by_clients_that_are_made_up_is_bounded(tmp_path: Path) -> None:
    pipeline = _pipeline()
    for number in range(6000):
        client = bytes([10, 9, number >> 8, number & 255])
        pipeline.hear(_head(HeadKind.DNS, _QUESTION, 1, src=client, neighbour_mac=b"\2" + client + b"\1"),
                      _INTERFACES[3], {})  # fmt: skip
    batch = pipeline.book(Generation("one", 0, [], []), MINUTE, _S, {3: _INTERFACES[3]}, {}, 9)
    assert len(batch.questions) == 4096 + 1024 + 1
    assert sum(batch.questions.values()) == 6000
    with closing(Store(tmp_path / "traffic.db")) as store:
        store.commit(batch)
    query = "SELECT count FROM question_minute WHERE client_id = -1"
    assert rows(tmp_path / "traffic.db", query) == [(6000 - 4096 - 1024,)]
