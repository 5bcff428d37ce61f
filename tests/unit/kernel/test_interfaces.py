"""The interfaces of the machine that the tests run on: loopback is on all of them."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
from pathlib import Path

import pytest

from traffic_analyzer.kernel import interfaces
from traffic_analyzer.records import Role

from ..traffic import packed


def _forwards() -> bool:
    knobs = (Path("/proc/sys/net/ipv4/ip_forward"), Path("/proc/sys/net/ipv6/conf/all/forwarding"))
    return any(knob.exists() and knob.read_text().strip() == "1" for knob in knobs)


def test_loopback() -> None:
    found = interfaces.interfaces(["lo"])
    assert list(found) == ["lo"]
    lo = found["lo"]
    assert (lo.name, lo.ifindex, lo.has_link_header) == ("lo", socket.if_nametoindex("lo"), True)
    assert packed("127.0.0.1") in lo.addresses
    assert (packed("127.0.0.1"), 8) in lo.networks
    assert lo.role is (Role.LAN if _forwards() else Role.HOST)


def test_what_is_not_there_is_left_out() -> None:
    assert interfaces.interfaces(["no-such-iface"]) == {}
    assert list(interfaces.interfaces(["no-such-iface", "lo"])) == ["lo"]


def test_all_names_in_order() -> None:
    assert interfaces.interface_names() == sorted(name for _, name in socket.if_nameindex())


def test_default_routes_are_those_that_ip_knows() -> None:
    if not shutil.which("ip"):
        pytest.skip("no iproute2 to compare with")
    routes = []
    for family in ("-4", "-6"):
        said = subprocess.run(["ip", family, "-j", "route", "show", "default"], capture_output=True, check=True).stdout
        routes += [route for route in json.loads(said or "[]") if route.get("type", "unicast") == "unicast"]
    expected = {hop["dev"] for route in routes for hop in route.get("nexthops", [route])}
    assert set(interfaces.default_route_interfaces()) == expected
