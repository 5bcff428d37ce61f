"""Each form of flowtable: all that clients send and receive is counted once, and what passes by is said.

The measure is the clients' own cables. Every home sends TCP and UDP both ways, IPv4 through masquerading and IPv6
routed, between a client and the internet, between two clients, and between a client and the router; and the router has
traffic of its own.
"""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from ...lab.collector import Collector, collector
from .counted import cables, flows, is_of, ledger, of_clients, on_cables
from .house import (
    FORMS,
    LAN_IPV4,
    LAN_IPV6,
    PORTS,
    SERVER_IPV4,
    SERVER_IPV6,
    UPLINK,
    UPLINK_IPV4,
    UPLINK_IPV6,
    VLAN_UPLINK,
    Form,
    Home,
    home,
)
from .traffic import Amount, exchange
from .wire import Wire

_AMOUNT = Amount(up_bytes=40_000, down_bytes=60_000, datagrams=20)
_UP, _DOWN = 0, 1  # as a LAN device sees it: ingress, egress
_ROUTER, _ROUTER_OUTSIDE = f"{UPLINK_IPV6}:2", f"{UPLINK_IPV4}.2"
_ETHERNET_BYTES, _TAG_BYTES = 14, 4
_TURNS_S = 4  # some turns of the maps: from then on the ledger knows how the counters stand


def _by_name(form: Form) -> str:
    return form.name


def _is_counted_at_ports(form: Form) -> bool:
    return set(PORTS) <= set(form.flowtable)


def _to_internet(built: Home) -> None:
    for client in built.clients:
        for server in (SERVER_IPV4, SERVER_IPV6):
            exchange(client.inside, built.internet, server, _AMOUNT)


def _at_home(built: Home) -> None:
    one, other = built.clients
    exchange(one.inside, other.inside, other.ipv4, _AMOUNT)
    exchange(other.inside, built.router, f"{LAN_IPV4}.1", _AMOUNT)
    exchange(one.inside, built.router, f"{LAN_IPV6}:1", _AMOUNT)
    exchange(built.router, built.internet, SERVER_IPV6, _AMOUNT)


def _unseen(counting: Collector) -> dict[tuple[str, int], tuple[int, int]]:
    """Where anything was unseen, by interface and direction."""
    items = ledger(counting)
    print(*items.items(), sep="\n")
    assert any(item == "interface" and packets for (_, _, item), (_, packets) in items.items())
    return {(iface, way): traffic for (iface, way, item), traffic in items.items()
            if item == "unseen" and traffic != (0, 0)}  # fmt: skip


def _offloaded(built: Home) -> int:
    """Conversations that the flowtable carries right now."""
    tables = [built.router.run("conntrack", "-L", "-f", family).stdout for family in ("ipv4", "ipv6")]
    return sum(line.count("[OFFLOAD]") for table in tables for line in table.splitlines())


@pytest.mark.parametrize("form", FORMS, ids=_by_name)
def test_auto_counts_everything_once(form: Form, tmp_path: Path) -> None:
    with home(form) as built:
        built.rest()
        with collector(built.router, tmp_path, "--iface", "auto") as counting:
            wires = cables(built)
            outside = Wire(built.internet, UPLINK, _ETHERNET_BYTES + (form.uplink == VLAN_UPLINK) * _TAG_BYTES)
            _to_internet(built)
            assert _offloaded(built) == (4 if form.flowtable else 0)  # UDP; TCP has ended
            _at_home(built)
            time.sleep(_TURNS_S)
            expected, of_router = on_cables(built, wires), outside.tally().only(lambda c: is_of(c, {_ROUTER}))
            assert counting.stop() == 0
        print(counting.log.read_text())
        if not _is_counted_at_ports(form):  # what is bridged does not reach br-lan
            expected = {key: traffic for key, traffic in expected.items() if not {*key[:2]} <= built.addresses}
        over_all = flows(counting)
        assert of_clients(built, over_all) == expected
        assert over_all.only(lambda c: is_of(c, {_ROUTER})) == of_router
        assert not over_all.only(lambda c: _ROUTER_OUTSIDE in c)  # the same once more, masqueraded
        assert _unseen(counting) == {}


@pytest.mark.parametrize("form", [*filter(_is_counted_at_ports, FORMS)], ids=_by_name)
def test_what_passes_by_a_forced_bridge_is_unseen(form: Form, tmp_path: Path) -> None:
    with home(form) as built:
        built.rest()
        with collector(built.router, tmp_path, "--iface", form.lan) as counting:
            time.sleep(_TURNS_S)
            wires = cables(built)
            _to_internet(built)
            assert _offloaded(built) == 4
            time.sleep(_TURNS_S)
            sent = on_cables(built, wires)
            assert counting.stop() == 0
        print(counting.log.read_text())
        seen = of_clients(built, flows(counting))
        passed_by = {_UP: (0, 0), _DOWN: (0, 0)}
        for conversation, (bytes_, packets) in sent.items():
            way = _UP if conversation.src in built.addresses else _DOWN
            seen_bytes, seen_packets = seen.get(conversation, (0, 0))
            passed_by[way] = passed_by[way][0] + bytes_ - seen_bytes, passed_by[way][1] + packets - seen_packets
        assert passed_by[_UP][0] > len(built.clients) * 2 * _AMOUNT.up_bytes
        if form.vlan_aware:
            assert passed_by[_DOWN] == (0, 0)
        assert _unseen(counting) == {
            (form.lan, way): traffic for way, traffic in passed_by.items() if traffic != (0, 0)
        }
