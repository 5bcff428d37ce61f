# SPDX-License-Identifier: GPL-2.0-only
"""Python as a package carries it: one archive of sources, which the router's own Python makes byte code of.

Sources are a third of their byte code, and together they take less than one by one; byte code is of one version of
Python, sources are not. ``package/unpack`` is what the router runs.
"""

from __future__ import annotations

import bz2
import io
import tarfile
from collections.abc import Mapping
from pathlib import Path

from . import sources
from .contents import ROOT, PackingError

_UNPACK = ROOT / "package" / "unpack"
_SITE = "/site-packages/"


def parcels(package: str, files: Mapping[str, Path]) -> dict[str, bytes]:
    """By absolute path: what is installed in the place of the modules among *files*, which are by destination.

    An archive for each module or package of Python, beside where that will be, and the script that unpacks them.

    :raises PackingError: a source is none of Python.
    """
    tops: dict[str, dict[str, bytes]] = {}
    for path, source in sorted(files.items()):
        if is_module(path):
            site, _, name = path.partition(_SITE)
            top = f"{site}{_SITE}{name.partition('/')[0].removesuffix('.py')}.tar.bz2"
            tops.setdefault(top, {})[name] = _stripped(source)
    if not tops:
        return {}
    script = _UNPACK.read_text("utf-8").replace("ARCHIVES", " ".join(tops))
    archives = {path: bz2.compress(_tar(members)) for path, members in tops.items()}
    return {**archives, f"/etc/uci-defaults/{package}": script.encode()}


def is_module(path: str) -> bool:
    """True for what Python would import from there."""
    return _SITE in path and path.endswith(".py")


def _stripped(source: Path) -> bytes:
    try:
        return sources.stripped(source.read_text("utf-8")).encode()
    except PackingError as error:
        raise PackingError(f"{source}: {error}") from None


def _tar(members: Mapping[str, bytes]) -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name, content in members.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return made.getvalue()
