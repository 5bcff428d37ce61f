"""What passes a device, frame by frame, read by a packet socket: the measure that the collector is held against."""

from __future__ import annotations

import socket
import struct
from collections import Counter
from collections.abc import Callable
from ipaddress import ip_address
from typing import NamedTuple

from ...lab.netns import Namespace

_ETH_P_ALL, _ETH_P_IP, _ETH_P_IPV6, _ETH_P_PPP_SES = 3, 0x0800, 0x86DD, 0x8864
_PPPOE_HEADER_BYTES = 8  # with the protocol of PPP
_OF_PPP = {0x21: _ETH_P_IP, 0x57: _ETH_P_IPV6}
_SO_RCVBUFFORCE, _SOL_PACKET, _PACKET_STATISTICS = 33, 263, 6
_BUFFER_BYTES = 64 << 20  # nothing is read before the end
_HEAD_BYTES = 64


class Conversation(NamedTuple):
    """One direction between two addresses."""

    src: str
    dst: str
    l4_proto: int


class Tally:
    """Bytes and packets of conversations."""

    def __init__(self) -> None:
        self.bytes: Counter[Conversation] = Counter()
        self.packets: Counter[Conversation] = Counter()

    def add(self, conversation: Conversation, bytes_: int, packets: int = 1) -> None:
        """Counts packets of a conversation."""
        self.bytes[conversation] += bytes_
        self.packets[conversation] += packets

    def only(self, wanted: Callable[[Conversation], bool]) -> dict[Conversation, tuple[int, int]]:
        """(bytes, packets) of the conversations that are wanted."""
        return {key: (self.bytes[key], self.packets[key]) for key in self.bytes if wanted(key)}


class Wire:
    """Listens on a device from its making to :meth:`tally`. Only devices that carry single frames tell the truth.

    :param header_bytes: of the link, in front of each packet.
    """

    def __init__(self, inside: Namespace, device: str, header_bytes: int = 14) -> None:
        self._header_bytes = header_bytes
        with inside.entered():
            self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, 0)
        self._socket.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, _BUFFER_BYTES)
        self._socket.bind((device, _ETH_P_ALL))
        self._socket.setblocking(False)

    def tally(self) -> Tally:
        """All that passed in both directions; AssertionError where some of it was not caught."""
        tally, room = Tally(), bytearray(_HEAD_BYTES)
        with self._socket:
            while True:
                try:
                    length, (_, ethertype, *_) = self._socket.recvfrom_into(room, _HEAD_BYTES, socket.MSG_TRUNC)
                except BlockingIOError:
                    break
                if conversation := _read(ethertype, bytes(room)):
                    tally.add(conversation, self._header_bytes + length)
            _, dropped = struct.unpack("=II", self._socket.getsockopt(_SOL_PACKET, _PACKET_STATISTICS, 8))
        assert not dropped, f"{dropped} frames did not fit into the socket's buffer"
        return tally


def _read(ethertype: int, packet: bytes) -> Conversation | None:
    if ethertype == _ETH_P_PPP_SES:
        ethertype = _OF_PPP.get(int.from_bytes(packet[6:8], "big"), 0)
        packet = packet[_PPPOE_HEADER_BYTES:]
    if ethertype == _ETH_P_IP:
        return Conversation(str(ip_address(packet[12:16])), str(ip_address(packet[16:20])), packet[9])
    if ethertype == _ETH_P_IPV6:  # no extension headers are sent here but those of group reports
        return Conversation(str(ip_address(packet[8:24])), str(ip_address(packet[24:40])), packet[6])
    return None
