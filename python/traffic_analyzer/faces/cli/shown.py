"""How commands show what they found: once or again and again, as wide as the terminal is."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from typing import NamedTuple

from ...units import Notation, escaped
from ..width import wrapped
from .terminal import Terminal, terminal_of
from .watch import watch


class Said(NamedTuple):
    """What a command has to say: its text, and lines on what that lacks."""

    text: str
    remarks: Sequence[str] = ()
    shorter: Callable[[int], str] | None = None  #: the text in so many lines; None: it knows no other


def notation_of(arguments: argparse.Namespace) -> Notation:
    """How amounts and times are to be written."""
    values = vars(arguments)  # no command takes all of these
    return Notation(bool(values.get("bytes")), bool(values.get("utc")))


def show(arguments: argparse.Namespace, say: Callable[[Terminal], Said]) -> int:
    """Shows what *say* returns, asked anew for each time that it is shown; remarks go to standard error."""
    every_s = vars(arguments).get("watch")
    if not every_s:
        said = say(terminal_of(sys.stdout))
        sys.stdout.write(said.text)
        _remark(said.remarks)
        return 0

    def draw(place: Terminal) -> str:
        said = say(place)
        if place.size is None:
            _remark(said.remarks)
            return said.text
        remarks = remark_lines(said.remarks, place.size[0])
        beside = 1 if place.can_move else 2  # the cursor's line, and where none can be drawn over, an empty one
        text = within(said, max(place.size[1] - beside - len(remarks), 1))
        if place.can_move:
            return text + "".join(f"{line}\n" for line in remarks)
        _remark(said.remarks)
        return text

    watch(draw, every_s, sys.stdout, lambda: terminal_of(sys.stdout))
    return 0


def remark_lines(remarks: Sequence[str], columns: int) -> list[str]:
    """*remarks* as they are on a terminal of so many *columns*."""
    return [line for remark in remarks for line in wrapped(escaped(remark), columns)]


def within(said: Said, lines: int) -> str:
    """Its text in so many *lines*, as it knows to; else its first ones, and how many there are besides."""
    text = said.text
    if said.shorter and text.count("\n") > lines:
        text = said.shorter(lines)
    all_lines = text.splitlines()
    left = len(all_lines) - lines
    return text if left <= 0 else "\n".join([*all_lines[: lines - 1], f"… {left + 1:,} lines more"]) + "\n"


def _remark(remarks: Sequence[str]) -> None:
    for remark in remarks:
        print(escaped(remark), file=sys.stderr)
