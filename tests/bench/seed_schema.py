"""The same traffic in the tables of traffic-analyzer-rs: how much they take, and how long its top-domain."""

from __future__ import annotations

import sqlite3
import time
from collections import Counter
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from statistics import median
from typing import NamedTuple

from tests.unit.store.seeds import COLUMNS, SCHEMA
from traffic_analyzer.records import Batch, FlowKey, Traffic
from traffic_analyzer.store.dictionary import address_text

_TABLES = ("flow_1m_5t", "dns_1m", "sni_1m", "dns_cache_1m", "collector_health_1m")
_KEYS = {"flow_1m_5t": 10, "dns_1m": 4, "sni_1m": 3, "dns_cache_1m": 2, "collector_health_1m": 2}
_TOP_DOMAIN = (
    "SELECT domain, sum(bytes) AS bytes FROM flow_1m_5t WHERE ts_minute >= ? AND ts_minute < ? "
    "GROUP BY domain ORDER BY bytes DESC LIMIT 20"
)
_ROUNDS = 5


class SeedFigures(NamedTuple):
    """What the seed's tables came to."""

    rows: int  #: of flows
    bytes: int  #: of the file
    us_a_row: float  #: to write one, in a transaction a minute; CPU
    top_domain_ms: dict[int, float]  #: by window, seconds


def measured(path: Path, batches: Iterable[Batch], windows_s: Iterable[int]) -> SeedFigures:
    """Writes *batches* to a new database at *path* as the seed would have done, and asks it.

    :param windows_s: up to the end of the last batch.
    """
    spent_s, until_unix_s = 0.0, 0
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        database.execute("PRAGMA journal_mode = wal")
        database.execute("PRAGMA synchronous = normal")
        for table in _TABLES:
            database.execute(f"CREATE TABLE {table} ({SCHEMA[table]})")
        statements = [_upsert(table) for table in _TABLES]
        for batch in batches:
            rows = _rows(batch)
            began_s = time.thread_time()
            database.execute("BEGIN IMMEDIATE")
            for statement, table_rows in zip(statements, rows, strict=True):
                database.executemany(statement, table_rows)
            database.execute("COMMIT")
            spent_s += time.thread_time() - began_s
            until_unix_s = batch.minute_unix_s + 60
        (count,) = database.execute("SELECT count(*) FROM flow_1m_5t").fetchone()
    with closing(sqlite3.connect(path)) as database:
        asked = {window_s: _median_ms(database, until_unix_s - window_s, until_unix_s) for window_s in windows_s}
    return SeedFigures(count, path.stat().st_size, spent_s / count * 1e6, asked)


def _upsert(table: str) -> str:
    columns, keys = COLUMNS[table], _KEYS[table]
    sums = ", ".join(f"{column} = {column} + excluded.{column}" for column in columns[keys:])
    marks = ", ".join("?" * len(columns))
    return f"INSERT INTO {table} VALUES ({marks}) ON CONFLICT ({', '.join(columns[:keys])}) DO UPDATE SET {sums}"


def _rows(batch: Batch) -> tuple[list[tuple[object, ...]], ...]:
    """By table; what the seed knows nothing of is left out."""
    asked: Counter[tuple[object, ...]] = Counter()
    for question, count in batch.questions.items():
        asked[question.minute_unix_s, question.iface, question.qname, question.qtype] += count
    shown: Counter[tuple[object, ...]] = Counter()
    for name, count in batch.server_names.items():
        shown[name.minute_unix_s, name.iface, name.server_name] += count
    return (
        [_flow_row(key, traffic) for key, traffic in batch.flows.items()],
        [(*key, count) for key, count in asked.items()],
        [(*key, count) for key, count in shown.items()],
        [each[:8] for each in batch.name_health],
        [(each.minute_unix_s, each.iface, each.flow_entries, 0, *each[4:7]) for each in batch.health],
    )


def _flow_row(key: FlowKey, traffic: Traffic) -> tuple[object, ...]:
    near, far = (address_text(key.client), key.client_port), (address_text(key.remote), key.remote_port)
    ends = (*near, *far) if key.is_tx else (*far, *near)
    return (key.minute_unix_s, key.iface, key.direction, key.l4_proto, *ends, key.domain, key.label, *traffic)


def _median_ms(database: sqlite3.Connection, since_unix_s: int, until_unix_s: int) -> float:
    taken_ms = []
    for _ in range(_ROUNDS):
        began_s = time.perf_counter()
        database.execute(_TOP_DOMAIN, (since_unix_s, until_unix_s)).fetchall()
        taken_ms.append((time.perf_counter() - began_s) * 1000)
    return median(taken_ms)
