"""Dictionaries: texts that repeat, kept once and referred to by id."""

from __future__ import annotations

import re
import socket
from collections.abc import Callable, Mapping

from peewee import SqliteDatabase

_MAC = re.compile("[0-9a-f]{2}(?::[0-9a-f]{2}){5}")
_LOCAL = "26ae"  # second digit of a locally administered address of one machine, IEEE 802c
_CACHE_MAX = 200_000  # texts remembered; about 30 MB, reached on a port scan of the internet at most


def address_text(address: bytes) -> str:
    """A packed address (4 or 16 bytes) as text."""
    return socket.inet_ntop(socket.AF_INET if len(address) == 4 else socket.AF_INET6, address)


def kind_of(device: str) -> str:
    """What a device is: ``mac``, ``random`` (a MAC that was not given by a maker), ``address``, ``network``, ``group``.

    A group is multicast, broadcast, this machine, or what it forwards for clients that are not counted.
    """
    if _MAC.fullmatch(device):
        return "random" if device[1] in _LOCAL else "mac"
    if "/" in device:
        return "network"
    return "address" if "." in device or ":" in device else "group"


class Dictionary:
    """Ids of one dictionary's texts, made where they are missing.

    :param derived: further columns of the table, each computed from the text when it is first written.
    """

    def __init__(
        self, database: SqliteDatabase, table: str, derived: Mapping[str, Callable[[str], str]] | None = None
    ) -> None:
        self._derived = derived or {}
        columns = ("text", *self._derived)
        self._database = database
        self._select = f"SELECT id FROM {table} WHERE text = ?"
        self._insert = f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})"
        self._ids: dict[object, int] = {}

    def forget(self) -> None:
        """Looks every text up again."""
        self._ids.clear()

    def id(self, key: object, text: str) -> int:
        """The id of *text*; *key* is what it is remembered by."""
        if len(self._ids) >= _CACHE_MAX:
            self._ids.clear()
        row = self._database.execute_sql(self._select, (text,)).fetchone()
        found = row[0] if row else self._made(text)
        self._ids[key] = found
        return int(found)

    def _made(self, text: str) -> int:
        columns = (text, *(derive(text) for derive in self._derived.values()))
        return int(self._database.execute_sql(self._insert, columns).lastrowid)

    def known(self) -> Mapping[object, int]:
        """The ids that need no query."""
        return self._ids
