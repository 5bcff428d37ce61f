"""Texts of dictionaries that nothing refers to any more.

To find them every row is read, which takes as long as it takes: on a connection of its own, and where nobody waits. To
delete them takes short transactions, in which it must still be true that nothing refers to them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from peewee import SqliteDatabase

from ..dictionary import DICTIONARY_OF
from ..rows import Rows

GROWING = ("address", "device", "domain")  #: dictionaries that grow with the traffic; the others stay small
STEP = 1_000  #: texts that go in one step: a few milliseconds
#: In which order rows pass through the tables, by how those are called: what moves on meanwhile is met in the end.
_WAY = ("minute", "pending", "hour", "day")


def references(database: SqliteDatabase, schema: str = "main") -> list[tuple[str, str]]:
    """Every column of ids, with its table, in the order in which they are to be read."""
    found = database.execute_sql(
        f"SELECT of.name, part.name FROM {schema}.sqlite_master AS of, pragma_table_info(of.name, ?) AS part "
        r"WHERE of.type = 'table' AND part.name LIKE '%\_id' ESCAPE '\'",
        (schema,),
    ).fetchall()
    return sorted(found, key=lambda reference: (_place(reference[0]), reference))


def _place(table: str) -> int:
    last = table.rpartition("_")[2]
    return _WAY.index(last) if last in _WAY else len(_WAY)


def ids_of(database: SqliteDatabase, dictionary: str, schema: str = "main") -> set[int]:
    """Those of all texts, but for the empty one and ``(other)``."""
    return {row[0] for row in database.execute_sql(f"SELECT id FROM {schema}.{dictionary} WHERE id > 0")}


def unused(database: SqliteDatabase, dictionary: str, schema: str = "main") -> set[int]:
    """The ids of texts of *dictionary* that no row refers to; reads only.

    In a transaction it is true of its beginning. Without, each table is read at its own time: of what was written to
    meanwhile only rows that moved on, by being rolled up or taken, are met for sure.
    """
    left = ids_of(database, dictionary, schema)
    for table, column in references(database, schema):
        if DICTIONARY_OF.get(column) == dictionary:
            referred = database.execute_sql(f"SELECT DISTINCT {column} FROM {schema}.{table}")
            left.difference_update(row[0] for row in referred)
    if dictionary == "domain":  # the site of a name goes with its last name
        domain = f"{schema}.domain"
        names = database.execute_sql(
            f"SELECT name.id, site.id FROM {domain} AS name JOIN {domain} AS site ON site.text = name.site"
        )
        left.difference_update([site for name, site in names if name not in left])
    return left


def is_worth_it(database: SqliteDatabase, dictionary: str, found: Collection[int], schema: str = "main") -> bool:
    """True where a quarter of the texts or more are unused.

    Texts that go lie all over the file: a few cost an archive as many writes as many do.
    """
    count = database.execute_sql(f"SELECT count(*) FROM {schema}.{dictionary}").fetchone()[0]
    return len(found) * 4 >= int(count)


def delete_texts(database: SqliteDatabase, dictionary: str, ids: Iterable[int], schema: str = "main") -> int:
    """Deletes texts, in the transaction that is under way; how many. Ids of texts that anyone remembers are void then.

    :param ids: in this very transaction nothing refers to them, and no archive has them: it shares the ids.
    """
    cursor = database.connection().cursor()
    cursor.executemany(f"DELETE FROM {schema}.{dictionary} WHERE id = ?", [(each,) for each in ids])
    return int(cursor.rowcount)


class Sweep:
    """Deletes leftovers beside a writer that goes on: on its thread, by its connection.

    Begun before they are looked for; then :func:`unused` is asked on another connection, as long as it takes.

    :param rows: where the writer has its rows from: texts that are in use again since are told by them.
    """

    def __init__(self, database: SqliteDatabase, rows: Rows) -> None:
        self._database, self._rows = database, rows
        rows.forget_ids()
        self._begun = self._state()

    def _state(self) -> tuple[int, int]:
        """Another one when somebody else has written, or too much was in use to be remembered."""
        return self._rows.forgotten, int(self._database.execute_sql("PRAGMA main.data_version").fetchone()[0])

    def step(self, dictionary: str, found: list[int]) -> bool:
        """Deletes some of what was found, which it takes off the list; False where it is to be looked for anew."""
        with self._database.atomic("IMMEDIATE"):
            if self._state() != self._begun:
                return False
            delete_texts(self._database, dictionary, set(found[-STEP:]) - self._rows.used(dictionary))
        del found[-STEP:]
        return True
