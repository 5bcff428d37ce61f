"""Takes over a database of traffic-analyzer-rs: both generations of its flow table, once, with all their rows.

Its tables are first set aside under another name, then read into ours and dropped; ``dns_1m``, ``sni_1m`` and
``dns_cache_1m`` stay as they are. What was taken over is recorded in ``meta_kv``.
"""

from __future__ import annotations

from peewee import SqliteDatabase

from .models import MetaKv

_ASIDE = "seed_"
_FLOW, _FLOW_OLD, _HEALTH = "flow_1m_5t", "flow_1m", "collector_health_1m"
_MOVED = (_FLOW, _FLOW_OLD, _HEALTH)
#: By any of these a database is the seed's.
TABLES = {*_MOVED, "dns_1m", "sni_1m", "dns_cache_1m"}

# A seed database names protocols by number; one written by hand may have them as text.
_PROTO = (
    "CASE lower(proto) WHEN 'icmp' THEN 1 WHEN 'tcp' THEN 6 WHEN 'udp' THEN 17 WHEN 'icmpv6' THEN 58 ELSE proto END"
)

# The older generation knew one end only. A row that the seed itself has moved already stands in the newer table with
# the other end 0.0.0.0:0, which no packet has.
_MOVE_OLD = f"""
INSERT INTO {_ASIDE}{_FLOW}
  (ts_minute, iface, direction, proto, src_ip, src_port, dst_ip, dst_port, domain, attribution_status, bytes, packets)
SELECT * FROM (
  SELECT ts_minute, iface, direction, proto,
    CASE direction WHEN 0 THEN peer_ip ELSE '0.0.0.0' END AS src_ip,
    CASE direction WHEN 0 THEN peer_port ELSE 0 END AS src_port,
    CASE direction WHEN 0 THEN '0.0.0.0' ELSE peer_ip END AS dst_ip,
    CASE direction WHEN 0 THEN 0 ELSE peer_port END AS dst_port,
    domain, attribution_status, bytes, packets
  FROM {_ASIDE}{_FLOW_OLD}) AS old
WHERE NOT EXISTS (
  SELECT 1 FROM {_ASIDE}{_FLOW} AS new
  WHERE new.ts_minute = old.ts_minute AND new.iface = old.iface AND new.direction = old.direction
    AND new.proto = old.proto AND new.src_ip = old.src_ip AND new.src_port = old.src_port
    AND new.dst_ip = old.dst_ip AND new.dst_port = old.dst_port
    AND new.domain IS old.domain AND new.attribution_status IS old.attribution_status)
"""
_NEW_FLOW_TABLE = f"""
CREATE TABLE {_ASIDE}{_FLOW} (ts_minute INTEGER, iface TEXT, direction INTEGER, proto INTEGER, src_ip TEXT,
  src_port INTEGER, dst_ip TEXT, dst_port INTEGER, domain TEXT, attribution_status TEXT, bytes INTEGER, packets INTEGER)
"""
_DICTIONARY_ROWS = {
    "address": f"SELECT src_ip FROM {_ASIDE}{_FLOW} UNION SELECT dst_ip FROM {_ASIDE}{_FLOW}",
    "domain": f"SELECT domain FROM {_ASIDE}{_FLOW}",
    "label": f"SELECT attribution_status FROM {_ASIDE}{_FLOW}",
    "iface": f"SELECT iface FROM {_ASIDE}{_FLOW}",
}
# The seed looked from the host: what leaves is sent by the client.
_TAKE_FLOWS = f"""
INSERT INTO flow_minute (minute_unix_s, iface_id, direction, is_tx, l4_proto, client_id, client_port, remote_id,
  remote_port, device_id, domain_id, label_id, bytes, packets)
SELECT ts_minute, iface.id, direction, direction, {_PROTO},
  CASE direction WHEN 0 THEN dst.id ELSE src.id END, CASE direction WHEN 0 THEN dst_port ELSE src_port END,
  CASE direction WHEN 0 THEN src.id ELSE dst.id END, CASE direction WHEN 0 THEN src_port ELSE dst_port END,
  0, domain.id, label.id, sum(bytes), sum(packets)
FROM {_ASIDE}{_FLOW} AS old
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
FROM {_ASIDE}{_HEALTH}
"""


def _tables(database: SqliteDatabase) -> set[str]:
    return {name for (name,) in database.execute_sql("SELECT name FROM sqlite_master WHERE type = 'table'")}


def is_seed(database: SqliteDatabase) -> bool:
    """True where one of the seed's flow tables is a table: in our databases it is a view, or not there."""
    return bool(_tables(database) & {_FLOW, _FLOW_OLD})


def set_aside(database: SqliteDatabase) -> None:
    """Frees the names that our tables need."""
    for table in _tables(database) & set(_MOVED):
        database.execute_sql(f"ALTER TABLE {table} RENAME TO {_ASIDE}{table}")


def take_over(database: SqliteDatabase) -> None:
    """Reads the tables set aside into ours, drops them, and records how many rows there were."""
    aside = {table for table in _MOVED if _ASIDE + table in _tables(database)}
    if not aside:
        return
    counts = {t: database.execute_sql(f"SELECT count(*) FROM {_ASIDE}{t}").fetchone()[0] for t in aside}
    if aside & {_FLOW, _FLOW_OLD}:
        if _FLOW not in aside:
            database.execute_sql(_NEW_FLOW_TABLE)
        if _FLOW_OLD in aside:
            database.execute_sql(_MOVE_OLD)
        for dictionary, rows in _DICTIONARY_ROWS.items():
            database.execute_sql(f"INSERT OR IGNORE INTO {dictionary} (text) {rows}")
        database.execute_sql(_TAKE_FLOWS)
    if _HEALTH in aside:
        database.execute_sql(_TAKE_HEALTH)
    for table in _MOVED:
        database.execute_sql(f"DROP TABLE IF EXISTS {_ASIDE}{table}")
    for table, count in counts.items():
        MetaKv.insert(key=f"taken_over/{table}", value=f"{count} rows").on_conflict_replace().execute()
