"""The files that name devices: where they are, and what is new in them. The only module here that opens files."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from ..errors import UsageError
from ..records import NameSource, Notice
from .entry import Entry
from .hosts import parse_hosts
from .labels import parse_labels
from .leases import parse_dnsmasq, parse_odhcpd
from .reservations import lease_files, parse_reservations

FILE_BYTES_MAX = 1 << 20
_FILES_MAX = 64  # of a pattern, or named in a file
_MISSING = (0, 0, 0, 0)

Stamp = tuple[int, int, int, int]


class Source(NamedTuple):
    """A file, or those that match a pattern, in the form that *parse* reads.

    *parse* raises UsageError where the whole file is not to be trusted.
    """

    source: NameSource
    path: str
    parse: Callable[[str], list[Entry]]
    leads_to: Callable[[str], list[Source]] = lambda _: []  #: files that are named in it


def _leases(text: str) -> list[Source]:
    forms = {"dnsmasq": parse_dnsmasq, "odhcpd": parse_odhcpd}
    return [Source(NameSource.LEASE, path, forms[server]) for server, path in lease_files(text)[:_FILES_MAX]]


#: Where OpenWrt and Debian keep them.
SOURCES = (
    Source(NameSource.STATIC_LEASE, "/etc/config/dhcp", parse_reservations, _leases),
    Source(NameSource.LEASE, "/tmp/dhcp.leases", parse_dnsmasq),  # OpenWrt
    Source(NameSource.LEASE, "/tmp/hosts/odhcpd", parse_odhcpd),  # up to 24.10
    Source(NameSource.LEASE, "/tmp/odhcpd.leases", parse_odhcpd),  # from 25.12 on; its hosts files say nothing else
    Source(NameSource.LEASE, "/var/lib/misc/dnsmasq.leases", parse_dnsmasq),  # Debian
    Source(NameSource.LEASE, "/var/lib/NetworkManager/dnsmasq-*.leases", parse_dnsmasq),  # a shared connection
    Source(NameSource.HOSTS, "/etc/hosts", parse_hosts),
    Source(NameSource.HOSTS, "/tmp/hosts/dhcp.*", parse_hosts),  # OpenWrt's host names for dnsmasq
)


def sources(labels: str) -> tuple[Source, ...]:
    """All of them, and the user's own labels in the file *labels*."""
    return (Source(NameSource.LABEL, labels, parse_labels), *SOURCES)


class _Kept(NamedTuple):
    """What a file was when it was last read, and what it said then."""

    stamp: Stamp
    entries: list[Entry]
    trouble: str  #: why what it says now was not taken; empty: it was
    leads_to: Sequence[Source] = ()


class Files:
    """What the files of *sources* say, read when they change."""

    def __init__(self, sources: Sequence[Source] = SOURCES) -> None:
        self._sources = sources
        self._kept: dict[tuple[NameSource, str], _Kept] = {}

    @property
    def notices(self) -> list[Notice]:
        """The files that could not be read or are malformed, and why. What they said before is kept."""
        return [Notice("names-file", path, kept.trouble) for (_, path), kept in self._kept.items() if kept.trouble]

    def changed(self) -> list[tuple[NameSource, list[Entry]]]:
        """Everything that a source says, for each of which something changed since the last call.

        A file that is missing says nothing. Bytes that are no UTF-8 are kept as ``\\xNN``.
        """
        changed: set[NameSource] = set()
        seen: dict[tuple[NameSource, str], _Kept] = {}
        sources = [*self._sources]
        for source in sources:  # which grows
            for path in _paths(source.path):
                key = source.source, path
                if key in seen:
                    continue
                before = self._kept.get(key, _Kept(_MISSING, [], ""))
                seen[key] = now = _read(source, path, before)
                sources += now.leads_to
                if now.entries != before.entries:
                    changed.add(source.source)
        changed.update(key[0] for key, kept in self._kept.items() if key not in seen and kept.entries)
        self._kept = seen
        return [
            (source, [entry for (of, _), kept in seen.items() if of == source for entry in kept.entries])
            for source in sorted(changed)
        ]


def _paths(path: str) -> Iterable[str]:
    """The file itself, missing or not; where the last part is a pattern, those that are there."""
    if not set("*?[").intersection(path):
        return [path]
    return islice(sorted(map(str, Path(path).parent.glob(Path(path).name))), _FILES_MAX)


def _read(source: Source, path: str, before: _Kept) -> _Kept:
    """What the file says now; *before* where it is the same or, with the trouble, cannot be read."""
    stamp = _MISSING
    try:
        if _stamp(Path(path).stat()) == before.stamp:
            return before
        file = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)  # of a pipe nothing is waited for
        try:
            status = os.fstat(file)
            stamp = _stamp(status)
            if not stat.S_ISREG(status.st_mode):
                return before._replace(stamp=stamp, trouble="is no file")
            raw = os.read(file, FILE_BYTES_MAX + 1)
        finally:
            os.close(file)
        if len(raw) > FILE_BYTES_MAX:
            return before._replace(stamp=stamp, trouble=f"has more than {FILE_BYTES_MAX:,} bytes")
        text = raw.decode("utf-8", "backslashreplace")
        return _Kept(stamp, source.parse(text), "", source.leads_to(text))
    except (FileNotFoundError, NotADirectoryError):
        return _Kept(_MISSING, [], "")
    except OSError as error:
        return before._replace(stamp=_MISSING, trouble=error.strerror or str(error))  # to be tried again
    except UsageError as error:
        return before._replace(stamp=stamp, trouble=str(error))


def _stamp(status: os.stat_result) -> Stamp:
    return status.st_mtime_ns, status.st_size, status.st_ino, status.st_dev
