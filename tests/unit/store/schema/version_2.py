"""Databases as version 2 of this package left them."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

_TABLES = """
CREATE TABLE address (id INTEGER NOT NULL PRIMARY KEY, text TEXT NOT NULL);
CREATE TABLE device (id INTEGER NOT NULL PRIMARY KEY, text TEXT NOT NULL);
CREATE TABLE domain (id INTEGER NOT NULL PRIMARY KEY, text TEXT NOT NULL, site TEXT NOT NULL DEFAULT '');
CREATE TABLE label (id INTEGER NOT NULL PRIMARY KEY, text TEXT NOT NULL);
CREATE TABLE iface (id INTEGER NOT NULL PRIMARY KEY, text TEXT NOT NULL);
CREATE TABLE evidence (id INTEGER NOT NULL PRIMARY KEY, text TEXT NOT NULL);
CREATE UNIQUE INDEX address_text ON address (text);
CREATE UNIQUE INDEX device_text ON device (text);
CREATE UNIQUE INDEX domain_text ON domain (text);
CREATE UNIQUE INDEX label_text ON label (text);
CREATE UNIQUE INDEX iface_text ON iface (text);
CREATE UNIQUE INDEX evidence_text ON evidence (text);
CREATE TABLE flow_minute (minute_unix_s INTEGER NOT NULL, iface_id INTEGER NOT NULL, direction INTEGER NOT NULL,
  is_tx INTEGER NOT NULL, l4_proto INTEGER NOT NULL, client_id INTEGER NOT NULL, client_port INTEGER NOT NULL,
  remote_id INTEGER NOT NULL, remote_port INTEGER NOT NULL, device_id INTEGER NOT NULL, domain_id INTEGER NOT NULL,
  label_id INTEGER NOT NULL, evidence_id INTEGER NOT NULL, bytes INTEGER NOT NULL, packets INTEGER NOT NULL,
  PRIMARY KEY (minute_unix_s, iface_id, direction, is_tx, l4_proto, client_id, client_port, remote_id, remote_port,
    device_id, domain_id, label_id, evidence_id)) WITHOUT ROWID;
CREATE TABLE counter_minute (minute_unix_s INTEGER NOT NULL, iface_id INTEGER NOT NULL, direction INTEGER NOT NULL,
  counter TEXT NOT NULL, bytes INTEGER NOT NULL, packets INTEGER NOT NULL,
  PRIMARY KEY (minute_unix_s, iface_id, direction, counter)) WITHOUT ROWID;
CREATE TABLE question_minute (minute_unix_s INTEGER NOT NULL, iface_id INTEGER NOT NULL, device_id INTEGER NOT NULL,
  client_id INTEGER NOT NULL, domain_id INTEGER NOT NULL, qtype INTEGER NOT NULL, count INTEGER NOT NULL,
  PRIMARY KEY (minute_unix_s, iface_id, device_id, client_id, domain_id, qtype)) WITHOUT ROWID;
CREATE TABLE server_name_minute (minute_unix_s INTEGER NOT NULL, iface_id INTEGER NOT NULL, device_id INTEGER NOT NULL,
  client_id INTEGER NOT NULL, domain_id INTEGER NOT NULL, evidence_id INTEGER NOT NULL, count INTEGER NOT NULL,
  PRIMARY KEY (minute_unix_s, iface_id, device_id, client_id, domain_id, evidence_id)) WITHOUT ROWID;
CREATE TABLE dns_cache_1m (ts_minute INTEGER NOT NULL, iface TEXT NOT NULL, cache_entries INTEGER NOT NULL,
  dns_answer_events INTEGER NOT NULL, sni_events INTEGER NOT NULL, new INTEGER NOT NULL, refresh INTEGER NOT NULL,
  expired INTEGER NOT NULL, overflow INTEGER NOT NULL DEFAULT 0, unasked INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (ts_minute, iface));
CREATE TABLE collector_health_1m (ts_minute INTEGER NOT NULL, iface TEXT NOT NULL, flow_entries INTEGER NOT NULL,
  flow_evicted INTEGER NOT NULL, flow_insert_drop INTEGER NOT NULL, dns_ringbuf_drop INTEGER NOT NULL,
  tls_ringbuf_drop INTEGER NOT NULL, flow_capacity INTEGER NOT NULL, PRIMARY KEY (ts_minute, iface));
CREATE TABLE kernel_instance (instance TEXT NOT NULL PRIMARY KEY, stored_generation INTEGER NOT NULL);
CREATE TABLE kernel_interface (instance TEXT NOT NULL, ifindex INTEGER NOT NULL, name TEXT NOT NULL,
  role TEXT NOT NULL, PRIMARY KEY (instance, ifindex));
CREATE TABLE meta_kv (key TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL);
CREATE VIEW flow_1m_5t AS SELECT
  minute_unix_s AS ts_minute, iface.text AS iface, direction, l4_proto AS proto,
  CASE is_tx WHEN 1 THEN client.text ELSE remote.text END AS src_ip,
  CASE is_tx WHEN 1 THEN client_port ELSE remote_port END AS src_port,
  CASE is_tx WHEN 1 THEN remote.text ELSE client.text END AS dst_ip,
  CASE is_tx WHEN 1 THEN remote_port ELSE client_port END AS dst_port,
  CASE label.text WHEN 'hidden' THEN 'hidden by ECH (' || domain.text || ')' ELSE domain.text END AS domain,
  label.text AS attribution_status, bytes, packets
FROM flow_minute
  JOIN iface ON iface.id = iface_id
  JOIN address AS client ON client.id = client_id
  JOIN address AS remote ON remote.id = remote_id
  JOIN domain ON domain.id = domain_id
  JOIN label ON label.id = label_id;
CREATE VIEW dns_1m AS SELECT
  minute_unix_s AS ts_minute, iface.text AS iface, domain.text AS qname, qtype, sum(count) AS count
FROM question_minute JOIN iface ON iface.id = iface_id JOIN domain ON domain.id = domain_id
GROUP BY minute_unix_s, iface_id, domain_id, qtype;
CREATE VIEW sni_1m AS SELECT
  minute_unix_s AS ts_minute, iface.text AS iface, domain.text AS sni, sum(count) AS count
FROM server_name_minute JOIN iface ON iface.id = iface_id JOIN domain ON domain.id = domain_id
GROUP BY minute_unix_s, iface_id, domain_id;
"""
_ROWS = """
INSERT INTO address VALUES (0, ''), (1, '192.168.1.2'), (2, '203.0.113.7'), (3, '2001:db8::2'), (4, '192.168.1.3');
INSERT INTO device VALUES (0, ''), (1, '02:aa:bb:cc:dd:01'), (2, '00:16:3e:00:00:01');
INSERT INTO domain VALUES (0, '', ''), (1, 'www.one.co.uk', 'one.co.uk'), (2, 'ech.example', 'ech.example');
INSERT INTO label VALUES (0, ''), (1, 'unknown'), (2, 'exact'), (3, 'hidden');
INSERT INTO iface VALUES (0, ''), (1, 'eth0'), (2, 'br-lan');
INSERT INTO evidence VALUES (0, ''), (1, 'tls'), (2, 'ech');
INSERT INTO flow_minute VALUES
  (0, 1, 0, 0, 6, 0, 0, 2, 443, 0, 0, 0, 0, 5000, 5),
  (60, 1, 0, 0, 6, 1, 40000, 2, 443, 0, 1, 2, 1, 1000, 10),
  (60, 1, 0, 0, 6, 1, 40001, 2, 443, 0, 1, 2, 0, 200, 2),
  (60, 1, 1, 1, 6, 1, 40000, 2, 443, 0, 1, 2, 1, 100, 5),
  (60, 1, 0, 0, 17, 4, 0, 2, 53, 0, 0, 1, 0, 7, 1),
  (60, 2, 1, 0, 6, 3, 40000, 2, 443, 1, 2, 3, 2, 400, 4),
  (120, 2, 1, 0, 6, 1, 40000, 2, 443, 2, 0, 1, 0, 30, 3),
  (180, 2, 1, 0, 6, 1, 40000, 2, 443, 2, 0, 1, 0, 3, 1);
INSERT INTO counter_minute VALUES (60, 1, 0, 'seen', 1270, 14), (60, 1, 0, 'non_ip', 60, 1),
  (60, 1, 0, 'not_booked', 3, 0), (60, 1, 1, 'seen', 100, 5), (60, 2, 1, 'seen', 400, 4), (120, 2, 1, 'seen', 30, 3),
  (240, 2, 1, 'seen', 0, 0);
INSERT INTO question_minute VALUES (0, 1, 0, 0, 1, 1, 9), (60, 1, 0, 1, 1, 1, 3), (60, 1, 0, 4, 1, 28, 2),
  (60, 2, 1, 3, 2, 65, 1);
INSERT INTO server_name_minute VALUES (0, 1, 0, 0, 1, 1, 4), (60, 1, 0, 1, 1, 1, 2), (60, 2, 1, 3, 2, 2, 1);
INSERT INTO dns_cache_1m VALUES (60, 'eth0', 7, 6, 5, 4, 3, 2, 1, 0);
INSERT INTO collector_health_1m VALUES (60, 'eth0', 3, 8, 1, 2, 4, 65536);
INSERT INTO kernel_instance VALUES ('one', 41);
INSERT INTO kernel_interface VALUES ('one', 2, 'eth0', 'host');
INSERT INTO meta_kv VALUES ('taken_over/flow_1m', '3 rows');
PRAGMA user_version = 2;
"""


def version_2(path: Path) -> Path:
    """A database of version 2 at *path*, with rows in every table."""
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA journal_mode = wal")
        database.executescript(_TABLES + _ROWS)
    return path
