"""A virtual home with real programs: the collector agrees with Wireshark's programs on every flow, to the byte."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import pytest

from ..home.comparison import client_rows, difference, flow_rows, is_of, render
from ..home.house import BRIDGE, CLIENT_PORT, home
from ..home.observed import observe
from ..home.servers import missing_programs
from ..home.tally import EGRESS, INGRESS, Flow, Tally
from ..lab.required import require

_DURATION_S = 5
_FRAME_BYTES = 1514  # the largest at the MTU of every link of the home
_TCP, _UDP, _ICMP, _ICMPV6 = 6, 17, 1, 58


@pytest.fixture(scope="module", autouse=True)
def programs() -> None:
    missing = missing_programs()
    require(f"the virtual home needs {', '.join(missing)}" if missing else None)


def _protocols(flows: Iterable[Flow]) -> set[tuple[int, bool]]:
    """Protocols met, each over IPv4 or IPv6."""
    return {(flow.l4_proto, ":" in flow.src) for flow in flows}


def _largest_mean_bytes(tally: Tally, direction: int) -> float:
    """The most bytes a packet that a flow of this direction has."""
    return max(bytes_ / tally.packets[flow] for flow, bytes_ in tally.bytes.items() if flow.direction == direction)


def test_agrees_with_tshark_on_single_frames() -> None:
    with home(offloads=False) as built:
        observed = observe(built, _DURATION_S, [(built.router, BRIDGE)])
    ours, (theirs,) = observed.ours, observed.theirs
    rows = client_rows(built.clients, ours, theirs)
    print(render(("client", "address", "way"), rows))
    assert not [row for row in flow_rows(ours, theirs) if not row.agrees]
    assert difference(ours, theirs) == (0, 0)
    assert theirs.packets.total() + theirs.non_ip_packets == observed.frames[0]
    assert _protocols(theirs.bytes) >= {(_TCP, False), (_TCP, True), (_UDP, False), (_UDP, True), (_ICMP, False),
                                        (_ICMPV6, True)}  # fmt: skip
    assert all(row.bytes for row in rows if row.who[0] != "-")  # each address of each client, both ways


def test_agrees_with_each_clients_cable_on_super_packets() -> None:
    """On the bridge are super-packets both ways; a client's cable carries each frame of them."""
    with home(offloads=True) as built:
        places = [(built.router, BRIDGE), *((client.inside, CLIENT_PORT) for client in built.clients)]
        observed = observe(built, _DURATION_S, places)
    on_bridge, *on_cables = observed.theirs
    for direction in (INGRESS, EGRESS):
        assert _largest_mean_bytes(on_bridge, direction) > _FRAME_BYTES
        assert _largest_mean_bytes(observed.ours, direction) <= _FRAME_BYTES
    for client, on_cable in zip(built.clients, on_cables, strict=True):
        ours, theirs = observed.ours.only(is_of(client)), on_cable.only(is_of(client))
        print(render(("client", "address", "way"), client_rows([client], ours, theirs)))
        assert not [row for row in flow_rows(ours, theirs) if not row.agrees]
        assert theirs.packets.total()


def test_one_packet_is_a_difference() -> None:
    flow, other = Flow(INGRESS, _TCP, "192.0.2.1", 1024, "192.0.2.2", 80), Flow(EGRESS, _UDP, "::1", 53, "::2", 53)
    ours = Tally(Counter({flow: 1514, other: 60}), Counter({flow: 1, other: 1}))
    assert difference(ours, ours) == (0, 0)
    assert difference(ours, Tally(Counter({flow: 1514}), Counter({flow: 1}))) == (60, 1)
    assert difference(ours, Tally(Counter({flow: 60, other: 1514}), ours.packets)) == (2 * 1454, 0)
    assert difference(ours, Tally(ours.bytes, ours.packets, 42, 1)) == (42, 1)
