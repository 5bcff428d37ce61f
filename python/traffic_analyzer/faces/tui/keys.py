"""Every key, declared once: what it does, and what help says of it."""

from __future__ import annotations

import enum
from typing import NamedTuple


class Do(enum.Enum):
    """What a key does."""

    UP = enum.auto()
    DOWN = enum.auto()
    PAGE_UP = enum.auto()
    PAGE_DOWN = enum.auto()
    FIRST = enum.auto()
    LAST = enum.auto()
    INTO = enum.auto()
    BACK = enum.auto()
    LEFT = enum.auto()
    NEXT_PANE = enum.auto()
    PREVIOUS_PANE = enum.auto()
    PANE = enum.auto()
    NEXT_SORT = enum.auto()
    PREVIOUS_SORT = enum.auto()
    REVERSE = enum.auto()
    SEARCH = enum.auto()
    LONGER = enum.auto()
    SHORTER = enum.auto()
    PAUSE = enum.auto()
    ABOUT = enum.auto()
    HELP = enum.auto()
    REDRAW = enum.auto()
    QUIT = enum.auto()


class Key(NamedTuple):
    """Keys that do the same. A key is called by its character, or by its name, which begins with a capital."""

    names: tuple[str, ...]
    do: Do
    help: str
    hint: str = ""  #: a word for it, where there is room for few


KEYS = (
    Key(("?", "F1"), Do.HELP, "help", "help"),
    Key(("q",), Do.QUIT, "quit", "quit"),
    Key(("Tab", "Right"), Do.NEXT_PANE, "next pane"),
    Key(("Shift-Tab",), Do.PREVIOUS_PANE, "previous pane"),
    Key(tuple("1234567890"), Do.PANE, "pane of that number"),
    Key(("Enter",), Do.INTO, "what this row is made of", "open"),
    Key(("Backspace", "Esc"), Do.BACK, "back", "back"),
    Key(("Left",), Do.LEFT, "back, or previous pane"),
    Key(("/",), Do.SEARCH, "show rows with a text; Enter: ask for that device or name", "search"),
    Key(("s", ">"), Do.NEXT_SORT, "sort by the next column", "sort"),
    Key(("<",), Do.PREVIOUS_SORT, "sort by the previous column"),
    Key(("r",), Do.REVERSE, "other way round", "reverse"),
    Key(("w", "+", "="), Do.LONGER, "longer window", "window"),
    Key(("-",), Do.SHORTER, "shorter window"),
    Key(("p", "Space"), Do.PAUSE, "pause, and go on", "pause"),
    Key(("i",), Do.ABOUT, "all that is to be said of this window and machine", "info"),
    Key(("Up", "k"), Do.UP, "row above"),
    Key(("Down", "j"), Do.DOWN, "row below"),
    Key(("PageUp",), Do.PAGE_UP, "rows before"),
    Key(("PageDown",), Do.PAGE_DOWN, "rows after"),
    Key(("Home", "g"), Do.FIRST, "first row"),
    Key(("End", "G"), Do.LAST, "last row"),
    Key(("Ctrl-L",), Do.REDRAW, "draw everything again"),
)

BY_NAME = {name: key for key in KEYS for name in key.names}


def help_rows() -> list[tuple[str, str]]:
    """Keys and what they do, in the order of the table."""
    return [(_names(key), key.help) for key in KEYS]


def hints() -> list[tuple[str, str]]:
    """The keys that one cannot do without, each with a word."""
    return [(key.names[0], key.hint) for key in KEYS if key.hint]


def _names(key: Key) -> str:
    if key.do is Do.PANE:
        return f"{key.names[0]} to {key.names[-2]}, {key.names[-1]}"
    return ", ".join(key.names)
