"""Whether every tier holds the same: bytes and packets by label, beside a tally that was kept without a database."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path

from traffic_analyzer.records import Batch
from traffic_analyzer.store.facts import DAYS_SINCE, DAYS_UNTIL, HOURS_SINCE, MINUTES_SINCE

Sums = dict[str, tuple[int, ...]]  #: by label: rx bytes, tx bytes, rx packets, tx packets

_HOUR_S = 3600
_NONE = (0, 0, 0, 0)
_HALVES = "sum(rx_bytes), sum(tx_bytes), sum(rx_packets), sum(tx_packets)"
_MINUTES = (
    "SELECT label_id, bytes * (1 - is_tx) AS rx_bytes, bytes * is_tx AS tx_bytes, packets * (1 - is_tx) AS rx_packets, "
    "packets * is_tx AS tx_packets FROM main.flow_minute WHERE minute_unix_s >= :since AND minute_unix_s < :until"
)
_TIER = (
    "SELECT label_id, rx_bytes, tx_bytes, rx_packets, tx_packets FROM {table} "
    "WHERE start_unix_s >= :since AND start_unix_s < :until"
)
_FACT = "coalesce((SELECT value FROM {schema}.meta_kv WHERE key = {key}), {default})"
_TAKEN = _FACT.format(
    schema="archive", key="'taken/' || (SELECT value FROM main.meta_kv WHERE key = 'store_id')", default=0
)
_ROLLED = _FACT.format(schema="main", key="'rolled_unix_s'", default=-1)
#: What each tier is made of.
TIERS = {
    "minutes": (_MINUTES,),
    "hours": (
        _TIER.format(table="archive.traffic_hour"),
        _TIER.format(table="main.traffic_pending") + f" AND sequence > CAST({_TAKEN} AS INTEGER)",
        _MINUTES + f" AND minute_unix_s > CAST({_ROLLED} AS INTEGER)",
    ),
    "days": (_TIER.format(table="archive.traffic_day"),),
}


class Tally:
    """What batches came to, by hour and label: plain sums."""

    def __init__(self) -> None:
        self.hours: defaultdict[int, defaultdict[str, list[int]]] = defaultdict(lambda: defaultdict(lambda: [*_NONE]))

    def add(self, batch: Batch) -> None:
        """Takes in a batch, of one minute."""
        labels = self.hours[batch.minute_unix_s // _HOUR_S * _HOUR_S]
        for key, (bytes_, packets) in batch.flows.items():
            sums, is_tx = labels[key.label], key.is_tx
            sums[is_tx] += bytes_
            sums[2 + is_tx] += packets

    def between(self, since_unix_s: int, until_unix_s: int) -> Sums:
        """The sums of a span of whole hours."""
        found: Sums = {}
        for hour, labels in self.hours.items():
            if since_unix_s <= hour < until_unix_s:
                for label, sums in labels.items():
                    found[str(label)] = _added(found.get(str(label), _NONE), sums)
        return found


def _added(one: tuple[int, ...], other: list[int]) -> tuple[int, ...]:
    return tuple(map(sum, zip(one, other, strict=True)))


@contextmanager
def opened(working: Path, archive: Path | None) -> Iterator[sqlite3.Connection]:
    """Both databases on one connection, for reading: ``main`` and ``archive``, which may be the same file."""
    with closing(sqlite3.connect(f"file:{working}?mode=ro", uri=True)) as database:
        database.execute("ATTACH ? AS archive", (f"file:{archive or working}?mode=ro",))
        yield database


def stored(database: sqlite3.Connection, tier: str, since_unix_s: int, until_unix_s: int) -> Sums:
    """What a tier holds of a span.

    :param tier: of :data:`TIERS`
    :param since_unix_s: start of a bucket of that tier, as is *until_unix_s*.
    """
    parts = " UNION ALL ".join(TIERS[tier])
    rows = database.execute(
        f"SELECT label.text, {_HALVES} FROM ({parts}) JOIN main.label ON label.id = label_id GROUP BY 1",
        {"since": since_unix_s, "until": until_unix_s},
    )
    return {label: tuple(sums) for label, *sums in rows}


def spans(database: sqlite3.Connection, since_unix_s: int, until_unix_s: int) -> Iterator[tuple[str, int, int]]:
    """By tier the longest part of a span that it holds, in whole hours and days: its name, start and end.

    :param since_unix_s: start of a local day.
    :param until_unix_s: end of an hour.
    """
    yield "minutes", -(-max(since_unix_s, _fact(database, "main", MINUTES_SINCE)) // _HOUR_S) * _HOUR_S, until_unix_s
    yield "hours", max(since_unix_s, _fact(database, "archive", HOURS_SINCE)), until_unix_s
    days_until = _fact(database, "archive", DAYS_UNTIL)
    first_day = max(since_unix_s, _fact(database, "archive", DAYS_SINCE))
    if first_day < days_until:
        yield "days", first_day, min(until_unix_s, days_until)


def _fact(database: sqlite3.Connection, schema: str, key: str) -> int:
    row = database.execute(f"SELECT value FROM {schema}.meta_kv WHERE key = ?", (key,)).fetchone()
    return int(row[0]) if row else 0


def difference(found: Mapping[str, tuple[int, ...]], told: Mapping[str, tuple[int, ...]]) -> int:
    """By how much two of these differ in all: 0 where they are equal."""
    return sum(
        abs(one - other)
        for label in found.keys() | told.keys()
        for one, other in zip(found.get(label, _NONE), told.get(label, _NONE), strict=True)
    )
