"""The configuration file: there, absent, or unreadable."""

from __future__ import annotations

from pathlib import Path

from .errors import UsageError
from .uci import Section, parse


def sections_of(path: Path, may_be_absent: bool) -> list[Section]:
    """The sections of the UCI file at *path*; none where it is absent and *may_be_absent*.

    :raises UsageError: it is absent, cannot be read, or a line of it is malformed.
    """
    try:
        text = path.read_bytes().decode("utf-8", "surrogateescape")
    except FileNotFoundError:
        if may_be_absent:
            return []
        raise UsageError(f"--config {path}: no such file") from None
    except OSError as error:
        raise UsageError(f"--config {path}: {error.strerror}") from None
    try:
        return parse(text)
    except UsageError as error:
        raise UsageError(f"{path} {error}") from None
