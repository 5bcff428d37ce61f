"""Adds the rows of another database, attached, to those of this one: by what texts say, not by their ids."""

from __future__ import annotations

from peewee import SqliteDatabase

from ...sites import site_of
from .. import models
from ..dictionary import DICTIONARY_OF
from ..tiers.rollups import ROLLUPS, register

#: What is neither by minute nor rolled up, and grows with the traffic.
LASTING = ("device_address", "device_name", "quota_crossed")
#: By dictionary: its columns beside id and text, and what a text that is new gets there.
_DERIVED = {"device": {"kind": "kind"}, "domain": {"site": "site_of(text)"}, "iface": {"role": "role"}}
_LARGEST = {column for rollup in ROLLUPS for column in rollup.maxima}
_SMALLEST = {"first_unix_s"}


class Union:
    """Makes the texts of *schema* known here, in the transaction that is under way.

    What refers to a text that *schema* does not have refers to the empty one then.
    """

    def __init__(self, database: SqliteDatabase, schema: str) -> None:
        register(database)
        database.register_function(site_of, "site_of", 1)
        self._database, self._schema = database, schema
        for dictionary in models.DICTIONARIES:
            self._join(str(dictionary._meta.table_name))

    def _join(self, table: str) -> None:
        derived = _DERIVED.get(table, {})
        self._database.execute_sql(
            f"INSERT INTO main.{table} ({', '.join(('text', *derived))}) "
            f"SELECT {', '.join(('text', *derived.values()))} FROM {self._schema}.{table} "
            f"WHERE text NOT IN (SELECT text FROM main.{table}) ORDER BY id"
        )
        self._database.execute_sql(f"CREATE TEMP TABLE {table}_here (id INTEGER PRIMARY KEY, here INTEGER NOT NULL)")
        self._database.execute_sql(
            f"INSERT INTO {table}_here SELECT there.id, here.id FROM {self._schema}.{table} AS there "
            f"JOIN main.{table} AS here ON here.text = there.text"
        )
        if table == "iface":  # of an interface that was only named until now
            self._database.execute_sql(
                "UPDATE main.iface SET role = (SELECT role FROM "
                f"{self._schema}.iface AS there WHERE there.text = iface.text) "
                f"WHERE role = '' AND text IN (SELECT text FROM {self._schema}.iface)"
            )

    def add(self, table: str, source: str = "", where: str = "true", bound: int | None = None, **instead: str) -> int:
        """Adds rows of *source*, a table of the other database with the same columns, to *table*; how many they were.

        A row whose key is here is added to: sums grow, maxima are the larger one.

        :param source: where it is not *table* itself.
        :param where: SQL over a row of *source*; *bound* is its parameter, where it has one.
        :param instead: by column: SQL for its value, over a row of *source*.
        """
        info = self._database.execute_sql(f"PRAGMA main.table_info({table})").fetchall()
        columns = [str(column[1]) for column in info]
        key = [str(column[1]) for column in info if column[5]]
        values = ", ".join(instead.get(column) or _here(column) for column in columns)
        merged = ", ".join(f"{column} = {_merged(column)}" for column in columns if column not in key)
        return int(
            self._database.execute_sql(
                f"INSERT INTO main.{table} ({', '.join(columns)}) "
                f"SELECT {values} FROM {self._schema}.{source or table} WHERE {where} "
                f"ON CONFLICT ({', '.join(key)}) DO {f'UPDATE SET {merged}' if merged else 'NOTHING'}",
                () if bound is None else (bound,),
            ).rowcount
        )


def _here(column: str) -> str:
    dictionary = DICTIONARY_OF.get(column)
    return f"ifnull((SELECT here FROM temp.{dictionary}_here WHERE id = {column}), 0)" if dictionary else column


def _merged(column: str) -> str:
    if column in _LARGEST:
        return f"max({column}, excluded.{column})"
    return f"min({column}, excluded.{column})" if column in _SMALLEST else f"{column} + excluded.{column}"
