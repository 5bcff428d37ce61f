"""What a sender says of itself by multicast DNS, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from traffic_analyzer.roster.multicast_dns import names_of_sender
from traffic_analyzer.wire.dns import parse_message

from ...lab.frames import read_pcap
from ..wire.dns_writer import header, name, question, record

_HOST, _OTHER, _HOST_6 = bytes([192, 168, 1, 5]), bytes([192, 168, 1, 6]), b"\xfe\x80" + bytes(13) + b"\5"
_FLUSH = 0x8001
_CAPTURE = Path(__file__).parents[2] / "kernel" / "browsers" / "dns-mdns.pcap"


def _said(*records: bytes, additional: int = 0, flags: int = 0x8400, address: bytes = _HOST) -> list[str]:
    data = header(0, len(records) - additional, 0, additional, flags) + b"".join(records)
    return names_of_sender(parse_message(data, with_additional=True), address)


def _a(owner: str, address: bytes = _HOST, **changed: int) -> bytes:
    type_ = 1 if len(address) == 4 else 28
    return record(name(owner), type_, address, **{"class_": _FLUSH, "ttl_s": 120} | changed)


def test_a_real_one() -> None:
    found = []
    for frame in read_pcap(_CAPTURE):
        found += names_of_sender(parse_message(frame[42:], with_additional=True), frame[26:30])
    assert found == ["printer-7"] * 5


def test_what_it_says_of_itself() -> None:
    assert _said(_a("nas.local")) == ["nas"]
    assert _said(_a("nas.local", _HOST_6), address=_HOST_6) == ["nas"]
    assert _said(_a("nas.local", class_=1)) == ["nas"]
    assert _said(_a("NAS-1.Local"), _a("b.nas.local"), _a("NAS-1.Local")) == ["NAS-1", "b.nas"]
    pointing = record(name("_ipp._tcp.local"), 12, name("x._ipp._tcp.local"))
    assert _said(pointing, _a("nas.local"), additional=1) == ["nas"]


@pytest.mark.parametrize(
    ("records", "changed"),
    [
        ([_a("nas.local", _OTHER)], {}),  # a reflector's, or a proxy's
        ([_a("nas.local")], {"address": _OTHER}),
        ([_a("nas.local", ttl_s=0)], {}),  # taken back
        ([_a("nas.example")], {}), ([_a("local")], {}), ([_a("xlocal")], {}),
        ([_a("nas.local", class_=3)], {}), ([record(name("nas.local"), 16, _HOST)], {}),
        ([_a("nas.local")], {"flags": 0x0000}), ([_a("nas.local")], {"flags": 0x8403}),
        ([_a("nas.local")], {"flags": 0xA400}),
    ],
)  # fmt: skip
def test_what_is_not_taken(records: list[bytes], changed: dict[str, object]) -> None:
    assert _said(*records, **changed) == []  # type: ignore[arg-type]


def test_a_name_that_is_asked_for_is_nobody_s() -> None:
    assert names_of_sender(parse_message(header(1, flags=0) + question("nas.local")), _HOST) == []


@pytest.mark.parametrize(
    ("label", "text"),
    [
        ("Küche".encode(), "Küche"), (b"\xff\0", "\\xff\0"), (b"a.b", "a.b"), (b"a\\b", "a\\b"), (b"\\065", "\\065"),
        (b"<b>\x1b[2J\n", "<b>\x1b[2J\n"), ("📱".encode(), "📱"), (b"x" * 63, "x" * 63),
    ],
)  # fmt: skip
def test_names_are_kept_as_they_are_meant(label: bytes, text: str) -> None:
    owner = bytes([len(label)]) + label + name("local")
    assert _said(record(owner, 1, _HOST, class_=_FLUSH)) == [text]
