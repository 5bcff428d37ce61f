"""How the collector stands: what it counts on, how complete that is, and what a user should know of this machine."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from peewee import fn

from ..records import Remark
from ..store.models import CounterMinute, Iface, KernelInstance, Notice
from .query import Query, ask
from .registry import Completeness, completeness, lookback
from .selection import Selection

_LATELY_MINUTES = 60
_BESIDE = ("", "-wal", "-journal", ".copy.gz")  # a file, its logs, and its last good copy
_COUNTING_S = 180  # since the last minute that was counted: it may be running, and so may its flush interval


class Place(NamedTuple):
    """An interface that was counted on."""

    iface: str
    role: str
    last_unix_s: int  #: start of the last minute that was counted there


class Known(NamedTuple):
    """A records.Notice, and since when it holds."""

    code: str
    subject: str
    detail: str
    since_unix_s: int


@dataclass(frozen=True)
class Status:
    """What :func:`status` finds."""

    is_counting: bool  #: something was counted in the last minutes, and no collector has left in order since
    places: list[Place]  #: those of the last hour
    lately: Completeness  #: the last hour
    notices: list[Known]
    remarks: tuple[Remark, ...] = ()  #: as those of a registry.Result
    since_unix_s: Mapping[str, int] = field(default_factory=dict)  #: when what is kept begins, by tier
    file_bytes: Mapping[str, int] = field(default_factory=dict)  #: by path, with logs and copy


def status(database_path: Path, now_unix_s: int, archive: Path | None = None) -> Status:
    """The status by what the database holds.

    :param archive: where its hours and days are; None: where the database says.
    :raises StoreError: the database cannot be read.
    """
    since_unix_s, until_unix_s = lookback(now_unix_s, _LATELY_MINUTES)

    last = fn.MAX(CounterMinute.minute_unix_s)
    counted = (
        CounterMinute.select(Iface.text, Iface.role, last)
        .join(Iface, on=(CounterMinute.iface_id == Iface.id))
        .where(CounterMinute.minute_unix_s >= since_unix_s)
        .group_by(Iface.id)
        .order_by(Iface.role, Iface.text)
    )
    noticed = Notice.select(Notice.code, Notice.subject, Notice.detail, Notice.since_unix_s)

    def found(query: Query) -> Status:
        places = [Place(*row) for row in query.select(counted)]
        has_instance = bool(query.select(KernelInstance.select(KernelInstance.instance)))  # who stops takes it along
        return Status(
            has_instance and any(now_unix_s - place.last_unix_s < _COUNTING_S for place in places),
            places,
            completeness(query),
            [Known(*row) for row in query.select(noticed.order_by(Notice.code, Notice.subject))],
            query.remarks,
            query.begun(),
            {str(path): _bytes_of(path) for path in query.files()},
        )

    return ask(database_path, archive, Selection(since_unix_s, until_unix_s), found)


def _bytes_of(path: Path) -> int:
    total = 0
    for suffix in _BESIDE:
        with suppress(OSError):  # it is not there, or nobody's business
            total += path.with_name(path.name + suffix).stat().st_size
    return total
