"""Which end is the client: by role, direction and what the link's networks are."""

from __future__ import annotations

import pytest

from traffic_analyzer.attribution.devices import Ends, ends
from traffic_analyzer.records import Direction, FlowRecord, Interface, Role

from ..traffic import MAC, interface, packed

_IN, _OUT = Direction.INGRESS, Direction.EGRESS
_LAN = interface("br-lan", Role.LAN, addresses=("192.168.1.1",), networks=(("192.168.1.1", 24), ("fe80::1", 64)))
_WAN = interface("wan", Role.WAN, addresses=("198.51.100.2", "2001:db8::2"), networks=(("198.51.100.2", 30),))
_HOST = interface("eth0", Role.HOST, addresses=("192.168.1.10", "192.168.1.11"), networks=(("192.168.1.10", 24),))


def _ends(on: Interface, direction: Direction, src: str, dst: str, mac: bytes = MAC) -> Ends:
    return ends(FlowRecord(2, direction, 17, packed(src), 1111, packed(dst), 2222, mac, 1, 1), on)


@pytest.mark.parametrize(
    ("on", "direction", "src", "dst", "is_tx"),
    [
        (_LAN, _IN, "192.168.1.5", "203.0.113.1", True),
        (_LAN, _OUT, "203.0.113.1", "192.168.1.5", False),
        (_LAN, _IN, "2001:db8:1::5", "2001:db8:ffff::1", True),  # public addresses are clients too
        (_LAN, _OUT, "2001:db8:ffff::1", "2001:db8:1::5", False),
        (_LAN, _IN, "192.168.1.5", "192.168.1.1", True),  # to the router itself
        (_LAN, _OUT, "192.168.1.1", "192.168.1.5", False),
        (_LAN, _IN, "10.9.9.9", "192.168.1.7", True),  # beyond another router of the LAN
        (_WAN, _OUT, "198.51.100.2", "203.0.113.1", True),  # translated, or of the router itself
        (_WAN, _IN, "203.0.113.1", "198.51.100.2", False),
        (_WAN, _OUT, "2001:db8:1::5", "2001:db8:ffff::1", True),  # IPv6 is not translated
        (_WAN, _IN, "2001:db8:ffff::1", "2001:db8:1::5", False),
        (_HOST, _OUT, "192.168.1.10", "203.0.113.1", True),
        (_HOST, _IN, "203.0.113.1", "192.168.1.10", False),
        (_HOST, _IN, "192.168.1.77", "192.168.1.10", False),  # a neighbour calls: this machine is the client
        (_HOST, _OUT, "192.168.1.10", "192.168.1.77", True),
        (_HOST, _IN, "192.168.1.10", "192.168.1.77", True),  # sent by this machine, and come back
        (_HOST, _OUT, "192.168.1.77", "192.168.1.10", False),
        (_HOST, _IN, "192.168.1.77", "203.0.113.1", True),  # on a stick: in and out by one interface
        (_HOST, _OUT, "192.168.1.77", "203.0.113.1", True),
        (_HOST, _IN, "203.0.113.1", "192.168.1.77", False),
        (_HOST, _OUT, "203.0.113.1", "192.168.1.77", False),
        (_HOST, _OUT, "192.168.1.10", "192.168.1.11", True),  # both ends own: who sends is the client
        (_HOST, _IN, "192.168.1.10", "192.168.1.11", False),
        (_HOST, _OUT, "203.0.113.1", "203.0.113.2", True),  # neither end known
        (_HOST, _IN, "203.0.113.1", "203.0.113.2", False),
    ],
)
def test_the_client(on: Interface, direction: Direction, src: str, dst: str, is_tx: bool) -> None:
    found = _ends(on, direction, src, dst)
    both = (packed(src), 1111), (packed(dst), 2222)
    client, remote = both if is_tx else both[::-1]
    assert found[:5] == (is_tx, *client, *remote)


@pytest.mark.parametrize("group", ["224.0.0.251", "255.255.255.255", "192.168.1.255", "ff02::fb", "ff0e::1"])
@pytest.mark.parametrize(
    ("on", "direction", "src", "is_tx"),
    [
        (_LAN, _IN, "192.168.1.5", True),  # a client calls all
        (_LAN, _OUT, "192.168.1.1", True),  # this machine does
        (_LAN, _OUT, "203.0.113.1", False),  # a stream from the internet, for whoever joined it
        (_WAN, _IN, "198.51.100.1", False),  # the provider's
        (_WAN, _OUT, "198.51.100.2", True),
        (_HOST, _IN, "192.168.1.77", False),  # a neighbour calls all
        (_HOST, _OUT, "192.168.1.10", True),
        (_HOST, _OUT, "0.0.0.0", True),  # no address yet
    ],
)
def test_what_comes_to_a_group_is_a_download(
    on: Interface, direction: Direction, src: str, is_tx: bool, group: str
) -> None:
    found = _ends(on, direction, src, group, b"\x01\0\x5e\0\0\xfb" if direction is _OUT else MAC)
    assert found.is_tx is is_tx
    assert found.device == (MAC if src == "192.168.1.5" else b"")  # a group's MAC is no device


@pytest.mark.parametrize("on", [_LAN, _WAN, _HOST], ids=lambda on: on.name)
@pytest.mark.parametrize("direction", [_IN, _OUT], ids=lambda direction: direction.name)
def test_what_claims_to_come_from_a_group_has_no_sender(on: Interface, direction: Direction) -> None:
    assert not _ends(on, direction, "224.0.0.251", "192.168.1.5").is_tx


def test_a_far_end_on_the_uplinks_own_network_is_remote() -> None:
    for src, dst, direction, is_tx in (
        ("2001:db8:9::1", "2001:db8:1::5", _IN, False),
        ("2001:db8:1::5", "2001:db8:9::1", _OUT, True),
    ):
        uplink = interface("wan", Role.WAN, addresses=("2001:db8:9::2",), networks=(("2001:db8:9::2", 64),))
        assert _ends(uplink, direction, src, dst).is_tx is is_tx


@pytest.mark.parametrize(("prefix_bits", "is_tx"), [(32, False), (31, False), (30, True)])
def test_a_network_of_two_has_no_broadcast_address(prefix_bits: int, is_tx: bool) -> None:
    pair = interface("eth1", Role.LAN, addresses=("10.0.0.2",), networks=(("10.0.0.2", prefix_bits),))
    assert _ends(pair, _OUT, "10.0.0.2", "10.0.0.3").is_tx is is_tx


@pytest.mark.parametrize(
    ("on", "direction", "src", "dst", "mac", "device"),
    [
        (_LAN, _IN, "192.168.1.5", "203.0.113.1", MAC, MAC),
        (_LAN, _OUT, "203.0.113.1", "192.168.1.5", MAC, MAC),
        (_LAN, _IN, "192.168.1.5", "203.0.113.1", bytes(6), b""),  # a link without MACs
        (_LAN, _OUT, "192.168.1.1", "224.0.0.251", MAC, b""),  # the router itself is no neighbour
        (_WAN, _IN, "203.0.113.1", "198.51.100.2", MAC, b""),
        (_HOST, _OUT, "192.168.1.10", "203.0.113.1", MAC, b""),
    ],
)
def test_the_device_is_the_neighbour_on_a_lan(
    on: Interface, direction: Direction, src: str, dst: str, mac: bytes, device: bytes
) -> None:
    assert _ends(on, direction, src, dst, mac).device == device


@pytest.mark.parametrize(
    ("prefix_bits", "address", "on_link"),
    [(24, "192.168.1.99", True), (24, "192.168.2.99", False), (20, "192.168.14.1", True), (20, "192.168.16.1", False),
     (32, "192.168.1.98", False)],
)  # fmt: skip
def test_a_prefix_says_what_is_on_the_link(prefix_bits: int, address: str, on_link: bool) -> None:
    stick = interface(networks=(("192.168.1.10", prefix_bits), ("2001:db8::10", 64)))
    assert _ends(stick, _IN, address, "203.0.113.1").is_tx is on_link
