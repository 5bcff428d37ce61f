"""Two LANs behind one router, translated or routed: each client is one device, and all sums are the same."""

from __future__ import annotations

import json
import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from traffic_analyzer.records import Traffic

from ..lab.collector import Collector, collector
from ..lab.netns import Namespace, namespace, veth

_SERVER, _SERVER_6, _PORT = "203.0.113.1", "2001:db8:f::1", 7000
_MACS = {"one": "02:00:00:00:01:01", "two": "02:00:00:00:02:01"}
_ANSWER = bytes(200_000)


@contextmanager
def _home(translated: bool) -> Iterator[tuple[Namespace, Namespace, dict[str, Namespace]]]:
    """A router; the internet behind its wan; a client behind each of its LANs, lan1 and lan2."""
    with ExitStack() as stack:
        router, internet = (stack.enter_context(namespace(label, quiet=False)) for label in ("r", "i"))
        veth(internet, "i0", router, "wan")
        clients = {}
        for number, (label, mac) in enumerate(_MACS.items(), 1):
            client = clients[label] = stack.enter_context(namespace(label, quiet=False))
            veth(client, "c0", router, f"lan{number}")
            client.ip("link", "set", "c0", "address", mac)
            _address(client, "c0", f"192.168.{number}.2/24", f"2001:db8:{number}::2/64")
            _address(router, f"lan{number}", f"192.168.{number}.1/24", f"2001:db8:{number}::1/64")
            client.ip("route", "add", "default", "via", f"192.168.{number}.1")
            client.ip("-6", "route", "add", "default", "via", f"2001:db8:{number}::1")
        _address(router, "wan", "198.51.100.2/30", "2001:db8:e::2/64")
        _address(internet, "i0", "198.51.100.1/30", "2001:db8:e::1/64")
        _address(internet, "lo", f"{_SERVER}/32", f"{_SERVER_6}/128")
        router.ip("route", "add", "default", "via", "198.51.100.1")
        router.ip("-6", "route", "add", "default", "via", "2001:db8:e::1")
        internet.ip("-6", "route", "add", "2001:db8::/44", "via", "2001:db8:e::2")
        for knob in ("ipv4/ip_forward", "ipv6/conf/all/forwarding"):
            router.run("sh", "-c", f"echo 1 > /proc/sys/net/{knob}")
        if translated:
            router.run("nft", "add table ip n; add chain ip n p { type nat hook postrouting priority 100; };"
                       " add rule ip n p oifname wan masquerade")  # fmt: skip
        else:
            internet.ip("route", "add", "192.168.0.0/16", "via", "198.51.100.2")
        yield router, internet, clients


def _address(inside: Namespace, device: str, *addresses: str) -> None:
    for address in addresses:
        inside.ip("addr", "add", address, "dev", device, *(("nodad",) if ":" in address else ()))


def _served(internet: Namespace, stop: threading.Event) -> threading.Thread:
    """Answers each connection with :data:`_ANSWER`."""
    with internet.entered():
        listener = socket.create_server(("::", _PORT), family=socket.AF_INET6, dualstack_ipv6=True)
    listener.settimeout(0.2)

    def serve() -> None:
        with listener:
            while not stop.is_set():
                try:
                    connection, _ = listener.accept()
                except TimeoutError:
                    continue
                with connection:
                    connection.settimeout(60)
                    connection.recv(100)
                    connection.sendall(_ANSWER)

    thread = threading.Thread(target=serve)
    thread.start()
    return thread


def _fetch(inside: Namespace, address: str, source: str = "") -> None:
    with inside.entered():
        client = socket.create_connection((address, _PORT), 10, (source, 0) if source else None)
    with client:
        client.sendall(b"hello")
        left = len(_ANSWER)
        while left:
            left -= len(client.recv(1 << 16))


def _live(router: Namespace, internet: Namespace, clients: dict[str, Namespace]) -> None:
    stop = threading.Event()
    server = _served(internet, stop)
    try:
        for number, client in enumerate(clients.values(), 1):
            _fetch(client, _SERVER)
            for privacy in range(3, 6):  # a new address each time, as RFC 8981 has it
                source = f"2001:db8:{number}::{privacy:x}:1"
                _address(client, "c0", f"{source}/64")
                _fetch(client, _SERVER_6, source)
        _fetch(router, _SERVER)  # of the router itself
        one, two = clients.values()
        one.run("ping", "-c", "3", "-i", "0.1", "-W", "5", "192.168.2.2")  # from LAN to LAN
        two.run("ping", "-c", "3", "-i", "0.1", "-W", "5", "2001:db8:1::2")
    finally:
        stop.set()
        server.join(10)


def _report(running: Collector, *words: object) -> list[dict[str, Any]]:
    """The rows of a report, as a user gets them."""
    command = (sys.executable, "-m", "traffic_analyzer", *words, "--db", running.db, "--json", "--limit", 100_000)
    said = json.loads(running.inside.run(*command).stdout)
    assert said["completeness"]["difference_bytes"] == 0
    return list(said["rows"])


@pytest.mark.parametrize("translated", [True, False])
def test_each_client_is_one_device_and_all_sums_are_the_same(tmp_path: Path, translated: bool) -> None:
    flags = ("--iface", "lan1", "--iface", "lan2", "--iface", "wan")
    with _home(translated) as (router, internet, clients), collector(router, tmp_path, *flags) as running:
        time.sleep(2.5)
        _live(router, internet, clients)
        time.sleep(2.5)
        assert running.stop() == 0
        items: dict[tuple[str, int], dict[str, Traffic]] = {}
        for iface, direction, counter, bytes_, packets in running.rows(
            "SELECT iface.text, direction, counter, sum(bytes), sum(packets) FROM counter_minute"
            " JOIN iface ON iface.id = iface_id GROUP BY 1, 2, 3"
        ):
            items.setdefault((iface, direction), {})[counter] = Traffic(bytes_, packets)
        devices, flows = _report(running, "top-device"), _report(running, "top-flow")
        seen = running.rows(
            "SELECT device.text, count(DISTINCT address_id) FROM device_address JOIN device ON device.id = device_id"
            " GROUP BY 1"
        )
    labels = ("exact", "ambiguous", "hidden", "unknown")
    nothing = Traffic(0, 0)
    ledger = sum(
        of.get(label, nothing).bytes for of in items.values() for label in labels
    ) - sum(of.get("again", nothing).bytes for of in items.values())  # fmt: skip
    by_device = sum(row["rx_bytes"] + row["tx_bytes"] for row in devices)
    assert by_device == sum(row["bytes"] for row in flows) == ledger
    names = [row["device"] for row in devices]
    for mac in _MACS.values():
        assert names.count(mac) == 1
        (row,) = (row for row in devices if row["device"] == mac)
        assert 4 * len(_ANSWER) < row["rx_bytes"] < 4.4 * len(_ANSWER)
        assert dict(seen)[mac] >= 5  # IPv4, the one it began with, three that followed
    (own,) = (row for row in devices if row["device"] == "this machine")
    assert len(_ANSWER) < own["rx_bytes"] < 1.2 * len(_ANSWER)
    for place, of in items.items():
        assert of["unseen"].packets == 0, (place, of)
    assert all(len(name) < 18 or name in ("this machine",) for name in names), names
