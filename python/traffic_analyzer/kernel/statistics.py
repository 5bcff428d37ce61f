"""What the interfaces counted themselves, from ``/proc/net/dev``: some 50 µs, and of the caller's network namespace.

Whether a device counts frames or socket buffers, and with which headers, is its driver's affair; see ``ledger``.
"""

from __future__ import annotations

from pathlib import Path

from ..records import LinkCounters, Traffic

_PATH = Path("/proc/thread-self/net/dev")


def read(path: Path = _PATH) -> dict[str, LinkCounters]:
    """The counters of every interface, by name; empty where they cannot be read."""
    try:
        lines = path.read_text(errors="surrogateescape").splitlines()[2:]
    except OSError:
        return {}
    return dict(map(_parsed, lines))


def _parsed(line: str) -> tuple[str, LinkCounters]:
    name, _, numbers = line.rpartition(":")  # proc(5): eight numbers received, eight sent; each begins with these two
    fields = [int(number) for number in numbers.split()]
    return name.strip(), LinkCounters(Traffic(fields[0], fields[1]), Traffic(fields[8], fields[9]))
