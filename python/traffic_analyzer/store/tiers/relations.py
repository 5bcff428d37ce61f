"""Relations: what reports read instead of tables. Each is one SELECT that adds up what the tiers hold of it.

A relation has a row for every difference in those of its columns that are read, over all tiers: what is added up by ids
is little when it meets the texts that these stand for. Which columns a query reads is asked of SQLite itself.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from peewee import SqliteDatabase

from ..local_time import day_of, hour_of
from .cover import Arm, Cover, Tier
from .rollups import OTHER, ROLLUPS, START, Rollup
from .snapshot import Snapshot

TIME = "minute_unix_s"  #: the column of time, of every relation; of rows by hour or day, when it began
ASKED_DOMAIN = "asked_domain"  #: a temporary table of ids
_TRAFFIC = next(rollup for rollup in ROLLUPS if rollup.name == "traffic")
_HALF = "tx_direction"
_MARKS = ("l4_proto", "domain_id")  #: one of these says that a row is several, put together
#: What a column is where a table has the halves of a conversation in one row.
_OF_BOTH = {"bytes": "rx_bytes + tx_bytes", "packets": "rx_packets + tx_packets"}
_HALVES = ("rx_bytes", "tx_bytes", "rx_packets", "tx_packets")
#: Likewise, of each half, where these are told apart; and which rows have that half.
_OF_A_HALF = (
    ({"direction": f"1 - {_HALF}", "is_tx": "0", "bytes": "rx_bytes", "packets": "rx_packets", "tx_bytes": "0",
      "tx_packets": "0"}, "rx_bytes <> 0 OR rx_packets <> 0"),
    ({"direction": _HALF, "is_tx": "1", "bytes": "tx_bytes", "packets": "tx_packets", "rx_bytes": "0",
      "rx_packets": "0"}, "tx_bytes <> 0 OR tx_packets <> 0"),
)  # fmt: skip
#: What it is where a row is one direction.
_OF_A_DIRECTION = {
    **_TRAFFIC.sums, **{key: _TRAFFIC.keys[key] for key in (_HALF, "resolver_id", "service_port")},
    "last_unix_s": TIME,
}  # fmt: skip


_CONVERSATION = "client_port"  #: who reads it tells single conversations apart
#: What differs most comes first where rows are put together: SQLite compares the first number quickly, all others not.
_MANY = (_CONVERSATION, "domain_id", "remote_id", "client_id", "resolver_id", TIME, "device_id", "service_port")


def _place(key: str) -> int:
    return _MANY.index(key) if key in _MANY else len(_MANY)


@dataclass(frozen=True)
class Relation:
    """A relation over a table of minutes and its rollups."""

    name: str
    source: str  #: the table of minutes
    keys: tuple[str, ...]  #: besides the time
    sums: tuple[str, ...]
    maxima: tuple[str, ...] = ()
    minute: str = TIME  #: the source's column of time
    made: Mapping[str, str] = field(default_factory=dict)  #: what a column is over a row of minutes, where none is so
    counted: tuple[str, ...] = ()  #: sums that are 0 in a row that is none: what was moved to another time
    always: tuple[str, ...] = ()  #: keys that rows are told apart by even where nobody reads them

    @property
    def columns(self) -> tuple[str, ...]:
        """All that can be read."""
        return (TIME, *self.keys, *self.sums, *self.maxima)

    @property
    def rollups(self) -> tuple[Rollup, ...]:
        """Those of its minutes; the first one that has all that is read is taken."""
        return tuple(rollup for rollup in ROLLUPS if rollup.source == self.source)


RELATIONS = {
    relation.name: relation
    for relation in (
        Relation(
            "flow", "flow_minute",
            ("iface_id", "direction", "is_tx", "l4_proto", "client_id", "client_port", "remote_id", "remote_port",
             "resolver_id", "service_port", "device_id", "domain_id", "label_id", "evidence_id", "again"),
            ("rx_bytes", "tx_bytes", "rx_packets", "tx_packets", "bytes", "packets"), ("last_unix_s",),
            made=_OF_A_DIRECTION, counted=("bytes", "packets"),
        ),
        Relation(
            "question", "question_minute", ("iface_id", "device_id", "client_id", "domain_id", "qtype", "again"),
            ("count",), counted=("count",),
        ),
        Relation(
            "server_name", "server_name_minute",
            ("iface_id", "device_id", "client_id", "domain_id", "evidence_id", "again"), ("count",), counted=("count",),
        ),
        Relation(
            "counter", "counter_minute", ("iface_id", "direction", "counter"), ("bytes", "packets"),
            counted=("bytes", "packets"),
        ),
        Relation(
            "name_health", "dns_cache_1m", ("iface",),
            ("dns_answer_events", "sni_events", "new", "refresh", "expired", "overflow", "unasked"), ("cache_entries",),
            minute="ts_minute", always=("iface",),
        ),
        Relation(
            "health", "collector_health_1m", ("iface",),
            ("flow_evicted", "flow_insert_drop", "dns_ringbuf_drop", "tls_ringbuf_drop", "archive_bytes"),
            ("flow_entries", "flow_capacity"), minute="ts_minute", always=("iface",),
        ),
    )
}  # fmt: skip
#: Addresses, by what they are to a row.
ENDS = ("client", "remote", "resolver")


@dataclass(frozen=True)
class Asked:
    """Which rows of a relation are asked for; None: whatever they are."""

    is_once: bool = False  #: without what another interface counts
    ifaces: Mapping[int, str] | None = None  #: by id
    devices: tuple[int, ...] | None = None  #: ids
    clients: tuple[int, ...] = ()  #: ids of addresses: rows of these are asked for too
    devices_of_clients: tuple[int, ...] = ()  #: who had those addresses: in their place where rows know devices only
    has_domains: bool = False  #: those in :data:`ASKED_DOMAIN`
    protocols: tuple[tuple[int, int | None], ...] = ()  #: IANA numbers with a service port, or with any; empty: all

    def needed(self) -> set[str]:
        """Columns that a table must have, of those that not all relations have."""
        asked = {
            "domain_id": self.has_domains,
            "device_id": self.devices is not None,
            "l4_proto": bool(self.protocols),
            "service_port": any(port is not None for _, port in self.protocols),
        }
        return {column for column, is_asked in asked.items() if is_asked}

    def conditions(self, columns: Iterable[str], has_ends: bool) -> list[str]:
        """In SQL, over a table of *columns*.

        :param has_ends: it has the ports of both ends, not the service's.
        """
        known, found = set(columns), []
        if self.is_once and "again" in known:
            found.append("again = 0")
        if self.ifaces is not None:
            found.append(_in("iface_id", self.ifaces) if "iface_id" in known else _in("iface", self.ifaces.values()))
        if self.devices is not None:
            if "client_id" in known:
                found.append(f"({_in('device_id', self.devices)} OR {_in('client_id', self.clients)})")
            else:
                found.append(_in("device_id", {*self.devices, *self.devices_of_clients}))
        if self.has_domains:
            found.append(f"domain_id IN temp.{ASKED_DOMAIN}")
        if self.protocols:
            of_service = f"({_TRAFFIC.keys['service_port']})" if has_ends else "service_port"
            each = (
                f"l4_proto = {number}" + ("" if port is None else f" AND {of_service} = {port}")
                for number, port in self.protocols
            )
            found.append(f"({' OR '.join(each)})")
        return found


def _in(column: str, values: Iterable[int | str]) -> str:
    texts = (str(v) if isinstance(v, int) else "'" + v.replace("'", "''") + "'" for v in values)
    return f"{column} IN ({', '.join(texts)})"


class Reading(NamedTuple):
    """What a query reads: columns by table, and the functions that it calls."""

    columns: Mapping[str, frozenset[str]]
    functions: frozenset[str]


def reading(database: SqliteDatabase, sql: str, parameters: Sequence[Any]) -> Reading:
    """What *sql* reads, as SQLite understands it; nothing is run. Relations stand for themselves, all of them empty."""
    tables = {name: relation.columns for name, relation in RELATIONS.items()} | dict.fromkeys(ENDS, ("id", "text"))
    for name, columns in tables.items():
        database.execute_sql(f"CREATE TEMP TABLE IF NOT EXISTS {name} ({', '.join(columns)})")
    columns_read: dict[str, set[str]] = {}
    functions: set[str] = set()

    def note(action: int, one: str | None, two: str | None, *_: str | None) -> int:
        if action == sqlite3.SQLITE_READ and one and two:
            columns_read.setdefault(one, set()).add(two)
        elif action == sqlite3.SQLITE_FUNCTION and two:
            functions.add(two)
        return sqlite3.SQLITE_OK

    connection = database.connection()
    connection.set_authorizer(note)
    try:
        connection.execute("EXPLAIN " + sql, parameters).close()
    finally:
        connection.set_authorizer(None)
    return Reading({table: frozenset(read) for table, read in columns_read.items()}, frozenset(functions))


def ask_for_domains(database: SqliteDatabase, sql: str, parameters: Sequence[Any]) -> None:
    """Notes the ids that *sql* selects, for :attr:`Asked.has_domains`: there may be many."""
    database.execute_sql(f"CREATE TEMP TABLE {ASKED_DOMAIN} (id INTEGER PRIMARY KEY)")
    database.execute_sql(f"INSERT INTO temp.{ASKED_DOMAIN} {sql}", parameters)


class Filter(NamedTuple):
    """Which rows of a relation are added up at all: the rest of a SELECT from it, and the columns that this reads."""

    sql: str
    columns: frozenset[str]


def with_relations(
    relation: Relation | None, read: Iterable[str], asked: Asked, span: Cover, snapshot: Snapshot,
    only: Filter | None = None,
) -> str:  # fmt: skip
    """``WITH … AS (…) ``, to be put in front of a query that reads addresses, and the columns *read* of *relation*.

    Parameters of *only* come first.
    """
    made = [f"{end} AS (SELECT id, text FROM address)" for end in ENDS]
    if relation is not None:
        made.append(f"{relation.name} AS ({_select(relation, set(read), asked, span, snapshot, only)})")
    return f"WITH {', '.join(made)} "


def rest_of(relation: Relation, read: Iterable[str], asked: Asked, span: Cover, snapshot: Snapshot) -> str | None:
    """A SELECT that has a row where some that may be asked for were put together, so that nobody can tell any more.

    None: what is asked for is told apart, whatever is put together.
    """
    rollup = None if span.is_by_minute else _rollup_of(relation, {*read, *asked.needed()})
    if rollup is None or asked.needed().isdisjoint(rollup.rest):
        return None
    mark = next(column for column in _MARKS if rollup.rest.get(column) == OTHER)
    kept = Asked(ifaces=asked.ifaces, devices=None if "device_id" in rollup.rest else asked.devices)
    conditions = [f"{mark} = {OTHER}", *kept.conditions({*rollup.columns} - {"client_id"}, has_ends=False)]
    tables = [(f"{snapshot.archive}.{rollup.table(arm.tier.value)}", arm) for arm in span.arms
              if arm.tier is not Tier.MINUTE]  # fmt: skip
    tables.append((f"main.{rollup.table('pending')}", Arm(Tier.HOUR, *span.rolled)))
    selects = (
        f"SELECT 1 FROM {table} WHERE {' AND '.join((_in_span(START, _begun(arm)), *conditions))}"
        for table, arm in tables
    )
    return " UNION ALL ".join(selects) + " LIMIT 1"


def _select(
    relation: Relation, read: set[str], asked: Asked, span: Cover, snapshot: Snapshot, only: Filter | None
) -> str:
    of_only = only.columns if only else frozenset[str]()
    if span.is_by_minute:
        rollup = None
    else:
        rollup = _rollup_of(relation, {*read, *of_only, *asked.needed()})
        if _HALF in rollup.keys and not {"direction", "is_tx"}.isdisjoint(read):  # halves part when they are few
            both = (read - {"direction", "is_tx", *_OF_BOTH}) | {_HALF, *_HALVES}
            rows = _added_up(relation, both, asked, span, snapshot, only, rollup)
            parts = [_View(made).select(sorted(read), "both", [condition]) for made, condition in _OF_A_HALF]
            return f"WITH both AS ({rows}) {' UNION ALL '.join(parts)}"
    return _added_up(relation, read, asked, span, snapshot, only, rollup)


def _added_up(
    relation: Relation, read: set[str], asked: Asked, span: Cover, snapshot: Snapshot, only: Filter | None,
    rollup: Rollup | None,
) -> str:  # fmt: skip
    keys = [key for key in (TIME, _HALF, *relation.keys) if key in read or key in relation.always]
    counted = relation.counted if keys and rollup else ()
    sums = [column for column in relation.sums if column in read or column in counted] or [relation.sums[0]]
    maxima = [column for column in relation.maxima if column in read]
    columns = [*keys, *sums, *maxima]
    columns += sorted(only.columns - {*columns}) if only else []
    rows = " UNION ALL ".join(_arms(relation, columns, asked, span, snapshot, rollup))
    if only:
        rows = f"WITH {relation.name} AS ({rows}) SELECT * {only.sql}"
    if _CONVERSATION in keys and rollup is None:
        return rows  # hardly two of them are alike: the query puts them together as well
    values = [f"sum({column}) AS {column}" for column in sums] + [f"max({column}) AS {column}" for column in maxima]
    groups = f" GROUP BY {', '.join(sorted(keys, key=_place))}" if keys else ""
    having = " HAVING " + " OR ".join(f"sum({column}) <> 0" for column in counted) if counted else ""
    return f"SELECT {', '.join((*keys, *values))} FROM ({rows}){groups}{having}"


class _View(NamedTuple):
    """Columns of a relation over the rows of one of its tables."""

    made: Mapping[str, str]  #: expressions; any other column is the table's own

    def select(self, columns: Iterable[str], table: str, conditions: Iterable[str]) -> str:
        parts = [column if (made := self.made.get(column, column)) == column else f"{made} AS {column}"
                 for column in columns]  # fmt: skip
        return f"SELECT {', '.join(parts)} FROM {table} WHERE {' AND '.join(conditions)}"


def _arms(
    relation: Relation, columns: Sequence[str], asked: Asked, span: Cover, snapshot: Snapshot, rollup: Rollup | None
) -> list[str]:
    """A SELECT for each part of the tiers."""
    source, minute = f"main.{relation.source}", relation.minute
    if rollup is None:
        view, conditions = _View({**relation.made, TIME: minute}), asked.conditions(relation.columns, has_ends=True)
        return [view.select(columns, source, [_in_span(minute, arm), *conditions]) for arm in span.arms]
    view, of_minutes = _view(relation, rollup), asked.conditions(rollup.columns, has_ends=True)
    conditions = asked.conditions(rollup.columns, has_ends=_CONVERSATION in rollup.keys)
    as_rolled = {**relation.made, **{key: sql for key, sql in rollup.keys.items() if key in relation.keys}}
    found = []
    for arm in span.arms:
        if arm.tier is Tier.MINUTE:  # it lies in one hour
            edge = _View({**as_rolled, TIME: str(hour_of(arm.since_unix_s))})
            found.append(edge.select(columns, source, [_in_span(minute, arm), *of_minutes]))
        else:
            table = f"{snapshot.archive}.{rollup.table(arm.tier.value)}"
            found.append(view.select(columns, table, [_in_span(START, _begun(arm)), *conditions]))
    pending = [f"sequence > {snapshot.taken}", _in_span(START, _begun(Arm(Tier.HOUR, *span.rolled)))]
    found.append(view.select(columns, f"main.{rollup.table('pending')}", [*pending, *conditions]))
    since, until = span.rolled
    if until > snapshot.rolled:
        running = _View({**as_rolled, TIME: f"hour_of({minute})"})
        unrolled = Arm(Tier.MINUTE, max(since, snapshot.rolled + 1), until)
        found.append(running.select(columns, source, [_in_span(minute, unrolled), *of_minutes]))
    return found


def _in_span(column: str, arm: Arm) -> str:
    return f"{column} >= {arm.since_unix_s} AND {column} < {arm.until_unix_s}"


def _begun(arm: Arm) -> Arm:
    """*arm* with the times that its first row, and the first one after it, say that they begin at."""
    begin = day_of if arm.tier is Tier.DAY else hour_of
    return Arm(arm.tier, begin(arm.since_unix_s), begin(arm.until_unix_s))


def _rollup_of(relation: Relation, needed: set[str]) -> Rollup:
    for rollup in relation.rollups:
        made = {*_OF_BOTH, *_OF_A_HALF[0][0]} if _HALF in rollup.keys else {*relation.made}
        if needed <= {TIME, *rollup.columns, *(made - {"last_unix_s"})}:
            return rollup
    raise LookupError(f"{relation.name}: no rollup has {', '.join(sorted(needed))}")


def _view(relation: Relation, rollup: Rollup) -> _View:
    """The relation over rows of a rollup."""
    if _HALF in rollup.keys:
        return _View({**_OF_BOTH, TIME: START})
    return _View({c: sql for c, sql in relation.made.items() if c not in rollup.columns} | {TIME: START})
