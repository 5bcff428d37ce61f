"""The tail of a bucket is put together: no sum changes, and what is largest keeps its name."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from peewee import SqliteDatabase

from traffic_analyzer.store.tiers.folding import fold
from traffic_analyzer.store.tiers.rollups import OTHER, ROLLUPS, START, Rollup

_CAP = 3
_FOLDED = [replace(rollup, cap=_CAP) for rollup in ROLLUPS if rollup.cap]
_TRAFFIC = next(rollup for rollup in _FOLDED if rollup.name == "traffic")
_REST = dict(_TRAFFIC.rest)

Row = tuple[int, ...]


@contextmanager
def _table(rollup: Rollup, rows: list[Row]) -> Iterator[SqliteDatabase]:
    database = SqliteDatabase(":memory:")
    database.connect()
    key = ", ".join((START, *rollup.keys))
    database.execute_sql(f"CREATE TABLE t ({', '.join(rollup.columns)}, PRIMARY KEY ({key})) WITHOUT ROWID")
    for row in rows:
        database.execute_sql(f"INSERT INTO t VALUES ({', '.join('?' * len(row))}) ON CONFLICT DO NOTHING", row)
    yield database
    database.close()


def _folded(rollup: Rollup, rows: list[Row], keep_negative: bool = False) -> list[Row]:
    with _table(rollup, rows) as database:
        fold(database, "main.t", rollup, keep_negative=keep_negative)
        return list(database.execute_sql("SELECT * FROM t"))


def _named(rollup: Rollup, row: Row) -> dict[str, int]:
    return dict(zip(rollup.columns, row, strict=True))


def _is(rest: dict[str, int], row: dict[str, int]) -> bool:
    return all(row[column] == value for column, value in rest.items())


def _sums(rollup: Rollup, rows: list[Row]) -> dict[Row, Row]:
    """Sums by what is never blanked."""
    sums: dict[Row, list[int]] = defaultdict(lambda: [0] * len(rollup.sums))
    for row in rows:
        named = _named(rollup, row)
        at = tuple(named[c] for c in (START, *rollup.keys) if c not in rollup.rest)
        for n, column in enumerate(rollup.sums):
            sums[at][n] += named[column]
    return {at: tuple(each) for at, each in sums.items()}


@st.composite
def _rows(draw: st.DrawFn, rollup: Rollup) -> list[Row]:
    number = st.integers(0, 3)
    keys = dict.fromkeys(rollup.keys, number)
    for column in rollup.rest:
        keys[column] = st.sampled_from([OTHER, OTHER, 0, 1, 2, 3])
    values = {c: st.integers(-30, 1_000) for c in rollup.sums} | dict.fromkeys(rollup.maxima, number)
    columns = {START: st.sampled_from([0, 3600])} | keys | values
    found = draw(st.lists(st.tuples(*(columns[c] for c in rollup.columns)), max_size=60))
    width = 1 + len(rollup.keys)
    return list({each[:width]: each for each in found}.values())


@pytest.mark.parametrize("rollup", _FOLDED, ids=[rollup.name for rollup in _FOLDED])
@given(data=st.data())
def test_sums_stay_and_buckets_are_small(rollup: Rollup, data: st.DataObject) -> None:
    rows = data.draw(_rows(rollup))
    folded = _folded(rollup, rows)
    assert _sums(rollup, folded) == _sums(rollup, rows)
    buckets: dict[Row, list[dict[str, int]]] = defaultdict(list)
    for row in (_named(rollup, row) for row in folded):
        buckets[tuple(row[c] for c in (START, *rollup.bucket))].append(row)
    for bucket in buckets.values():
        own = [row for row in bucket if not _is(dict(rollup.rest), row)]
        assert len(own) <= _CAP
        assert all(row[column] >= 0 for row in own for column in rollup.sums)
    assert _folded(rollup, random.Random(1).sample(rows, len(rows))) == folded  # whatever came first


def _traffic(domain: int, rx: int, **changed: int) -> Row:
    row = dict.fromkeys(_TRAFFIC.columns, 0) | {"domain_id": domain, "label_id": 1, "evidence_id": 2, "rx_bytes": rx}
    return tuple((row | {"l4_proto": 6, "service_port": 443} | changed)[c] for c in _TRAFFIC.columns)


def _domains(rows: list[Row]) -> dict[int, int]:
    return {row[_TRAFFIC.columns.index("domain_id")]: row[_TRAFFIC.columns.index("rx_bytes")] for row in rows}


def test_the_largest_stay() -> None:
    assert _domains(_folded(_TRAFFIC, [_traffic(n, n) for n in range(1, 8)])) == {7: 7, 6: 6, 5: 5, OTHER: 10}


def test_what_was_put_together_takes_no_place() -> None:
    rows = [_traffic(n, n) for n in range(1, 4)] + [_traffic(0, 1_000, **_REST)]
    assert _folded(_TRAFFIC, rows) == sorted(rows)


def test_what_is_taken_away_again_is_taken_from_what_was_put_together() -> None:
    rows = [_traffic(5, -10, rx_packets=-1), _traffic(0, 30, **_REST, rx_packets=3)]
    (row,) = (_named(_TRAFFIC, each) for each in _folded(_TRAFFIC, rows))
    assert (row["domain_id"], row["rx_bytes"], row["rx_packets"]) == (OTHER, 20, 2)
    assert _folded(_TRAFFIC, rows, keep_negative=True) == sorted(rows)


def test_devices_are_apart_and_the_rest_says_how_sure_it_is() -> None:
    rows = [_traffic(n, n, device_id=device, label_id=label, service_port=n) for device in (1, 2) for n, label in
            enumerate((1, 1, 1, 2, 2, 3, 3, 3, 3, 1))]  # fmt: skip
    folded = [_named(_TRAFFIC, each) for each in _folded(_TRAFFIC, rows)]
    for device in (1, 2):
        of_device = [row for row in folded if row["device_id"] == device]
        rest = {row["label_id"]: row["rx_bytes"] for row in of_device if _is(_REST, row)}
        assert rest == {1: 0 + 1 + 2, 2: 3 + 4, 3: 5 + 6}
        assert sorted(row["service_port"] for row in of_device if not _is(_REST, row)) == [7, 8, 9]


def test_without_a_cap_all_rows_stay() -> None:
    rows = [_traffic(n, n) for n in range(1, 80)]
    assert len(_folded(replace(_TRAFFIC, cap=0), rows)) == len(rows)
