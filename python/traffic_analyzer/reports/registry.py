"""All reports, and the one place that turns a declaration into a query."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_
from pathlib import Path
from typing import Any

from peewee import SqliteDatabase, fn

from ..errors import UsageError
from ..records import Label, Traffic
from ..store.database import explained, open_readable
from ..store.models import CounterMinute, Device, DeviceAddress, DeviceName, Domain, Iface
from . import devices, encrypted_dns, health, ledger, names, traffic
from .bases import ADDRESSES, COUNTERS
from .declaration import Base, Column, Report, Role
from .functions import FUNCTIONS
from .selection import Selection, checked, is_address, is_ip

_FAMILIES = (devices, traffic, names, encrypted_dns, ledger, health)
REPORTS: dict[str, Report] = {report.name: report for family in _FAMILIES for report in family.REPORTS}

_SECONDS_PER_MINUTE = 60
_SHOWN = 64  # characters of what a user asked for, in a line that says why not


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
    selection: Selection
    rows: list[tuple[Any, ...]]
    completeness: Completeness
    parts: tuple[Result, ...] = ()


def describe(report: Report) -> list[dict[str, str]]:
    """The columns of *report*: name, title, unit and role."""
    return [
        {"name": c.name, "title": c.title, "unit": c.unit.value, "role": c.role.value} for c in report.columns
    ]


def lookback(now_unix_s: int, minutes: int) -> tuple[int, int]:
    """The window of the last *minutes* and the running one: (since, until)."""
    began_unix_s = now_unix_s - now_unix_s % _SECONDS_PER_MINUTE
    return began_unix_s - minutes * _SECONDS_PER_MINUTE, now_unix_s + 1


def run(database_path: Path, name: str, selection: Selection) -> Result:
    """The answer of report *name* from the database at *database_path*, which is only read.

    :raises UsageError: there is no such report, it cannot be asked for this, or no interface of that name was ever
        counted.
    :raises StoreError: the database cannot be read.
    """
    if name not in REPORTS:
        raise UsageError(f"no report {name}: choose from {', '.join(REPORTS)}")
    return answer(database_path, REPORTS[name], selection)


def answer(database_path: Path, report: Report, selection: Selection) -> Result:
    """That of any report; else like :func:`run`."""
    selection = checked(selection, report)
    with open_readable(database_path) as database, explained(database_path), database.atomic():  # one snapshot
        for function, (called, arguments) in FUNCTIONS.items():
            database.register_function(called, function, arguments)
        _check_ifaces(database, selection.ifaces)
        _check_devices(database, selection.devices)
        found = completeness(database, selection)
        limit = selection.limit if selection.limit is not None else report.default_limit
        parts = tuple(Result(part, selection, _rows(database, part, selection, limit), found) for part in report.parts)
        rows = [] if parts else _rows(database, report, selection, limit)
        return Result(report, selection, rows, found, parts)


def _rows(
    database: SqliteDatabase, report: Report, selection: Selection, limit: int | None
) -> list[tuple[Any, ...]]:
    rows = [tuple(row) for row in _query(report, selection, limit).tuples().execute(database)]
    lists = {at for at, column in enumerate(report.columns) if column.role is Role.LIST}
    return [tuple(_listed(value) if at in lists else value for at, value in enumerate(row)) for row in rows]


def _listed(joined: str | None) -> tuple[str, ...]:
    """The values of a LIST column: addresses, which hold no comma; IPv4 first."""
    return tuple(sorted((joined or "").split(","), key=lambda text: (":" in text, text))) if joined else ()


def _check_ifaces(database: SqliteDatabase, ifaces: Sequence[str]) -> None:
    known = {text for (text,) in Iface.select(Iface.text).where(Iface.id > 0).tuples().execute(database)}
    for iface in ifaces:
        if iface not in known:
            names = ", ".join(sorted(known)) or "none"
            raise UsageError(f"--iface {iface}: never counted in this database; it knows {names}")


def _check_devices(database: SqliteDatabase, devices: Sequence[str]) -> None:
    for device in devices:
        if not is_address(device) and not _devices_called(device).exists(database):
            raise UsageError(f"--device {device[:_SHOWN]}: no device of that name; `traffic-analyzer top-device` "
                             "lists them")  # fmt: skip


def _devices_called(device: str) -> Any:
    """The ids of devices that are told by *device*; where none is, of those that go by it.

    Anybody may call himself by another's address: that leads to nobody but the other.
    """
    told = Device.text == device.lower()
    if is_address(device):
        return Device.select(Device.id).where(told)
    known = Device.alias("known_device")
    is_known = known.select(known.id).where(known.text == device.lower())
    called = DeviceName.select(DeviceName.device_id).where(fn.folded(DeviceName.name) == device.casefold())
    return Device.select(Device.id).where(told | (Device.id.in_(called) & ~fn.EXISTS(is_known)))


def _devices_with(addresses: Sequence[str], selection: Selection) -> Any:
    """The ids of devices that had one of *addresses* in the window."""
    query = ADDRESSES.query.select(DeviceAddress.device_id)
    return query.where(*_window(ADDRESSES, selection), ADDRESSES.client.in_(addresses))


def _window(base: Base, selection: Selection) -> list[Any]:
    """Conditions of all rows that a selection's time and interfaces hold."""
    conditions = []
    if base.minute is not None:
        last = base.minute if base.last is None else base.last
        conditions += [last >= selection.since_unix_s, base.minute < selection.until_unix_s]
    if base.iface is not None and selection.ifaces:
        conditions.append(base.iface.in_(selection.ifaces))
    return conditions


def _asked(base: Base, selection: Selection) -> list[Any]:
    """The window, and in it what belongs to the devices and names asked for."""
    conditions = _window(base, selection)
    if selection.devices:
        wanted = [base.device_id.in_(_devices_called(device)) for device in selection.devices]
        addresses = [device for device in selection.devices if is_ip(device)]
        if addresses:
            wanted.append(
                base.client.in_(addresses) if base.client is not None
                else base.device_id.in_(_devices_with(addresses, selection))
            )  # fmt: skip
        conditions.append(reduce(or_, wanted))
    if selection.domains:
        known = Domain.alias("known")
        wanted = [_is_under(known.text, domain) for domain in selection.domains]
        conditions.append(base.domain_id.in_(known.select(known.id).where(reduce(or_, wanted))))
    return conditions


def _is_under(text: Any, domain: str) -> Any:
    # The ends are compared first: cheap, and wrong only where the dot is an escaped one.
    below = "." + domain
    return (text == domain) | ((fn.SUBSTR(text, -len(below)) == below) & fn.is_under(text, domain))


def _query(report: Report, selection: Selection, limit: int | None) -> Any:
    """The only query of a report."""
    expressions: dict[str, Any] = {}
    for column in report.columns:
        expressions[column.name] = _expression(column, expressions, selection.by)
    query = report.base.query.select(*(expressions[c.name].alias(c.name) for c in report.columns))
    query = query.where(*_asked(report.base, selection))
    if report.where is not None:
        query = query.where(report.where)
    if report.base.again is not None and not selection.ifaces:  # last: few rows are left to be asked
        query = query.where(report.base.again == 0)
    keys = [expressions[c.name] for c in report.columns if c.role is Role.KEY]
    sorts = expressions | {c.name: c.sort for c in report.columns if c.sort is not None}
    order = [_ordered(sorts, name) for name in report.order]
    return query.group_by(*keys).order_by(*order).limit(limit)


def _expression(column: Column, before: dict[str, Any], by: str) -> Any:
    if column.role is Role.SUM:
        return fn.SUM(column.expression)
    if column.role is Role.MAX:
        return fn.MAX(column.expression)
    if column.role is Role.LIST:
        return fn.GROUP_CONCAT(column.expression.distinct())
    if column.role is Role.SHARE:
        # A window over the groups: the total counts rows beyond the limit too.
        total = before[column.of]
        return total * 1.0 / fn.NULLIF(fn.SUM(total).over(), 0)
    return column.expression if by == "name" or column.by_site is None else column.by_site


def _ordered(expressions: dict[str, Any], name: str) -> Any:
    return expressions[name[1:]].desc() if name.startswith("-") else expressions[name]


def completeness(database: SqliteDatabase, selection: Selection) -> Completeness:
    """What the packets of a window came to; devices and names are not asked about."""
    query = (
        COUNTERS.query.select(CounterMinute.counter, fn.SUM(CounterMinute.bytes), fn.SUM(CounterMinute.packets))
        .where(*_window(COUNTERS, selection))
        .group_by(CounterMinute.counter)
        .tuples()
    )
    sums = {counter: Traffic(bytes_, packets) for counter, bytes_, packets in query.execute(database)}
    none = Traffic(0, 0)
    seen, again, non_ip, not_booked, unseen = (
        sums.get(item, none) for item in ("seen", "again", "non_ip", "not_booked", "unseen")
    )
    booked = [sums[label] for label in map(str, Label) if label in sums]
    once = none if selection.ifaces else again
    return Completeness(
        seen.bytes - once.bytes, seen.packets - once.packets, *non_ip, *not_booked, *unseen,
        *(total - sum(part[at] for part in (*booked, non_ip, not_booked)) for at, total in enumerate(seen)),
    )  # fmt: skip
