"""One line of a list of names, and the two ways to say whom it means."""

from __future__ import annotations

import re
import socket
from typing import NamedTuple

_MAC = re.compile(r"[0-9A-Fa-f]{1,2}(?:([:-])[0-9A-Fa-f]{1,2})(?:\1[0-9A-Fa-f]{1,2}){4}")


class Entry(NamedTuple):
    """Somebody's name for a device, which is given by one of the two."""

    device: str  #: a MAC, or an address where the link tells no MAC: as in ``records.FlowKey``; empty: see ``address``
    address: bytes  #: 4 or 16: the device is the one that was last met with it; empty: see ``device``
    name: str  #: hostile


def entry_of_mac(mac: bytes, name: str) -> Entry:
    """The name of the device with this MAC of 6 bytes."""
    return Entry(mac.hex(":"), b"", name)


def entries_of_card(mac: str, address: bytes, name: str) -> list[Entry]:
    """The name of the device with this MAC. Its address names nobody who has another MAC."""
    return [Entry(mac, b"", name), *([Entry(address_text(address), b"", name)] if address else [])]


def parse_mac(text: str) -> str | None:
    """A MAC with colons or dashes, as devices are written: ``aa:bb:cc:dd:ee:ff``; None where it is none."""
    if not _MAC.fullmatch(text):
        return None
    return ":".join(part.rjust(2, "0") for part in text.lower().replace("-", ":").split(":"))


def parse_address(text: str) -> bytes | None:
    """The 4 or 16 bytes of an IP address; None where it is none."""
    for family in (socket.AF_INET, socket.AF_INET6):
        try:
            return socket.inet_pton(family, text)
        except (OSError, ValueError):
            continue
    return None


def address_text(address: bytes) -> str:
    """An address of 4 or 16 bytes, as devices are written whose link tells no MAC."""
    return socket.inet_ntop(socket.AF_INET if len(address) == 4 else socket.AF_INET6, address)
