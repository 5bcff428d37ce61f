"""Version 4 of the schema: hours and days, and what is pending for them; ids that are never used twice.

Frozen: a later version is a step of its own. SQL, not the models and rollups, which are those of today. Minutes that
are there already count as not rolled up: who opens the database next rolls them up.
"""

from __future__ import annotations

import uuid

from peewee import SqliteDatabase

#: By dictionary: its columns beside id and text, with their defaults.
_DICTIONARIES = {
    "address": "",
    "device": ", kind TEXT NOT NULL DEFAULT ''",
    "domain": ", site TEXT NOT NULL DEFAULT ''",
    "label": "",
    "evidence": "",
    "iface": ", role TEXT NOT NULL DEFAULT ''",
}
_HALVES = "rx_bytes, tx_bytes, rx_packets, tx_packets"
#: By rollup: keys after the time, and the rest of the columns. Texts are those of _TEXTS.
_ROLLUPS = {
    "coverage": ("iface_id, tx_direction, label_id, evidence_id, again", _HALVES),
    "traffic": ("iface_id, tx_direction, device_id, domain_id, label_id, evidence_id, resolver_id, l4_proto, "
                "service_port, again", _HALVES),
    "remote": ("iface_id, tx_direction, device_id, remote_id, again", _HALVES),
    "client": ("iface_id, tx_direction, device_id, client_id, again", f"last_unix_s, {_HALVES}"),
    "conversation": ("iface_id, direction, is_tx, l4_proto, client_id, client_port, remote_id, remote_port, device_id, "
                     "domain_id, label_id, evidence_id, again", "last_unix_s, bytes, packets"),
    "question": ("iface_id, device_id, domain_id, qtype, again", "count"),
    "server_name": ("iface_id, device_id, domain_id, evidence_id, again", "count"),
    "counter": ("iface_id, direction, counter", "bytes, packets"),
    "name_health": ("iface", "cache_entries, dns_answer_events, sni_events, new, refresh, expired, overflow, unasked"),
    "health": ("iface", "flow_entries, flow_capacity, flow_evicted, flow_insert_drop, dns_ringbuf_drop, "
               "tls_ringbuf_drop, archive_bytes"),
}  # fmt: skip
_TEXTS = ("iface", "counter")
#: What is put together has the id -1 in every file. Version 3 knew a name for it too, by any id.
_REST = (
    *(f"UPDATE {table} SET domain_id = -1 WHERE domain_id = (SELECT id FROM domain WHERE text = '(other)')"
      for table in ("flow_minute", "question_minute", "server_name_minute")),
    "DELETE FROM domain WHERE text = '(other)'",
    "INSERT INTO domain (id, text, site) VALUES (-1, '(other)', '(other)')",
    "INSERT INTO address (id, text) VALUES (-1, '(other)')",
)  # fmt: skip


def _make_ids_lasting(database: SqliteDatabase, table: str, columns: str) -> None:
    database.execute_sql(
        f"CREATE TABLE {table}_4 (id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, text TEXT NOT NULL{columns})"
    )
    # A column that a user added stays: what was noted there is theirs.
    info = [database.execute_sql(f"PRAGMA table_info({name})").fetchall() for name in (f"{table}_4", table)]
    ours, found = ({str(row[1]): str(row[2]) for row in rows} for rows in info)
    for name in [name for name in found if name not in ours]:
        database.execute_sql(f"ALTER TABLE {table}_4 ADD COLUMN {_quoted(name)} {found[name]}")
    names = ", ".join(map(_quoted, found))
    database.execute_sql(f"INSERT INTO {table}_4 ({names}) SELECT {names} FROM {table}")
    database.execute_sql(f"DROP TABLE {table}")
    database.execute_sql(f"ALTER TABLE {table}_4 RENAME TO {table}")
    database.execute_sql(f"CREATE UNIQUE INDEX {table}_text ON {table} (text)")


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _make_rollup(database: SqliteDatabase, table: str, keys: str, values: str) -> None:
    columns = ", ".join(
        f"{column} {'TEXT' if column in _TEXTS else 'INTEGER'} NOT NULL" for column in f"{keys}, {values}".split(", ")
    )
    database.execute_sql(f"CREATE TABLE {table} ({columns}, PRIMARY KEY ({keys})) WITHOUT ROWID")


def upgrade(database: SqliteDatabase) -> None:
    """From version 3."""
    views = database.execute_sql("SELECT name, sql FROM sqlite_master WHERE type = 'view'").fetchall()
    for name, _ in views:
        database.execute_sql(f"DROP VIEW {name}")
    for table, columns in _DICTIONARIES.items():
        _make_ids_lasting(database, table, columns)
    for _, sql in views:
        database.execute_sql(sql)
    for rollup, (keys, values) in _ROLLUPS.items():
        for tier in ("hour", "day"):
            _make_rollup(database, f"{rollup}_{tier}", f"start_unix_s, {keys}", values)
        _make_rollup(database, f"{rollup}_pending", f"sequence, start_unix_s, {keys}", values)
    database.execute_sql("ALTER TABLE collector_health_1m ADD COLUMN archive_bytes INTEGER NOT NULL DEFAULT 0")
    for statement in _REST:
        database.execute_sql(statement)
    facts = {"store_id": uuid.uuid4().hex, "sequence": "1"}
    for fact in facts.items():
        database.execute_sql("INSERT OR REPLACE INTO meta_kv VALUES (?, ?)", fact)
