"""Rollups: what hours and days keep of minutes. Each is declared once, and has three tables of the same columns.

``<name>_hour`` and ``<name>_day`` are an archive's. ``<name>_pending`` holds, by hour, what no archive has taken yet;
its sums may be negative, where a minute that an archive has already has moved or changed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from peewee import SqliteDatabase

from ...resolvers import ADDRESSES, is_resolver
from ..dictionary import DICTIONARY_OF
from ..local_time import day_of, hour_of

OTHER = -1  #: port, protocol, and in domain and address the id of "(other)": what was put together
ARCHIVE_IFACE = "(disk)"  #: in rows of health that are about the archive
_WELL_KNOWN = 1024  # below it, the port of a client is one that it serves (RFC 6335 6)

START = "start_unix_s"  #: of the local hour or day
TIERS = ("hour", "day")


@dataclass(frozen=True)
class Rollup:
    """What is kept of a table of minutes. Expressions are SQL, over a row of that table."""

    name: str
    source: str  #: the table of minutes
    keys: Mapping[str, str]  #: by column: the expression
    sums: Mapping[str, str]
    maxima: Mapping[str, str] = field(default_factory=dict)
    minute: str = "minute_unix_s"  #: the source's column of time
    cap: int = 0  #: rows that a bucket keeps, the largest; the rest is put together. 0: all
    day_cap: int = 0  #: likewise, that a day keeps; 0: as many
    rank: str = ""  #: over a row of the rollup: what the largest is
    bucket: tuple[str, ...] = ()  #: columns which, with the time, tell buckets apart
    rest: Mapping[str, int] = field(default_factory=dict)  #: what columns become in the rest

    @property
    def columns(self) -> tuple[str, ...]:
        """All of a table, as they come."""
        return (START, *self.keys, *self.maxima, *self.sums)

    @property
    def dictionaries(self) -> dict[str, str]:
        """By column: the dictionary that it refers to."""
        return {column: DICTIONARY_OF[column] for column in self.keys if column in DICTIONARY_OF}

    def table(self, tier: str) -> str:
        """The name of the table for a tier, or ``pending``."""
        return f"{self.name}_{tier}"

    @property
    def merged(self) -> str:
        """What ON CONFLICT does with a row that is there."""
        parts = [f"{column} = max({column}, excluded.{column})" for column in self.maxima]
        parts += [f"{column} = {column} + excluded.{column}" for column in self.sums]
        return "DO UPDATE SET " + ", ".join(parts)


_TX_DIRECTION = "direction = is_tx"  # 1 where what the client sends leaves: egress
_SERVICE_PORT = (
    f"CASE WHEN client_port < {_WELL_KNOWN} AND remote_port >= {_WELL_KNOWN} THEN client_port ELSE remote_port END"
)
#: The remote, where it may be a resolver: names say nothing of whom a device asked for them. Else 0.
_RESOLVER = (
    f"CASE WHEN {_SERVICE_PORT} IN (53, 853) OR remote_id IN (SELECT id FROM main.address WHERE text IN "
    f"({', '.join(repr(address) for address in sorted(ADDRESSES))})) THEN remote_id ELSE 0 END"
)
#: The site of a name, as a name of its own; resolvers stay as they are, for whom a device asks is told by their names.
_SITE = (
    "coalesce((SELECT site.id FROM main.domain AS name JOIN main.domain AS site ON site.text = name.site "
    "WHERE name.id = domain_id AND NOT is_resolver(name.text)), domain_id)"
)
_HALVES = {
    "rx_bytes": "bytes * (1 - is_tx)",
    "tx_bytes": "bytes * is_tx",
    "rx_packets": "packets * (1 - is_tx)",
    "tx_packets": "packets * is_tx",
}
_BYTES = "rx_bytes + tx_bytes"
_LAST = {"last_unix_s": "minute_unix_s"}


def _same(*columns: str) -> dict[str, str]:
    return {column: column for column in columns}


ROLLUPS = (
    Rollup(
        "coverage",
        "flow_minute",
        _same("iface_id") | {"tx_direction": _TX_DIRECTION} | _same("label_id", "evidence_id", "again"),
        _HALVES,
    ),
    Rollup(
        "traffic",
        "flow_minute",
        _same("iface_id")
        | {"tx_direction": _TX_DIRECTION}
        | _same("device_id")
        | {"domain_id": _SITE}
        | _same("label_id", "evidence_id")
        | {"resolver_id": _RESOLVER}
        | _same("l4_proto")
        | {"service_port": _SERVICE_PORT}
        | _same("again"),
        _HALVES,
        cap=44,
        day_cap=96,
        rank=_BYTES,
        bucket=("device_id",),
        rest={"domain_id": OTHER, "resolver_id": OTHER, "l4_proto": OTHER, "service_port": OTHER, "evidence_id": 0},
    ),
    Rollup(
        "remote",
        "flow_minute",
        _same("iface_id") | {"tx_direction": _TX_DIRECTION} | _same("device_id", "remote_id", "again"),
        _HALVES,
        cap=128,
        rank=_BYTES,
        rest={"remote_id": OTHER},
    ),
    Rollup(
        "client",
        "flow_minute",
        _same("iface_id") | {"tx_direction": _TX_DIRECTION} | _same("device_id", "client_id", "again"),
        _HALVES,
        _LAST,
        cap=256,
        rank=_BYTES,
        rest={"client_id": OTHER},
    ),
    Rollup(
        "conversation",
        "flow_minute",
        _same("iface_id", "direction", "is_tx", "l4_proto", "client_id", "client_port", "remote_id", "remote_port",
              "device_id", "domain_id", "label_id", "evidence_id", "again"),
        _same("bytes", "packets"),
        _LAST,
        cap=96,
        rank="bytes",
        # Of which devices, and how sure its names are, is in traffic: here it would be most of the rows.
        rest=dict.fromkeys(
            ("l4_proto", "client_id", "client_port", "remote_id", "remote_port", "domain_id"), OTHER
        ) | dict.fromkeys(("device_id", "label_id", "evidence_id"), 0),
    ),
    Rollup(
        "question",
        "question_minute",
        _same("iface_id", "device_id", "domain_id", "qtype", "again"),
        _same("count"),
        cap=128,
        rank="count",
        rest={"domain_id": OTHER, "qtype": OTHER},
    ),
    Rollup(
        "server_name",
        "server_name_minute",
        _same("iface_id", "device_id", "domain_id", "evidence_id", "again"),
        _same("count"),
        cap=128,
        rank="count",
        rest={"domain_id": OTHER},
    ),
    Rollup("counter", "counter_minute", _same("iface_id", "direction", "counter"), _same("bytes", "packets")),
    Rollup(
        "name_health",
        "dns_cache_1m",
        _same("iface"),
        _same("dns_answer_events", "sni_events", "new", "refresh", "expired", "overflow", "unasked"),
        _same("cache_entries"),
        minute="ts_minute",
    ),
    Rollup(
        "health",
        "collector_health_1m",
        _same("iface"),
        _same("flow_evicted", "flow_insert_drop", "dns_ringbuf_drop", "tls_ringbuf_drop", "archive_bytes"),
        _same("flow_entries", "flow_capacity"),
        minute="ts_minute",
    ),
)  # fmt: skip


def register(database: SqliteDatabase) -> None:
    """Makes the functions that rollups call known to a connection."""
    database.register_function(hour_of, "hour_of", 1)
    database.register_function(day_of, "day_of", 1)
    database.register_function(is_resolver, "is_resolver", 1)


def _minutes(rollup: Rollup) -> str:
    """The minutes of a span, by minute and the rollup's keys; of many in a minute, the largest and a rest."""
    keys, sums, maxima = rollup.keys, rollup.sums, rollup.maxima
    columns = [f"{rollup.minute} AS minute", *(f"{expression} AS {column}" for column, expression in keys.items())]
    columns += [f"max({expression}) AS {column}" for column, expression in maxima.items()]
    columns += [f"sum({expression}) AS {column}" for column, expression in sums.items()]
    groups = ", ".join(str(at) for at in range(1, 2 + len(keys)))
    added = (
        f"SELECT {', '.join(columns)} FROM main.{rollup.source} "
        f"WHERE {rollup.minute} > :after AND {rollup.minute} <= :last GROUP BY {groups}"
    )
    if not rollup.cap:
        return added
    ranked = (
        f"SELECT *, row_number() OVER (PARTITION BY {', '.join(('minute', *rollup.bucket))} "
        f"ORDER BY {rollup.rank} DESC, {', '.join(keys)}) AS place FROM ({added})"
    )
    rest = rollup.rest
    shown = [f"iif(place > {rollup.cap}, {rest[key]}, {key}) AS {key}" if key in rest else key for key in keys]
    return f"SELECT {', '.join(('minute', *shown, *maxima, *sums))} FROM ({ranked})"


def _roll(rollup: Rollup) -> str:
    """Adds the minutes of a span to pending rows. Parameters: :func:`roll`'s, by name.

    What becomes of a minute depends on its rows alone: so they can be taken away again, but for maxima.
    """
    values = [f"max({column}) * (:sign > 0)" for column in rollup.maxima]
    values += [f"sum({column}) * :sign" for column in rollup.sums]
    columns = ", ".join(("sequence", *rollup.columns))
    groups = ", ".join(str(at) for at in range(2, 3 + len(rollup.keys)))
    conflict = ", ".join(("sequence", START, *rollup.keys))
    return (
        f"INSERT INTO main.{rollup.table('pending')} ({columns}) "
        f"SELECT :sequence, hour_of(minute), {', '.join((*rollup.keys, *values))} FROM ({_minutes(rollup)}) "
        f"WHERE true GROUP BY {groups} ON CONFLICT ({conflict}) {rollup.merged}"
    )


_ROLLS = tuple(_roll(rollup) for rollup in ROLLUPS)


def roll(database: SqliteDatabase, sequence: int, after_unix_s: int, last_unix_s: int, sign: int = 1) -> None:
    """Adds minutes to the pending rows of *sequence*, or takes them away again.

    :param after_unix_s: start of the minute before the first one.
    :param last_unix_s: start of the last one.
    :param sign: 1 or -1.
    """
    if after_unix_s < last_unix_s:
        span = {"sequence": sequence, "after": after_unix_s, "last": last_unix_s, "sign": sign}
        for statement in _ROLLS:
            database.execute_sql(statement, span)
