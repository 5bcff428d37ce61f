"""The object of the packet programs as a package carries it."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "package"))

from packing import elf  # noqa: E402


def packed(built: Path, folder: Path) -> Path:
    """A file in *folder*: what is made of the object *built* when it is packed."""
    made = folder / built.name
    made.write_bytes(elf.without_lines(built.read_bytes()))
    return made
