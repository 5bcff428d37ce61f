"""Version 3 of the schema: devices with addresses and names, what is seen on two interfaces, the ledger, notices.

Frozen: a later version is a step of its own. SQL, not the models, which are those of today.
"""

from __future__ import annotations

from peewee import SqliteDatabase

_FLOW_KEY = (
    "minute_unix_s, iface_id, direction, is_tx, l4_proto, client_id, client_port, remote_id, remote_port, device_id, "
    "domain_id, label_id, evidence_id"
)
_QUESTION_KEY = "minute_unix_s, iface_id, device_id, client_id, domain_id, qtype"
_SERVER_NAME_KEY = "minute_unix_s, iface_id, device_id, client_id, domain_id, evidence_id"
#: Tables that say whether another interface counts the same too: name, key, sums.
_AGAIN = (
    ("flow_minute", _FLOW_KEY, "bytes, packets"),
    ("question_minute", _QUESTION_KEY, "count"),
    ("server_name_minute", _SERVER_NAME_KEY, "count"),
)
#: Views that stand on those tables: set aside while they are made anew.
_VIEWS = ("flow_1m_5t", "dns_1m", "sni_1m")
_TABLES = (
    "ALTER TABLE iface ADD COLUMN role TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE device ADD COLUMN kind TEXT NOT NULL DEFAULT ''",
    """
CREATE TABLE device_address (device_id INTEGER NOT NULL, address_id INTEGER NOT NULL, first_unix_s INTEGER NOT NULL,
  last_unix_s INTEGER NOT NULL, PRIMARY KEY (device_id, address_id)) WITHOUT ROWID
""",
    """
CREATE TABLE device_name (device_id INTEGER NOT NULL, source INTEGER NOT NULL, name TEXT NOT NULL,
  first_unix_s INTEGER NOT NULL, last_unix_s INTEGER NOT NULL, PRIMARY KEY (device_id, source, name)) WITHOUT ROWID
""",
    "CREATE TABLE notice (code TEXT NOT NULL, subject TEXT NOT NULL, detail TEXT NOT NULL, "
    "since_unix_s INTEGER NOT NULL, PRIMARY KEY (code, subject)) WITHOUT ROWID",
    "CREATE TABLE quota_crossed (quota TEXT NOT NULL, since_unix_s INTEGER NOT NULL, percent INTEGER NOT NULL, "
    "PRIMARY KEY (quota, since_unix_s, percent)) WITHOUT ROWID",
)
#: Until now a device was a MAC or nothing; now it is the client's address where there is no MAC.
_DEVICES = (
    *(statement for table, _, _ in _AGAIN for statement in (
        f"INSERT OR IGNORE INTO device (text) SELECT address.text FROM {table} JOIN address ON address.id = client_id "
        "WHERE device_id = 0 GROUP BY client_id",
        f"UPDATE {table} SET device_id = (SELECT device.id FROM device JOIN address ON address.text = device.text "
        "WHERE address.id = client_id) WHERE device_id = 0 AND client_id > 0",
    )),
    # A MAC is two hexadecimal digits, a colon, and so on; the second digit of a random one is 2, 6, a or e (IEEE 802c).
    "UPDATE device SET kind = CASE WHEN length(text) = 17 AND text LIKE '__:__:__:__:__:__' "
    "THEN CASE WHEN substr(text, 2, 1) IN ('2', '6', 'a', 'e') THEN 'random' ELSE 'mac' END ELSE 'address' END "
    "WHERE id > 0",
    "INSERT INTO device_address SELECT device_id, client_id, min(minute_unix_s), max(minute_unix_s) FROM flow_minute "
    "WHERE device_id > 0 GROUP BY device_id, client_id",
)  # fmt: skip
#: What the ledger is made of, for minutes before there was one.
_LEDGER = (
    "INSERT INTO counter_minute SELECT minute_unix_s, iface_id, direction, label.text, sum(bytes), sum(packets) "
    "FROM flow_minute JOIN label ON label.id = label_id WHERE EXISTS (SELECT 1 FROM counter_minute AS seen "
    "WHERE seen.counter = 'seen' AND seen.minute_unix_s = flow_minute.minute_unix_s "
    "AND seen.iface_id = flow_minute.iface_id AND seen.direction = flow_minute.direction) GROUP BY 1, 2, 3, 4",
    # Nobody asked the interface then: it is taken to have counted what was seen, as in the first turn of a run.
    "INSERT INTO counter_minute SELECT minute_unix_s, iface_id, direction, 'interface', bytes, packets "
    "FROM counter_minute WHERE counter = 'seen'",
)


def _make_again(database: SqliteDatabase, table: str, key: str, sums: str) -> None:
    columns = ", ".join(f"{column} INTEGER NOT NULL" for column in f"{key}, again, {sums}".split(", "))
    database.execute_sql(f"CREATE TABLE {table}_3 ({columns}, PRIMARY KEY ({key}, again)) WITHOUT ROWID")
    database.execute_sql(f"INSERT INTO {table}_3 SELECT {key}, 0, {sums} FROM {table}")
    database.execute_sql(f"DROP TABLE {table}")
    database.execute_sql(f"ALTER TABLE {table}_3 RENAME TO {table}")


def upgrade(database: SqliteDatabase) -> None:
    """From version 2."""
    views = {
        name: database.execute_sql("SELECT sql FROM sqlite_master WHERE name = ?", (name,)).fetchone()[0]
        for name in _VIEWS
    }
    for name in views:
        database.execute_sql(f"DROP VIEW {name}")
    for table in _AGAIN:
        _make_again(database, *table)
    for statement in (*_TABLES, *_DEVICES, *_LEDGER, *views.values()):
        database.execute_sql(statement)
