# SPDX-License-Identifier: GPL-2.0-only
"""The tree of a package, as a recipe's install section wants it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from . import bytecode, catalogue, compact, contents

_COMPACTED = {".js": compact.script, ".css": compact.sheet}


def install(package: str, root: Path, places: Mapping[str, str], python: str | None) -> None:
    """Put all that *package* installs below *root*, which may hold something already.

    :param places: as :func:`.contents.files` takes them.
    :param python: an interpreter of the router's version; None: sources stay sources.
    :raises PackingError: a source is missing, or there is something wrong with it.
    """
    for destination, source in contents.files(package, places).items():
        target = root / destination.lstrip("/")
        for folder in reversed(target.relative_to(root).parents):
            (root / folder).mkdir(parents=True, exist_ok=True)
            if folder.parts:
                (root / folder).chmod(0o755)
        target.write_bytes(_converted(source))
        target.chmod(contents.mode(source))
    if python is not None:
        bytecode.compile_below(root, python)


def _converted(source: Path) -> bytes:
    try:
        if source.suffix == ".po":
            return catalogue.convert(source.read_text("utf-8"))
        if source.suffix in _COMPACTED:
            return _COMPACTED[source.suffix](source.read_text("utf-8")).encode()
    except (contents.PackingError, ValueError) as error:
        raise contents.PackingError(f"{source}: {error}") from None
    return source.read_bytes()
