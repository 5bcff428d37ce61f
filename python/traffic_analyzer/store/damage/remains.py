"""Whose a file was that SQLite cannot read: damage is told from mistakes by what is left."""

from __future__ import annotations

import re
import struct
from contextlib import suppress
from pathlib import Path

from .files import blocks, copy_of

_MAGIC = b"SQLite format 3\0"
_MAGIC_MIN_BYTES = 6
_PAGE_BYTES = 4096  # where the header does not say
#: One or more of them is in every database of this package and of the seed.
TABLES = frozenset((b"meta_kv", b"kernel_instance", b"flow_minute", b"flow_1m_5t", b"flow_1m", b"collector_health_1m"))
#: Ours too, but names that another program may have taken as well.
_COMMON = frozenset((b"address", b"device", b"domain", b"label", b"evidence", b"iface", b"notice"))
_MADE = re.compile(rb"CREATE TABLE [\"'`\[]?(\w+)")
_MADE_MAX_BYTES = 80


def is_ours(path: Path, head: bytes) -> bool:
    """True where a file that SQLite cannot read was a database of this package; or holds nothing at all.

    Told by its copy, by the tables of ours whose making it still holds, or, where it holds none of anybody's, by its
    magic or by pages that are those of a database.
    """
    if copy_of(path).exists():
        return True
    names, is_blank, has_pages = _remains(path, _page_bytes(head))
    if is_blank:
        return True
    return (has_magic(head) or has_pages) and (not names - _COMMON or bool(names & TABLES))


def has_magic(head: bytes) -> bool:
    """True for the first bytes of a database, or as many of them as are there."""
    return _MAGIC.startswith(head[: len(_MAGIC)]) and len(head) >= _MAGIC_MIN_BYTES


def _remains(path: Path, page_bytes: int) -> tuple[set[bytes], bool, bool]:
    """Of the file at *path*: the tables whose making it holds; whether it is all zeros; whether it has B-tree pages."""
    names: set[bytes] = set()
    is_blank, has_pages, before, at = True, False, b"", 0
    with suppress(OSError):  # what cannot be read tells nothing
        for block in blocks(path):
            is_blank = is_blank and not any(block)
            names |= {found[1] for found in _MADE.finditer(before + block)}
            begins = range(-at % page_bytes, len(block), page_bytes)
            has_pages = has_pages or any(_is_tree_page(block[n : n + page_bytes], page_bytes) for n in begins if at + n)
            before, at = block[-_MADE_MAX_BYTES:], at + len(block)
    return names, is_blank, has_pages


def _page_bytes(head: bytes) -> int:
    if head.startswith(_MAGIC) and len(head) >= 18:
        said = int.from_bytes(head[16:18], "big")
        if said >= 512 and not said & (said - 1):
            return said
    return _PAGE_BYTES


def _is_tree_page(page: bytes, page_bytes: int) -> bool:
    """True for a whole B-tree page with cells; https://www.sqlite.org/fileformat.html, 1.6."""
    if len(page) < page_bytes or page[0] not in (2, 5, 10, 13):
        return False
    header_bytes = 12 if page[0] in (2, 5) else 8
    free, cells, content = struct.unpack_from(">HHH", page, 1)
    end = header_bytes + 2 * cells
    if not cells or not end <= (content or 65536) <= page_bytes or free >= page_bytes or page[7] > 60:
        return False
    return all(content <= cell < page_bytes for cell in struct.unpack_from(f">{cells}H", page, header_bytes))
