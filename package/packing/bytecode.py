# SPDX-License-Identifier: GPL-2.0-only
"""Python as routers run it: byte code beside where the source was, as OpenWrt's own packages have it."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from .contents import PackingError


def compile_below(folder: Path, python: str) -> None:
    """Every ``.py`` below *folder*, the root of what is installed, becomes a ``.pyc`` in its place.

    Neither docstrings and asserts are in there nor columns; file and line of a traceback are. The same source and
    interpreter give the same bytes: byte code is neither dated nor checked against a source.

    :param python: an interpreter of the router's version, as byte code is of one version.
    :raises PackingError: a source does not compile.
    """
    done = subprocess.run(
        [python, "-X", "no_debug_ranges", "-m", "compileall", "-q", "-b", "-f", "-o", "2",
         "--invalidation-mode", "unchecked-hash", "-s", folder, "-p", "/", folder],
        env={**os.environ, "PYTHONHASHSEED": "0"}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise PackingError(f"{python}: {(done.stdout + done.stderr).strip()}")
    for source in folder.rglob("*.py"):
        source.with_suffix(".pyc").chmod(source.stat().st_mode & 0o777)
        source.unlink()


def version(python: str) -> str | None:
    """``3.11``: the version that *python* makes byte code of; None where there is no such program."""
    ask = "import sys; print('%d.%d' % sys.version_info[:2])"
    try:
        done = subprocess.run([python, "-c", ask], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return done.stdout.strip()
