"""The errors that may cross a room's door, and the exit status each ends a command with."""


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


class WireError(Exception):
    """Bytes from the wire that are no valid message. Counted, never shown to a user."""
