"""Views, triggers and indexes that a user added: they stand aside while the schema changes, and come back after it.

SQLite refuses to rename a table while a view or a trigger speaks of one that is missing, and drops a table's indexes
and triggers with it.
"""

from __future__ import annotations

from typing import NamedTuple

from peewee import DatabaseError, SqliteDatabase

#: Those that steps of the schema make themselves.
_VIEWS = ("flow_1m_5t", "dns_1m", "sni_1m")
_INDEXES = ("address_text", "device_text", "domain_text", "label_text", "evidence_text", "iface_text")
_LEFT_OUT = "left_out/"  # in meta_kv, and a name: the SQL of what nothing stands for any more


class Bystander(NamedTuple):
    """What ``sqlite_master`` says of it."""

    kind: str  #: view, trigger or index
    name: str
    sql: str


def set_aside(database: SqliteDatabase) -> list[Bystander]:
    """Drops them; in the order in which they were made."""
    found = [
        Bystander(*row)
        for row in database.execute_sql(
            "SELECT type, name, sql FROM sqlite_master WHERE type IN ('view', 'trigger', 'index') AND sql IS NOT NULL "
            "ORDER BY rowid"
        )
        if row[1] not in (*_VIEWS, *_INDEXES)
    ]
    for bystander in reversed(found):
        database.execute_sql(f"DROP {bystander.kind} IF EXISTS {_quoted(bystander.name)}")  # a view takes its triggers
    return found


def put_back(database: SqliteDatabase, bystanders: list[Bystander]) -> None:
    """Makes them anew; what cannot be, an index of a table that is a view now, say, is kept as a fact."""
    for bystander in bystanders:
        try:
            with database.savepoint():
                database.execute_sql(bystander.sql)
        except DatabaseError:
            fact = f"{_LEFT_OUT}{bystander.name}", bystander.sql
            database.execute_sql("INSERT OR REPLACE INTO meta_kv VALUES (?, ?)", fact)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
