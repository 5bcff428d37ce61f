"""All reports, and the answers to them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ..errors import UsageError
from ..records import Label, Remark, Traffic
from . import devices, encrypted_dns, health, ledger, names, traffic
from .declaration import Report, Role
from .ledger import COUNTED
from .query import Query, ask
from .selection import Selection, checked

_FAMILIES = (devices, traffic, names, encrypted_dns, ledger, health)
REPORTS: dict[str, Report] = {report.name: report for family in _FAMILIES for report in family.REPORTS}

_SECONDS_PER_MINUTE = 60

_OTHER = "(other)"  # the address of what was put together


@dataclass(frozen=True)
class Completeness:
    """What the window's packets came to: seen = in flows + non_ip + not_booked. Bytes and packets as on the wire.

    Over all interfaces, what is seen on two of them counts once. Unseen packets are those that an interface counted and
    the packet programs did not.
    """

    seen_bytes: int
    seen_packets: int
    non_ip_bytes: int
    non_ip_packets: int
    not_booked_bytes: int
    not_booked_packets: int
    unseen_bytes: int = 0
    unseen_packets: int = 0
    difference_bytes: int = 0  #: seen less what is in flows, non_ip and not_booked: what does not add up
    difference_packets: int = 0

    @property
    def share(self) -> float | None:
        """Of all packets' bytes that passed, those that reports tell of: 0 to 1. None where nothing passed."""
        passed = self.seen_bytes + self.unseen_bytes
        return (self.seen_bytes - self.not_booked_bytes) / passed if passed else None


@dataclass(frozen=True)
class Result:
    """A report's answer: one value a column in each row, numbers as numbers."""

    report: Report
    selection: Selection  #: as asked for, but its window is that of the answer, which may be wider
    rows: list[tuple[Any, ...]]
    completeness: Completeness
    parts: tuple[Result, ...] = ()
    remarks: tuple[Remark, ...] = ()  #: what a reader must know: a window that is wider, an archive that cannot be read
    step: str = "minute"  #: how finely it tells by time: minute, hour or day
    has_more: bool = False  #: there are rows beyond the limit


def describe(report: Report) -> list[dict[str, Any]]:
    """The columns of *report*, as declared."""
    return [
        {
            "name": c.name, "title": c.title, "unit": c.unit.value, "role": c.role.value, "is_heading": c.is_heading,
            "is_extra": c.is_extra, "selects": c.selects or None,
        }
        for c in report.columns
    ]  # fmt: skip


def lookback(now_unix_s: int, minutes: int) -> tuple[int, int]:
    """The window of the last *minutes* and the running one: (since, until)."""
    began_unix_s = now_unix_s - now_unix_s % _SECONDS_PER_MINUTE
    return began_unix_s - minutes * _SECONDS_PER_MINUTE, now_unix_s + 1


def run(database_path: Path, name: str, selection: Selection, archive: Path | None = None) -> Result:
    """The answer of report *name* from the database at *database_path*, which is only read.

    :param archive: where its hours and days are; None: where the database says.
    :raises UsageError: there is no such report, it cannot be asked for this, or no interface of that name was ever
        counted.
    :raises StoreError: the database cannot be read.
    """
    if name not in REPORTS:
        raise UsageError(f"no report {name}: choose from {', '.join(REPORTS)}")
    return answer(database_path, REPORTS[name], selection, archive)


def answer(database_path: Path, report: Report, selection: Selection, archive: Path | None = None) -> Result:
    """That of any report; else like :func:`run`."""
    selection = checked(selection, report)
    limit = selection.limit if selection.limit is not None else report.default_limit

    def answered(query: Query) -> Result:
        found = completeness(query)
        since_unix_s, until_unix_s = query.window
        shown = replace(selection, since_unix_s=since_unix_s, until_unix_s=until_unix_s)
        def of(one: Report, parts: tuple[Result, ...] = ()) -> Result:
            rows, has_more = ([], False) if parts else _rows(query, one, limit)
            return Result(one, shown, rows, found, parts, query.remarks, query.step, has_more)

        return of(report, tuple(of(part) for part in report.parts))

    return ask(database_path, archive, selection, answered)


def _rows(query: Query, report: Report, limit: int | None) -> tuple[list[tuple[Any, ...]], bool]:
    """No more than *limit*, and whether there are more."""
    rows = query.rows(report, None if limit is None else limit + 1)
    has_more = limit is not None and len(rows) > limit
    rows = rows[:limit]
    lists = {at for at, column in enumerate(report.columns) if column.role is Role.LIST}
    return [tuple(_listed(value) if at in lists else value for at, value in enumerate(row)) for row in rows], has_more


def _listed(joined: str | None) -> tuple[str, ...]:
    """The values of a LIST column: addresses, which hold no comma; IPv4 first, and last what was put together."""
    texts = joined.split(",") if joined else ()
    return tuple(sorted(texts, key=lambda text: (text == _OTHER, ":" in text, text)))


def completeness(query: Query) -> Completeness:
    """What the packets of a window came to; devices and names are not asked about."""
    sums = {counter: Traffic(bytes_, packets) for counter, bytes_, packets in query.rows(COUNTED, None, is_of_all=True)}
    none = Traffic(0, 0)
    seen, again, non_ip, not_booked, unseen = (
        sums.get(item, none) for item in ("seen", "again", "non_ip", "not_booked", "unseen")
    )
    booked = [sums[label] for label in map(str, Label) if label in sums]
    once = none if query.selection.ifaces else again
    return Completeness(
        seen.bytes - once.bytes, seen.packets - once.packets, *non_ip, *not_booked, *unseen,
        *(total - sum(part[at] for part in (*booked, non_ip, not_booked)) for at, total in enumerate(seen)),
    )  # fmt: skip
