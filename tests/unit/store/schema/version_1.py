"""Databases as version 1 of this package left them."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

_DICTIONARIES = ("address", "device", "domain", "label", "iface")
_TABLES = """
CREATE TABLE "collector_health_1m" ("ts_minute" INTEGER NOT NULL, "iface" TEXT NOT NULL,
  "flow_entries" INTEGER NOT NULL, "flow_evicted" INTEGER NOT NULL, "flow_insert_drop" INTEGER NOT NULL,
  "dns_ringbuf_drop" INTEGER NOT NULL, "tls_ringbuf_drop" INTEGER NOT NULL, "flow_capacity" INTEGER NOT NULL,
  PRIMARY KEY ("ts_minute", "iface"));
CREATE TABLE "counter_minute" ("minute_unix_s" INTEGER NOT NULL, "iface_id" INTEGER NOT NULL,
  "direction" INTEGER NOT NULL, "counter" TEXT NOT NULL, "bytes" INTEGER NOT NULL, "packets" INTEGER NOT NULL,
  PRIMARY KEY ("minute_unix_s", "iface_id", "direction", "counter")) WITHOUT ROWID;
CREATE TABLE "flow_minute" ("minute_unix_s" INTEGER NOT NULL, "iface_id" INTEGER NOT NULL,
  "direction" INTEGER NOT NULL, "is_tx" INTEGER NOT NULL, "l4_proto" INTEGER NOT NULL, "client_id" INTEGER NOT NULL,
  "client_port" INTEGER NOT NULL, "remote_id" INTEGER NOT NULL, "remote_port" INTEGER NOT NULL,
  "device_id" INTEGER NOT NULL, "domain_id" INTEGER NOT NULL, "label_id" INTEGER NOT NULL, "bytes" INTEGER NOT NULL,
  "packets" INTEGER NOT NULL, PRIMARY KEY ("minute_unix_s", "iface_id", "direction", "is_tx", "l4_proto", "client_id",
  "client_port", "remote_id", "remote_port", "device_id", "domain_id", "label_id")) WITHOUT ROWID;
CREATE TABLE "kernel_instance" ("instance" TEXT NOT NULL PRIMARY KEY, "stored_generation" INTEGER NOT NULL);
CREATE TABLE "kernel_interface" ("instance" TEXT NOT NULL, "ifindex" INTEGER NOT NULL, "name" TEXT NOT NULL,
  "role" TEXT NOT NULL, PRIMARY KEY ("instance", "ifindex"));
CREATE TABLE "meta_kv" ("key" TEXT NOT NULL PRIMARY KEY, "value" TEXT NOT NULL);
CREATE VIEW flow_1m_5t AS SELECT
  minute_unix_s AS ts_minute, iface.text AS iface, direction, l4_proto AS proto,
  CASE is_tx WHEN 1 THEN client.text ELSE remote.text END AS src_ip,
  CASE is_tx WHEN 1 THEN client_port ELSE remote_port END AS src_port,
  CASE is_tx WHEN 1 THEN remote.text ELSE client.text END AS dst_ip,
  CASE is_tx WHEN 1 THEN remote_port ELSE client_port END AS dst_port,
  domain.text AS domain, label.text AS attribution_status, bytes, packets
FROM flow_minute
  JOIN iface ON iface.id = iface_id
  JOIN address AS client ON client.id = client_id
  JOIN address AS remote ON remote.id = remote_id
  JOIN domain ON domain.id = domain_id
  JOIN label ON label.id = label_id;
INSERT INTO address VALUES (1, '192.168.1.2'), (2, '203.0.113.7');
INSERT INTO device VALUES (1, '02:aa:bb:cc:dd:01');
INSERT INTO domain VALUES (1, 'www.one.co.uk');
INSERT INTO label VALUES (1, 'unknown'), (2, 'exact');
INSERT INTO iface VALUES (1, 'eth0');
INSERT INTO flow_minute VALUES
  (60, 1, 0, 0, 6, 1, 40000, 2, 443, 1, 1, 2, 1000, 10),
  (60, 1, 1, 1, 6, 1, 40000, 2, 443, 1, 1, 2, 100, 5),
  (60, 1, 0, 0, 17, 1, 0, 2, 53, 0, 0, 1, 7, 1),
  (120, 1, 0, 0, 6, 1, 40000, 2, 443, 1, 1, 2, 30, 3);
INSERT INTO counter_minute VALUES (60, 1, 0, 'seen', 1007, 11), (60, 1, 1, 'seen', 100, 5);
INSERT INTO collector_health_1m VALUES (60, 'eth0', 3, 0, 1, 0, 0, 65536);
INSERT INTO kernel_instance VALUES ('one', 41);
INSERT INTO kernel_interface VALUES ('one', 2, 'eth0', 'host');
INSERT INTO meta_kv VALUES ('taken_over/flow_1m', '3 rows');
PRAGMA user_version = 1;
"""
#: What its view showed.
FLOWS = [
    (60, "eth0", 0, 6, "203.0.113.7", 443, "192.168.1.2", 40000, "www.one.co.uk", "exact", 1000, 10),
    (60, "eth0", 0, 17, "203.0.113.7", 53, "192.168.1.2", 0, "", "unknown", 7, 1),
    (60, "eth0", 1, 6, "192.168.1.2", 40000, "203.0.113.7", 443, "www.one.co.uk", "exact", 100, 5),
    (120, "eth0", 0, 6, "203.0.113.7", 443, "192.168.1.2", 40000, "www.one.co.uk", "exact", 30, 3),
]


def version_1(path: Path, more: str = "") -> Path:
    """A database of version 1 at *path*; *more* is SQL that made its part of it."""
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA journal_mode = wal")
        for name in _DICTIONARIES:
            database.execute(f'CREATE TABLE "{name}" ("id" INTEGER NOT NULL PRIMARY KEY, "text" TEXT NOT NULL)')
            database.execute(f'CREATE UNIQUE INDEX "{name}_text" ON "{name}" ("text")')
            database.execute(f"INSERT INTO \"{name}\" VALUES (0, '')")
        database.executescript(_TABLES + more)
    return path
