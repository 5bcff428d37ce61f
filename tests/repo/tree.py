"""The files of the project: what is made, downloaded or kept by tools is none of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "python" / "traffic_analyzer"
_MADE = {"build", "data", "dist", "node_modules", "__pycache__"}
_KEPT_HIDDEN = {".ci", ".gitignore", ".github"}


def files(folder: Path = ROOT) -> Iterator[Path]:
    """Every file below *folder*, in order."""
    for path in sorted(folder.iterdir()):
        if path.name in _MADE or path.name.endswith(".egg-info"):
            continue
        if path.name.startswith(".") and path.name not in _KEPT_HIDDEN:
            continue
        if path.is_dir():
            yield from files(path)
        else:
            yield path


def texts(folder: Path = ROOT) -> Iterator[tuple[Path, str]]:
    """Every file below *folder* that is text, relative to the root, with its text."""
    for path in files(folder):
        try:
            yield path.relative_to(ROOT), path.read_text("utf-8")
        except UnicodeDecodeError:
            continue
