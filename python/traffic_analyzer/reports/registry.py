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
from ..store.database import explained, open_readable
from ..store.models import CounterMinute, Domain, Iface
from . import encrypted_dns, health, names, traffic
from .bases import COUNTERS
from .declaration import Base, Column, Report, Role
from .functions import FUNCTIONS
from .selection import Selection, checked, is_mac

_FAMILIES = (traffic, names, encrypted_dns, health)
REPORTS: dict[str, Report] = {report.name: report for family in _FAMILIES for report in family.REPORTS}

_SECONDS_PER_MINUTE = 60


@dataclass(frozen=True)
class Completeness:
    """What the window's packets came to: seen = in flows + non_ip + not_booked. Bytes and packets as on the wire."""

    seen_bytes: int
    seen_packets: int
    non_ip_bytes: int
    non_ip_packets: int
    not_booked_bytes: int
    not_booked_packets: int


@dataclass(frozen=True)
class Result:
    """A report's answer: one value a column in each row, numbers as numbers."""

    report: Report
    selection: Selection
    rows: list[tuple[Any, ...]]
    completeness: Completeness


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
    report = REPORTS[name]
    selection = checked(selection, report)
    with open_readable(database_path) as database, explained(database_path), database.atomic():  # one snapshot
        for function, (called, arguments) in FUNCTIONS.items():
            database.register_function(called, function, arguments)
        _check_ifaces(database, selection.ifaces)
        rows = [tuple(row) for row in _query(report, selection).tuples().execute(database)]
        return Result(report, selection, rows, _completeness(database, selection))


def _check_ifaces(database: SqliteDatabase, ifaces: Sequence[str]) -> None:
    known = {text for (text,) in Iface.select(Iface.text).where(Iface.id > 0).tuples().execute(database)}
    for iface in ifaces:
        if iface not in known:
            names = ", ".join(sorted(known)) or "none"
            raise UsageError(f"--iface {iface}: never counted in this database; it knows {names}")


def _window(base: Base, selection: Selection) -> Any:
    condition = (base.minute >= selection.since_unix_s) & (base.minute < selection.until_unix_s)
    return condition & base.iface.in_(selection.ifaces) if selection.ifaces else condition


def _asked(base: Base, selection: Selection) -> Any:
    """The window, and in it what belongs to the devices and names asked for."""
    condition = _window(base, selection)
    if selection.devices:
        macs = [device for device in selection.devices if is_mac(device)]
        addresses = [device for device in selection.devices if not is_mac(device)]
        condition &= base.mac.in_(macs) | base.client.in_(addresses)
    if selection.domains:
        known = Domain.alias("known")
        wanted = [_is_under(known.text, domain) for domain in selection.domains]
        condition &= base.domain_id.in_(known.select(known.id).where(reduce(or_, wanted)))
    return condition


def _is_under(text: Any, domain: str) -> Any:
    # The ends are compared first: cheap, and wrong only where the dot is an escaped one.
    below = "." + domain
    return (text == domain) | ((fn.SUBSTR(text, -len(below)) == below) & fn.is_under(text, domain))


def _query(report: Report, selection: Selection) -> Any:
    """The only query of a report."""
    expressions: dict[str, Any] = {}
    for column in report.columns:
        expressions[column.name] = _expression(column, expressions, selection.by)
    query = report.base.query.select(*(expressions[c.name].alias(c.name) for c in report.columns))
    query = query.where(_asked(report.base, selection))
    if report.where is not None:
        query = query.where(report.where)
    keys = [expressions[c.name] for c in report.columns if c.role is Role.KEY]
    order = [_ordered(expressions, name) for name in report.order]
    limit = selection.limit if selection.limit is not None else report.default_limit
    return query.group_by(*keys).order_by(*order).limit(limit)


def _expression(column: Column, before: dict[str, Any], by: str) -> Any:
    if column.role is Role.SUM:
        return fn.SUM(column.expression)
    if column.role is Role.MAX:
        return fn.MAX(column.expression)
    if column.role is Role.SHARE:
        # A window over the groups: the total counts rows beyond the limit too.
        total = before[column.of]
        return total * 1.0 / fn.NULLIF(fn.SUM(total).over(), 0)
    return column.expression if by == "name" or column.by_site is None else column.by_site


def _ordered(expressions: dict[str, Any], name: str) -> Any:
    return expressions[name[1:]].desc() if name.startswith("-") else expressions[name]


def _completeness(database: SqliteDatabase, selection: Selection) -> Completeness:
    query = (
        COUNTERS.query.select(CounterMinute.counter, fn.SUM(CounterMinute.bytes), fn.SUM(CounterMinute.packets))
        .where(_window(COUNTERS, selection))
        .group_by(CounterMinute.counter)
        .tuples()
    )
    sums = {counter: (bytes_, packets) for counter, bytes_, packets in query.execute(database)}
    none = (0, 0)
    return Completeness(*sums.get("seen", none), *sums.get("non_ip", none), *sums.get("not_booked", none))
