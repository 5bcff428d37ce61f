"""Lease files as dnsmasq and odhcpd write them, and what stands in them besides."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from traffic_analyzer.roster.entry import Entry, parse_address
from traffic_analyzer.roster.leases import parse_dnsmasq, parse_odhcpd

_MAC, _OTHER = "00:11:22:aa:bb:cc", "02:00:00:00:00:05"


def _at(text: str) -> bytes:
    address = parse_address(text)
    assert address
    return address


_DNSMASQ = f"""1795450098 {_MAC} 192.168.1.20 phone 01:{_MAC}
1795450099 {_OTHER} 192.168.1.21 * *
0 06-00:11:22:33:44:55 192.168.1.22 other *
duid 00:01:00:01:2b:1c:0d:e5:{_MAC}
1795450098 2863311530 2001:db8::20 phone 00:01:00:01:2b:1c:0d:e5:{_MAC}
1795450098 T7 2001:db8::21 tablet 00:04:0f:1e:2d:3c
"""


def test_dnsmasq() -> None:
    assert parse_dnsmasq(_DNSMASQ) == [
        Entry(_MAC, b"", "phone"), Entry("192.168.1.20", b"", "phone"),
        Entry("", _at("192.168.1.22"), "other"),
        Entry(_MAC, b"", "phone"), Entry("", _at("2001:db8::20"), "phone"),
        Entry("", _at("2001:db8::21"), "tablet"),
    ]  # fmt: skip


_ODHCPD_24 = """2001:db8::108\tphone.lan\tphone
# br-lan 00030001001122aabbcc 7 phone 1795450098 108 128 2001:db8::108/128 fd00::108/128
# br-lan 000200001b5a0102 8 - 1795450098 109 128 2001:db8::109/128
# br-lan 0004ffee 9 tablet 1795450098 10a 128 2001:db8::10a/128
# br-lan 00030001020000000005 a router2 -1 1 62 2001:db8:0:4::/62
192.168.1.20\tphone.lan\tphone
# br-lan 001122aabbcc ipv4 phone 1795450098 c0a80114 32 192.168.1.20/32
"""
_ODHCPD_25 = r"""# br-lan 0:11:22:aa:bb:cc ipv4 phone 1795450098 c0a80114 32 192.168.1.20/32
# br-lan 02:00:00:00:00:05 ipv4 broken\x20K\xc3\xbcche 1795450098 c0a80115 32 192.168.1.21/32
# br-lan 02:00:00:00:00:06 ipv4 \xff\x0a<b> 1795450098 c0a80116 32 192.168.1.22/32
"""


def test_odhcpd_up_to_24_10() -> None:
    assert parse_odhcpd(_ODHCPD_24) == [
        Entry(_MAC, b"", "phone"), Entry("", _at("2001:db8::108"), "phone"), Entry("", _at("fd00::108"), "phone"),
        Entry("", _at("2001:db8::10a"), "tablet"), Entry(_OTHER, b"", "router2"),
        Entry(_MAC, b"", "phone"), Entry("192.168.1.20", b"", "phone"),
    ]  # fmt: skip


def test_odhcpd_from_25_12_on() -> None:
    assert parse_odhcpd(_ODHCPD_25) == [
        Entry(_MAC, b"", "phone"), Entry("192.168.1.20", b"", "phone"),
        Entry(_OTHER, b"", "Küche"), Entry("192.168.1.21", b"", "Küche"),
        Entry("02:00:00:00:00:06", b"", "\\xff\n<b>"), Entry("192.168.1.22", b"", "\\xff\n<b>"),
    ]  # fmt: skip


def test_every_beginning_of_a_file_says_a_part() -> None:
    for parse, text in ((parse_dnsmasq, _DNSMASQ), (parse_odhcpd, _ODHCPD_24), (parse_odhcpd, _ODHCPD_25)):
        for end in range(len(text)):
            complete = parse(text[:end].rpartition("\n")[0])
            assert parse(text[:end])[: len(complete)] == complete == parse(text)[: len(complete)]


_WORDS = st.sampled_from(["#", "br-lan", "ipv4", "-", "*", "00:11:22:33:44:55", "0003000100", "192.0.2.1", "::1",
                          "::1/128", "192.0.2.1/32", "\\xff", "\\x", "é", "\n", "  ", "duid", "T1"])  # fmt: skip


@given(st.lists(_WORDS | st.text(max_size=9), max_size=60))
def test_any_text(words: list[str]) -> None:
    for parse in (parse_dnsmasq, parse_odhcpd):
        for entry in parse(" ".join(words)):
            assert bool(entry.device) != bool(entry.address)
            assert len(entry.address) in (0, 4, 16)
