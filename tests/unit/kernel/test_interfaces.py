"""The interfaces of the machine that the tests run on: loopback is on all of them."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from traffic_analyzer.kernel import interfaces
from traffic_analyzer.kernel.survey import Link, Survey
from traffic_analyzer.kernel.topology import Topology
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
    assert set(interfaces.read().outward) == expected


_ROUTES = """Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT
"""


def _ipv4(iface: str, destination: str, gateway: str, flags: int, mask: str, metric: int = 0) -> str:
    """A line of /proc/net/route, whose addresses are numbers of this machine's byte order."""
    numbers = [f"{int.from_bytes(packed(a), sys.byteorder):08X}" for a in (destination, gateway, mask)]
    return f"{iface}\t{numbers[0]}\t{numbers[1]}\t{flags:04X}\t0\t0\t{metric}\t{numbers[2]}\t0\t0\t0\n"


def _ipv6(iface: str, destination: str, prefix_bits: int, flags: int, metric: int = 1024) -> str:
    none = "0" * 32
    return f"{packed(destination).hex()} {prefix_bits:02x} {none} 00 {none} {metric:08x} 1 0 {flags:08x} {iface}\n"


def test_routes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    texts = {
        "/proc/net/route": _ROUTES
        + _ipv4("wan2", "0.0.0.0", "192.0.2.1", 3, "0.0.0.0", 20)
        + _ipv4("wan", "0.0.0.0", "198.51.100.1", 3, "0.0.0.0", 10)
        + _ipv4("tun0", "128.0.0.0", "10.8.0.1", 3, "128.0.0.0")
        + _ipv4("br-lan", "192.168.1.0", "0.0.0.0", 1, "255.255.255.0")
        + _ipv4("br-lan", "10.9.0.0", "192.168.1.2", 3, "255.255.0.0")
        + _ipv4("*", "10.10.0.0", "0.0.0.0", 0x201, "255.255.0.0"),
        "/proc/net/ipv6_route": _ipv6("wan6", "::", 0, 3)
        + _ipv6("br-lan", "fd00:9::", 48, 3)
        + _ipv6("br-lan", "fd00:1::", 64, 1)
        + _ipv6("lo", "::", 0, 0x200200, 0xFFFFFFFF),
    }
    files = {path: tmp_path / str(number) for number, path in enumerate(texts)}
    for path, text in texts.items():
        files[path].write_text(text)
    lines = interfaces._lines
    monkeypatch.setattr(interfaces, "_lines", lambda path: lines(str(files.get(path, path))))
    state = interfaces.read()
    assert state.outward == ("tun0", "wan", "wan2", "wan6")
    assert state.routed == {"br-lan": ((packed("10.9.0.0"), 16), (packed("fd00:9::"), 48))}


def test_a_port_has_the_addresses_of_what_is_above_it() -> None:
    assigned = {"br0": interfaces.Assigned({packed("192.0.2.1")}, [(packed("192.0.2.1"), 24)])}
    state = interfaces.State(True, (), assigned, {"br0": ((packed("10.9.0.0"), 16),)})
    lo = socket.if_nametoindex("lo")
    found = Topology(Survey((Link("br0", 1001, 1, "bridge"), Link("lo", lo, 772, "veth", master=1001))), True)
    port = interfaces.interfaces(["lo"], found, state, ["lo", "br0"])["lo"]
    assert port.addresses == {packed("192.0.2.1")} and port.networks == ((packed("192.0.2.1"), 24),)
    assert port.routed == ((packed("10.9.0.0"), 16),)
    assert (port.kind, port.role, port.is_primary, port.passed_by) == ("veth", Role.LAN, True, ())


def test_a_link_local_address_makes_no_network_device() -> None:
    assert not interfaces.Assigned({packed("fe80::1")}).is_network_device
    assert not interfaces.Assigned({packed("febf::1")}).is_network_device
    for address in ("fec0::1", "fd00::1", "2001:db8::1", "169.254.1.1", "10.0.0.1"):
        assert interfaces.Assigned({packed("fe80::1"), packed(address)}).is_network_device
