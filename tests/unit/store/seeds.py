"""Databases of traffic-analyzer-rs, built as it made them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

SCHEMA = {
    "flow_1m_5t": "ts_minute INTEGER, iface TEXT, direction INTEGER, proto INTEGER, src_ip TEXT, src_port INTEGER, "
    "dst_ip TEXT, dst_port INTEGER, domain TEXT, attribution_status TEXT, bytes INTEGER, packets INTEGER, PRIMARY KEY "
    "(ts_minute, iface, direction, proto, src_ip, src_port, dst_ip, dst_port, domain, attribution_status)",
    "flow_1m": "ts_minute INTEGER, iface TEXT, direction INTEGER, proto INTEGER, peer_ip TEXT, peer_port INTEGER, "
    "domain TEXT, attribution_status TEXT, bytes INTEGER, packets INTEGER, PRIMARY KEY "
    "(ts_minute, iface, direction, proto, peer_ip, peer_port, domain, attribution_status)",
    "dns_1m": "ts_minute INTEGER, iface TEXT, qname TEXT, qtype INTEGER, count INTEGER, PRIMARY KEY "
    "(ts_minute, iface, qname, qtype)",
    "sni_1m": "ts_minute INTEGER, iface TEXT, sni TEXT, count INTEGER, PRIMARY KEY (ts_minute, iface, sni)",
    "dns_cache_1m": "ts_minute INTEGER, iface TEXT, cache_entries INTEGER, dns_answer_events INTEGER, "
    "sni_events INTEGER, new INTEGER, refresh INTEGER, expired INTEGER, PRIMARY KEY (ts_minute, iface)",
    "collector_health_1m": "ts_minute INTEGER, iface TEXT, flow_entries INTEGER, flow_evicted INTEGER, "
    "flow_insert_drop INTEGER, dns_ringbuf_drop INTEGER, tls_ringbuf_drop INTEGER, PRIMARY KEY (ts_minute, iface)",
    "meta_kv": "key TEXT PRIMARY KEY, value TEXT",
}
COLUMNS = {
    table: [part.split()[0] for part in text.split(", PRIMARY")[0].split(", ")] for table, text in SCHEMA.items()
}

NEW_ROWS = [
    (60, "eth0", 0, 6, "203.0.113.7", 443, "192.168.1.2", 40000, "one.example", "exact", 1000, 10),
    (60, "eth0", 1, 6, "192.168.1.2", 40000, "203.0.113.7", 443, "one.example", "exact", 100, 5),
    (120, "wlan0", 0, 17, "2001:db8::53", 53, "2001:db8::2", 5000, None, "unknown", 70, 1),
    (120, "wlan0", 0, 17, "2001:db8::53", 53, "2001:db8::2", 5000, "", "unknown", 7, 2),
    (120, "wlan0", 1, 58, "2001:db8::2", 0, "ff02::1", 0, None, None, 3, 1),
]  # fmt: skip
OLD_ROWS = [
    (0, "eth0", 0, 6, "198.51.100.1", 443, "old.example", "exact", 20_000, 20),
    (0, "eth0", 1, 17, "198.51.100.2", 53, None, "unknown", 50_000, 50),
    (0, "eth0", 1, 17, "198.51.100.2", 53, "old.example", "ambiguous", 5, 5),
]
#: The older rows as the seed itself moves them, and as we must.
MOVED_ROWS = [
    (0, "eth0", 0, 6, "198.51.100.1", 443, "0.0.0.0", 0, "old.example", "exact", 20_000, 20),
    (0, "eth0", 1, 17, "0.0.0.0", 0, "198.51.100.2", 53, None, "unknown", 50_000, 50),
    (0, "eth0", 1, 17, "0.0.0.0", 0, "198.51.100.2", 53, "old.example", "ambiguous", 5, 5),
]
HEALTH_ROWS = [(60, "eth0", 12, 3, 4, 5, 6), (120, "eth0", 13, 0, 0, 0, 0)]
DNS_ROWS = [
    (60, "eth0", "one.example", 1, 9), (60, "eth0", "one.example", 28, 5), (60, "wlan0", "www.two.co.uk", 65, 2),
    (120, "wlan1", "one.example", 1, 1),
]  # fmt: skip
SNI_ROWS = [(60, "eth0", "one.example", 4), (120, "wlan1", "www.two.co.uk", 1)]
CACHE_ROWS = [(60, "eth0", 7, 6, 5, 4, 3, 2), (120, "wlan1", 1, 0, 0, 0, 0, 0)]


def seed(path: Path, **tables: Iterable[tuple[object, ...]]) -> Path:
    """A seed's database with these rows, by table."""
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("PRAGMA journal_mode = wal")
        for table, rows in tables.items():
            database.execute(f"CREATE TABLE {table} ({SCHEMA[table]})")
            marks = ", ".join("?" * len(COLUMNS[table]))
            database.executemany(f"INSERT INTO {table} VALUES ({marks})", rows)
    return path


def rows(path: Path, query: str) -> list[tuple[object, ...]]:
    """What *query* finds in the database at *path*."""
    with closing(sqlite3.connect(path)) as database:
        return database.execute(query).fetchall()


def table_columns(path: Path, table: str) -> list[tuple[object, ...]]:
    """Name, type, whether NULL is refused, and place in the key of each column."""
    found = rows(path, f"PRAGMA table_info({table})")
    return [(name, type_, not_null, key) for _, name, type_, not_null, _, key in found]


def as_view(taken: Iterable[tuple[object, ...]]) -> list[tuple[object, ...]]:
    """Rows of ``flow_1m_5t`` as our view shows them: no NULL, equal keys summed."""
    sums: dict[tuple[object, ...], tuple[int, int]] = {}
    for *key, bytes_, packets in taken:
        at = tuple("" if part is None else part for part in key)
        held = sums.get(at, (0, 0))
        sums[at] = held[0] + bytes_, held[1] + packets  # type: ignore[operator]
    return sorted((*key, *both) for key, both in sums.items())
