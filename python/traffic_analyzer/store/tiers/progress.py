"""How far minutes are rolled up: every minute once, and again where one changes that was.

Minutes up to the fact ``rolled_unix_s`` are in pending rows, or in hours already; later ones are not. All of this
happens in the transaction that writes the minutes.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager

from peewee import SqliteDatabase

from ...records import Batch
from ..facts import ROLLED, SEQUENCE, Facts
from .rollups import ROLLUPS, register, roll

_MINUTE_S = 60
_NEVER = -(2**62)  # before every minute
_STEP_S = 6 * 3600  # of minutes that are rolled up in one transaction, where there are many
_SOURCES = {rollup.source: rollup.minute for rollup in ROLLUPS}


def minutes_of(batch: Batch) -> set[int]:
    """The minutes that a batch has rows in; as a rule one."""
    keyed = (batch.flows, batch.counters, batch.questions, batch.server_names)
    found = {key.minute_unix_s for keys in keyed for key in keys}
    return found.union(each.minute_unix_s for rows in (batch.health, batch.name_health) for each in rows)


class Progress:
    """The frontier between minutes that are rolled up and those that are not.

    Opening it rolls up what an earlier version left.
    """

    def __init__(self, database: SqliteDatabase) -> None:
        register(database)
        self._database, self._facts = database, Facts(database)
        self._catch_up()

    @property
    def _rolled_unix_s(self) -> int:
        return self._facts.number(ROLLED, _NEVER)

    @property
    def _sequence(self) -> int:
        return self._facts.number(SEQUENCE, 1)

    @contextmanager
    def writing(self, minutes: Collection[int]) -> Iterator[None]:
        """Around the statements that write into *minutes*: starts of them, Unix seconds."""
        rolled, sequence = self._rolled_unix_s, self._sequence
        late = [minute for minute in minutes if minute <= rolled]
        for minute in late:
            roll(self._database, sequence, minute - _MINUTE_S, minute, -1)
        yield
        for minute in late:
            roll(self._database, sequence, minute - _MINUTE_S, minute)
        if minutes:
            self._advance(max(minutes) - _MINUTE_S)

    @contextmanager
    def moving(self, since_unix_s: int, until_unix_s: int, shift_s: int) -> Iterator[None]:
        """Around the statements that move what lies in [since, until) by *shift_s*; the frontier moves with it."""
        rolled = self._rolled_unix_s
        spans = _joined((since_unix_s, until_unix_s), (since_unix_s + shift_s, until_unix_s + shift_s))
        for since, until in spans:
            self._roll(since, min(until - 1, rolled), -1)
        yield
        now_rolled = rolled + shift_s if since_unix_s <= rolled < until_unix_s else rolled
        for since, until in spans:
            self._roll(since, min(until - 1, now_rolled))
        if now_rolled != rolled:
            # What lies between the two frontiers, outside the spans, changes sides.
            low, high = sorted((rolled, now_rolled))
            for since, until in _without((low + 1, high + 1), spans):
                self._roll(since, until - 1, 1 if now_rolled > rolled else -1)
            self._facts.put(ROLLED, now_rolled)

    @contextmanager
    def joining(self, rolled_unix_s: int | None, first_unix_s: int, last_unix_s: int) -> Iterator[None]:
        """Around the statements that add another store's minutes, and to pending rows what that store made of them.

        :param rolled_unix_s: the last minute that the other store has rolled up; None: none is.
        :param first_unix_s: its first minute; *last_unix_s*: its last one.
        """
        if rolled_unix_s is not None:
            self._advance(rolled_unix_s)  # or those that it has rolled up would be once more
        since = first_unix_s if rolled_unix_s is None else max(first_unix_s, rolled_unix_s + 1)
        last = min(last_unix_s, self._rolled_unix_s)
        self._roll(since, last, -1)
        yield
        self._roll(since, last)

    def seal(self, running: bool = True) -> int:
        """Begins a new sequence; the last sealed one. All that there is is rolled up before, or the minutes that ended.

        :param running: the running minute too.
        """
        last = self._extreme("max") if running else None
        if last is not None:
            self._advance(last)
        sequence = self._sequence
        self._facts.put(SEQUENCE, sequence + 1)
        return sequence

    def _advance(self, last_unix_s: int) -> None:
        rolled = self._rolled_unix_s
        if last_unix_s > rolled:
            roll(self._database, self._sequence, rolled, last_unix_s)
            self._facts.put(ROLLED, last_unix_s)

    def _roll(self, since_unix_s: int, last_unix_s: int, sign: int = 1) -> None:
        roll(self._database, self._sequence, since_unix_s - 1, last_unix_s, sign)

    def _catch_up(self) -> None:
        """Rolls up what is there, but for the last minute, a few hours in a transaction."""
        first, last = self._extreme("min"), self._extreme("max")
        if first is None or last is None:
            return
        while self._rolled_unix_s < last - _MINUTE_S:
            with self._database.atomic("IMMEDIATE"):
                begin = max(first - _MINUTE_S, self._rolled_unix_s)
                later = self._extreme("min", begin)
                if later is None:
                    return
                self._advance(min(max(begin, later) + _STEP_S, last - _MINUTE_S))

    def last_minute_before(self, unix_s: int) -> int | None:
        """Start of the last minute with rows that began before; None where there is none."""
        return self._extreme("max", before_unix_s=unix_s)

    def _extreme(self, function: str, after_unix_s: int = _NEVER, before_unix_s: int = -_NEVER) -> int | None:
        """The first or last minute with rows that is later than one and earlier than another."""
        each = [
            self._database.execute_sql(
                f"SELECT {function}({minute}) FROM {table} WHERE {minute} > ? AND {minute} < ?",
                (after_unix_s, before_unix_s),
            ).fetchone()[0]
            for table, minute in _SOURCES.items()
        ]
        found = [minute for minute in each if minute is not None]
        return (min if function == "min" else max)(found) if found else None


Span = tuple[int, int]  # start, end not included


def _joined(one: Span, two: Span) -> list[Span]:
    """Both spans, without an overlap."""
    if max(one[0], two[0]) < min(one[1], two[1]):
        return [(min(one[0], two[0]), max(one[1], two[1]))]
    return [one, two]


def _without(span: Span, others: Collection[Span]) -> list[Span]:
    """What is left of *span* outside all *others*."""
    left = [span]
    for other in others:
        left = [
            part
            for since, until in left
            for part in ((since, min(until, other[0])), (max(since, other[1]), until))
            if part[0] < part[1]
        ]
    return left
