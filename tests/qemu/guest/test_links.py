"""Real VLAN, PPPoE and WireGuard devices, and the Ethernet device below them: both are read, to the byte and the name.

The measure is the other end of the cable, where a packet socket listens to the same two devices.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import struct
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from ...lab.collector import collector
from ...lab.netns import Namespace, namespace, run, veth
from . import pppoe
from .counted import flows, ledger, report
from .house import join, single_frames
from .wire import Conversation, Wire

_LOWER, _UPPER = "eth0", "upper"
_OURS, _THEIRS = {4: "10.9.0.1", 6: "2001:db8:9::1"}, {4: "10.9.0.2", 6: "2001:db8:9::2"}
_OUTER_OURS, _OUTER_THEIRS, _OUTER_PORT = "192.0.2.1", "192.0.2.2", 51820
_NAMED, _TLS_PORT, _OUR_PORT, _UDP = "10.9.0.77", 8443, 5001, 17
_NAME, _ASKED = "site.example", "asked.example"
_ETHERNET_BYTES, _TAG_BYTES = 14, 4
_REST_S, _TURNS_S = 3, 4
_KEEPALIVE_S = 12  # WireGuard says once more that it is there, 10 s after what it did not answer


@dataclass(frozen=True)
class Link:
    """A kind of device."""

    name: str
    build: Callable[[ExitStack, Namespace, Namespace], None]
    lower_bytes: int  #: of the lower device's link header, tags included
    upper_bytes: int
    is_tunnel: bool = False
    is_heard_below: bool = True  #: False where a packet socket meets the inner tag in one direction only


def _vlan(_: ExitStack, *ends: Namespace) -> None:
    for inside in ends:
        inside.ip("link", "add", "link", _LOWER, "name", _UPPER, "type", "vlan", "id", 7)
        inside.ip("link", "set", _UPPER, "up")


def _qinq(_: ExitStack, *ends: Namespace) -> None:
    for inside in ends:
        inside.ip("link", "add", "link", _LOWER, "name", "outer", "type", "vlan", "proto", "802.1ad", "id", 5)
        inside.ip("link", "set", "outer", "up")
        inside.ip("link", "add", "link", "outer", "name", _UPPER, "type", "vlan", "id", 7)
        inside.ip("link", "set", _UPPER, "up")


def _pppoe(stack: ExitStack, one: Namespace, other: Namespace) -> None:
    stack.enter_context(pppoe.cable(one, _LOWER, other, _LOWER, _UPPER))


def _wireguard(_: ExitStack, one: Namespace, other: Namespace) -> None:
    ends = (one, _OUTER_OURS), (other, _OUTER_THEIRS)
    secrets = [run("wg", "genkey").stdout for _ in ends]
    publics = [run("wg", "pubkey", input=secret).stdout.strip() for secret in secrets]
    for (inside, outer), (_, there), secret, public in zip(ends, ends[::-1], secrets, publics[::-1], strict=True):
        inside.ip("address", "add", f"{outer}/24", "dev", _LOWER)
        inside.ip("link", "add", _UPPER, "type", "wireguard")
        inside.run("wg", "set", _UPPER, "private-key", "/dev/stdin", "listen-port", _OUTER_PORT, "peer", public,
                   "allowed-ips", "0.0.0.0/0,::/0", "endpoint", f"{there}:{_OUTER_PORT}", input=secret)  # fmt: skip
        inside.ip("link", "set", _UPPER, "up")


LINKS = (
    Link("vlan", _vlan, _ETHERNET_BYTES + _TAG_BYTES, _ETHERNET_BYTES),
    Link("qinq", _qinq, _ETHERNET_BYTES + 2 * _TAG_BYTES, _ETHERNET_BYTES, is_heard_below=False),
    Link("pppoe", _pppoe, _ETHERNET_BYTES, 0),
    Link("wireguard", _wireguard, _ETHERNET_BYTES, 0, is_tunnel=True),
)


@contextmanager
def _joined(link: Link) -> Iterator[tuple[Namespace, Namespace]]:
    """Two machines with a device ``upper`` each, over a cable of single frames; all neighbours known."""
    with ExitStack() as stack:
        one, other = (stack.enter_context(namespace(label)) for label in ("one", "other"))
        veth(one, _LOWER, other, _LOWER)
        for inside in (one, other):
            single_frames(inside, _LOWER)
        link.build(stack, one, other)
        for inside, addresses in ((one, _OURS), (other, _THEIRS)):
            join(inside, _UPPER, addresses[4], addresses[6])
        other.ip("address", "add", f"{_NAMED}/24", "dev", _UPPER)
        for address in (*_THEIRS.values(), _NAMED):
            one.run("ping", "-c", "1", "-W", "5", address)
        time.sleep(_KEEPALIVE_S if link.is_tunnel else _REST_S)
        yield one, other


def _client_hello() -> bytes:
    """Made by OpenSSL."""
    sent = ssl.MemoryBIO()
    client = ssl.create_default_context().wrap_bio(ssl.MemoryBIO(), sent, server_hostname=_NAME)
    with contextlib.suppress(ssl.SSLWantReadError):
        client.do_handshake()
    return sent.read()


def _shake_hands(one: Namespace, other: Namespace, address: str) -> None:
    """A TCP connection that says whom it wants."""
    family, hello = socket.AF_INET6 if ":" in address else socket.AF_INET, _client_hello()
    with other.entered():
        listener = socket.create_server((address, _TLS_PORT), family=family)
    with one.entered():
        caller = socket.socket(family)
    with listener, caller:
        caller.connect((address, _TLS_PORT))
        connection, _ = listener.accept()
        with connection:
            caller.sendall(hello)
            received = b""
            while len(received) < len(hello):
                received += connection.recv(65536)


def _ask_and_go_there(one: Namespace, other: Namespace) -> None:
    """A question, its answer, and a datagram to the address that it names. RFC 1035, 4."""
    question = b"".join(bytes([len(label)]) + label.encode() for label in (*_ASKED.split("."), "")) + b"\0\1\0\1"
    answer = b"\xc0\x0c\0\1\0\1" + struct.pack("!IH", 300, 4) + socket.inet_aton(_NAMED)
    with other.entered():
        resolver, server = (socket.socket(type=socket.SOCK_DGRAM) for _ in range(2))
    with one.entered():
        client = socket.socket(type=socket.SOCK_DGRAM)
    with resolver, server, client:
        resolver.bind((_THEIRS[4], 53))
        server.bind((_NAMED, 9000))
        client.bind((_OURS[4], _OUR_PORT))
        client.sendto(struct.pack("!6H", 77, 0x0100, 1, 0, 0, 0) + question, (_THEIRS[4], 53))
        resolver.sendto(struct.pack("!6H", 77, 0x8180, 1, 1, 0, 0) + question + answer, resolver.recvfrom(512)[1])
        client.recv(512)
        client.sendto(bytes(100), (_NAMED, 9000))
        server.recv(512)


@pytest.mark.parametrize("link", LINKS, ids=lambda link: link.name)
def test_both_devices_are_read(link: Link, tmp_path: Path) -> None:
    with _joined(link) as (one, other):
        with collector(one, tmp_path, "--iface", _LOWER, "--iface", _UPPER) as counting:
            time.sleep(_TURNS_S)
            lower, upper = Wire(other, _LOWER, link.lower_bytes), Wire(other, _UPPER, link.upper_bytes)
            for address in _THEIRS.values():
                _shake_hands(one, other, address)
            _ask_and_go_there(one, other)
            time.sleep(_KEEPALIVE_S if link.is_tunnel else _TURNS_S)
            below, above = (wire.tally().only(_is_of_hosts) for wire in (lower, upper))
            if not link.is_heard_below:
                more = link.lower_bytes - link.upper_bytes
                below = {key: (bytes_ + more * packets, packets) for key, (bytes_, packets) in above.items()}
            assert counting.stop() == 0
        print(counting.log.read_text())
        assert flows(counting, "--iface", _LOWER).only(_is_of_hosts) == below
        assert flows(counting, "--iface", _UPPER).only(_is_of_hosts) == above
        once = flows(counting).only(_is_of_hosts)
        if link.is_tunnel:
            outer = {Conversation(_OUTER_OURS, _OUTER_THEIRS, _UDP), Conversation(_OUTER_THEIRS, _OUTER_OURS, _UDP)}
            assert set(below) == outer and once == above | below
        else:
            assert set(below) == set(above) and once in (above, below)
        ends = {
            (row["src_ip"], row["src_port"], row["dst_ip"], row["dst_port"]) for row in report(counting, "top-flow")
        }
        assert {(_OURS[4], _OUR_PORT, _THEIRS[4], 53), (_THEIRS[4], 53, _OURS[4], _OUR_PORT),
                (_OURS[4], _OUR_PORT, _NAMED, 9000)} <= ends  # fmt: skip
        named = set(counting.rows("SELECT dst_ip, domain FROM flow_1m_5t WHERE attribution_status = 'exact'"))
        assert {*((address, _NAME) for address in _THEIRS.values()), (_NAMED, _ASKED)} <= named
        items = ledger(counting)
        print(*items.items(), sep="\n")
        assert {iface for iface, _, item in items if item == "interface"} == {_LOWER, _UPPER}
        assert [key for key, traffic in items.items() if key[2] in ("unseen", "uncounted") and traffic != (0, 0)] == []


def _is_of_hosts(conversation: Conversation) -> bool:
    """Not what IPv6 says to groups."""
    return not conversation.dst.startswith("ff") and not conversation.src.startswith("fe80")
