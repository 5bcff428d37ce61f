"""Bytes as the programs leave them in the maps, written out by hand after ``ebpf/traffic_analyzer.h``."""

from __future__ import annotations

import sys
from itertools import product

from traffic_analyzer.kernel import abi
from traffic_analyzer.records import CounterRecord, FlowRecord, Head, HeadKind

from ..traffic import MAC_BYTES as MAC
from ..traffic import packed


def _key(
    src: bytes, dst: bytes, ifindex: int, ports: tuple[int, int], direction: int, proto: int, version: int
) -> bytes:
    wire_ports = b"".join(port.to_bytes(2, "big") for port in ports)
    return (src.ljust(16, b"\0") + dst.ljust(16, b"\0") + ifindex.to_bytes(4, sys.byteorder) + wire_ports
            + bytes([direction, proto, version, 0]))  # fmt: skip


def _flow(bytes_: int, packets: int, mac: bytes = bytes(6), first_boot_ns: int = 0, heads: int = 9,
          came_by: int = 0) -> bytes:  # fmt: skip
    numbers = b"".join(n.to_bytes(8, sys.byteorder) for n in (bytes_, packets, first_boot_ns))
    return numbers + mac + heads.to_bytes(2, sys.byteorder) + came_by.to_bytes(4, sys.byteorder) + b"\xee" * 4


def test_sizes_are_those_of_the_header() -> None:
    assert (abi.FLOW_KEY.size, abi.FLOW.size, abi.CONTROL.size, abi.INDEX.size) == (44, 40, 16, 4)
    assert abi.HEAD.size == 76
    assert abi.INTERFACE.size == 8 + 2 * len(abi.COUNTERS) * 16


def test_an_ipv4_flow_is_summed_over_cpus() -> None:
    key = _key(packed("192.0.2.1"), packed("198.51.100.2"), 7, (40_000, 443), 1, 6, 4)
    values = _flow(2**40, 3, MAC) + _flow(2**41, 5, MAC) + _flow(0, 0)
    assert list(abi.decode_flows(key, values, 3)) == [
        FlowRecord(7, 1, 6, packed("192.0.2.1"), 40_000, packed("198.51.100.2"), 443, MAC, 2**40 + 2**41, 8)
    ]


def test_an_ipv6_flow_keeps_all_sixteen_bytes_even_where_they_end_in_zeros() -> None:
    key = _key(packed("2001:db8::"), packed("ff02::fb"), 1, (5353, 5353), 0, 17, 6)
    assert list(abi.decode_flows(key, _flow(90, 1, MAC), 1)) == [
        FlowRecord(1, 0, 17, packed("2001:db8::"), 5353, packed("ff02::fb"), 5353, MAC, 90, 1)
    ]


def test_the_mac_is_that_of_any_cpu_that_saw_one() -> None:
    key = _key(packed("192.0.2.1"), packed("192.0.2.2"), 1, (0, 0), 0, 1, 4)
    for seen_by in range(3):
        values = b"".join(_flow(1, 1, MAC if cpu == seen_by else bytes(6)) for cpu in range(3))
        assert next(abi.decode_flows(key, values, 3)).neighbour_mac == MAC
    assert next(abi.decode_flows(key, _flow(1, 1) * 3, 3)).neighbour_mac == bytes(6)


def test_a_flow_began_when_the_first_cpu_saw_it() -> None:
    key = _key(packed("192.0.2.1"), packed("192.0.2.2"), 1, (0, 0), 0, 1, 4)
    values = _flow(1, 1, MAC, 700) + _flow(0, 0) + _flow(1, 1, MAC, 500)
    assert next(abi.decode_flows(key, values, 3)).first_boot_ns == 500
    assert next(abi.decode_flows(key, _flow(0, 0), 1)).first_boot_ns == 0


def test_a_flow_was_opened_where_any_cpu_saw_it() -> None:
    key = _key(packed("192.0.2.1"), packed("192.0.2.2"), 1, (0, 0), 0, 6, 4)
    assert next(abi.decode_flows(key, _flow(1, 1, heads=0x7FFF) + _flow(1, 1, heads=0x8001), 2)).opened
    assert not next(abi.decode_flows(key, _flow(1, 1, heads=0x7FFF) * 2, 2)).opened


def test_a_flow_came_in_where_any_cpu_saw_it_come() -> None:
    key = _key(packed("192.0.2.1"), packed("192.0.2.2"), 1, (0, 0), 1, 6, 4)
    for seen_by in range(3):
        values = b"".join(_flow(1, 1, came_by=2**31 + 5 if cpu == seen_by else 0) for cpu in range(3))
        assert next(abi.decode_flows(key, values, 3)).ingress_ifindex == 2**31 + 5
    assert next(abi.decode_flows(key, _flow(1, 1) * 3, 3)).ingress_ifindex == 0


def test_a_head_is_read_to_its_last_byte() -> None:
    for version, src, dst in ((4, "192.0.2.1", "198.51.100.2"), (6, "2001:db8::", "2001:db8::2")):
        record = _key(packed(src), packed(dst), 7, (40_000, 53), 1, 17, version)
        record += (2**32 - 1).to_bytes(4, sys.byteorder) + (2**40).to_bytes(8, sys.byteorder)
        record += (77).to_bytes(4, sys.byteorder) + (1400).to_bytes(4, sys.byteorder)
        record += (9).to_bytes(4, sys.byteorder) + MAC + b"\x02\xee" + b"payload"
        assert abi.decode_head(record) == Head(
            7, 1, 17, packed(src), 40_000, packed(dst), 53, MAC, 2**40, HeadKind.TLS, 2**32 - 1, 77, 1400, b"payload",
            9,
        )  # fmt: skip


def test_each_flow_of_a_batch_keeps_its_own_values() -> None:
    keys = b"".join(_key(bytes(4), bytes(4), n, (n, n), 0, 6, 4) for n in range(1, 4))
    values = b"".join(_flow(n, n) + _flow(100 * n, n) for n in range(1, 4))
    found = list(abi.decode_flows(keys, values, 2))
    assert [(f.ifindex, f.src_port, f.bytes, f.packets) for f in found] == [
        (1, 1, 101, 2),
        (2, 2, 202, 4),
        (3, 3, 303, 6),
    ]
    assert list(abi.decode_flows(b"", b"", 2)) == []


def _slot(ifindex: int, numbers: list[int]) -> bytes:
    head = ifindex.to_bytes(4, sys.byteorder) + b"\xee\xee\xee\xee"
    return head + b"".join(number.to_bytes(8, sys.byteorder) for number in numbers)


def test_counters_are_summed_over_cpus_in_the_order_of_the_enum() -> None:
    places = list(product((0, 1), abi.COUNTERS))
    cpus = [_slot(9, [n for at in range(len(places)) for n in (f * at, 10 * f * at)]) for f in (1, 2)]
    expected = [CounterRecord(9, d, counter, 3 * at, 30 * at) for at, (d, counter) in enumerate(places) if at]
    assert list(abi.decode_interface(b"".join(cpus))) == expected


def test_a_slot_with_nothing_counted_belongs_to_its_interface_on_every_cpu() -> None:
    nothing = [0] * 4 * len(abi.COUNTERS)
    slot = abi.encode_interface(0x01020304, 3)
    assert slot == _slot(0x01020304, nothing).replace(b"\xee", b"\0") * 3
    assert abi.decode_ifindex(slot) == 0x01020304
    assert abi.decode_ifindex(abi.encode_interface(0, 2)) == 0
    assert list(abi.decode_interface(slot)) == []
