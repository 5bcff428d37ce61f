"""Takes over a database of traffic-analyzer-rs: both generations of its flow table, once, with all their rows.

Its tables are first set aside under another name, then read into ours and dropped. What was taken over is recorded in
``meta_kv``. ``seed_names`` does the same for its tables of names. Both write to the schema of the version that they
are a step of.
"""

from __future__ import annotations

from collections.abc import Iterable

from peewee import SqliteDatabase

ASIDE = "seed_"
_FLOW, _FLOW_OLD, _HEALTH = "flow_1m_5t", "flow_1m", "collector_health_1m"
FLOW_TABLES = (_FLOW, _FLOW_OLD, _HEALTH)

# A seed database names protocols by number; one written by hand may have them as text.
_PROTO = (
    "CASE lower(proto) WHEN 'icmp' THEN 1 WHEN 'tcp' THEN 6 WHEN 'udp' THEN 17 WHEN 'icmpv6' THEN 58 ELSE proto END"
)

# The older generation knew one end only. A row that the seed itself has moved already stands in the newer table with
# the other end 0.0.0.0:0, which no packet has.
_MOVE_OLD = f"""
INSERT INTO {ASIDE}{_FLOW}
  (ts_minute, iface, direction, proto, src_ip, src_port, dst_ip, dst_port, domain, attribution_status, bytes, packets)
SELECT * FROM (
  SELECT ts_minute, iface, direction, proto,
    CASE direction WHEN 0 THEN peer_ip ELSE '0.0.0.0' END AS src_ip,
    CASE direction WHEN 0 THEN peer_port ELSE 0 END AS src_port,
    CASE direction WHEN 0 THEN '0.0.0.0' ELSE peer_ip END AS dst_ip,
    CASE direction WHEN 0 THEN 0 ELSE peer_port END AS dst_port,
    domain, attribution_status, bytes, packets
  FROM {ASIDE}{_FLOW_OLD}) AS old
WHERE NOT EXISTS (
  SELECT 1 FROM {ASIDE}{_FLOW} AS new
  WHERE new.ts_minute = old.ts_minute AND new.iface = old.iface AND new.direction = old.direction
    AND new.proto = old.proto AND new.src_ip = old.src_ip AND new.src_port = old.src_port
    AND new.dst_ip = old.dst_ip AND new.dst_port = old.dst_port
    AND new.domain IS old.domain AND new.attribution_status IS old.attribution_status)
"""
_NEW_FLOW_TABLE = f"""
CREATE TABLE {ASIDE}{_FLOW} (ts_minute INTEGER, iface TEXT, direction INTEGER, proto INTEGER, src_ip TEXT,
  src_port INTEGER, dst_ip TEXT, dst_port INTEGER, domain TEXT, attribution_status TEXT, bytes INTEGER, packets INTEGER)
"""
_DICTIONARY_ROWS = {
    "address": f"SELECT src_ip FROM {ASIDE}{_FLOW} UNION SELECT dst_ip FROM {ASIDE}{_FLOW}",
    "domain": f"SELECT domain FROM {ASIDE}{_FLOW}",
    "label": f"SELECT attribution_status FROM {ASIDE}{_FLOW}",
    "iface": f"SELECT iface FROM {ASIDE}{_FLOW}",
}
# The seed looked from the host: what leaves is sent by the client.
_TAKE_FLOWS = f"""
INSERT INTO flow_minute (minute_unix_s, iface_id, direction, is_tx, l4_proto, client_id, client_port, remote_id,
  remote_port, device_id, domain_id, label_id, bytes, packets)
SELECT ts_minute, iface.id, direction, direction, {_PROTO},
  CASE direction WHEN 0 THEN dst.id ELSE src.id END, CASE direction WHEN 0 THEN dst_port ELSE src_port END,
  CASE direction WHEN 0 THEN src.id ELSE dst.id END, CASE direction WHEN 0 THEN src_port ELSE dst_port END,
  0, domain.id, label.id, sum(bytes), sum(packets)
FROM {ASIDE}{_FLOW} AS old
  JOIN iface ON iface.text = old.iface
  JOIN address AS src ON src.text = src_ip
  JOIN address AS dst ON dst.text = dst_ip
  JOIN domain ON domain.text = ifnull(old.domain, '')
  JOIN label ON label.text = ifnull(attribution_status, '')
GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12
ON CONFLICT DO UPDATE SET bytes = bytes + excluded.bytes, packets = packets + excluded.packets
"""
_TAKE_HEALTH = f"""
INSERT INTO {_HEALTH} (ts_minute, iface, flow_entries, flow_evicted, flow_insert_drop, dns_ringbuf_drop,
  tls_ringbuf_drop, flow_capacity)
SELECT ts_minute, iface, flow_entries, flow_evicted, flow_insert_drop, dns_ringbuf_drop, tls_ringbuf_drop, 0
FROM {ASIDE}{_HEALTH}
"""


def tables(database: SqliteDatabase) -> set[str]:
    """The names of all tables, views not included."""
    return {name for (name,) in database.execute_sql("SELECT name FROM sqlite_master WHERE type = 'table'")}


def set_aside(database: SqliteDatabase, names: Iterable[str]) -> None:
    """Frees the names of those tables that are there: ours need them."""
    for table in tables(database) & set(names):
        database.execute_sql(f"ALTER TABLE {table} RENAME TO {ASIDE}{table}")


def counts(database: SqliteDatabase, names: Iterable[str]) -> dict[str, int]:
    """How many rows each table that was set aside holds."""
    aside = [table for table in names if ASIDE + table in tables(database)]
    return {table: database.execute_sql(f"SELECT count(*) FROM {ASIDE}{table}").fetchone()[0] for table in aside}


def drop(database: SqliteDatabase, taken: dict[str, int]) -> None:
    """Drops tables that were set aside and records how many rows were taken from each."""
    for table, count in taken.items():
        database.execute_sql(f"DROP TABLE {ASIDE}{table}")
        database.execute_sql("INSERT OR REPLACE INTO meta_kv VALUES (?, ?)", (f"taken_over/{table}", f"{count} rows"))


def take_flows(database: SqliteDatabase) -> None:
    """Reads the flow tables that were set aside, and the collector's health, into ours."""
    taken = counts(database, FLOW_TABLES)
    if taken.keys() & {_FLOW, _FLOW_OLD}:
        if _FLOW not in taken:
            database.execute_sql(_NEW_FLOW_TABLE)
        if _FLOW_OLD in taken:
            database.execute_sql(_MOVE_OLD)
        for dictionary, rows in _DICTIONARY_ROWS.items():
            database.execute_sql(f"INSERT OR IGNORE INTO {dictionary} (text) {rows}")
        database.execute_sql(_TAKE_FLOWS)
        if _FLOW not in taken:
            database.execute_sql(f"DROP TABLE {ASIDE}{_FLOW}")
    if _HEALTH in taken:
        database.execute_sql(_TAKE_HEALTH)
    drop(database, taken)
