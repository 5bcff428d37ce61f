"""Small real disks: full ones, and such that cannot be written. They take root."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest


class Disk(NamedTuple):
    """A file system of its own."""

    folder: Path

    def fill(self) -> None:
        """Leaves no room at all."""
        with pytest.raises(OSError, match="No space left"), (self.folder / "ballast").open("ab", buffering=0) as file:
            while True:
                file.write(bytes(4096))

    def free(self) -> None:
        """The room that :meth:`fill` took."""
        (self.folder / "ballast").unlink()

    def remount(self, right: str) -> None:
        """``ro`` or ``rw``."""
        subprocess.run(["mount", "-o", f"remount,{right}", self.folder], check=True)


@contextmanager
def small_disk(folder: Path, size_mib: int) -> Iterator[Disk]:
    """One of *size_mib* MiB at *folder*, gone when the block ends."""
    if os.geteuid():
        pytest.skip("mounting takes root")
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size_mib}m", "tmpfs", folder], check=True)
    try:
        yield Disk(folder)
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)
