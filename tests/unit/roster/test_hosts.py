"""Files of hosts: whose names are taken."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from traffic_analyzer.roster.entry import Entry, parse_address
from traffic_analyzer.roster.hosts import parse_hosts

_HOSTS = """127.0.0.1\tlocalhost
127.0.1.1 box.lan box
::1     localhost ip6-localhost ip6-loopback
ff02::1 ip6-allnodes
fe00::0 ip6-localnet   # of no machine, but it does no harm
0.0.0.0 ads.example
192.168.1.5\tnas.lan nas   # the big one
 192.168.1.6 printer
192.168.1.1 box
192.168.1.7
192.168.1.300 wrong
#192.168.1.8 gone
2001:db8::5 nas.lan\r
192.168.1.9 <b>\x1b[2J
"""


def test_hosts() -> None:
    assert [(entry.device, entry.address, entry.name) for entry in parse_hosts(_HOSTS)] == [
        ("", parse_address("fe00::"), "ip6-localnet"), ("", parse_address("192.168.1.5"), "nas.lan"),
        ("", parse_address("192.168.1.6"), "printer"), ("", parse_address("2001:db8::5"), "nas.lan"),
        ("", parse_address("192.168.1.9"), "<b>\x1b[2J"),
    ]  # fmt: skip


def test_own_names_are_left_out_wherever_they_stand() -> None:
    for loopback in ("127.0.1.1", "127.0.0.1", "::1"):
        assert parse_hosts(f"192.168.1.1 box.lan box\n{loopback} box\n") == []
    assert parse_hosts("192.168.1.1 box.lan box\n") == [Entry("", bytes([192, 168, 1, 1]), "box.lan")]


@given(st.text())
def test_any_text(text: str) -> None:
    for entry in parse_hosts("192.0.2.1 a\n" + text):
        assert entry.name and len(entry.address) in (4, 16)
