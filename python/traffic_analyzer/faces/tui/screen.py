"""The terminal, by curses: lines go out, keys come in, and it is left as it was found. Only what changed is sent."""

from __future__ import annotations

import curses
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

from ...errors import UsageError
from ..width import columns_of
from .known import Size
from .line import Line, Style

_ESCAPE, _OPENS, _MOUSE, _MOUSE_BYTES = "\x1b", "[", "M", 3
_FINAL = frozenset(map(chr, range(0x40, 0x7F)))  # ends a control sequence
_ESCAPE_MS = 100  # that the rest of a key may take, over a slow link
_NAMES = {
    curses.KEY_UP: "Up", curses.KEY_DOWN: "Down", curses.KEY_LEFT: "Left", curses.KEY_RIGHT: "Right",
    curses.KEY_PPAGE: "PageUp", curses.KEY_NPAGE: "PageDown", curses.KEY_HOME: "Home", curses.KEY_END: "End",
    curses.KEY_ENTER: "Enter", curses.KEY_BACKSPACE: "Backspace", curses.KEY_DC: "Backspace",
    curses.KEY_BTAB: "Shift-Tab", curses.KEY_F1: "F1",
}  # fmt: skip
_CONTROLS = {
    "\t": "Tab", "\r": "Enter", "\n": "Enter", "\x7f": "Backspace", "\b": "Backspace", "\x1b": "Esc", " ": "Space",
    "\f": "Ctrl-L", "\x15": "Ctrl-U",
}  # fmt: skip
_ATTRIBUTES = {
    **dict.fromkeys(Style, curses.A_NORMAL), Style.STRONG: curses.A_BOLD, Style.MUTED: curses.A_DIM,
    Style.CHOSEN: curses.A_REVERSE, Style.BAD: curses.A_BOLD,
}  # fmt: skip
_COLOURS = {
    Style.RX: curses.COLOR_CYAN, Style.TX: curses.COLOR_YELLOW, Style.GOOD: curses.COLOR_GREEN,
    Style.DOUBTFUL: curses.COLOR_YELLOW, Style.BAD: curses.COLOR_RED,
}  # fmt: skip


def check() -> None:
    """Returns where this is a terminal that a cursor can be moved on.

    :raises UsageError: it is none.
    """
    if not all(stream and stream.isatty() for stream in (sys.stdin, sys.stdout)):  # None: it was closed
        raise UsageError("the dashboard takes a terminal; for a file or a pipe there are the reports, see --help")
    if os.get_terminal_size(sys.stdout.fileno()).columns:
        for name in ("LINES", "COLUMNS"):  # they are of whoever exported them; the terminal knows better
            os.environ.pop(name, None)
    kind = os.environ.get("TERM", "")
    try:
        curses.setupterm(kind or None, sys.stdout.fileno())
    except curses.error:
        if not kind:
            raise UsageError("TERM= is not set: say which terminal this is, as in TERM=vt100") from None
        raise UsageError(f"TERM={kind}: this machine does not know that terminal; try TERM=vt100") from None
    if not curses.tigetstr("cup") or not curses.tigetstr("clear"):
        raise UsageError(f"TERM={kind}: the dashboard takes a terminal whose cursor can be moved; reports take none")


class Screen:
    """The terminal as a whole, until :func:`opened` gives it back."""

    def __init__(self, window: curses.window, with_colours: bool) -> None:
        self._window = window
        self._lines: list[Line] = []
        self._attributes = dict(_ATTRIBUTES)
        window.keypad(True)
        window.nodelay(True)
        with suppress(curses.error):
            curses.curs_set(0)
        if with_colours and curses.has_colors():
            self._colour()

    def _colour(self) -> None:
        try:
            curses.start_color()
            curses.use_default_colors()
            for number, (style, colour) in enumerate(_COLOURS.items(), start=1):
                curses.init_pair(number, colour, -1)
                self._attributes[style] |= curses.color_pair(number)
        except (curses.error, ValueError):
            self._attributes = dict(_ATTRIBUTES)

    @property
    def size(self) -> Size:
        """As it is now."""
        return Size(*self._window.getmaxyx())

    def resize(self) -> None:
        """Takes the size that the terminal has."""
        columns, lines = os.get_terminal_size(sys.stdout.fileno())
        if lines and columns:
            curses.resizeterm(lines, columns)
        self.clear()

    def clear(self) -> None:
        """Has everything sent again."""
        self._lines = []
        self._window.clear()

    def show(self, lines: Sequence[Line]) -> None:
        """Shows *lines*, which fit."""
        height, width = self.size
        for y, line in enumerate(lines[:height]):
            if self._lines[y : y + 1] == [line]:
                continue
            self._window.move(y, 0)
            self._window.clrtoeol()
            x = 0
            for text, style in line:
                # Each piece at its place, whatever this machine thinks of the width of the one before. What ends in
                # the last corner is written, and then refused.
                with suppress(curses.error):
                    self._window.addstr(y, min(x, width - 1), text, self._attributes[style])
                x += columns_of(text)
        self._lines = list(lines)
        self._window.refresh()

    def pressed(self) -> Iterator[str]:
        """The keys that were pressed meanwhile, by their names or characters.

        A sequence that this terminal has no key for (a mouse that another program left on, a paste) is none.
        """
        while (key := self._next()) is not None:
            if key == _ESCAPE and (after := self._next()) is not None:
                if after == _OPENS:
                    self._skip(self._next())
                    continue
                yield _CONTROLS[_ESCAPE]
                key = after
            if key == curses.KEY_MOUSE:  # of a terminal whose mouse curses knows to begin like this
                is_old = (curses.tigetstr("kmous") or b"").endswith(_MOUSE.encode())
                self._skip(_MOUSE if is_old else self._next())
            elif isinstance(key, int):
                if key in _NAMES:
                    yield _NAMES[key]
            elif key in _CONTROLS:
                yield _CONTROLS[key]
            elif key.isprintable():
                yield key


    def _next(self) -> int | str | None:
        """What has come: a key that curses knows, or a character; None: nothing more."""
        try:
            return self._window.get_wch()
        except curses.error:
            return None

    def _skip(self, key: int | str | None) -> None:
        """Takes the rest of a control sequence (ECMA-48, 5.4) from *key* on, and of a mouse's the bytes behind it."""
        rest = _MOUSE_BYTES if key == _MOUSE else 0
        while isinstance(key, str) and key not in _FINAL:
            key = self._next()
        for _ in range(rest):
            self._next()


@contextmanager
def opened(with_colours: bool) -> Iterator[Screen]:
    """The screen; whatever ends the block, the terminal is then as it was."""
    window = curses.initscr()
    try:
        curses.noecho()
        curses.cbreak()
        curses.nonl()
        with suppress(AttributeError):  # of ncurses alone
            curses.set_escdelay(_ESCAPE_MS)
        yield Screen(window, with_colours)
    finally:
        with suppress(curses.error):  # where the terminal has one screen only, a prompt would be written over the keys
            window.move(window.getmaxyx()[0] - 1, 0)
            window.clrtoeol()
            window.refresh()
        with suppress(curses.error):
            window.keypad(False)
            curses.endwin()
