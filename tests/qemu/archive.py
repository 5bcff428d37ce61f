"""The Debian archive for an architecture, asked through a private apt below ``build/kernels``.

The machine's own apt is left as it is: no architecture is added to it, nothing is installed.
"""

from __future__ import annotations

import shutil
import time
from pathlib import Path

from .command import QemuError, command

_LISTS_KEEP_S = 86_400


class Archive:
    """What is to be had for *architecture*, from the sources of this machine."""

    def __init__(self, architecture: str, folder: Path) -> None:
        self._folder = folder / f"apt-{architecture}"
        options = {
            "Dir::State::Lists": self._folder / "lists",
            "Dir::State::status": self._folder / "status",  # nothing is installed: all that is needed comes along
            "Dir::Cache": self._folder / "cache",
            "APT::Architecture": architecture,
            "APT::Architectures::": architecture,
            "APT::Sandbox::User": "root",  # the user who downloads is _apt else, and it may not write here
            "Acquire::Languages": "none",
        }
        self._options = [word for name, value in options.items() for word in ("-o", f"{name}={value}")]

    def refresh(self) -> None:
        """Reads the lists anew, once a day; old ones serve where that fails.

        :raises QemuError: there are none.
        """
        mark = self._folder / "refreshed"
        if mark.exists() and time.time() - mark.stat().st_mtime < _LISTS_KEEP_S:
            return
        for name in ("lists/partial", "cache/archives/partial"):
            (self._folder / name).mkdir(parents=True, exist_ok=True)
        (self._folder / "status").touch()
        try:
            command("apt-get", *self._options, "-qq", "--error-on=any", "update")
        except QemuError:
            if not mark.exists():
                raise
        else:
            mark.touch()

    def names(self, prefix: str) -> set[str]:
        """The packages whose names begin with *prefix*."""
        return set(command("apt-cache", *self._options, "pkgnames", prefix).decode().split())

    def depends(self, package: str) -> list[str]:
        """What ``apt-cache depends`` says, a line each."""
        return command("apt-cache", *self._options, "depends", package).decode().splitlines()

    def unpack(self, package: str, folder: Path) -> None:
        """Makes *folder* what one package holds, its scripts not run."""
        self._unpack(("download", package), folder)

    def unpack_all(self, packages: tuple[str, ...], folder: Path) -> None:
        """The same with all that they depend on."""
        flags = ("-qq", "-y", "--no-install-recommends", "--download-only")
        self._unpack((*flags, "install", *packages), folder)

    def _unpack(self, asked: tuple[str, ...], folder: Path) -> None:
        downloads = self._folder / "cache" / "archives"
        command("apt-get", *self._options, *asked, folder=downloads)
        folder.mkdir(parents=True, exist_ok=True)
        for archive in sorted(downloads.glob("*.deb")):
            command("dpkg", "-x", archive, folder)
            archive.unlink()
        shutil.rmtree(downloads / "partial", ignore_errors=True)
        (downloads / "partial").mkdir()
