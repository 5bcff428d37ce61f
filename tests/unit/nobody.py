"""To be somebody whom file permissions stop, which root is not."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_NOBODY = 65534


@contextmanager
def as_nobody() -> Iterator[None]:
    """The process has the rights of nobody until the block ends; where it is not root, those it has anyway."""
    if os.geteuid():
        yield
        return
    groups, gid = os.getgroups(), os.getegid()
    os.setgroups([])
    os.setegid(_NOBODY)
    os.seteuid(_NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(gid)
        os.setgroups(groups)


@contextmanager
def public_folder() -> Iterator[Path]:
    """A folder that everybody may enter and read and only its owner may write to; removed at the end."""
    folder = Path(tempfile.mkdtemp(prefix="traffic-analyzer-test-"))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        folder.chmod(0o755)
        shutil.rmtree(folder)


def freeze(folder: Path) -> None:
    """Takes from everybody the right to write to *folder* and its files."""
    for path in folder.iterdir():
        path.chmod(0o444)
    folder.chmod(0o555)
