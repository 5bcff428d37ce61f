"""What a command's output goes to: a terminal of some size, or something else."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from typing import IO, NamedTuple

from ..paint import Paint

_DUMB = ("", "dumb", "unknown")


class Terminal(NamedTuple):
    """Where *size* is None, a pipe or a file: it gets whole names, and no byte but text."""

    size: tuple[int, int] | None = None  #: columns and lines
    paint: Paint = Paint()
    can_move: bool = False  #: it knows how to go back over what was drawn

    @property
    def columns(self) -> int | None:
        """How many there are; None: as many as it takes."""
        return self.size[0] if self.size else None


def terminal_of(stream: IO[str], environment: Mapping[str, str] = os.environ) -> Terminal:
    """What *stream* writes to. Colours need a terminal that has them, and that NO_COLOR (no-color.org) is not set."""
    if not stream.isatty():
        return Terminal()
    is_able = environment.get("TERM", "") not in _DUMB
    size = shutil.get_terminal_size()
    return Terminal((size.columns, size.lines), Paint(is_able and not environment.get("NO_COLOR")), is_able)
