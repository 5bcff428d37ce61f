# SPDX-License-Identifier: GPL-2.0-only
"""The tree of a package, as a recipe's install section wants it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from . import catalogue, compact, contents, elf, parcel

_CONVERSIONS: dict[str, Callable[[bytes], bytes]] = {
    ".po": lambda raw: catalogue.convert(raw.decode()),
    ".js": lambda raw: compact.script(raw.decode()).encode(),
    ".uc": lambda raw: compact.script(raw.decode()).encode(),
    ".css": lambda raw: compact.sheet(raw.decode()).encode(),
    ".o": elf.without_lines,
}


def install(package: str, root: Path, places: Mapping[str, str]) -> None:
    """Put all that *package* installs below *root*, which may hold something already.

    :param places: as :func:`.contents.files` takes them.
    :raises PackingError: a source is missing, or there is something wrong with it.
    """
    files = contents.files(package, places)
    for destination, content in parcel.parcels(package, files).items():
        _put(root, destination, content, 0o644)
    for destination, source in files.items():
        if not parcel.is_module(destination):
            _put(root, destination, _converted(source), contents.mode(source))


def _put(root: Path, destination: str, content: bytes, mode: int) -> None:
    target = root / destination.lstrip("/")
    for folder in reversed(target.relative_to(root).parents):
        (root / folder).mkdir(parents=True, exist_ok=True)
        if folder.parts:
            (root / folder).chmod(0o755)
    target.write_bytes(content)
    target.chmod(mode)


def _converted(source: Path) -> bytes:
    raw = source.read_bytes()
    try:
        return _CONVERSIONS.get(source.suffix, bytes)(raw)
    except (contents.PackingError, ValueError) as error:
        raise contents.PackingError(f"{source}: {error}") from None
