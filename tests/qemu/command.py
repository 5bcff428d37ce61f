"""Programs of this machine."""

from __future__ import annotations

import subprocess
from pathlib import Path

_TIMEOUT_S = 600


class QemuError(Exception):
    """One line that says what to do."""


def command(*argv: object, folder: Path | None = None) -> bytes:
    """What a program prints.

    :raises QemuError: it is missing, fails, or does not end.
    """
    words = [str(word) for word in argv]
    try:
        done = subprocess.run(words, cwd=folder, capture_output=True, timeout=_TIMEOUT_S, check=False)
    except FileNotFoundError:
        raise QemuError(f"{words[0]} is missing: `make test-kernels` installs what is needed") from None
    except subprocess.TimeoutExpired:
        raise QemuError(f"{' '.join(words)}: no end after {_TIMEOUT_S} s") from None
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().splitlines() or [f"exit status {done.returncode}"]
        raise QemuError(f"{words[0]} {words[-1]}: {said[-1]}")
    return done.stdout
