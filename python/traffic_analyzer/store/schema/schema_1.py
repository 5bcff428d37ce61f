"""Version 1 of the schema: flows and counters by minute, and what the seed's flow tables become.

Frozen: a later version is a step of its own. SQL, not the models, which are those of today.
"""

from __future__ import annotations

from peewee import SqliteDatabase

from . import seed

_DICTIONARIES = ("address", "device", "domain", "label", "iface")
_TABLES = (
    """
CREATE TABLE flow_minute (minute_unix_s INTEGER NOT NULL, iface_id INTEGER NOT NULL, direction INTEGER NOT NULL,
  is_tx INTEGER NOT NULL, l4_proto INTEGER NOT NULL, client_id INTEGER NOT NULL, client_port INTEGER NOT NULL,
  remote_id INTEGER NOT NULL, remote_port INTEGER NOT NULL, device_id INTEGER NOT NULL, domain_id INTEGER NOT NULL,
  label_id INTEGER NOT NULL, bytes INTEGER NOT NULL, packets INTEGER NOT NULL,
  PRIMARY KEY (minute_unix_s, iface_id, direction, is_tx, l4_proto, client_id, client_port, remote_id, remote_port,
    device_id, domain_id, label_id)) WITHOUT ROWID
""",
    """
CREATE TABLE counter_minute (minute_unix_s INTEGER NOT NULL, iface_id INTEGER NOT NULL, direction INTEGER NOT NULL,
  counter TEXT NOT NULL, bytes INTEGER NOT NULL, packets INTEGER NOT NULL,
  PRIMARY KEY (minute_unix_s, iface_id, direction, counter)) WITHOUT ROWID
""",
    """
CREATE TABLE collector_health_1m (ts_minute INTEGER NOT NULL, iface TEXT NOT NULL, flow_entries INTEGER NOT NULL,
  flow_evicted INTEGER NOT NULL, flow_insert_drop INTEGER NOT NULL, dns_ringbuf_drop INTEGER NOT NULL,
  tls_ringbuf_drop INTEGER NOT NULL, flow_capacity INTEGER NOT NULL, PRIMARY KEY (ts_minute, iface))
""",
    "CREATE TABLE kernel_instance (instance TEXT NOT NULL PRIMARY KEY, stored_generation INTEGER NOT NULL)",
    "CREATE TABLE kernel_interface (instance TEXT NOT NULL, ifindex INTEGER NOT NULL, name TEXT NOT NULL, "
    "role TEXT NOT NULL, PRIMARY KEY (instance, ifindex))",
    "CREATE TABLE IF NOT EXISTS meta_kv (key TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL)",  # the seed has one too
)


def make_dictionary(database: SqliteDatabase, table: str) -> None:
    """A dictionary of texts; id 0 is the empty one."""
    database.execute_sql(f"CREATE TABLE {table} (id INTEGER NOT NULL PRIMARY KEY, text TEXT NOT NULL)")
    database.execute_sql(f"CREATE UNIQUE INDEX {table}_text ON {table} (text)")
    database.execute_sql(f"INSERT INTO {table} (id, text) VALUES (0, '')")


def upgrade(database: SqliteDatabase) -> None:
    """From an empty file, or from a database of the seed."""
    seed.set_aside(database, seed.FLOW_TABLES)
    for dictionary in _DICTIONARIES:
        make_dictionary(database, dictionary)
    for table in _TABLES:
        database.execute_sql(table)
    seed.take_flows(database)
