"""Who is answered: who calls this machine by its name, and knows the token."""

from __future__ import annotations

import re
from collections.abc import Collection
from hmac import compare_digest

from .place import folded, packed

_HOST = re.compile(r"(?:\[([0-9A-Fa-f]{0,4}:[0-9A-Fa-f:.]{1,40})\]|([^\[\]:]{1,1024}))(?::[0-9]{1,5})?")
_BEARER = re.compile(r"bearer +([!-~]{1,256})", re.IGNORECASE)
_LOCAL = "localhost"
_LOOPBACK_4, _LOOPBACK_6 = b"\x7f", bytes(15) + b"\x01"


class Guard:
    """Tells who may ask.

    :param names: that the machine may be called by besides the address that a connection came to; of
        :func:`.place.names_of`.
    """

    def __init__(self, token: str, names: Collection[str]) -> None:
        self._token, self._names = token.encode(), names

    def is_called(self, host: str, here: str) -> bool:
        """True where a header ``Host`` names this machine: a page whose name was made to lead here does not.

        :param host: all of them, with commas between; empty: none.
        :param here: the address that the connection came to.
        """
        written = _HOST.fullmatch(host)
        if written is None:
            return False
        name = folded(written[1] or written[2])
        if name in self._names or name == folded(here):
            return True
        local = packed(here) or b""
        return name == _LOCAL and (local == _LOOPBACK_6 or len(local) == 4 and local.startswith(_LOOPBACK_4))

    def is_known(self, authorization: str) -> bool:
        """True where a header ``Authorization`` has the token."""
        given = _BEARER.fullmatch(authorization)
        return given is not None and compare_digest(given[1].encode(), self._token)
