"""The errors that may cross a room's door, and the exit status each ends a command with."""

from __future__ import annotations

from collections.abc import Iterable

_LIKE_MAX = 64  # characters; no name is longer


class TrafficAnalyzerError(Exception):
    """Something a user can mend: one line that names the cause and the remedy."""

    exit_status = 1


class UsageError(TrafficAnalyzerError):
    """The command was asked for something that cannot be: a flag, an interface, a path.

    :param reason: a code, by which a face that has other words finds them; empty: these are good for all.
    :param subject: what was asked for.
    """

    exit_status = 2

    def __init__(self, text: str, reason: str = "", subject: str = "") -> None:
        super().__init__(text)
        self.reason, self.subject = reason, subject


class KernelError(TrafficAnalyzerError):
    """The kernel refused: permission, a missing feature, an object it cannot load."""


class StoreError(TrafficAnalyzerError):
    """The database cannot be read or written."""


def nearest(text: str, known: Iterable[str]) -> str:
    """`` (did you mean top-domain?)`` where *text* is nearly one of *known*, else nothing: for an error's line."""
    from difflib import get_close_matches  # of those that make mistakes

    bare = {name.lstrip("-"): name for name in known}  # two flags are not alike for their dashes
    found = get_close_matches(text[:_LIKE_MAX].lower().lstrip("-"), bare, 1)
    return f" (did you mean {bare[found[0]]}?)" if found else ""


class WireError(Exception):
    """Bytes from the wire that are no valid message. Counted, never shown to a user."""
