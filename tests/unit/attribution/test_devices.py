"""Which end is the client: by role, direction and what the link's networks are."""

from __future__ import annotations

from dataclasses import replace

import pytest

from traffic_analyzer.attribution.devices import Ends, device_key, ends, is_machine
from traffic_analyzer.records import (
    BROADCAST,
    FORWARDED,
    MULTICAST,
    THIS_MACHINE,
    Direction,
    FlowRecord,
    Interface,
    Role,
)

from ..traffic import MAC, MAC_BYTES, interface, packed

_IN, _OUT = Direction.INGRESS, Direction.EGRESS
_LAN = interface("br-lan", Role.LAN, addresses=("192.168.1.1",), networks=(("192.168.1.1", 24), ("fe80::1", 64)))
_WAN = interface("wan", Role.WAN, addresses=("198.51.100.2", "2001:db8::2"), networks=(("198.51.100.2", 30),))
_HOST = interface("eth0", Role.HOST, addresses=("192.168.1.10", "192.168.1.11"), networks=(("192.168.1.10", 24),))


def _ends(on: Interface, direction: Direction, src: str, dst: str, mac: bytes = MAC_BYTES) -> Ends:
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
    found = _ends(on, direction, src, group, b"\x01\0\x5e\0\0\xfb" if direction is _OUT else MAC_BYTES)
    assert found.is_tx is is_tx
    own = THIS_MACHINE if packed(src) in on.addresses else MAC if src == "192.168.1.5" else src
    assert found.device == (own if is_tx else _group_of(group, on))  # a group's MAC is no device


def _group_of(group: str, on: Interface) -> str:
    if group.endswith(".255"):  # 192.168.1.255 is one where that network is
        return FORWARDED if on is _WAN and group == "192.168.1.255" else BROADCAST
    return MULTICAST


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
        (_LAN, _IN, "192.168.1.5", "203.0.113.1", MAC_BYTES, MAC),
        (_LAN, _OUT, "203.0.113.1", "192.168.1.5", MAC_BYTES, MAC),
        (_LAN, _IN, "192.168.1.5", "203.0.113.1", bytes(6), "192.168.1.5"),  # a link without MACs
        (_LAN, _OUT, "192.168.1.1", "224.0.0.251", MAC_BYTES, THIS_MACHINE),  # the router itself is no neighbour
        (_WAN, _IN, "203.0.113.1", "198.51.100.2", MAC_BYTES, THIS_MACHINE),  # translated too, as far as is seen here
        (_WAN, _IN, "2001:db8:ffff::1", "2001:db8:1::5", MAC_BYTES, FORWARDED),
        (_WAN, _OUT, "192.168.1.5", "203.0.113.1", MAC_BYTES, FORWARDED),  # not translated
        (_HOST, _OUT, "192.168.1.10", "203.0.113.1", MAC_BYTES, THIS_MACHINE),
        (_HOST, _IN, "203.0.113.1", "192.168.1.77", MAC_BYTES, "192.168.1.77"),
        (_LAN, _IN, "192.168.1.1", "203.0.113.1", MAC_BYTES, MAC),  # somebody else with the router's address
        (_LAN, _IN, "192.168.1.5", "203.0.113.1", b"\x03" + MAC_BYTES[1:], "192.168.1.5"),  # no machine's MAC
        (_LAN, _OUT, "2001:db8::1", "2001:db8:1::5", bytes(6), "2001:db8:1::5"),
    ],
)
def test_the_device_is_the_neighbour_on_a_lan(
    on: Interface, direction: Direction, src: str, dst: str, mac: bytes, device: str
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


def _behind(*routed: tuple[str, int]) -> Interface:
    """br-lan with networks behind another router."""
    return replace(_LAN, routed=tuple((packed(network), prefix_bits) for network, prefix_bits in routed))


@pytest.mark.parametrize(
    ("address", "device"),
    [
        ("10.9.0.5", "10.9.0.0/24"),
        ("10.9.7.5", "10.0.0.0/8"),  # the longest that holds it
        ("172.16.0.1", MAC),  # known to nobody: the neighbour's
        ("192.168.1.5", MAC),  # on the link
        ("192.168.1.200", "192.168.1.192/26"),  # behind a router though the link's network is around it
        ("2001:db8:9::5", "2001:db8:9::/48"),
        ("2001:db8:1::5", MAC),
    ],
)
def test_a_network_behind_another_router_is_a_line_of_its_own(address: str, device: str) -> None:
    on = _behind(("10.0.0.0", 8), ("10.9.0.0", 24), ("192.168.1.192", 26), ("192.168.0.0", 16), ("2001:db8:9::", 48))
    far = "2001:db8:ffff::1" if ":" in address else "203.0.113.1"
    assert _ends(on, _IN, address, far).device == device
    assert _ends(on, _OUT, far, address).device == device
    assert _ends(on, _IN, address, far, bytes(6)).device == (address if device == MAC else device)


def test_names_are_known_by_the_machine_or_else_by_its_address() -> None:
    on = _behind(("10.9.0.0", 24))
    for src, expected in (("192.168.1.5", MAC), ("10.9.0.5", packed("10.9.0.5"))):
        assert device_key(_ends(on, _IN, src, "203.0.113.1")) == expected
    assert device_key(_ends(_LAN, _OUT, "203.0.113.1", "224.0.0.251", bytes(6))) == packed("224.0.0.251")


@pytest.mark.parametrize(
    ("device", "is_one"),
    [(MAC, True), ("192.168.1.5", True), ("2001:db8::5", True), (THIS_MACHINE, True), (FORWARDED, False),
     (MULTICAST, False), (BROADCAST, False), ("10.9.0.0/24", False), ("2001:db8:9::/48", False)],
)  # fmt: skip
def test_what_is_one_machine(device: str, is_one: bool) -> None:
    assert is_machine(device) is is_one
