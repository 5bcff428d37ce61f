"""Interfaces that choose themselves, and filters that others remove: on a router with a bridge and an uplink."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from traffic_analyzer.errors import UsageError
from traffic_analyzer.kernel import instance as instances
from traffic_analyzer.kernel import interfaces as links
from traffic_analyzer.kernel import survey
from traffic_analyzer.kernel.attachments import AUTO, Attachments
from traffic_analyzer.kernel.changes import Changes
from traffic_analyzer.kernel.libbpf import Libbpf
from traffic_analyzer.kernel.objects import find_object
from traffic_analyzer.kernel.reader import Reader
from traffic_analyzer.records import Interface, Notice, Role

from ..lab.collector import collector
from ..lab.netns import Namespace, namespace
from ..lab.router import BRIDGE, PORTS, UPLINK, Router, router

_PATIENCE_S = 60
_UDP = 17
_FLUSH_S = 1  # the default
_WAYS = ("ingress", "egress")


class _Following:
    """Attachments with the rest of a daemon's turn: what they said, and what was counted."""

    def __init__(self, made: Attachments, reader: Reader, remembered: list[Interface]) -> None:
        self.made, self._reader, self.remembered = made, reader, remembered
        self.said: list[str] = []
        self._packets: dict[tuple[str, int], int] = {}

    def until(self, done: Callable[[], bool]) -> None:
        """Follows until it is so."""
        until_s = time.monotonic() + _PATIENCE_S
        while not done():
            assert time.monotonic() < until_s, self.said
            self.said += self.made.follow()
            time.sleep(0.05)

    def heard(self, words: str) -> Callable[[], bool]:
        return lambda: words in "\n".join(self.said)

    def datagrams(self) -> dict[tuple[str, int], int]:
        """How many there were until now, by interface and direction."""
        generation = self._reader.read(self._reader.turn())
        self._reader.clear(generation.number)
        for flow in generation.flows:
            if flow.l4_proto == _UDP:
                key = self.made.known[flow.ifindex].name, flow.direction
                self._packets[key] = self._packets.get(key, 0) + flow.packets
        return self._packets


@contextmanager
def _following(
    inside: Namespace, pins: Path, *names: str, roles: dict[str, Role] | None = None
) -> Iterator[_Following]:
    instance = instances.load(Libbpf(), find_object(None), pins, "test", instances.Sizes())
    reader, remembered = Reader(instance), []
    with inside.entered():
        made = Attachments(instance, reader, names or [AUTO], pins, remembered.append, roles)
        try:
            following = _Following(made, reader, remembered)
            following.said += made.attach()
            yield following
        finally:
            made.detach()
            reader.close()
            instance.remove()


@pytest.fixture
def built() -> Iterator[Router]:
    with router() as made:
        yield made


def _filters(inside: Namespace, device: str) -> list[str]:
    """The names of the filters of both directions."""
    shown = [json.loads(inside.run("tc", "-j", "filter", "show", "dev", device, way).stdout or "[]") for way in _WAYS]
    return [f["options"]["bpf_name"] for filters in shown for f in filters if "bpf_name" in f.get("options", {})]


def _ours(inside: Namespace, device: str) -> int:
    return sum(name.startswith("traffic-analyzer/") for name in _filters(inside, device))


def test_a_router_is_counted_on_its_bridge_and_its_uplink(built: Router, pins: Path) -> None:
    with _following(built.inside, pins) as following:
        made = following.made
        assert set(made.names) == {BRIDGE, UPLINK}
        roles = {interface.name: interface.role for interface in made.known.values()}
        assert roles == {BRIDGE: Role.LAN, UPLINK: Role.WAN}
        assert all(interface.is_primary and not interface.passed_by for interface in made.known.values())
        assert {made.known[ifindex].name: role for ifindex, role in made.counted.items()} == roles
        assert made.notices == [Notice("bridge-local", BRIDGE, ", ".join(PORTS))]
        assert following.remembered == list(made.known.values())
        built.upload(5)
        built.upload(2, client=1)
        assert following.datagrams() == {(BRIDGE, 0): 7, (UPLINK, 1): 7}
    for device in (BRIDGE, UPLINK):
        assert "clsact" not in built.inside.run("tc", "qdisc", "show", "dev", device).stdout


def test_ports_that_are_named_cover_their_bridge(built: Router, pins: Path) -> None:
    with _following(built.inside, pins, *PORTS, BRIDGE, UPLINK) as following:
        known = {interface.name: interface for interface in following.made.known.values()}
        assert [known[name].is_primary for name in (*PORTS, BRIDGE, UPLINK)] == [True, True, False, True]
        assert known[PORTS[0]].addresses == known[BRIDGE].addresses != frozenset()
        assert known[PORTS[0]].kind == "veth" and known[BRIDGE].kind == "bridge"
        assert set(following.made.counted) == {known[name].ifindex for name in (*PORTS, BRIDGE, UPLINK)}


def test_an_uplink_comes_late_and_stays_one(pins: Path) -> None:
    with router(default_route=False) as built, _following(built.inside, pins) as following:
        made = following.made
        assert {i.role for i in made.known.values()} == {Role.LAN}
        assert Notice("no-wan", "") in made.notices
        built.inside.ip("route", "add", "default", "via", "198.51.100.1")
        following.until(following.heard("wan: its role is wan now"))
        assert Notice("no-wan", "") not in made.notices
        assert [i.role for i in following.remembered if i.name == UPLINK] == [Role.LAN, Role.WAN]
        built.inside.ip("route", "del", "default")
        built.inside.ip("route", "add", "10.9.0.0/16", "via", "192.168.7.11")
        following.until(lambda: any(i.routed for i in made.known.values()))
        assert {i.name: i.role for i in made.known.values()} == {BRIDGE: Role.LAN, UPLINK: Role.WAN}
        assert [i.routed for i in made.known.values() if i.name == BRIDGE] == [((bytes([10, 9, 0, 0]), 16),)]


def test_a_role_that_is_given_is_taken(built: Router, pins: Path) -> None:
    with _following(built.inside, pins, roles={BRIDGE: Role.HOST}) as following:
        assert {i.name: i.role for i in following.made.known.values()} == {BRIDGE: Role.HOST, UPLINK: Role.WAN}


def test_a_network_comes_and_goes(built: Router, pins: Path) -> None:
    with _following(built.inside, pins) as following:
        built.inside.ip("link", "add", "br-guest", "type", "bridge")
        built.inside.ip("link", "set", "br-guest", "up")
        built.inside.ip("address", "add", "192.168.8.1/24", "dev", "br-guest")
        following.until(following.heard("attached to br-guest"))
        assert _ours(built.inside, "br-guest") == 2
        built.inside.ip("address", "del", "192.168.8.1/24", "dev", "br-guest")
        following.until(following.heard("br-guest is left"))
        following.until(lambda: not _ours(built.inside, "br-guest"))
        assert set(following.made.names) == {BRIDGE, UPLINK}
        built.inside.ip("link", "set", PORTS[1], "nomaster")
        built.inside.ip("address", "add", "192.168.9.1/24", "dev", PORTS[1])
        following.until(following.heard(f"attached to {PORTS[1]}"))


def test_where_there_is_nothing_to_choose(pins: Path) -> None:
    with namespace("empty") as inside:
        inside.run("sh", "-c", "echo 1 > /proc/sys/net/ipv4/ip_forward")
        with pytest.raises(UsageError, match=r"^no default route .* --iface \(lo\)$"), _following(inside, pins):
            pass


def _put_in_our_place(inside: Namespace, pins: Path) -> None:
    (program,) = pins.glob("*/ethernet_egress")
    inside.run("tc", "filter", "replace", "dev", UPLINK, "egress", "pref", "1", "handle", "0x7a02", "protocol", "all",
               "bpf", "direct-action", "object-pinned", program)  # fmt: skip


_DEEDS: dict[str, tuple[Callable[[Namespace, Path], object], str]] = {
    "one filter removed": (
        lambda inside, _: inside.run("tc", "filter", "del", "dev", UPLINK, "egress"), "removed our filter on egress"
    ),
    "both filters removed": (
        lambda inside, _: [inside.run("tc", "filter", "del", "dev", UPLINK, way) for way in _WAYS],
        "removed our filter on ingress",
    ),
    "clsact removed": (
        lambda inside, _: inside.run("tc", "qdisc", "del", "dev", UPLINK, "clsact"), "removed the clsact qdisc"
    ),
    "clsact made anew": (
        lambda inside, _: [inside.run("tc", "qdisc", do, "dev", UPLINK, "clsact") for do in ("del", "add")],
        "removed our filter on egress",
    ),
    "another filter in its place": (_put_in_our_place, "put its filter in the place of ours on egress"),
}  # fmt: skip


@pytest.mark.parametrize("deed", _DEEDS)
def test_what_others_do_to_our_filters_is_mended(built: Router, pins: Path, deed: str) -> None:
    do, words = _DEEDS[deed]
    with _following(built.inside, pins) as following:
        built.upload(3)
        do(built.inside, pins)
        following.until(following.heard(f"{UPLINK}: another program {words}"))
        assert _ours(built.inside, UPLINK) == 2
        built.upload(4)
        in_place = deed == "another filter in its place"  # it is one of our programs, and counts too
        assert following.datagrams() == {(BRIDGE, 0): 7, (UPLINK, 1): 11 if in_place else 7}
        said = len(following.said)
        until_s = time.monotonic() + 1.5
        following.until(lambda: time.monotonic() > until_s)
        assert following.said[said:] == []
    if deed in ("one filter removed", "both filters removed", "clsact removed"):
        assert "clsact" not in built.inside.run("tc", "qdisc", "show", "dev", UPLINK).stdout


def test_another_qdisc_in_the_way_is_said_and_outwaited(built: Router, pins: Path) -> None:
    with _following(built.inside, pins) as following:
        built.inside.run("tc", "qdisc", "del", "dev", UPLINK, "clsact")
        built.inside.run("tc", "qdisc", "add", "dev", UPLINK, "ingress")
        following.until(following.heard("another program has an ingress qdisc there"))
        assert following.made.names == [BRIDGE]
        assert [n.subject for n in following.made.notices if n.code == "not-attached"] == [UPLINK]
        built.inside.run("tc", "qdisc", "del", "dev", UPLINK, "ingress")
        said = len(following.said)
        following.until(lambda: any("attached to wan" in line for line in following.said[said:]))
        assert "not-attached" not in {n.code for n in following.made.notices}
        built.upload(3)
        assert following.datagrams() == {(BRIDGE, 0): 3, (UPLINK, 1): 3}


def test_a_suspicion_is_looked_into_and_said_once(built: Router, pins: Path) -> None:
    with _following(built.inside, pins) as following:
        following.made.suspect("no-such")
        following.made.suspect(UPLINK)
        following.until(following.heard("wan: packets pass it unseen: our filters are there"))
        assert [n.subject for n in following.made.notices if n.code == "unseen"] == [UPLINK]
        until_s = time.monotonic() + 2.5
        while time.monotonic() < until_s:
            following.made.suspect(UPLINK)
            following.said += following.made.follow()
            time.sleep(0.1)
        assert sum("unseen" in line for line in following.said) == 1


def test_a_suspicion_mends_what_was_not_heard(built: Router, pins: Path) -> None:
    with _following(built.inside, pins) as following:
        built.inside.run("tc", "filter", "del", "dev", UPLINK, "ingress")
        assert following.made._changes.filters_changed()  # as where the kernel's message was lost
        until_s = time.monotonic() + 1
        following.until(lambda: time.monotonic() > until_s)
        assert _ours(built.inside, UPLINK) == 1
        following.made.suspect(UPLINK)
        following.until(following.heard("wan: another program removed our filter on ingress; attached again"))
        assert _ours(built.inside, UPLINK) == 2
        assert "unseen" not in {notice.code for notice in following.made.notices}


@pytest.mark.parametrize("deed", ["one filter removed", "clsact removed"])
def test_a_collector_mends_an_idle_link_within_two_intervals(built: Router, tmp_path: Path, deed: str) -> None:
    with collector(built.inside, tmp_path) as running:
        assert _ours(built.inside, UPLINK) == _ours(built.inside, BRIDGE) == 2
        time.sleep(2 * _FLUSH_S)
        _DEEDS[deed][0](built.inside, running.pins)
        done_s = time.monotonic()
        while _ours(built.inside, UPLINK) < 2:
            assert time.monotonic() < done_s + _PATIENCE_S, running.log.read_text()
            time.sleep(0.02)
        took_s = time.monotonic() - done_s
        print(f"attached again after {took_s:.2f} s")
        assert took_s < 2 * _FLUSH_S
        while _DEEDS[deed][1] not in running.log.read_text():  # said at the next turn
            assert time.monotonic() < done_s + _PATIENCE_S, running.log.read_text()
            time.sleep(0.1)


def test_changes_are_heard(built: Router) -> None:
    with built.inside.entered():
        changes = Changes()
        ifindex = next(link.ifindex for link in survey.take(False).links if link.name == UPLINK)
        assert not changes.links_changed() and not changes.addresses_changed() and not changes.filters_changed()
        built.inside.run("tc", "qdisc", "add", "dev", UPLINK, "clsact")
        assert (changes.links_changed(), changes.addresses_changed(), changes.filters_changed()) == (
            False, False, {ifindex},
        )  # fmt: skip
        built.inside.ip("route", "add", "10.0.0.0/8", "via", "198.51.100.1")
        assert (changes.links_changed(), changes.addresses_changed()) == (False, True)
        built.inside.ip("link", "add", "br-x", "type", "bridge")
        assert changes.links_changed()
        assert not changes.links_changed()
        routes = "".join(f"route add 10.{n >> 8}.{n & 255}.0/24 dev wan\n" for n in range(5_000))  # more than it holds
        built.inside.run("ip", "-batch", "-", input=routes)
        assert None in list(changes._addresses.drain())
        assert not changes.addresses_changed()
        changes.close()


def test_names_of_any_bytes_are_surveyed() -> None:
    names = [b"\xff<b>", "ä=ö".encode(), b"\x1b[2J", b"a" * 15]
    with namespace("names") as inside, inside.entered():
        for number, name in enumerate(names):
            subprocess.run([b"ip", b"link", b"add", name, b"type", b"bridge"], check=True)
            subprocess.run([b"ip", b"link", b"set", name, b"up"], check=True)
            subprocess.run([b"ip", b"route", b"add", f"10.{number}.0.0/16".encode(), b"dev", name], check=True)
        found = {link.name for link in survey.take(True).links}
        assert found == {"lo", *map(os.fsdecode, names)} == set(links.interface_names())
        assert set(links.interfaces(found)) == found


def test_a_survey_tells_what_is_below_what(built: Router) -> None:
    built.inside.ip("route", "replace", "default", "nexthop", "via", "198.51.100.1", "nexthop", "via", "192.168.7.11")
    with built.inside.entered():
        found = survey.take(True)
    by_name = {link.name: link for link in found.links}
    assert {name for name, link in by_name.items() if link.master == by_name[BRIDGE].ifindex} == set(PORTS)
    assert by_name[UPLINK].lower == 0  # its other end is in another namespace
    assert set(by_name[UPLINK].features) == {"hw-tc-offload", "rx-lro", "rx-gro-hw"}
    assert set(found.outward) == {UPLINK, BRIDGE}
    assert (found.flowtables, found.flowtables_unknown, found.pppoe) == ((), "", ())
