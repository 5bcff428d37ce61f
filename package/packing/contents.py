# SPDX-License-Identifier: GPL-2.0-only
"""What a package installs, by ``package/contents``."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LIST = ROOT / "package" / "contents"


class PackingError(Exception):
    """One line: the cause, and what to do."""


def packages(listed: Path = LIST) -> list[str]:
    """The packages of the list, in its order."""
    return list(dict.fromkeys(package for package, _, _ in _lines(listed)))


def files(package: str, places: Mapping[str, str], listed: Path = LIST, root: Path = ROOT) -> dict[str, Path]:
    """By absolute destination, in order: the source of every file that *package* installs.

    :param places: what stands for ``{site}``, ``{object}``, ``{peewee}``; those that *package* uses.
    :param root: what sources are relative to.
    :raises PackingError: a source is missing, or a line cannot be read.
    """
    found: dict[str, Path] = {}
    for owner, target, source in _lines(listed):
        if owner != package:
            continue
        try:
            target, source = target.format_map(places), source.format_map(places)
        except KeyError as error:
            raise PackingError(f"{package} needs to know {error}") from None
        if source == "-":
            found = {name: path for name, path in found.items() if not name.startswith(target)}
        elif source.endswith("/"):
            found.update((target + name, path) for name, path in _below(root / source))
        elif (root / source).is_file():
            found[target] = root / source
        else:
            raise PackingError(f"{root / source}: no such file, and {package} installs it; run `make package`")
    return dict(sorted(found.items()))


def mode(source: Path) -> int:
    """The permissions that what *source* is installed as has, whatever umask it was checked out with."""
    return 0o755 if os.access(source, os.X_OK) and source.stat().st_mode & 0o111 else 0o644


def _below(folder: Path) -> Iterator[tuple[str, Path]]:
    if not folder.is_dir():
        raise PackingError(f"{folder}: no such folder, and a package installs what is in it")
    for path in sorted(folder.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts and path.suffix != ".pyc":
            yield path.relative_to(folder).as_posix(), path


def _lines(listed: Path) -> Iterator[tuple[str, str, str]]:
    for number, line in enumerate(listed.read_text("utf-8").splitlines(), 1):
        if line and not line.startswith("#"):
            words = line.split()
            if len(words) != 3 or not words[1].startswith(("/", "{site}/")) or words[1].startswith("//"):
                raise PackingError(f"{listed}:{number}: package, destination from / on, source")
            yield words[0], words[1], words[2]
