"""Real devices that get leases from a real server and tell their names: from the wire and the lease file to names."""

from __future__ import annotations

import contextlib
import json
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from traffic_analyzer.dissector import Dissector
from traffic_analyzer.records import Head, HeadKind, NameSource
from traffic_analyzer.roster.files import Files, Source
from traffic_analyzer.roster.leases import parse_dnsmasq
from traffic_analyzer.roster.roster import Roster
from traffic_analyzer.wire.dhcp import DhcpMessage
from traffic_analyzer.wire.dns import A, Message
from traffic_analyzer.wire.quic_crypto import PythonCipher

from ..lab.collector import collector
from ..lab.netns import Namespace, namespace, veth
from .conftest import required

_MAC = "02:00:00:00:01:02"
_PORTS = {67: HeadKind.DHCP, 547: HeadKind.DHCP, 5353: HeadKind.MDNS}
_WAIT_S = 60

_SPEAKER = """
import socket, sys
from zeroconf import IPVersion, ServiceInfo, Zeroconf
mdns = Zeroconf(interfaces=["192.168.77.20"], ip_version=IPVersion.V4Only)
kind = "_ipp._tcp.local."
for host, address in ("K\\u00fcche-7.local.", "192.168.77.20"), ("far.local.", "192.168.77.99"):
    name = f"Printer at {address}.{kind}"
    mdns.register_service(ServiceInfo(kind, name, 631, addresses=[socket.inet_aton(address)], server=host))
sys.stdin.read()
mdns.close()
"""


def _head(frame: bytes) -> Head | None:
    """The head of a whole UDP datagram to one of the ports; None of any other frame."""
    if frame[12:14] == b"\x08\0" and frame[23] == 17:
        src, dst, at = frame[26:30], frame[30:34], 14 + 4 * (frame[14] & 15)
    elif frame[12:14] == b"\x86\xdd" and frame[20] == 17:
        src, dst, at = frame[22:38], frame[38:54], 54
    else:
        return None
    src_port, dst_port, length = (int.from_bytes(frame[at + n : at + n + 2], "big") for n in (0, 2, 4))
    kind = _PORTS.get(dst_port)
    payload = frame[at + 8 : at + length]
    if kind is None:
        return None
    return Head(2, 0, 17, src, src_port, dst, dst_port, frame[6:12], 1, kind, 0, 0, len(payload), payload)


class _Router:
    """The machine that the device is behind: it has seen nothing but what came over its cable."""

    def __init__(self, listener: socket.socket, leases: Path) -> None:
        self._listener = listener
        self._dissector = Dissector(PythonCipher())
        self._files = Files((Source(NameSource.LEASE, str(leases), parse_dnsmasq),))
        self.roster = Roster(vendor=lambda _: None)
        self.names: set[tuple[str, NameSource, str]] = set()
        self.heard: set[str] = set()  #: owners of addresses in multicast DNS, whoever said it

    def look(self) -> None:
        with contextlib.suppress(BlockingIOError):
            while True:
                frame, told = self._listener.recvfrom(65_535)
                if told[2] != socket.PACKET_OUTGOING and (head := _head(frame)):
                    device = head.neighbour_mac.hex(":")
                    self.roster.meet(device, head.src)
                    for _, message in self._dissector.dissect(head):
                        assert isinstance(message, Message | DhcpMessage)
                        self.roster.hear(device, head.src, message)
                        if isinstance(message, Message):
                            records = message.answers + message.additional
                            self.heard |= {record.name for record in records if record.type == A}
        for source, entries in self._files.changed():
            self.roster.load(source, entries)
        now_boot_ns = time.clock_gettime_ns(time.CLOCK_BOOTTIME)
        self.names |= {(device, NameSource(of), name) for device, of, name in self.roster.take(now_boot_ns)}

    def until(self, holds: Callable[[], object]) -> None:
        give_up_s = time.monotonic() + _WAIT_S
        while not holds():
            assert time.monotonic() < give_up_s, self.names
            time.sleep(0.05)
            self.look()


@pytest.fixture
def network(tmp_path: Path) -> Iterator[tuple[Namespace, Namespace, _Router]]:
    required([tool for tool in ("dnsmasq", "dhclient", "ethtool") if not shutil.which(tool)])
    with namespace("router", quiet=False) as router, namespace("device", quiet=False) as device:
        veth(router, "lan", device, "eth0")
        device.ip("link", "set", "dev", "eth0", "address", _MAC)
        router.run("ethtool", "-K", "lan", "tx", "off")  # the client reads checksums, and a cable in memory has none
        router.ip("addr", "add", "192.168.77.1/24", "dev", "lan")
        router.ip("addr", "add", "fd77::1/64", "dev", "lan", "nodad")
        with router.entered():
            listener = socket.socket(socket.AF_PACKET, socket.SOCK_RAW | socket.SOCK_NONBLOCK, socket.htons(3))
            listener.bind(("lan", 0))
        leases = tmp_path / "leases"
        server = router.popen(
            "dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--port=0", "--no-ping", "--user=root",
            "--interface=lan", "--pid-file=", f"--dhcp-leasefile={leases}",
            "--dhcp-range=192.168.77.100,192.168.77.150,1h", "--dhcp-range=fd77::100,fd77::1ff,64,1h",
            stderr=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            with listener:
                yield router, device, _Router(listener, leases)
        finally:
            server.terminate()
            server.wait(_WAIT_S)


@contextlib.contextmanager
def _asking(device: Namespace, folder: Path, family: str, host_name: str) -> Iterator[None]:
    """A real client that asks for a lease until the block ends. It configures nothing."""
    says = f'send host-name "{host_name}";' if family == "-4" else f'send fqdn.fqdn "{host_name}.";'
    (folder / "conf").write_text(f"{says}\ninitial-interval 1;\nbackoff-cutoff 2;\n")
    client = device.popen(
        "dhclient", family, "-d", "-sf", "/bin/true", "-cf", folder / "conf", "-lf", folder / "client",
        "-pf", folder / "pid", "-D", "LL", "eth0", stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        yield
    finally:
        client.terminate()
        client.wait(_WAIT_S)


def _speak(device: Namespace) -> None:
    """Sends something, to be met."""
    with device.entered(), socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as anything:
        anything.sendto(b"hello", ("ff02::1", 9, 0, socket.if_nametoindex("eth0")))


@pytest.mark.parametrize(("family", "host_name"), [("-4", "phone-2"), ("-6", "tablet-6")])
def test_a_lease(network: tuple[Namespace, Namespace, _Router], tmp_path: Path, family: str, host_name: str) -> None:
    _, device, router = network
    router.until(lambda: "tentative" not in device.ip("-6", "addr", "show", "dev", "eth0"))
    with _asking(device, tmp_path, family, host_name):
        expected = {(_MAC, NameSource.DHCP, host_name), (_MAC, NameSource.LEASE, host_name)}
        router.until(lambda: _speak(device) or expected <= router.names)
    assert router.names == expected


def test_a_service_that_is_announced(network: tuple[Namespace, Namespace, _Router]) -> None:
    required([module for module in ("zeroconf",) if find_spec(module) is None])
    _, device, router = network
    device.ip("addr", "add", "192.168.77.20/24", "dev", "eth0")
    speaker = device.popen(sys.executable, "-c", _SPEAKER, stdin=subprocess.PIPE)
    try:
        router.until(lambda: router.names and "far.local" in router.heard)
    finally:
        speaker.communicate(timeout=_WAIT_S)
    router.look()
    assert router.names == {(_MAC, NameSource.MDNS, "Küche-7")}


def _report(db: Path, *argv: object) -> dict[str, object]:
    command = [sys.executable, "-m", "traffic_analyzer", *map(str, argv), "--db", str(db), "--json"]
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def test_the_collector_knows_a_device_by_every_name(
    network: tuple[Namespace, Namespace, _Router], tmp_path: Path
) -> None:
    """From packets that the programs capture, and from the user's file while it runs, to what reports show."""
    required([module for module in ("zeroconf",) if find_spec(module) is None])
    router, device, _ = network
    device.ip("addr", "add", "192.168.77.20/24", "dev", "eth0")
    while "tentative" in device.ip("-6", "addr", "show", "dev", "eth0"):
        time.sleep(0.05)
    labels = tmp_path / "labels"
    labels.write_text("")
    with (
        collector(router, tmp_path, "--iface", "lan", "--role", "lan=lan", "--config", labels) as running,
        _asking(device, tmp_path, "-4", "phone-2"),
    ):
        speaker = device.popen(sys.executable, "-c", _SPEAKER, stdin=subprocess.PIPE)
        try:
            _until_named(running.db, "Küche-7", device)
            labels.write_text(f"config device\n\toption mac '{_MAC}'\n\toption name 'kitchen'\n")
            row = _until_named(running.db, "kitchen", device)
        finally:
            speaker.communicate(timeout=_WAIT_S)
    assert (row["device"], row["kind"]) == (_MAC, "random")
    assert "192.168.77.20" in row["addresses"]
    parts = _report(running.db, "device-detail", "--device", "Kitchen")["parts"]
    names = [(name["source"], name["name"]) for name in parts["names"]["rows"]]
    assert names == [("label", "kitchen"), ("mdns", "Küche-7"), ("dhcp", "phone-2")]


def _until_named(db: Path, name: str, device: Namespace) -> dict[str, object]:
    """The row of the device that goes by *name*."""
    give_up_s = time.monotonic() + _WAIT_S
    while True:
        _speak(device)
        rows = _report(db, "top-device")["rows"] if db.exists() else []
        for row in rows:
            if row["name"] == name:
                return row
        assert time.monotonic() < give_up_s, rows
        time.sleep(0.5)
