"""How commands show what they found: once or again and again, as wide as the terminal is."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from typing import NamedTuple

from ...units import Notation, escaped
from .terminal import Terminal, terminal_of
from .watch import watch


class Said(NamedTuple):
    """What a command has to say: its text, and lines on what that lacks."""

    text: str
    remarks: Sequence[str] = ()


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

    def draw() -> str:
        place = terminal_of(sys.stdout)
        said = say(place)
        if place.can_move:
            return said.text + "".join(f"{escaped(remark)}\n" for remark in said.remarks)
        _remark(said.remarks)
        return said.text

    watch(draw, every_s, sys.stdout, lambda: terminal_of(sys.stdout))
    return 0


def _remark(remarks: Sequence[str]) -> None:
    for remark in remarks:
        print(escaped(remark), file=sys.stderr)
