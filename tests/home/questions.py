"""DNS messages made by hand, byte by byte, independent of the parser that reads them. RFC 1035 section 4."""

from __future__ import annotations

import socket
import struct
from ipaddress import ip_address

from .sites import ROUTER_IPV4

A, AAAA, TXT = 1, 28, 16
_IN, _TTL_S, _TIMEOUT_S = 1, 300, 20
_QUESTION_FLAGS, _ANSWER_FLAGS = 0x0100, 0x8580


def _name(name: str) -> bytes:
    return b"".join(bytes([len(label)]) + label for label in name.encode().split(b".")) + b"\0"


def _asked(name: str, qtype: int) -> bytes:
    return _name(name) + struct.pack("!HH", qtype, _IN)


def question(name: str, qtype: int, number: int) -> bytes:
    """A question; *number* is its transaction id."""
    return struct.pack("!HHHHHH", number, _QUESTION_FLAGS, 1, 0, 0, 0) + _asked(name, qtype)


def answer(number: int, asked: str | None, owner: str, address: str) -> bytes:
    """An answer with one address.

    :param asked: the name in its question section; ``None``: it has none.
    :param owner: the name that is said to have the address.
    """
    packed = ip_address(address).packed
    qtype = A if len(packed) == 4 else AAAA
    record = _name(owner) + struct.pack("!HHIH", qtype, _IN, _TTL_S, len(packed)) + packed
    questions = b"" if asked is None else _asked(asked, qtype)
    return struct.pack("!HHHHHH", number, _ANSWER_FLAGS, asked is not None, 1, 0, 0) + questions + record


def ask(name: str, qtype: int, number: int, server: str = ROUTER_IPV4) -> None:
    """Asks over UDP, from where the calling thread is, and waits for the answer; OSError where it is not a good one."""
    with socket.socket(type=socket.SOCK_DGRAM) as asking:
        asking.settimeout(_TIMEOUT_S)
        asking.connect((server, 53))
        asking.send(question(name, qtype, number))
        said = asking.recv(4096)
    answered, flags, _, count = struct.unpack_from("!HHHH", said)
    if (answered, flags & 0xF) != (number, 0) or not count:
        raise OSError(f"no answer about {name}: {said.hex()}")
