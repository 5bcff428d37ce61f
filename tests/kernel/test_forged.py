"""Answers that nobody asked for: no name is taken without its question.

The victim asks a resolver in the internet; some answers come from a host on its own LAN, some from the resolver's
side. To each address that an answer names the victim sends a datagram then, and only the true one has a name.
"""

from __future__ import annotations

import socket
import struct
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from ipaddress import IPv4Address

import pytest

from traffic_analyzer.records import Evidence, Label

from ..home.house import BRIDGE, CLIENT_PORT, Client, Home, home
from ..home.named import Name, named
from ..home.questions import A, answer, question
from ..home.servers import missing_programs
from ..home.sites import ROUTER_MAC
from ..lab.collector import collector
from ..lab.frames import send
from .conftest import required

_RESOLVER, _STRANGER = "192.0.2.1", "198.51.100.30"  # both are addresses of the internet
_BROADCAST = "ff:ff:ff:ff:ff:ff"
_UDP, _IPV4, _DNS_PORT, _FLOW_PORT = 17, 0x0800, 53, 9000
_ARRIVAL_S = 0.5  # for the last answer to reach the victim
_ASKED, _OTHER = "bank.example", "other.example"
_ANSWERED = Name(_ASKED, Label.EXACT, Evidence.DNS)
_UNKNOWN = Name("", Label.UNKNOWN, Evidence.NONE)


@pytest.fixture(scope="module", autouse=True)
def programs() -> None:
    required(missing_programs())


def _mac(text: str) -> bytes:
    return bytes.fromhex(text.replace(":", ""))


def _frame(dst_mac: str, src_mac: str, src: str, dst: str, dst_port: int, payload: bytes) -> bytes:
    """A datagram from port 53."""
    datagram = struct.pack("!HHHH", _DNS_PORT, dst_port, 8 + len(payload), 0) + payload
    head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(datagram), 1, 0, 64, _UDP, 0)
    return (_mac(dst_mac) + _mac(src_mac) + struct.pack("!H", _IPV4)
            + head + IPv4Address(src).packed + IPv4Address(dst).packed + datagram)  # fmt: skip


class Scene:
    """A question of the victim that is still open, and who may answer it."""

    def __init__(self, built: Home, resolver: socket.socket, stranger: socket.socket, number: int) -> None:
        self.victim, self.attacker = built.clients
        self._resolver, self._stranger = resolver, stranger
        self.number = number
        with self.victim.inside.entered():
            self._asking = socket.socket(type=socket.SOCK_DGRAM)
        self._asking.connect((_RESOLVER, _DNS_PORT))
        self.port: int = self._asking.getsockname()[1]

    def ask(self) -> None:
        """Asks, and returns when the question has reached the resolver."""
        self._asking.send(question(_ASKED, A, self.number))
        said, (address, port) = self._resolver.recvfrom(4096)
        assert (said, address, port) == (question(_ASKED, A, self.number), self.victim.ipv4, self.port)

    def from_lan(self, payload: bytes, dst_mac: str, src: str = _RESOLVER) -> None:
        """A frame of the attacker that claims to be the resolver's."""
        frame = _frame(dst_mac, self.attacker.mac, src, self.victim.ipv4, self.port, payload)
        assert send(self.attacker.inside, CLIENT_PORT, [frame]) == 1

    def from_resolver(self, payload: bytes, port: int | None = None) -> None:
        """A datagram that really comes from the resolver."""
        self._resolver.sendto(payload, (self.victim.ipv4, port or self.port))

    def from_stranger(self, payload: bytes) -> None:
        """A datagram of another server in the internet, from port 53 too."""
        self._stranger.sendto(payload, (self.victim.ipv4, self.port))

    def close(self) -> None:
        self._asking.close()


def _unasked(scene: Scene, address: str) -> None:
    scene.from_lan(answer(scene.number, _ASKED, _ASKED, address), ROUTER_MAC)
    scene.from_resolver(answer(scene.number, _ASKED, _ASKED, address))


def _from_lan(scene: Scene, address: str) -> None:
    scene.ask()
    scene.from_lan(answer(scene.number, _ASKED, _ASKED, address), ROUTER_MAC)


def _from_lan_to_all(scene: Scene, address: str) -> None:
    scene.ask()
    scene.from_lan(answer(scene.number, _ASKED, _ASKED, address), _BROADCAST)


def _from_lan_as_itself(scene: Scene, address: str) -> None:
    scene.ask()
    scene.from_lan(answer(scene.number, _ASKED, _ASKED, address), _BROADCAST, src=scene.attacker.ipv4)


def _wrong_number(scene: Scene, address: str) -> None:
    scene.ask()
    for number in (scene.number + 1, 0, 0xFFFF):
        scene.from_resolver(answer(number, _ASKED, _ASKED, address))


def _no_question(scene: Scene, address: str) -> None:
    scene.ask()
    scene.from_resolver(answer(scene.number, None, _ASKED, address))


def _another_question(scene: Scene, address: str) -> None:
    scene.ask()
    scene.from_resolver(answer(scene.number, _OTHER, _OTHER, address))


def _another_owner(scene: Scene, address: str) -> None:
    scene.ask()
    scene.from_resolver(answer(scene.number, _ASKED, _OTHER, address))


def _another_port(scene: Scene, address: str) -> None:
    scene.ask()
    scene.from_resolver(answer(scene.number, _ASKED, _ASKED, address), scene.port + 1)


def _another_server(scene: Scene, address: str) -> None:
    scene.ask()
    scene.from_stranger(answer(scene.number, _ASKED, _ASKED, address))


def _true(scene: Scene, address: str) -> None:
    scene.ask()
    scene.from_resolver(answer(scene.number, _ASKED, _ASKED, address))


#: Each with an address that nothing else speaks of.
_ACTS: dict[str, tuple[Callable[[Scene, str], None], str]] = {
    act.__name__.strip("_"): (act, f"203.0.113.{number}")
    for number, act in enumerate(
        (_unasked, _from_lan, _from_lan_to_all, _from_lan_as_itself, _wrong_number, _no_question, _another_question,
         _another_owner, _another_port, _another_server, _true), start=200,
    )
}  # fmt: skip


@dataclass(frozen=True)
class Played:
    """What the collector made of all acts."""

    names: dict[str, set[Name]]  #: by address: of the victim's flow to it
    unasked: int  #: answers counted as not asked for
    asked: int  #: questions for the name


def _listening(built: Home, address: str) -> socket.socket:
    with built.internet.entered():
        server = socket.socket(type=socket.SOCK_DGRAM)
    server.settimeout(60)
    server.bind((address, _DNS_PORT))
    return server


def _send(client: Client, address: str) -> None:
    with client.inside.entered(), socket.socket(type=socket.SOCK_DGRAM) as plain:
        plain.sendto(b"hello", (address, _FLOW_PORT))


@pytest.fixture(scope="module")
def played() -> Iterator[Played]:
    with (
        home(names=("victim", "attacker")) as built,
        _listening(built, _RESOLVER) as resolver,
        _listening(built, _STRANGER) as stranger,
        collector(built.router, built.folder, "--iface", BRIDGE) as counting,
    ):
        with ExitStack() as scenes:
            for number, (act, address) in enumerate(_ACTS.values()):
                act(scenes.enter_context(closing(Scene(built, resolver, stranger, 0x1234 + number))), address)
            time.sleep(_ARRIVAL_S)
        for _, address in _ACTS.values():
            _send(built.clients[0], address)
        assert counting.stop() == 0, counting.log.read_text()
        found = named(counting, BRIDGE)
        names = {
            address: {name for flow, flow_names in found.items() if flow.remote == address for name in flow_names}
            for _, address in _ACTS.values()
        }
        ((unasked,),) = counting.rows("SELECT sum(unasked) FROM dns_cache_1m WHERE iface = ?", BRIDGE)
        ((asked,),) = counting.rows("SELECT sum(count) FROM dns_1m WHERE qname = ?", _ASKED)
        yield Played(names, unasked, asked)


@pytest.mark.parametrize("act", [name for name in _ACTS if name != "true"])
def test_no_name_without_its_question(played: Played, act: str) -> None:
    _, address = _ACTS[act]
    assert played.names[address] == {_UNKNOWN}


def test_the_true_answer_is_believed(played: Played) -> None:
    """Without it the tests above would show nothing."""
    _, address = _ACTS["true"]
    assert played.names[address] == {_ANSWERED}


def test_questions_and_answers_are_counted(played: Played) -> None:
    assert played.asked == len(_ACTS) - 1  # one act has none
    assert played.unasked > 0
