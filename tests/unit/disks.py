"""Small real disks: full ones, and such that cannot be written, or read. They take root."""

from __future__ import annotations

import os
import re
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


class WornDisk(NamedTuple):
    """An ext4 in the file *image*, some blocks of which can be lost."""

    folder: Path
    image: Path

    def blocks(self, path: Path) -> tuple[int, int]:
        """Where on the disk the file at *path* begins and ends."""
        os.sync()
        said = subprocess.run(["filefrag", "-v", path], capture_output=True, text=True, check=True).stdout
        extents = re.findall(r"^ +\d+: +\d+\.\. +\d+: +(\d+)\.\. +(\d+):", said, re.MULTILINE)
        return int(extents[0][0]), int(extents[-1][1])

    def wear(self, block: int) -> None:
        """From *block* on nothing can be read that was written before."""
        os.sync()
        os.truncate(self.image, block * 4096)
        Path("/proc/sys/vm/drop_caches").write_text("3")


@contextmanager
def worn_disk(folder: Path, size_mib: int) -> Iterator[WornDisk]:
    """One of *size_mib* MiB at *folder*, gone when the block ends."""
    if os.geteuid():
        pytest.skip("mounting takes root")
    folder.mkdir()
    image = folder.with_suffix(".image")
    image.touch()
    os.truncate(image, size_mib << 20)
    subprocess.run(["mkfs.ext4", "-q", "-O", "^has_journal", "-b", "4096", image], check=True)
    subprocess.run(["mount", "-o", "loop", image, folder], check=True)
    try:
        yield WornDisk(folder, image)
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)
