"""Version 2 of the schema: what a name was learnt from, sites, questions, server names, the table of names' health.

Frozen: a later version is a step of its own. SQL, not the models, which are those of today.
"""

from __future__ import annotations

from peewee import SqliteDatabase

from . import seed, seed_names
from .schema_1 import make_dictionary

_FLOW_KEY = (
    "minute_unix_s, iface_id, direction, is_tx, l4_proto, client_id, client_port, remote_id, remote_port, device_id, "
    "domain_id, label_id"
)
_FLOWS = (
    """
CREATE TABLE flow_minute_2 (minute_unix_s INTEGER NOT NULL, iface_id INTEGER NOT NULL, direction INTEGER NOT NULL,
  is_tx INTEGER NOT NULL, l4_proto INTEGER NOT NULL, client_id INTEGER NOT NULL, client_port INTEGER NOT NULL,
  remote_id INTEGER NOT NULL, remote_port INTEGER NOT NULL, device_id INTEGER NOT NULL, domain_id INTEGER NOT NULL,
  label_id INTEGER NOT NULL, evidence_id INTEGER NOT NULL, bytes INTEGER NOT NULL, packets INTEGER NOT NULL,
  PRIMARY KEY (minute_unix_s, iface_id, direction, is_tx, l4_proto, client_id, client_port, remote_id, remote_port,
    device_id, domain_id, label_id, evidence_id)) WITHOUT ROWID
""",
    f"INSERT INTO flow_minute_2 ({_FLOW_KEY}, evidence_id, bytes, packets) "
    f"SELECT {_FLOW_KEY}, 0, bytes, packets FROM flow_minute",
    "DROP TABLE flow_minute",
    "ALTER TABLE flow_minute_2 RENAME TO flow_minute",
)
_TABLES = (
    """
CREATE TABLE question_minute (minute_unix_s INTEGER NOT NULL, iface_id INTEGER NOT NULL, device_id INTEGER NOT NULL,
  client_id INTEGER NOT NULL, domain_id INTEGER NOT NULL, qtype INTEGER NOT NULL, count INTEGER NOT NULL,
  PRIMARY KEY (minute_unix_s, iface_id, device_id, client_id, domain_id, qtype)) WITHOUT ROWID
""",
    """
CREATE TABLE server_name_minute (minute_unix_s INTEGER NOT NULL, iface_id INTEGER NOT NULL, device_id INTEGER NOT NULL,
  client_id INTEGER NOT NULL, domain_id INTEGER NOT NULL, evidence_id INTEGER NOT NULL, count INTEGER NOT NULL,
  PRIMARY KEY (minute_unix_s, iface_id, device_id, client_id, domain_id, evidence_id)) WITHOUT ROWID
""",
    """
CREATE TABLE dns_cache_1m (ts_minute INTEGER NOT NULL, iface TEXT NOT NULL, cache_entries INTEGER NOT NULL,
  dns_answer_events INTEGER NOT NULL, sni_events INTEGER NOT NULL, new INTEGER NOT NULL, refresh INTEGER NOT NULL,
  expired INTEGER NOT NULL, overflow INTEGER NOT NULL DEFAULT 0, unasked INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (ts_minute, iface))
""",
)
#: The seed's tables, as views: what a user reads with the sqlite3 shell.
_VIEWS = (
    """
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
  JOIN label ON label.id = label_id
""",
    """
CREATE VIEW dns_1m AS SELECT
  minute_unix_s AS ts_minute, iface.text AS iface, domain.text AS qname, qtype, sum(count) AS count
FROM question_minute JOIN iface ON iface.id = iface_id JOIN domain ON domain.id = domain_id
GROUP BY minute_unix_s, iface_id, domain_id, qtype
""",
    """
CREATE VIEW sni_1m AS SELECT
  minute_unix_s AS ts_minute, iface.text AS iface, domain.text AS sni, sum(count) AS count
FROM server_name_minute JOIN iface ON iface.id = iface_id JOIN domain ON domain.id = domain_id
GROUP BY minute_unix_s, iface_id, domain_id
""",
)


def upgrade(database: SqliteDatabase) -> None:
    """From version 1, in which a seed's tables of names may still stand as they were."""
    database.execute_sql("DROP VIEW IF EXISTS flow_1m_5t")
    seed.set_aside(database, seed_names.TABLES)
    make_dictionary(database, "evidence")
    database.execute_sql("ALTER TABLE domain ADD COLUMN site TEXT NOT NULL DEFAULT ''")
    for statement in (*_FLOWS, *_TABLES):
        database.execute_sql(statement)
    seed_names.take(database)
    for view in _VIEWS:
        database.execute_sql(view)
