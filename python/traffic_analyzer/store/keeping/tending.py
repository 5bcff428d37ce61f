"""What is done to files once a day, or as often as there is something to do: old rows go, and a good copy is kept."""

from __future__ import annotations

from typing import NamedTuple

from ...errors import StoreError
from ...records import Health
from ..damage.copy import DamagedError, copied_unix_s, is_due, make_copy
from ..damage.files import size_bytes
from ..tiers.archive import Archive
from ..tiers.rollups import ARCHIVE_IFACE
from ..writer import Writer
from .leftovers import GROWING, Sweep

_DAY_S, _HOUR_S, _MIB = 86_400, 3_600, 1 << 20
_EVER_HOURS = 876_000  # as a database of long ago is taken over with all its rows
_IN_RAM_BYTES = 64 * _MIB
_COPIED_MAX_BYTES = 256 * _MIB  # a larger file takes minutes to pack, and is no archive of a router


class Keeping(NamedTuple):
    """How long rows are kept, and how much room they may take."""

    minutes_s: int
    hours_s: int
    days_s: int
    db_bytes: int  #: of the working database with its log
    archive_bytes: int  #: of an archive that is a file of its own; 0: no bound
    copy_s: int  #: between two copies; 0: none

    def in_ram(self) -> Keeping:
        """The same where a database in RAM stands in for one on a disk, as long as that cannot be written."""
        return self._replace(db_bytes=min(self.db_bytes, _IN_RAM_BYTES), copy_s=0)


def keeping(
    is_apart: bool, minutes_keep_hours: int, hours_keep_days: int, days_keep_days: int, minutes_max_mib: int,
    archive_max_mib: int, copy_days: int,
) -> Keeping:  # fmt: skip
    """What the settings come to, in the units of the store; 0 hours or MiB of minutes: what fits the layout.

    :param is_apart: the archive is a file of its own.
    """
    return Keeping(
        (minutes_keep_hours or (24 if is_apart else _EVER_HOURS)) * _HOUR_S,
        hours_keep_days * _DAY_S,
        days_keep_days * _DAY_S,
        (minutes_max_mib or (64 if is_apart else 4_096)) * _MIB,
        archive_max_mib * _MIB if is_apart else 0,
        copy_days * _DAY_S,
    )


def tend(writer: Writer, archive: Archive, keep: Keeping, now_unix_s: int) -> list[str]:
    """Deletes what no tier keeps any longer, and texts that nothing speaks of; copies the archive where that is due.

    On the archivist's thread, with the archive open: the writer goes on meanwhile. Lines for the log.

    :raises StoreError: the archive cannot be written, or is damaged.
    """
    oldest_unix_s = now_unix_s - max(keep.minutes_s, keep.hours_s, keep.days_s)
    archive.prune(now_unix_s - keep.hours_s, now_unix_s - keep.days_s, keep.archive_bytes, now_unix_s)
    while writer.call(writer.store.prune_spans, oldest_unix_s):
        pass
    for dictionary in GROWING:
        sweep: Sweep = writer.call(writer.store.sweep)
        found = archive.leftovers(dictionary)
        while found and writer.call(sweep.step, dictionary, found):
            pass
    return _copied(writer, archive, keep, now_unix_s)


def _copied(writer: Writer, archive: Archive, keep: Keeping, now_unix_s: int) -> list[str]:
    """A copy is as much as a day's writes: each of the days that it is for has its part of that in its budget."""
    path, days = archive.path, keep.copy_s // _DAY_S
    if not is_due(copied_unix_s(path), now_unix_s, days) or size_bytes(path) > _COPIED_MAX_BYTES:
        return []
    try:
        written_bytes = make_copy(path, now_unix_s)
    except DamagedError:
        raise
    except StoreError as error:
        return [str(error)]
    archive.charge(written_bytes // days)
    minute = now_unix_s - now_unix_s % 60
    writer.call(writer.store.write_health, Health(minute, ARCHIVE_IFACE, 0, 0, 0, archive_bytes=written_bytes))
    return []
