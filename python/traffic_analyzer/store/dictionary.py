"""Dictionaries: texts that repeat, kept once and referred to by id."""

from __future__ import annotations

import re
import socket
from collections.abc import Callable, Mapping

from peewee import SqliteDatabase

from ..records import OTHER, OTHER_ADDRESS

_MAC = re.compile("[0-9a-f]{2}(?::[0-9a-f]{2}){5}")
_LOCAL = "26ae"  # second digit of a locally administered address of one machine, IEEE 802c
#: By column, wherever it is: the dictionary that it refers to.
DICTIONARY_OF: Mapping[str, str] = {
    "iface_id": "iface",
    "device_id": "device",
    "domain_id": "domain",
    "label_id": "label",
    "evidence_id": "evidence",
    **dict.fromkeys(("address_id", "client_id", "remote_id", "resolver_id"), "address"),
}
#: By dictionary: the column beside id and text. Users may have added others, which are theirs and stay where they are.
DERIVED: Mapping[str, str] = {"device": "kind", "domain": "site", "iface": "role"}
_CACHE_MAX = 200_000  # texts remembered; about 30 MB, reached on a port scan of the internet at most


def address_text(address: bytes) -> str:
    """A packed address (4 or 16 bytes, or OTHER_ADDRESS) as text."""
    if address == OTHER_ADDRESS:
        return OTHER
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


def columns_of(dictionary: str) -> str:
    """Its columns, for SQL."""
    return ", ".join(("id", "text", *([DERIVED[dictionary]] if dictionary in DERIVED else [])))


def index_texts(database: SqliteDatabase) -> None:
    """Makes texts quick to find, and each the only one, where :func:`leave_texts` left them."""
    for table in sorted(set(DICTIONARY_OF.values())):
        database.execute_sql(f"CREATE UNIQUE INDEX IF NOT EXISTS {table}_text ON {table} (text)")


def leave_texts(database: SqliteDatabase) -> None:
    """Drops the indexes of texts: each new text rewrites a page of its own there, half of all that is written.

    For an archive, whose ids come from a working database, which finds them.
    """
    texts = {f"{table}_text" for table in DICTIONARY_OF.values()}
    indexes = database.execute_sql("SELECT name FROM main.sqlite_master WHERE type = 'index'").fetchall()
    names = sorted(texts & {name for (name,) in indexes})
    if names:  # else nothing is written: the disk may be read-only
        with database.atomic("IMMEDIATE"):
            for name in names:
                database.execute_sql(f"DROP INDEX main.{name}")


class Dictionary:
    """Ids of one dictionary's texts, made where they are missing.

    :param derived: further columns of the table, each computed from the text when it is first written.
    :param has_derived: what is computed is a text of the table too.
    """

    def __init__(
        self, database: SqliteDatabase, table: str, derived: Mapping[str, Callable[[str], str]] | None = None,
        has_derived: bool = False,
    ) -> None:  # fmt: skip
        self._has_derived = has_derived
        self._derived = derived or {}
        columns = ("text", *self._derived)
        self._database = database
        self._select = f"SELECT id FROM {table} WHERE text = ?"
        self._insert = f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})"
        self._ids: dict[object, int] = {}
        self.forgotten = 0  #: times that all were

    def forget(self) -> None:
        """Looks every text up again."""
        self._ids.clear()
        self.forgotten += 1

    def id(self, key: object, text: str) -> int:
        """The id of *text*; *key* is what it is remembered by."""
        if len(self._ids) >= _CACHE_MAX:
            self.forget()
        row = self._database.execute_sql(self._select, (text,)).fetchone()
        found = row[0] if row else self._made(text)
        self._ids[key] = found
        return int(found)

    def _made(self, text: str) -> int:
        derived = [derive(text) for derive in self._derived.values()]
        if self._has_derived:
            for other in {*derived} - {text}:
                self.id(other, other)
        return int(self._database.execute_sql(self._insert, (text, *derived)).lastrowid)

    def known(self) -> Mapping[object, int]:
        """The ids that need no query."""
        return self._ids
