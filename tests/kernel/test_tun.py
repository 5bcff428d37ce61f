"""A device whose packets begin with IP."""

from __future__ import annotations

import fcntl
import os
import socket
import struct
from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import Path

import pytest

from ..lab.counted import counted
from ..lab.netns import Namespace, namespace
from ..lab.packets import V4, V6, extension, ipv4, ipv6, tcp, udp

_TUNSETIFF, _IFF_TUN, _IFF_NO_PI = 0x400454CA, 0x0001, 0x1000


@pytest.fixture
def tun() -> Iterator[tuple[Namespace, int]]:
    with namespace("tun") as inside:
        with inside.entered():
            fd = os.open("/dev/net/tun", os.O_RDWR)
            fcntl.ioctl(fd, _TUNSETIFF, struct.pack("16sH", b"tun0", _IFF_TUN | _IFF_NO_PI))
        inside.ip("addr", "add", "10.3.0.1/24", "dev", "tun0")
        inside.ip("link", "set", "dev", "tun0", "up")
        yield inside, fd
        os.close(fd)


def test_both_directions(tun: tuple[Namespace, int], pins: Path) -> None:
    inside, fd = tun
    arriving = [ipv4(6, tcp(), options=bytes(8)), ipv6(0, extension(17) + udp())]
    with counted(inside, "tun0", pins) as programs:
        for packet in arriving:
            os.write(fd, packet)
        with inside.entered(), socket.socket(type=socket.SOCK_DGRAM) as client:
            client.bind(("10.3.0.1", 5000))
            client.sendto(b"x" * 50, ("10.3.0.9", 6000))
        generation = programs.take()
    flows = {
        (f.direction, f.l4_proto, str(ip_address(f.src)), f.src_port, str(ip_address(f.dst)), f.dst_port):
        (f.bytes, f.packets, f.neighbour_mac)
        for f in generation.flows
    }  # fmt: skip
    no_mac = bytes(6)
    assert flows == {
        (0, 6, V4[0], 1024, V4[1], 443): (len(arriving[0]), 1, no_mac),
        (0, 17, V6[0], 1024, V6[1], 53): (len(arriving[1]), 1, no_mac),
        (1, 17, "10.3.0.1", 5000, "10.3.0.9", 6000): (20 + 8 + 50, 1, no_mac),
    }
