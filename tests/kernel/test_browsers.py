"""Today's clients, recorded in a virtual home: every name on the wire is read, through the real programs."""

from __future__ import annotations

import socket
import struct
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from traffic_analyzer.attribution.public_names import PublicNames
from traffic_analyzer.dissector import Heard
from traffic_analyzer.records import HeadKind
from traffic_analyzer.wire import dns, dns_chain
from traffic_analyzer.wire.tls import ClientHello

from ..lab.frames import read_pcap
from ..lab.netns import Namespace
from ..score.__main__ import Replay, replay

_RECORDED = Path(__file__).parent / "browsers"
_ALPHA, _BETA, _DELTA, _GAMMA = (f"{host}.example" for host in ("www.alpha", "www.beta", "www.delta", "h3.gamma"))
_PUBLIC, _RESOLVER = "public.delta.example", "dns.resolver.example"
_TLS, _QUIC = HeadKind.TLS, HeadKind.QUIC
#: By recording: server names and how often each is shown.
_SERVER_NAMES = {
    "chromium-tls": {(_TLS, _ALPHA): 2},
    "chromium-tls-gso": {(_TLS, _ALPHA): 2},
    "chromium-h3": {(_QUIC, _GAMMA): 1},
    "chromium-ech": {(_TLS, _PUBLIC): 2},
    "firefox-ech": {(_TLS, _PUBLIC): 2},
    "firefox-tls": {(_TLS, _BETA): 2},
    "firefox-h3": {(_QUIC, _GAMMA): 1},
    "dns-dot-doh": {(_TLS, _RESOLVER): 3, (_TLS, _BETA): 1},
    "dns-doh-chromium": {(_TLS, _RESOLVER): 9, (_TLS, _BETA): 2},
    "tls-small": {(_TLS, _ALPHA): 1, (_TLS, _BETA): 3, (_TLS, _DELTA): 1},
    "h3-aioquic": {(_QUIC, _GAMMA): 1},
    "h3-cffi": {(_QUIC, _GAMMA): 1},
    "dns-udp-tcp": {},
    "dns-mdns": {},
}
#: By recording: names that must have been asked for.
_ASKED = {
    "chromium-tls": {_ALPHA},
    "chromium-ech": {"secret.delta.example"},
    "dns-udp-tcp": {_ALPHA, _BETA, "secret.delta.example", "nope.example"},
    "dns-mdns": {"printer-7.local", r"Office\032Printer._ipp._tcp.local"},
    "dns-doh-chromium": {_RESOLVER},
}
_SOL_PACKET, _PACKET_VNET_HDR = 263, 15
_NEEDS_CHECKSUM, _GSO_UDP_L4 = 1, 5  # linux/virtio_net.h
_ETHERNET_IPV4_LEN, _UDP_LEN, _UDP_CHECKSUM_AT = 34, 8, 6


@pytest.fixture(scope="module")
def player() -> Iterator[Replay]:
    with replay() as made:
        yield made


def _server_names(heard: list[Heard]) -> Counter[tuple[int, str]]:
    return Counter(
        (head.kind, message.server_name)
        for head, message in heard
        if isinstance(message, ClientHello) and message.server_name
    )


def _messages(heard: list[Heard]) -> list[dns.Message]:
    return [message for _, message in heard if isinstance(message, dns.Message)]


@pytest.mark.parametrize("name", _SERVER_NAMES)
def test_every_name_is_read(player: Replay, name: str) -> None:
    _, heard = player.play(read_pcap(_RECORDED / f"{name}.pcap"))
    assert _server_names(heard) == _SERVER_NAMES[name]
    named = {question.name for message in _messages(heard) for question in message.questions}
    named |= {record.name for message in _messages(heard) for record in message.answers}
    assert named >= _ASKED.get(name, set())
    if name == "dns-doh-chromium":
        assert not any(host.endswith("beta.example") for host in named)


def test_the_name_booked_is_the_one_asked_for(player: Replay) -> None:
    _, heard = player.play(read_pcap(_RECORDED / "chromium-tls.pcap"))
    (answer,) = (m for m in _messages(heard) if m.questions[0].name == _ALPHA and m.questions[0].type == dns.A
                 and m.is_response)  # fmt: skip
    assert [record.data for record in answer.answers if record.type == dns.CNAME] != []
    assert dns_chain.addresses(answer)


@pytest.mark.parametrize("name", ["chromium-ech", "firefox-ech"])
def test_real_ech_is_told_by_the_record_that_was_asked_for(player: Replay, name: str) -> None:
    _, heard = player.play(read_pcap(_RECORDED / f"{name}.pcap"))
    names = PublicNames()
    for message in _messages(heard):
        for config in dns_chain.ech_configs(message):
            names.announce(config.public_name, config.config_id, 0)
    hellos = [message for _, message in heard if isinstance(message, ClientHello)]
    assert len(hellos) == 2
    for hello in hellos:
        assert hello.server_name == _PUBLIC and hello.ech_config_id is not None
        assert names.hides(hello.server_name, hello.ech_config_id, 0)


def test_grease_is_told_from_real_ech(player: Replay) -> None:
    _, heard = player.play(read_pcap(_RECORDED / "chromium-tls.pcap"))
    hellos = [message for _, message in heard if isinstance(message, ClientHello)]
    assert all(hello.ech_config_id is not None for hello in hellos)
    assert not any(PublicNames().hides(hello.server_name or "", hello.ech_config_id or 0, 0) for hello in hellos)


def _send_as_one_super_packet(inside: Namespace, interface: str, frame: bytes, segment_bytes: int) -> None:
    """UDP over IPv4, to be segmented by the device, as a sender with UDP segmentation offload hands it over."""
    header = struct.pack("=BBHHHH", _NEEDS_CHECKSUM, _GSO_UDP_L4, _ETHERNET_IPV4_LEN + _UDP_LEN, segment_bytes,
                         _ETHERNET_IPV4_LEN, _UDP_CHECKSUM_AT)  # fmt: skip
    with inside.entered(), socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0800)) as packet_socket:
        packet_socket.setsockopt(_SOL_PACKET, _PACKET_VNET_HDR, 1)
        packet_socket.bind((interface, 0))
        packet_socket.send(header + frame)


def test_a_super_packet_is_taken_apart(player: Replay) -> None:
    """Both Initials in one frame; the name is in the second."""
    frames = read_pcap(_RECORDED / "firefox-h3-udpgso.pcap")
    (large,) = (frame for frame in frames if len(frame) > 2 * 1252)
    assert _server_names(player.play([large])[1]) == {}
    _send_as_one_super_packet(player.sender, "tx", large, 1252)
    assert _server_names(player.play([])[1]) == {(_QUIC, _GAMMA): 1}
