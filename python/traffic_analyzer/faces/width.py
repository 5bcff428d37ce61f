"""How much room a text takes on a terminal. Texts are escaped before: what moves a cursor has no width."""

from __future__ import annotations

import unicodedata

ELLIPSIS = "…"

_ON_TOP = ("Mn", "Me")  # marks on the character before
_JAMO = range(0x1160, 0x1200)  # vowels and finals, drawn into the syllable that they follow
_WIDE = ("W", "F")


def columns_of(text: str) -> int:
    """Columns that *text* takes: two for a wide character (UAX #11), none for a mark on the one before."""
    return len(text) if text.isascii() else sum(map(_columns, text))


def cut(text: str, size: int) -> str:
    """The beginning of *text*, of at most *size* columns; where that is not all of it, an ellipsis ends it."""
    if columns_of(text) <= size:
        return text
    return _begin(text, size - columns_of(ELLIPSIS)) + ELLIPSIS if size > 0 else ""


def ending(text: str, size: int) -> str:
    """The end of *text*, likewise: what is typed, say, is looked at there."""
    if columns_of(text) <= size:
        return text
    return ELLIPSIS + _end(text, size - columns_of(ELLIPSIS)) if size > 0 else ""


def shortened(text: str, size: int) -> str:
    """*text* in at most *size* columns, with an ellipsis for its middle where that is not all of it."""
    if columns_of(text) <= size:
        return text
    kept = size - columns_of(ELLIPSIS)
    if kept < 0:
        return ""
    begin = _begin(text, (kept + 1) // 2)
    return begin + ELLIPSIS + _end(text, kept - columns_of(begin))


def padded(text: str, size: int, to_the_right: bool = False) -> str:
    """*text* and spaces, or spaces and *text*, in exactly *size* columns; what is longer is shortened."""
    text = shortened(text, size)
    spaces = " " * (size - columns_of(text))
    return spaces + text if to_the_right else text + spaces


def _columns(character: str) -> int:
    if ord(character) in _JAMO or unicodedata.category(character) in _ON_TOP:
        return 0
    return 2 if unicodedata.east_asian_width(character) in _WIDE else 1


def _begin(text: str, size: int) -> str:
    """As many whole characters as fit, each with its marks."""
    taken = 0
    for at, character in enumerate(text):
        taken += _columns(character)
        if taken > size:
            return text[:at]
    return text


def _end(text: str, size: int) -> str:
    """Likewise from the end: a mark stays with what it is on."""
    taken, found = 0, len(text)
    for at in range(len(text) - 1, -1, -1):
        columns = _columns(text[at])
        taken += columns
        if taken > size:
            break
        if columns:
            found = at
    return text[found:]


def wrapped(text: str, size: int, indent: str = "") -> list[str]:
    """*text* in lines of at most *size* columns, each behind *indent*; broken at spaces, and where a word is longer."""
    room = max(size - columns_of(indent), 2)  # a wide character fits
    lines, line = [], ""
    for word in text.split(" "):
        rest = word
        while columns_of(rest) > room:
            if line:
                lines.append(line)
            line = _begin(rest, room)
            rest = rest[len(line) :]
            lines.append(line)
            line = ""
        if line and columns_of(line) + 1 + columns_of(rest) > room:
            lines.append(line)
            line = rest
        else:
            line = f"{line} {rest}" if line else rest
    return [indent + each for each in (*lines, line) if each]
