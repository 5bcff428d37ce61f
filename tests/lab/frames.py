"""Frames from captures and onto interfaces."""

from __future__ import annotations

import errno
import socket
import struct
from collections.abc import Iterable
from pathlib import Path

from .netns import Namespace

_MAGIC = {b"\xd4\xc3\xb2\xa1": "<", b"\xa1\xb2\xc3\xd4": ">", b"\x4d\x3c\xb2\xa1": "<", b"\xa1\xb2\x3c\x4d": ">"}


def read_pcap(path: Path) -> list[bytes]:
    """The frames of a classic pcap file, as far as they were captured."""
    data = path.read_bytes()
    order = _MAGIC[data[:4]]
    frames, at = [], 24
    while at + 16 <= len(data):
        _, _, captured, _ = struct.unpack_from(order + "IIII", data, at)
        frames.append(data[at + 16 : at + 16 + captured])
        at += 16 + captured
    return frames


def send(inside: Namespace, interface: str, frames: Iterable[bytes]) -> int:
    """Sends frames as they are; how many went out: the device takes none below 14 bytes or beyond its MTU."""
    with inside.entered(), socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0) as packet_socket:
        packet_socket.bind((interface, 0))
        count = 0
        for frame in frames:
            try:
                packet_socket.send(frame)
            except OSError as error:
                if error.errno not in (errno.EINVAL, errno.EMSGSIZE):
                    raise
            else:
                count += 1
    return count
