"""The same thing again and again, until Ctrl-C."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import IO

from .terminal import Terminal

_NO_WRAP, _WRAP = "\x1b[?7l", "\x1b[?7h"
_TO_THE_END_OF_LINE, _TO_THE_END = "\x1b[K", "\x1b[J"
_ALL = "\x1b[H\x1b[2J"


def watch(
    draw: Callable[[Terminal], str],
    every_s: int,
    out: IO[str],
    terminal: Callable[[], Terminal],
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Writes what *draw* returns to *out*, each *every_s* seconds, and returns when Ctrl-C is pressed.

    On a terminal it takes the place of what was there before; lines that do not fit all the same are left out at the
    end. What was on the screen above stays. Elsewhere an empty line is between one and the next.
    """
    before = _Drawn(0, None)
    try:
        while True:
            place = terminal()
            text = draw(place)
            if place.size and place.can_move:
                before = _redraw(text, out, place.size, before)
            else:
                out.write(text if before.size is None and not before.lines else "\n" + text)
                before = _Drawn(1, None)
            out.flush()
            sleep(every_s)
    except KeyboardInterrupt:
        if before.size:
            out.write(f"{_WRAP}\r{_TO_THE_END_OF_LINE}")  # where the terminal has put its ^C


class _Drawn:
    """How many lines are on the screen, and how large that was."""

    def __init__(self, lines: int, size: tuple[int, int] | None) -> None:
        self.lines = lines
        self.size = size


def _redraw(text: str, out: IO[str], size: tuple[int, int], before: _Drawn) -> _Drawn:
    lines = text.splitlines()
    room = max(size[1] - 1, 1)
    if len(lines) > room:
        left = len(lines) - room + 1
        lines[room - 1 :] = [f"… {left} lines more"]
    begin = ""
    if before.size not in (None, size):
        begin = _ALL  # lines may have been broken in two, and nobody knows which
    elif before.lines:
        begin = f"\r\x1b[{before.lines}A"
    # A line that is too long ends at the edge, as nothing may take two. It is cleared before, not behind: at the edge
    # the cursor stays on the last character, which would go.
    body = "".join(f"{_TO_THE_END_OF_LINE}{line}\r\n" for line in lines)
    out.write(f"{begin}{_NO_WRAP}{body}{_TO_THE_END}{_WRAP}")
    return _Drawn(len(lines), size)
