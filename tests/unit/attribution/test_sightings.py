"""Which of two sightings of a packet counts, and which of a WAN's packets are this machine's own."""

from __future__ import annotations

import pytest

from traffic_analyzer.attribution.devices import ends
from traffic_analyzer.attribution.sightings import Sighting, Sightings, went_out
from traffic_analyzer.records import Direction, FlowRecord, Interface, Role

from ..traffic import MAC_BYTES, interface, packed

_IN, _OUT = Direction.INGRESS, Direction.EGRESS
_LAN, _GUEST, _WAN, _WAN_2 = 3, 5, 4, 6
_OTHER = 9  # an interface that is not counted
_OWN, _REMOTE, _CLIENT = "198.51.100.2", "203.0.113.7", "192.168.1.5"
_INTERFACES = {
    _LAN: interface("br-lan", Role.LAN, ifindex=_LAN, addresses=("192.168.1.1",), networks=(("192.168.1.1", 24),)),
    _GUEST: interface("br-guest", Role.LAN, ifindex=_GUEST, addresses=("192.168.2.1",)),
    _WAN: interface("wan", Role.WAN, ifindex=_WAN, addresses=(_OWN,)),
    _WAN_2: interface("wan2", Role.WAN, ifindex=_WAN_2, addresses=("198.51.100.6",)),
}
_COUNTED = {ifindex: on.role for ifindex, on in _INTERFACES.items()}
_ONCE, _AGAIN = Sighting(False, False), Sighting(True, False)
_FORWARDED, _FORWARDED_ONCE = Sighting(True, True), Sighting(False, True)


def _flow(ifindex: int, direction: Direction, src: str, dst: str, came_by: int = 0, src_port: int = 443,
          dst_port: int = 40_000) -> FlowRecord:  # fmt: skip
    return FlowRecord(
        ifindex, direction, 6, packed(src), src_port, packed(dst), dst_port, MAC_BYTES, 100, 1, ingress_ifindex=came_by
    )


def _seen(
    *generations: list[FlowRecord], counted: dict[int, Role] = _COUNTED,
    interfaces: dict[int, Interface] = _INTERFACES, most: int = 100,
) -> list[Sighting]:  # fmt: skip
    """How the flows of the last generation are seen."""
    sightings = Sightings(most)
    found: list[Sighting] = []
    for flows in generations:
        with_ends = [(flow, ends(flow, interfaces[flow.ifindex])) for flow in flows]
        sightings.look(with_ends, interfaces, counted)
        found = [sightings.of(flow, where, interfaces[flow.ifindex], counted) for flow, where in with_ends]
    return found


_UP_LAN = _flow(_LAN, _IN, _CLIENT, _REMOTE, 0, 40_000, 443)
_UP_WAN = _flow(_WAN, _OUT, _OWN, _REMOTE, _LAN, 61_000, 443)  # translated
_DOWN_WAN = _flow(_WAN, _IN, _REMOTE, _OWN, 0, 443, 61_000)
_DOWN_LAN = _flow(_LAN, _OUT, _REMOTE, _CLIENT, _WAN, 443, 40_000)


def test_what_is_translated_counts_on_the_lan() -> None:
    assert _seen([_UP_LAN, _UP_WAN, _DOWN_WAN, _DOWN_LAN]) == [_ONCE, _FORWARDED, _FORWARDED, _ONCE]


def test_the_order_of_the_flows_does_not_matter() -> None:
    assert _seen([_DOWN_LAN, _DOWN_WAN, _UP_WAN, _UP_LAN]) == [_ONCE, _FORWARDED, _FORWARDED, _ONCE]


def test_what_goes_on_one_way_only_is_known_from_before() -> None:
    assert _seen([_UP_WAN], [_DOWN_WAN]) == [_FORWARDED]
    assert _seen([_UP_WAN], [], [_DOWN_WAN]) == [_FORWARDED]


def test_a_download_that_nothing_was_sent_for_is_known_by_what_went_on() -> None:
    assert _seen([_DOWN_WAN, _DOWN_LAN]) == [_FORWARDED, _ONCE]
    assert _seen([_DOWN_WAN]) == [_ONCE]  # or it was this machine's
    assert _seen([_DOWN_LAN], [_DOWN_WAN]) == [_ONCE]  # of that generation alone


@pytest.mark.parametrize("flow", [
    _flow(_WAN, _OUT, _OWN, _REMOTE, 0, 63_000, 443), _flow(_WAN, _IN, "203.0.113.8", _OWN, 0, 443, 63_000),
    _flow(_LAN, _OUT, "192.168.1.1", _CLIENT, 0), _flow(_LAN, _IN, _CLIENT, "192.168.1.1"),
])  # fmt: skip
def test_this_machine_s_own_traffic_is_seen_once(flow: FlowRecord) -> None:
    assert _seen([flow, _UP_LAN, _UP_WAN, _DOWN_WAN, _DOWN_LAN])[0] == _ONCE


def test_own_and_forwarded_traffic_to_one_remote_are_told_apart() -> None:
    own_up = _flow(_WAN, _OUT, _OWN, _REMOTE, 0, 62_000, 443)
    own_down = _flow(_WAN, _IN, _REMOTE, _OWN, 0, 443, 62_000)
    found = _seen([_UP_WAN, own_up, _DOWN_WAN, own_down, _DOWN_LAN])
    assert found == [_FORWARDED, _ONCE, _FORWARDED, _ONCE, _ONCE]


def test_between_two_lans_it_counts_where_it_came_in() -> None:
    there = _flow(_LAN, _IN, _CLIENT, "192.168.2.5"), _flow(_GUEST, _OUT, _CLIENT, "192.168.2.5", _LAN)
    back = _flow(_GUEST, _IN, "192.168.2.5", _CLIENT), _flow(_LAN, _OUT, "192.168.2.5", _CLIENT, _GUEST)
    assert _seen([*there, *back]) == [_ONCE, _AGAIN, _ONCE, _AGAIN]


def test_from_an_interface_that_is_not_counted_it_counts_where_it_goes_out() -> None:
    lan = _flow(_LAN, _OUT, _REMOTE, _CLIENT, _OTHER)
    wan = _flow(_WAN, _OUT, _OWN, _REMOTE, _OTHER, 61_000, 443)
    back = _flow(_WAN, _IN, _REMOTE, _OWN, 0, 443, 61_000)
    assert _seen([lan, wan, back]) == [_ONCE, _FORWARDED_ONCE, _FORWARDED_ONCE]


def test_where_the_uplink_alone_is_counted_all_of_it_counts() -> None:
    assert _seen([_UP_WAN, _DOWN_WAN], counted={_WAN: Role.WAN}) == [_FORWARDED_ONCE, _FORWARDED_ONCE]


def test_from_one_uplink_to_another_it_counts_once() -> None:
    came, went = _flow(_WAN, _IN, _REMOTE, "192.0.2.9"), _flow(_WAN_2, _OUT, _REMOTE, "192.0.2.9", _WAN)
    assert _seen([came, went]) == [_ONCE, _FORWARDED]


def test_what_is_not_primary_never_counts() -> None:
    port = interface("lan1", Role.LAN, ifindex=12)
    above = Interface("lan1", 12, True, port.role, is_primary=False)
    for direction in Direction:
        for came_by in (0, _LAN, _WAN, _OTHER):
            flow = _flow(12, direction, _CLIENT, _REMOTE, came_by)
            assert _seen([flow], interfaces=_INTERFACES | {12: above}) == [_AGAIN]


def test_conversations_are_bounded_and_the_one_longest_unseen_goes_first() -> None:
    ups = [_flow(_WAN, _OUT, _OWN, _REMOTE, _LAN, port, 443) for port in range(1, 6)]
    downs = [_flow(_WAN, _IN, _REMOTE, _OWN, 0, 443, port) for port in range(1, 6)]
    assert _seen(ups, downs, most=3) == [_ONCE, _ONCE, _FORWARDED, _FORWARDED, _FORWARDED]
    assert _seen(ups[:3], ups[:1], ups[3:4], downs, most=3) == [_FORWARDED, _ONCE, _FORWARDED, _FORWARDED, _ONCE]


def test_a_port_that_is_used_anew_by_this_machine_is_its_own() -> None:
    assert _seen([_UP_WAN], [_flow(_WAN, _OUT, _OWN, _REMOTE, 0, 61_000, 443), _DOWN_WAN]) == [_ONCE, _ONCE]


@pytest.mark.parametrize(
    ("direction", "came_by", "sighting"),
    [(_OUT, 0, _ONCE), (_OUT, _LAN, _AGAIN), (_OUT, _GUEST, _AGAIN), (_OUT, _WAN, _ONCE), (_OUT, _OTHER, _ONCE),
     (_IN, _LAN, _ONCE), (_IN, 0, _ONCE)],
)  # fmt: skip
def test_a_packet_on_a_lan(direction: Direction, came_by: int, sighting: Sighting) -> None:
    assert went_out(direction, came_by, _COUNTED) == sighting
