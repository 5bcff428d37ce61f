"""Names of devices that are met: by every source, told when they are new, bounded whatever happens."""

from __future__ import annotations

import pytest

from traffic_analyzer.records import BROADCAST, FORWARDED, MULTICAST, THIS_MACHINE, DeviceName, NameSource
from traffic_analyzer.roster.entry import Entry
from traffic_analyzer.roster.roster import DEVICES_MAX, ENTRIES_MAX, NAMES_MAX, Roster
from traffic_analyzer.wire.dhcp import DhcpMessage
from traffic_analyzer.wire.dns import Message, parse_message

from ..wire.dns_writer import header, name, record

_S = 10**9
_MINUTE = 60 * _S
_MAC, _OTHER = "00:11:22:aa:bb:cc", "02:00:00:00:00:05"
_ONE, _TWO = bytes([192, 168, 1, 20]), bytes([192, 168, 1, 21])
_NO_VENDORS = {"vendor": lambda _: None}


def _roster() -> Roster:
    return Roster(**_NO_VENDORS)


def _mdns(*labels: str, address: bytes = _ONE) -> Message:
    records = [record(name(f"{label}.local"), 1, address) for label in labels]
    return parse_message(header(0, len(records)) + b"".join(records))


def _dhcp(host_name: str, mac: str = _MAC) -> DhcpMessage:
    return DhcpMessage(bytes.fromhex(mac.replace(":", "")), b"", host_name)


def _take(roster: Roster, now_boot_ns: int, *devices: tuple[str, bytes]) -> list[tuple[str, NameSource, str]]:
    for device in devices or ((_MAC, _ONE),):
        roster.meet(*device)
    return [(device, NameSource(source), said) for device, source, said in roster.take(now_boot_ns)]


def test_only_devices_that_are_met_have_names() -> None:
    roster = _roster()
    roster.load(NameSource.LEASE, [Entry(_MAC, b"", "phone"), Entry(_OTHER, b"", "tablet"), Entry("", _TWO, "laptop")])
    roster.hear(_OTHER, _TWO, _mdns("tablet", address=_TWO))
    assert roster.take(0) == []
    assert _take(roster, 0) == [(_MAC, NameSource.LEASE, "phone")]
    assert roster.take(20 * _MINUTE) == []


def test_each_source() -> None:
    roster = Roster(vendor=lambda mac: f"maker of {mac[:8]}")
    for source in (NameSource.HOSTS, NameSource.LEASE, NameSource.STATIC_LEASE, NameSource.LABEL):
        roster.load(source, [Entry(_MAC, b"", source.name), Entry("", _ONE, "by address")])
    roster.hear(_MAC, _ONE, _mdns("a", "b"))
    roster.hear(_MAC, _ONE, _dhcp("c"))
    roster.meet(_MAC, _ONE)
    taken = roster.take(0)
    assert all(isinstance(each, DeviceName) and each.device == _MAC for each in taken)
    assert sorted((source, said) for _, source, said in taken) == [
        (NameSource.LABEL, "LABEL"), (NameSource.LABEL, "by address"), (NameSource.STATIC_LEASE, "STATIC_LEASE"),
        (NameSource.STATIC_LEASE, "by address"), (NameSource.LEASE, "LEASE"), (NameSource.LEASE, "by address"),
        (NameSource.HOSTS, "HOSTS"), (NameSource.HOSTS, "by address"), (NameSource.MDNS, "a"), (NameSource.MDNS, "b"),
        (NameSource.DHCP, "c"), (NameSource.VENDOR, "maker of 00:11:22"),
    ]  # fmt: skip


def test_a_name_is_told_again_after_ten_minutes_where_the_device_is_still_met() -> None:
    roster = _roster()
    roster.load(NameSource.LEASE, [Entry(_MAC, b"", "phone")])
    told = [(_MAC, NameSource.LEASE, "phone")]
    assert _take(roster, 0) == told
    assert [_take(roster, minute * _MINUTE) for minute in range(1, 10)] == [[]] * 9
    assert roster.take(10 * _MINUTE) == []
    assert _take(roster, 11 * _MINUTE) == told
    assert _take(roster, 20 * _MINUTE) == []
    assert _take(roster, 21 * _MINUTE) == told


def test_a_list_that_changed() -> None:
    roster = _roster()
    roster.load(NameSource.LEASE, [Entry(_MAC, b"", "phone")])
    roster.load(NameSource.HOSTS, [Entry("", _ONE, "nas")])
    assert _take(roster, 0) == [(_MAC, NameSource.LEASE, "phone"), (_MAC, NameSource.HOSTS, "nas")]
    roster.load(NameSource.LEASE, [Entry(_MAC, b"", "phone"), Entry(_MAC, b"", "eve")])
    assert _take(roster, _S) == [(_MAC, NameSource.LEASE, "eve")]
    roster.load(NameSource.LEASE, [])
    roster.load(NameSource.HOSTS, [])
    assert _take(roster, 20 * _MINUTE) == []


def test_an_address_names_whoever_was_met_with_it_last() -> None:
    roster = _roster()
    roster.load(NameSource.HOSTS, [Entry("", _ONE, "nas"), Entry("", _TWO, "printer")])
    assert _take(roster, 0, (_MAC, _ONE), (_MAC, _TWO), (_MAC, b"\1\2\3\4")) == [
        (_MAC, NameSource.HOSTS, "nas"), (_MAC, NameSource.HOSTS, "printer"),
    ]  # fmt: skip
    assert _take(roster, _S, (_OTHER, _ONE), (_MAC, _TWO)) == [(_OTHER, NameSource.HOSTS, "nas")]
    assert _take(roster, 15 * _MINUTE, (_OTHER, _ONE), (_MAC, _TWO)) == [
        (_OTHER, NameSource.HOSTS, "nas"), (_MAC, NameSource.HOSTS, "printer"),
    ]  # fmt: skip


def test_an_address_that_is_named_again() -> None:
    roster = _roster()
    named = [Entry("", _ONE, "nas")]
    for minute, entries in ((0, named), (11, []), (22, named)):
        roster.load(NameSource.HOSTS, entries)
        assert _take(roster, minute * _MINUTE) == [(_MAC, NameSource.HOSTS, "nas") for _ in entries]


def test_an_address_that_stands_for_a_device() -> None:
    roster = _roster()
    roster.load(NameSource.LEASE, [Entry("192.168.1.20", b"", "phone")])
    roster.load(NameSource.LABEL, [Entry("", _ONE, "Eve's")])
    assert _take(roster, 0, ("192.168.1.20", _ONE), (_MAC, _TWO)) == [
        ("192.168.1.20", NameSource.LEASE, "phone"), ("192.168.1.20", NameSource.LABEL, "Eve's"),
    ]  # fmt: skip


@pytest.mark.parametrize("device", [THIS_MACHINE, FORWARDED, MULTICAST, BROADCAST, "10.9.0.0/24", ""])
def test_what_is_no_single_device_has_no_names(device: str) -> None:
    roster = Roster(vendor=lambda _: "maker")
    roster.load(NameSource.HOSTS, [Entry("", _ONE, "nas"), Entry(device, b"", "x")])
    roster.hear(device, _ONE, _mdns("nas"))
    assert _take(roster, 0, (device, _ONE)) == []
    assert _take(roster, 0, (_MAC, _ONE)) == [(_MAC, NameSource.HOSTS, "nas"), (_MAC, NameSource.VENDOR, "maker")]


def test_a_device_speaks_for_itself_only() -> None:
    roster = _roster()
    roster.hear(_MAC, _ONE, _mdns("reflected", address=_TWO))
    roster.hear(_MAC, _ONE, _dhcp("another", mac=_OTHER))
    assert _take(roster, 0, (_MAC, _ONE), (_OTHER, _TWO)) == []
    roster.hear(_MAC, b"", DhcpMessage(b"", b"", "by its identity"))  # RFC 8415 11: a DUID need not tell a MAC
    assert _take(roster, 0) == [(_MAC, NameSource.DHCP, "by its identity")]


def test_what_it_said_before_it_was_met_is_told_then() -> None:
    roster = _roster()
    roster.hear(_MAC, bytes(4), _dhcp("phone"))
    assert _take(roster, 0, (_OTHER, _TWO)) == []
    assert _take(roster, _S) == [(_MAC, NameSource.DHCP, "phone")]


def test_a_name_that_changes_and_comes_back() -> None:
    roster = _roster()
    taken = []
    for second, said in zip((0, 1, 2, 3, 30, 61, 62, 300, 301), "aabaaaabb", strict=True):
        roster.hear(_MAC, _ONE, _mdns(said))
        taken += [(second, found) for _, _, found in _take(roster, second * _S)]
    assert taken == [(0, "a"), (2, "b"), (61, "a"), (300, "b")]


def test_two_names_at_a_time_do_not_take_turns() -> None:
    roster = _roster()
    roster.hear(_MAC, _ONE, _mdns("a"))
    assert len(_take(roster, 0)) == 1
    roster.hear(_MAC, _ONE, _mdns("a", "b"))
    assert [found for _, _, found in _take(roster, 5 * _S)] == ["b"]
    assert [_take(roster, second * _S) for second in range(6, 600)] == [[]] * 594
    assert [found for _, _, found in _take(roster, 600 * _S)] == ["a"]


def test_a_device_that_changes_its_name_all_the_time_costs_nothing() -> None:
    roster = _roster()
    taken = 0
    for turn in range(3_600):
        for number in range(16):
            roster.hear(_MAC, _ONE, _mdns(f"x{turn}-{number}"))
        taken += len(_take(roster, turn * _S))
    assert taken <= 6 * NAMES_MAX + NAMES_MAX
    assert len(roster._devices[_MAC].told) <= NAMES_MAX
    roster.hear(_MAC, _ONE, _mdns("phone"))
    assert _take(roster, 4_300 * _S) == [(_MAC, NameSource.MDNS, "phone")]


def test_one_message_with_many_names() -> None:
    roster = _roster()
    roster.hear(_MAC, _ONE, _mdns(*(f"x{number}" for number in range(400))))
    assert len(_take(roster, 0)) == NAMES_MAX


@pytest.mark.parametrize(
    ("said", "told"),
    [("", None), ("*", None), ("a" * 300, "a" * 255), (" <b>\n\x1b[2J\0 ", " <b>\n\x1b[2J\0 "), ("-", "-")],
)  # fmt: skip
def test_names_are_kept_as_they_are(said: str, told: str | None) -> None:
    roster = _roster()
    roster.load(NameSource.LEASE, [Entry(_MAC, b"", said)])
    roster.hear(_MAC, _ONE, _dhcp(said))
    expected = [(_MAC, source, told) for source in (NameSource.LEASE, NameSource.DHCP) if told is not None]
    assert _take(roster, 0) == expected


def test_devices_are_bounded() -> None:
    roster = _roster()
    roster.load(NameSource.HOSTS, [Entry("", _ONE, "nas")])
    roster.meet(_MAC, _ONE)
    for number in range(DEVICES_MAX + 9):
        roster.meet(f"02:00:00:00:{number >> 8:02x}:{number & 255:02x}", _TWO)
    assert (len(roster._devices), roster.overflow) == (DEVICES_MAX, 10)
    assert roster.take(0) == [DeviceName(_MAC, NameSource.HOSTS, "nas")]
    for number in range(3 * DEVICES_MAX):
        roster.hear(f"06:00:00:00:{number >> 8:02x}:{number & 255:02x}", _ONE, _mdns("x"))
    assert len(roster._devices) == DEVICES_MAX
    assert _take(roster, _S) == [(_MAC, NameSource.HOSTS, "nas")]


def test_the_one_not_met_for_longest_makes_room() -> None:
    roster = _roster()
    roster.hear(_OTHER, _TWO, _mdns("tablet", address=_TWO))
    for number in range(DEVICES_MAX):
        roster.meet(f"06:00:00:00:{number >> 8:02x}:{number & 255:02x}", _TWO)
        if number % 100 == 0:
            roster.meet(_OTHER, _TWO)
            roster.take(_S)
    assert _OTHER in roster._devices and len(roster._devices) == DEVICES_MAX


def test_lists_are_bounded() -> None:
    roster = _roster()
    roster.load(NameSource.LEASE, [Entry(_MAC, b"", f"name-{number}") for number in range(ENTRIES_MAX)])
    assert [found for _, _, found in _take(roster, 0)] == [f"name-{number}" for number in range(NAMES_MAX)]
    many = [Entry("", number.to_bytes(4, "big"), f"host-{number}") for number in range(ENTRIES_MAX + 5)]
    roster.load(NameSource.HOSTS, many)
    for entry in many:
        roster.meet(_MAC, entry.address)
    assert len(_take(roster, _S)) == NAMES_MAX
    assert len(roster._devices[_MAC].addresses) == ENTRIES_MAX


def test_vendors_are_looked_up_once_and_few_at_a_time() -> None:
    asked = []
    roster = Roster(vendor=lambda mac: asked.append(mac) or "maker")
    devices = [(f"00:00:00:00:00:{number:02x}", _ONE) for number in range(100)]
    counts = [len(_take(roster, second * _S, *devices, ("10.0.0.1", _ONE), ("fe80::1", _ONE))) for second in range(6)]
    assert (sum(counts), counts[-1]) == (100, 0) and max(counts) <= 32
    assert len(asked) == len(set(asked)) == 100


@pytest.mark.parametrize("name", [
    "this machine", "Multicast", "02:00:00:00:00:09", "02-00-00-00-00-09", "192.168.1.1", "fd00::1", "10.9.0.0/24",
])  # fmt: skip
def test_a_name_that_would_pass_for_another_device_is_none(name: str) -> None:
    roster = Roster(vendor=lambda _: None)
    roster.load(NameSource.LEASE, [Entry("02:00:00:00:00:01", b"", name), Entry("02:00:00:00:00:01", b"", "tv")])
    roster.meet("02:00:00:00:00:01", b"\xc0\xa8\1\2")
    roster.hear("02:00:00:00:00:01", b"\xc0\xa8\1\2", DhcpMessage(b"\2\0\0\0\0\1", b"", name))
    assert [named.name for named in roster.take(0)] == ["tv"]
