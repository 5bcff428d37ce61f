"""Super-packets that leave the counting to the device, and ones that lie about their headers."""

from __future__ import annotations

from pathlib import Path

import pytest

from traffic_analyzer.kernel import instance as instances
from traffic_analyzer.kernel.libbpf import Libbpf
from traffic_analyzer.kernel.objects import find_object
from traffic_analyzer.kernel.reader import Reader

from ..lab.packets import ethernet, extension, ipv4, ipv6, tcp
from ..lab.runner import Runner, super_packet

_LOOPBACK, _HEADERS = 1, 14 + 20 + 20
_LYING_TCP = tcp()[:12] + b"\xf0" + tcp()[13:]  # 60 bytes of header in 20


@pytest.mark.parametrize(
    "frame, segments, expected",
    [
        (ethernet(0x0800, ipv4(6, tcp(payload=bytes(300)))), 3, (_HEADERS * 3 + 300, 3)),
        (ethernet(0x0800, ipv4(6, tcp(payload=bytes(300)))), 0, (_HEADERS * 3 + 300, 3)),
        (ethernet(0x0800, ipv4(6, tcp(payload=bytes(201)))), 0, (_HEADERS * 3 + 201, 3)),
        (ethernet(0x0800, ipv4(6, _LYING_TCP)), 0, (_HEADERS, 1)),
        (ethernet(0x0800, ipv4(6, _LYING_TCP)), 9, (_HEADERS, 1)),
        (ethernet(0x86DD, ipv6(60, extension(60)[:1] + b"\xff" + bytes(6))), 9, (14 + 40 + 8, 1)),
    ],
)
def test_counted(pins: Path, frame: bytes, segments: int, expected: tuple[int, int]) -> None:
    libbpf = Libbpf()
    instance = instances.load(libbpf, find_object(None), pins, "test", instances.Sizes())
    try:
        reader = Reader(instance)
        reader.register(_LOOPBACK)
        Runner(libbpf).ns(instance.programs["ethernet_ingress"], frame, 1, super_packet(segments, 100))
        generation = reader.read(reader.turn())
    finally:
        instance.remove()
    assert [(flow.bytes, flow.packets) for flow in generation.flows] == [expected]
    assert [(c.bytes, c.packets) for c in generation.counters if c.counter == "seen"] == [expected]
