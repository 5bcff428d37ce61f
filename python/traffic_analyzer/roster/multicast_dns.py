"""What a device says of itself by multicast DNS (RFC 6762)."""

from __future__ import annotations

import re

from ..wire.dns import AAAA, IN, QUERY, A, Message

_LOCAL = ".local"
_CLASS = 0x7FFF  # the top bit says that earlier records are void (RFC 6762 10.2)
_ESCAPE = re.compile(r"\\(?:([0-9]{3})|(.))", re.DOTALL)


def names_of_sender(message: Message, address: bytes) -> list[str]:
    """The host names, without ``.local``, that *message* gives to the address of 4 or 16 bytes that it came from.

    What it tells of other addresses is a reflector's or a proxy's word and not taken, nor is what it takes back.
    """
    # RFC 6762 18.3, 18.11: other opcodes and response codes are to be ignored.
    if not message.is_response or message.opcode != QUERY or message.rcode:
        return []
    names: dict[str, None] = {}
    for record in (*message.answers, *message.additional):
        # RFC 6762 10.1: a record that ends at once is taken back.
        if record.type not in (A, AAAA) or record.class_ & _CLASS != IN or not record.ttl_s:
            continue
        if record.data == address and record.name.lower().endswith(_LOCAL) and len(record.name) > len(_LOCAL):
            names[_text(record.name[: -len(_LOCAL)])] = None
    return list(names)


def _text(name: str) -> str:
    r"""A name in presentation format (RFC 1035 5.1) as it is meant: UTF-8 (RFC 6762 16), other bytes as ``\xNN``."""
    raw = _ESCAPE.sub(lambda found: chr(int(found[1])) if found[1] else found[2], name)
    return raw.encode("latin-1").decode("utf-8", "backslashreplace")
