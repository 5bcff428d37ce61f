"""The errors that may cross a room's door, and the exit status each ends a command with."""


class TrafficAnalyzerError(Exception):
    """Something a user can mend: one line that names the cause and the remedy."""

    exit_status = 1


class UsageError(TrafficAnalyzerError):
    """The command was asked for something that cannot be: a flag, an interface, a path."""

    exit_status = 2


class KernelError(TrafficAnalyzerError):
    """The kernel refused: permission, a missing feature, an object it cannot load."""


class StoreError(TrafficAnalyzerError):
    """The database cannot be read or written."""


class WireError(Exception):
    """Bytes from the wire that are no valid message. Counted, never shown to a user."""
