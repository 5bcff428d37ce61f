# SPDX-License-Identifier: GPL-2.0-only
"""Translations as LuCI reads them: a table of hashes of the English texts (``.lmo``), made of a catalogue (``.po``).

A file is the translations, each padded to four bytes; then by hash, in order, four numbers for each: its hash, plural
forms, offset, length in bytes; then the offset of that table. Numbers are 32 bits, big-endian. A text is hashed as
``context \\x01 text \\x02 plural form``, of which the first and the last may be missing, by Hsieh's SuperFastHash. Of
escapes only those of quotes and backslashes are undone, as LuCI's own converter does.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator

from .contents import PackingError

_KEYWORD = re.compile(r'(msgctxt|msgid|msgid_plural|msgstr(?:\[\d\])?)\s+(".*")\s*$')
_PLURALS = "Plural-Forms: "
_MASK = 0xFFFFFFFF


def convert(text: str) -> bytes:
    """The ``.lmo`` of a ``.po``; what is not translated, or translated by itself, is left out.

    :raises PackingError: a line is none of a catalogue, or nothing is translated.
    """
    table: dict[int, tuple[int, int, int]] = {}
    body = bytearray()

    def add(key: int, forms: int, translation: str) -> None:
        raw = translation.encode()
        if key not in table:
            table[key] = forms, len(body), len(raw)
            body.extend(raw + b"\0" * (-len(raw) % 4))

    for entry in _entries(text):
        translations = {int(name[7:-1] or 0): value for name, value in entry.items() if name.startswith("msgstr")}
        if entry["msgid"] == "":
            for line in translations.get(0, "").split("\\n"):
                if line.startswith(_PLURALS):
                    add(0, 0, line.removeprefix(_PLURALS))
            continue
        for form, translation in translations.items():
            key = hashed(_key(entry, form))
            if translation and key != hashed(translation.encode()):
                add(key, max(translations) + 1, translation)
    if not table:
        raise PackingError("a catalogue without a translation")
    rows = (struct.pack(">4I", key, *table[key]) for key in sorted(table))
    return bytes(body) + b"".join(rows) + struct.pack(">I", len(body))


def hashed(raw: bytes) -> int:
    """The hash of *raw*, seeded by its length, as LuCI's browser side and its server compute it."""
    size, value = len(raw), len(raw)
    if not size:
        return 0
    for at in range(0, size & ~3, 4):
        low, high = struct.unpack_from("<HH", raw, at)
        value = (value + low) & _MASK
        value = ((value << 16) ^ (high << 11) ^ value) & _MASK
        value = (value + (value >> 11)) & _MASK
    rest = raw[size & ~3 :]
    if len(rest) > 1:
        value = (value + rest[0] + (rest[1] << 8)) & _MASK
    if len(rest) == 3:
        value = (value ^ (value << 16) ^ (_signed(rest[2]) << 18)) & _MASK
        value += value >> 11
    elif len(rest) == 2:
        value ^= value << 11
        value = (value & _MASK) + ((value & _MASK) >> 17)
    elif len(rest) == 1:
        value = (value + _signed(rest[0])) & _MASK
        value = (value ^ (value << 10)) & _MASK
        value += value >> 1
    value &= _MASK
    for left, right in ((3, 5), (4, 17), (25, 6)):
        value = (value ^ (value << left)) & _MASK
        value = (value + (value >> right)) & _MASK
    return value


def _signed(byte: int) -> int:
    return byte - 256 if byte > 127 else byte


def _key(entry: dict[str, str], form: int) -> bytes:
    context = entry["msgctxt"] + "\1" if "msgctxt" in entry else ""
    plural = f"\2{form}" if "msgid_plural" in entry else ""
    return f"{context}{entry['msgid']}{plural}".encode()


def _entries(text: str) -> Iterator[dict[str, str]]:
    entry: dict[str, str] = {}
    last = ""
    for number, line in enumerate(text.splitlines(), 1):
        line = line.strip()
        if not line or line.startswith("#"):
            continue
        if found := _KEYWORD.match(line):
            last, quoted = found[1], found[2]
            if last in ("msgctxt", "msgid") and any(name.startswith("msgstr") for name in entry):
                yield entry
                entry = {}
            entry[last] = ""
        elif line.startswith('"') and line.endswith('"') and last:
            quoted = line
        else:
            raise PackingError(f"line {number}: no line of a catalogue: {line}")
        entry[last] += _unquoted(quoted[1:-1])
    if entry:
        yield entry


def _unquoted(quoted: str) -> str:
    return re.sub(r'\\(["\\])', r"\1", quoted)
