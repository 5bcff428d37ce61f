"""DNS lookups: a question for an address, and an answer with an alias and two addresses.

``python -m tests.bench.lookups INSIDE INTERFACE OUTSIDE INTERFACE PORTS RATE SECONDS`` sends them from one CPU, RATE a
second: questions out of the first interface, answers out of the second, each answer after its question; the first is
in namespace INSIDE, the second in OUTSIDE. They ask from PORTS ports in turn, of NAMES names, with random ids. Prints
how many it sent, and in how many seconds.
"""

from __future__ import annotations

import os
import random
import socket
import struct
import sys
import time
from ipaddress import IPv4Address, ip_address

import dns.message
import dns.rrset

from tests.lab.netns import Namespace

from . import frames

NAMES = 2000
CLIENTS = 40  #: each name is asked for by one of them
_ID_AT = 14 + 20 + 8  # in a frame
_SRC_PORT_AT, _DST_PORT_AT = 14 + 20, 14 + 20 + 2
_FIRST_PORT = 1024
_BURST = 10  # lookups between two looks at the clock


def qname(number: int) -> str:
    """The name that lookup *number* asks for."""
    return f"www.site-{number}.example"


def messages(number: int, family: str = "A", *addresses: bytes) -> tuple[bytes, bytes]:
    """Question and answer of lookup *number*.

    :param family: ``A`` or ``AAAA``
    :param addresses: packed; two of its own where none is given
    """
    own = (IPv4Address("10.0.0.0") + 2 * number + each for each in range(2))
    texts = [str(ip_address(address)) for address in addresses] or map(str, own)
    question = dns.message.make_query(qname(number), family, id=0, use_edns=0)
    answer = dns.message.make_response(question, recursion_available=True)
    alias = f"edge-{number}.west.cdn.example."
    answer.answer = [
        dns.rrset.from_text(qname(number) + ".", 300, "IN", "CNAME", alias),
        dns.rrset.from_text(alias, 300, "IN", family, *texts),
    ]
    return question.to_wire(), answer.to_wire()


class Line:
    """Both ends of a cable: questions go out at one, answers at the other, each in its namespace."""

    def __init__(self, inside: Namespace, inner: str, outside: Namespace, outer: str) -> None:
        self._sockets = [self._open(inside, inner), self._open(outside, outer)]

    @staticmethod
    def _open(where: Namespace, name: str) -> socket.socket:
        with where.entered():
            packet_socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
            packet_socket.bind((name, 0))
            return packet_socket

    def send(self, lookups: int, names: int, ports: int, rate: int) -> float:
        """Sends *lookups* lookups, *rate* a second; how many seconds that took."""
        ready = [
            [bytearray(frame) for frame in (frames.question(number % CLIENTS, 0, question),
                                            frames.answer(number % CLIENTS, 0, answer))]
            for number in range(names) for question, answer in (messages(number),)
        ]  # fmt: skip
        identifiers = random.Random(7)
        (out, back) = (each.send for each in self._sockets)
        began_s = time.monotonic()
        for number in range(lookups):
            if not number % _BURST:
                time.sleep(max(0.0, began_s + number / rate - time.monotonic()))
            question, answer = ready[number % names]
            identifier, port = identifiers.randrange(1 << 16), _FIRST_PORT + number % ports
            for frame, port_at in ((question, _SRC_PORT_AT), (answer, _DST_PORT_AT)):
                struct.pack_into("!H", frame, port_at, port)
                struct.pack_into("!H", frame, _ID_AT, identifier)
            out(question)
            back(answer)
        return time.monotonic() - began_s

    def close(self) -> None:
        """Nothing is sent any more."""
        for each in self._sockets:
            each.close()


def _main(inside: str, inner: str, outside: str, outer: str, *numbers: str) -> None:
    ports, rate, seconds = map(int, numbers)
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})  # on one CPU packets keep their order
    line = Line(Namespace(inside), inner, Namespace(outside), outer)
    print(rate * seconds, line.send(rate * seconds, NAMES, ports, rate))


if __name__ == "__main__":
    _main(*sys.argv[1:])
