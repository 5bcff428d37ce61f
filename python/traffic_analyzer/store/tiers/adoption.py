"""Adoption: a working database takes over the texts of an archive, under the archive's ids, and what lasts."""

from __future__ import annotations

from collections.abc import Iterator

from peewee import SqliteDatabase

from .. import models
from ..dictionary import DERIVED, DICTIONARY_OF, columns_of
from ..facts import SEQUENCE, Facts, taken
from .rollups import ROLLUPS

_HIGH = 1 << 40  # no id is


def _referring() -> Iterator[tuple[str, str, str]]:
    """Every column that refers to a dictionary: its table, its name, the dictionary."""
    for model in models.TABLES:
        for column in model._meta.sorted_field_names:
            if column in DICTIONARY_OF:
                yield model._meta.table_name, column, DICTIONARY_OF[column]
    for rollup in ROLLUPS:
        for tier in ("pending", "hour", "day"):
            for column, dictionary in rollup.dictionaries.items():
                yield rollup.table(tier), column, dictionary


def adopt(database: SqliteDatabase, schema: str) -> bool:
    """Makes the main database agree with the one attached as *schema*, in the transaction under way.

    Afterwards its dictionaries hold every text of the other one under the same id, its own rows say what they said,
    and no id that it makes later was ever one of the other's. True where ids have changed. In any case ids that are
    remembered by text must be looked up again.
    """
    changed = [_adopt_texts(database, schema, str(model._meta.table_name)) for model in models.DICTIONARIES]
    merge_lasting(database, schema, "main")
    _follow_sequence(database, schema)
    return any(changed)


def _agree(database: SqliteDatabase, schema: str, dictionary: str) -> bool:
    """True where no id means two texts, and no text has two ids."""
    both = f"SELECT 1 FROM {schema}.{dictionary} AS other CROSS JOIN main.{dictionary} AS mine ON"
    return not database.execute_sql(
        f"SELECT EXISTS ({both} mine.id = other.id WHERE mine.text <> other.text) "
        f"OR EXISTS ({both} mine.text = other.text WHERE mine.id <> other.id)"
    ).fetchone()[0]


def merge_lasting(
    database: SqliteDatabase, source: str, target: str, since_unix_s: int | None = None, coarse_s: int = 1
) -> None:
    """Adds what lasts beside traffic, of one database of a connection to another whose ids agree.

    :param since_unix_s: only what was seen since; None: all.
    :param coarse_s: when something was last seen is left as it is where it is later by less.
    """
    for table, key in (("device_address", "device_id, address_id"), ("device_name", "device_id, source, name")):
        recent = "true" if since_unix_s is None else f"last_unix_s >= {since_unix_s}"
        database.execute_sql(
            f"INSERT INTO {target}.{table} SELECT * FROM {source}.{table} WHERE {recent} ON CONFLICT ({key}) DO UPDATE "
            "SET first_unix_s = min(first_unix_s, excluded.first_unix_s), "
            "last_unix_s = max(last_unix_s, excluded.last_unix_s) "
            f"WHERE excluded.first_unix_s < first_unix_s OR excluded.last_unix_s >= last_unix_s + {coarse_s}"
        )
    database.execute_sql(f"INSERT OR IGNORE INTO {target}.quota_crossed SELECT * FROM {source}.quota_crossed")


def _adopt_texts(database: SqliteDatabase, schema: str, dictionary: str) -> bool:
    changed = not _agree(database, schema, dictionary)
    if changed:
        _renumber(database, schema, dictionary)
    columns = columns_of(dictionary)
    database.execute_sql(
        f"INSERT INTO main.{dictionary} ({columns}) SELECT {columns} FROM {schema}.{dictionary} "
        f"WHERE id NOT IN (SELECT id FROM main.{dictionary})"
    )
    if derived := DERIVED.get(dictionary):
        theirs = f"(SELECT {derived} FROM {schema}.{dictionary} AS other WHERE other.id = {dictionary}.id)"
        database.execute_sql(
            f"UPDATE main.{dictionary} SET {derived} = {theirs} WHERE {derived} = '' AND {theirs} <> ''"
        )
    _raise_sequence(database, schema, dictionary)
    return changed


def _highest(database: SqliteDatabase, schema: str, dictionary: str) -> int:
    """The highest id that was ever used."""
    return int(
        database.execute_sql(
            f"SELECT max(coalesce((SELECT seq FROM {schema}.sqlite_sequence WHERE name = ?), 0), "
            f"(SELECT coalesce(max(id), 0) FROM {schema}.{dictionary}))",
            (dictionary,),
        ).fetchone()[0]
    )


def _raise_sequence(database: SqliteDatabase, schema: str, dictionary: str) -> None:
    highest = max(_highest(database, each, dictionary) for each in ("main", schema))
    changed = database.execute_sql("UPDATE main.sqlite_sequence SET seq = ? WHERE name = ?", (highest, dictionary))
    if not changed.rowcount:
        database.execute_sql("INSERT INTO main.sqlite_sequence (name, seq) VALUES (?, ?)", (dictionary, highest))


def _renumber(database: SqliteDatabase, schema: str, dictionary: str) -> None:
    """Gives the ids of the main database's texts that the other one has for them; new ones to what stands in the way.

    Ids pass through high ones: no row meets another on the way, whatever the key of its table.
    """
    free = max(_highest(database, each, dictionary) for each in ("main", schema))
    database.execute_sql("CREATE TEMP TABLE renumbered (old INTEGER PRIMARY KEY, new INTEGER NOT NULL)")
    database.execute_sql(
        f"INSERT INTO temp.renumbered SELECT mine.id, other.id FROM main.{dictionary} AS mine "
        f"JOIN {schema}.{dictionary} AS other ON other.text = mine.text WHERE mine.id <> other.id"
    )
    database.execute_sql(
        f"INSERT INTO temp.renumbered SELECT mine.id, ? + row_number() OVER (ORDER BY mine.id) "
        f"FROM main.{dictionary} AS mine JOIN {schema}.{dictionary} AS other ON other.id = mine.id "
        f"WHERE other.text <> mine.text AND mine.id NOT IN (SELECT old FROM temp.renumbered)",
        (free,),
    )
    columns = [(table, column) for table, column, of in _referring() if of == dictionary]
    for table, column in (*columns, (dictionary, "id")):
        database.execute_sql(
            f"UPDATE main.{table} SET {column} = {_HIGH} + (SELECT new FROM temp.renumbered WHERE old = {column}) "
            f"WHERE {column} IN (SELECT old FROM temp.renumbered)"
        )
        database.execute_sql(f"UPDATE main.{table} SET {column} = {column} - {_HIGH} WHERE {column} > {_HIGH}")
    database.execute_sql("DROP TABLE temp.renumbered")


def _follow_sequence(database: SqliteDatabase, schema: str) -> None:
    """Where the other one took more from this store than it sealed, it is an older copy: new rows must be newer."""
    facts = Facts(database)
    last = Facts(database, schema).number(taken(facts.store_id()), 0)
    if facts.number(SEQUENCE, 1) <= last:
        facts.put(SEQUENCE, last + 1)
