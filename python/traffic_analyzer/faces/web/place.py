"""Where the endpoint listens, and by what names it may be called: as settings say it, and as links do."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterable
from typing import NamedTuple

from ...errors import UsageError

OFF = "off"
_WRITTEN = re.compile(
    r"(?:\[(?P<six>[0-9A-Fa-f]{0,4}:[0-9A-Fa-f:.]{1,40})\]|(?P<four>[0-9.]{7,15})):(?P<port>[0-9]{1,5})"
)
_NAME = re.compile(r"[A-Za-z0-9_-]{1,63}(?:\.[A-Za-z0-9_-]{1,63}){0,31}\.?")
_MAPPED = bytes(10) + b"\xff\xff"  # RFC 4291, 2.5.5.2
#: Every address of this machine, and the one of them that a link names.
_ANY = {bytes(4): "127.0.0.1", bytes(16): "[::1]"}


class Place(NamedTuple):
    """An address and a port of this machine."""

    address: str  #: IPv4 or IPv6, a literal
    port: int

    def __str__(self) -> str:
        return f"{_written(self.address)}:{self.port}"

    @property
    def family(self) -> socket.AddressFamily:
        """Of its address."""
        return socket.AF_INET6 if ":" in self.address else socket.AF_INET

    @property
    def url(self) -> str:
        """Of the page, for a browser on this machine."""
        host = _ANY.get(socket.inet_pton(self.family, self.address), _written(self.address))
        return f"http://{host}:{self.port}/"

    def link(self, token: str) -> str:
        """The page, for who is to see it: what follows the hash, a browser keeps to itself."""
        return f"{self.url}#token={token}"


def place_of(text: str) -> Place | None:
    """What ``--web-listen`` says; None: nowhere.

    :raises UsageError: it is neither an address with a port nor ``off``.
    """
    if text == OFF:
        return None
    written = _WRITTEN.fullmatch(text)
    address = packed(written["six"] or written["four"]) if written else None
    if written is None or address is None or not 0 < int(written["port"]) < 1 << 16:
        raise UsageError(f"--web-listen {text[:64]}: write an address of this machine and a port, as in "
                         f"127.0.0.1:8377 or [::1]:8377, or {OFF}")  # fmt: skip
    return Place(written["six"] or written["four"], int(written["port"]))


def names_of(texts: Iterable[str]) -> frozenset[str]:
    """What ``--web-host`` says: names, and addresses that lead here by way of another machine, as :func:`folded`.

    :raises UsageError: one that is neither.
    """
    found = []
    for text in texts:
        if not _NAME.fullmatch(text) and packed(text.strip("[]")) is None:
            raise UsageError(f"--web-host {text[:64]}: write a name, as in router.lan, without a port")
        found.append(folded(text.strip("[]")))
    return frozenset(found)


def folded(name: str) -> str:
    """*name* as it is compared; addresses as hexadecimal digits, however they are written."""
    address = packed(name)
    return address.hex() if address else name.lower().removesuffix(".")


def packed(address: str) -> bytes | None:
    """The 4 or 16 bytes of an address, 4 of an IPv4 one that IPv6 carries; None where *address* is none."""
    for family in (socket.AF_INET, socket.AF_INET6):
        try:
            found = socket.inet_pton(family, address)
        except (OSError, ValueError):
            continue
        return found.removeprefix(_MAPPED)
    return None


def _written(address: str) -> str:
    return f"[{address}]" if ":" in address else address
