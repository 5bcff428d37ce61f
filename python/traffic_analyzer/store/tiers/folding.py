"""The tail of a bucket: rows beyond the largest are put together, and no sum changes."""

from __future__ import annotations

from collections.abc import Sequence

from peewee import SqliteDatabase

from .rollups import START, Rollup


def fold(
    database: SqliteDatabase,
    table: str,
    rollup: Rollup,
    *,
    where: str = "true",
    leading: Sequence[str] = (START,),
    keep_negative: bool = False,
    cap: int = 0,
) -> None:
    """Puts together what buckets of *table* hold beyond the rollup's cap, in the transaction under way.

    The largest by rank stay, of equal ones the first by key. Rows with a negative sum are put together wherever they
    rank: what they take away was put together earlier.

    :param table: with its schema; of the rollup's columns.
    :param where: which of its rows; whole buckets. SQL.
    :param leading: columns before the rollup's keys.
    :param keep_negative: they stay, for rows that are elsewhere.
    :param cap: instead of the rollup's own.
    """
    if not rollup.cap:
        return
    key = ", ".join((*leading, *rollup.keys))
    values = ", ".join((*rollup.maxima, *rollup.sums))
    among = f"({where}) AND NOT ({' AND '.join(f'{column} = {value}' for column, value in rollup.rest.items())})"
    negative = " OR ".join(f"{column} < 0" for column in rollup.sums)
    if keep_negative:
        among, negative = f"{among} AND NOT ({negative})", "false"
    database.execute_sql(
        f"CREATE TEMP TABLE tail AS SELECT {key}, {values} FROM (SELECT *, row_number() OVER ("
        f"PARTITION BY {', '.join((*leading, *rollup.bucket))} ORDER BY {rollup.rank} DESC, {key}) AS place "
        f"FROM {table} WHERE {among}) WHERE place > ? OR {negative}",
        (cap or rollup.cap,),
    )
    if database.execute_sql("SELECT EXISTS (SELECT 1 FROM temp.tail)").fetchone()[0]:
        database.execute_sql(f"DELETE FROM {table} WHERE ({key}) IN (SELECT {key} FROM temp.tail)")
        became = ", ".join(str(rollup.rest.get(column, column)) for column in (*leading, *rollup.keys))
        database.execute_sql(
            f"INSERT INTO {table} ({key}, {values}) SELECT {became}, {values} FROM temp.tail WHERE true "
            f"ON CONFLICT ({key}) {rollup.merged}"
        )
    database.execute_sql("DROP TABLE temp.tail")
