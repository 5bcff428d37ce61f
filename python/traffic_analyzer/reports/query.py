"""The one place that turns a declaration into a query: what is asked for, as ids; what is read; which tiers have it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import reduce
from operator import or_
from pathlib import Path
from typing import Any, TypeVar

from peewee import SQL, SqliteDatabase, fn

from ..errors import UsageError
from ..records import Remark
from ..resolvers import is_resolver
from ..sites import site_of
from ..store.database import explained, open_readable
from ..store.models import Address, Device, DeviceAddress, DeviceName, Domain
from ..store.reader import Readable, with_or_without_archive
from ..store.tiers.cover import Cover, cover
from ..store.tiers.relations import RELATIONS, TIME, Asked, Filter, ask_for_domains, reading, rest_of, with_relations
from ..store.tiers.snapshot import Snapshot, snapshot
from ..units import Unit
from .declaration import Base, Column, Report, Role
from .functions import FUNCTIONS, STEP, STEPS
from .relations import Client
from .selection import Selection, is_address, is_ip, protocol_of

_SHOWN = 64  # characters of what a user asked for, in a line that says why not
_HOUR_S = 3600
_HOURS_S = 4 * 24 * _HOUR_S  # a longer time is told by days
_DIFFERENT = (Unit.PORT, Unit.NAME)
_Answer = TypeVar("_Answer")


class Query:
    """A selection, and a snapshot that it is answered from.

    :raises UsageError: no interface of a name was ever counted, or no device goes by one.
    """

    def __init__(self, database: Readable, found: Snapshot, selection: Selection) -> None:
        self.selection = selection
        self._database: SqliteDatabase = database
        self._remark, self._snapshot = database.remark, found
        self._span = self._cover(may_take_days=True)
        self._asked = self._ids()
        self._is_cut = False
        database.register_function(STEPS[self.step], STEP, 1)

    @property
    def window(self) -> tuple[int, int]:
        """What is answered for: as asked for, or wider. Unix seconds, the end not included."""
        return self._span.since_unix_s, self._span.until_unix_s

    @property
    def step(self) -> str:
        """How finely it is told by time: minute, hour or day."""
        if self._span.is_by_minute:
            return "minute"
        return "hour" if self._span.until_unix_s - self._span.since_unix_s <= _HOURS_S else "day"

    @property
    def remarks(self) -> tuple[Remark, ...]:
        """Why the answer is not quite what was asked for; of the rows that were asked for so far."""
        found = [self._remark] if self._remark else []
        asked = self.selection.since_unix_s, self.selection.until_unix_s
        if self.window != asked:
            grown_s = max(abs(one - other) for one, other in zip(self.window, asked, strict=True))
            found.append(Remark("wider-hours" if grown_s < _HOUR_S else "wider-days"))
        if not self._snapshot.is_of_this_zone and not self._span.is_by_minute:
            found.append(Remark("other-zone"))
        below = [name for name in self.selection.domains if site_of(name) != name and not is_resolver(name)]
        if below and not self._span.is_by_minute:
            found.append(Remark("by-site", ", ".join(dict.fromkeys(map(site_of, below)))))
        if self._is_cut:
            found.append(Remark("cut"))
        return tuple(found)

    def rows(self, report: Report, limit: int | None, is_of_all: bool = False) -> list[tuple[Any, ...]]:
        """The rows of a report that has no parts, in the order and from the place that the selection says.

        :param is_of_all: whatever devices and names are asked for, and counted again or not.
        """
        base, relation = report.base, RELATIONS.get(report.base.name)
        read = reading(self._database, *self._built(report, limit, None, is_of_all))
        ids = {column for column, text in base.texts.items() if text._meta.table_name in read.columns}
        sql, parameters = self._built(report, limit, ids, is_of_all)
        columns = {*ids, *read.columns.get(base.name, ())}
        is_by_day = TIME not in columns or "day_of" in read.functions or STEP in read.functions and self.step == "day"
        asked = Asked(ifaces=self._asked.ifaces) if is_of_all else self._asked
        only, of_only = self._filter(report)
        span = self._cover(is_by_day)
        made = with_relations(relation, columns, asked, span, self._snapshot, only)
        rest = None if relation is None else rest_of(relation, columns, asked, span, self._snapshot)
        self._is_cut |= rest is not None and bool(list(self._database.execute_sql(rest)))
        return list(self._database.execute_sql(made + sql, (*of_only, *parameters)))

    def begun(self) -> dict[str, int]:
        """When the oldest row of each tier began, Unix seconds; tiers without any are left out."""
        archive = self._snapshot.archive
        found = {
            tier: self._database.execute_sql(f"SELECT min({column}) FROM {table}").fetchone()[0]
            for tier, table, column in (
                ("minutes", "main.counter_minute", "minute_unix_s"),
                ("hours", f"{archive}.counter_hour", "start_unix_s"),
                ("days", f"{archive}.counter_day", "start_unix_s"),
            )
        }
        return {tier: unix_s for tier, unix_s in found.items() if unix_s is not None}

    def files(self) -> list[Path]:
        """The files that it is answered from: the database, and an archive of its own."""
        return [Path(row[2]) for row in self._database.execute_sql("PRAGMA database_list") if row[2]]

    def _filter(self, report: Report) -> tuple[Filter | None, Sequence[Any]]:
        """What a report says of rows before they are added up, and its parameters."""
        if report.only is None:
            return None, ()
        sql, parameters = report.base.rows.select(SQL("*")).where(report.only).sql()
        read = reading(self._database, sql, parameters).columns[report.base.name]
        return Filter(sql.partition("* ")[2], read), parameters

    def _cover(self, may_take_days: bool) -> Cover:
        selection, found = self.selection, self._snapshot
        may_take_days = may_take_days and found.is_of_this_zone  # or some hours would be in two arms, some in none
        return cover(selection.since_unix_s, selection.until_unix_s, found.kept, may_take_days)

    def _built(
        self, report: Report, limit: int | None, ids: set[str] | None, is_of_all: bool
    ) -> tuple[str, Sequence[Any]]:
        """SQL and parameters of the query, but for the relation in front of it.

        :param ids: those that texts stand for; None: of all, and nothing is joined.
        """
        expressions: dict[str, Any] = {}
        for column in report.columns:
            expressions[column.name] = _expression(column, expressions, self.selection.by)
        query = report.base.query([expressions[c.name].alias(c.name) for c in report.columns], ids)
        conditions = [] if is_of_all or report.base.name in RELATIONS else self._conditions(report.base)
        conditions += [] if report.where is None else [report.where]
        if conditions:
            query = query.where(*conditions)
        # By their place: what is long to find out is found out once.
        places = {column.name: at for at, column in enumerate(report.columns, 1)}
        keys = [SQL(str(places[c.name])) for c in sorted(report.columns, key=_likeness) if c.role is Role.KEY]
        sorts = {name: SQL(str(at)) for name, at in places.items()}
        sorts |= {c.name: c.sort for c in report.columns if c.sort is not None}
        first, offset = ((), 0) if is_of_all else (_first(report, self.selection), self.selection.offset)
        order = [_ordered(sorts, name) for name in (*first, *report.order)]
        sql, parameters = query.group_by(*keys).order_by(*order).limit(limit).offset(offset or None).sql()
        return str(sql), parameters

    def _conditions(self, base: Base) -> list[Any]:
        """Those of rows of a table, which no relation has chosen."""
        known, asked = base.rows._meta.columns, self._asked
        conditions = []
        if base.span is not None:
            first, last = base.span
            since, until = self.window
            conditions += [last >= since, first < until]
        if asked.devices is not None:
            clients = [known[column] for column, text in base.texts.items() if text is Client]
            wanted = [known["device_id"].in_({*asked.devices, *(() if clients else asked.devices_of_clients)})]
            conditions.append(reduce(or_, [*wanted, *(column.in_(asked.clients) for column in clients)]))
        return conditions

    def _ids(self) -> Asked:
        selection = self.selection
        ifaces = self._ifaces(selection.ifaces) if selection.ifaces else None
        devices = self._devices(selection.devices) if selection.devices else None
        clients: tuple[int, ...] = ()
        had: tuple[int, ...] = ()
        if devices is not None:
            addresses = [device for device in selection.devices if is_ip(device)]
            clients = self._found(Address.select(Address.id).where(Address.text.in_(addresses)))
            since, until = self.window
            had = self._found(
                DeviceAddress.select(DeviceAddress.device_id)
                .where(DeviceAddress.address_id.in_(clients))
                .where(DeviceAddress.last_unix_s >= since, DeviceAddress.first_unix_s < until)
            )
        if selection.domains:
            known = Domain.select(Domain.id).where(reduce(or_, [_is_under(Domain.text, d) for d in selection.domains]))
            ask_for_domains(self._database, *known.sql())
        protocols = tuple(map(protocol_of, selection.protocols))
        return Asked(ifaces is None, ifaces, devices, clients, had, bool(selection.domains), protocols)

    def select(self, query: Any) -> list[tuple[Any, ...]]:
        """The rows of a select from tables."""
        return list(self._database.execute_sql(*query.sql()))

    def _found(self, query: Any) -> tuple[int, ...]:
        return tuple(row[0] for row in self.select(query))

    def _ifaces(self, names: Iterable[str]) -> dict[int, str]:
        known = dict(self._database.execute_sql("SELECT text, id FROM iface WHERE id > 0"))
        for name in names:
            if name not in known:
                texts = ", ".join(sorted(known)) or "none"
                raise UsageError(f"--iface {name}: never counted in this database; it knows {texts}",
                                 "iface-unknown", name)  # fmt: skip
        return {known[name]: name for name in names}

    def _devices(self, devices: Iterable[str]) -> tuple[int, ...]:
        found: dict[int, None] = {}
        for device in devices:
            ids = self._found(_devices_called(device))
            if not ids and not is_address(device):
                raise UsageError(f"--device {device[:_SHOWN]}: no device of that name; `traffic-analyzer top-device` "
                                 "lists them", "device-unknown", device)  # fmt: skip
            found |= dict.fromkeys(ids)
        return tuple(found)


def ask(
    database_path: Path, archive: Path | None, selection: Selection, question: Callable[[Query], _Answer]
) -> _Answer:
    """What *question* returns of a query, in one snapshot of the database and its archive.

    :raises StoreError: the database cannot be read.
    """

    def asked() -> _Answer:
        with snapshot(database) as found:
            return question(Query(database, found, selection))

    with open_readable(database_path, archive) as database, explained(database_path):
        for function, (called, arguments) in FUNCTIONS.items():
            database.register_function(called, function, arguments)
        return with_or_without_archive(database, asked)


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


def _first(report: Report, selection: Selection) -> tuple[str, ...]:
    """What a selection says of the order, before the report's own."""
    column = next((column for column in report.columns if column.name == selection.sort), None)
    if column is None:
        return ()
    is_from_most = selection.order == "desc" or not selection.order and column.unit.is_amount
    return (("-" if is_from_most else "") + column.name,)


def _likeness(column: Column) -> int:
    """How alike its values are: rows are put together quickest by what differs most."""
    return _DIFFERENT.index(column.unit) if column.unit in _DIFFERENT else len(_DIFFERENT)


def _ordered(expressions: dict[str, Any], name: str) -> Any:
    if not name.startswith("-"):
        return expressions[name]
    expression = expressions[name[1:]]
    return SQL(f"{expression.sql} DESC") if isinstance(expression, SQL) else expression.desc()


def _is_under(text: Any, domain: str) -> Any:
    # The ends are compared first: cheap, and wrong only where the dot is an escaped one.
    below = "." + domain
    is_plain = fn.INSTR(text, "\\") == 0
    return (text == domain) | ((fn.SUBSTR(text, -len(below)) == below) & (is_plain | fn.is_under(text, domain)))


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
