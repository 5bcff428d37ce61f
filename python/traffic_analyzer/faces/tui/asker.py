"""Asks in a thread of its own, so that keys never wait for an answer."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace

from ...errors import TrafficAnalyzerError, UsageError
from .answer import Answer, Question, Rates, Standing
from .source import Either


@dataclass(frozen=True)
class Told:
    """What came of asking once."""

    question: Question
    answer: Answer | None
    sums: Answer | None
    rates: Rates | None
    standing: Standing | None
    away: str
    trouble: str = ""
    is_refused: bool = False  #: the trouble is the question's


class Asker:
    """Asks one thing after the other; what was to be asked while it waited is only the latest.

    :param has_told: called by the thread when there is something to take.
    """

    def __init__(self, source: Either, has_told: Callable[[], None]) -> None:
        self._source, self._has_told = source, has_told
        self._condition = threading.Condition()
        self._next: tuple[Question, Question | None, bool] | None = None
        self._told: Told | None = None
        self._has_ended = False
        self._sums: tuple[Question, Answer] | None = None
        threading.Thread(target=self._go_on, name="asker", daemon=True).start()

    def ask(self, question: Question, sums: Question | None, with_standing: bool) -> None:
        """Has *question* asked next, in place of what waits; *sums* with it, and how the collector stands."""
        with self._condition:
            self._next = question, sums, with_standing
            self._condition.notify()

    def take(self) -> Told | None:
        """The latest that was told and not taken yet."""
        with self._condition:
            told, self._told = self._told, None
            return told

    def end(self) -> None:
        """Asks nothing more. A question that is asked just now is left alone: the thread ends with the process."""
        with self._condition:
            self._has_ended = True
            self._condition.notify()

    def _go_on(self) -> None:
        while True:
            with self._condition:
                self._condition.wait_for(lambda: self._next is not None or self._has_ended)
                if self._has_ended or self._next is None:
                    return
                wanted, self._next = self._next, None
            told = self._asked(*wanted)
            with self._condition:
                self._told = told
            self._has_told()

    def _asked(self, question: Question, sums: Question | None, with_standing: bool) -> Told:
        told = Told(question, None, None, None, None, "")
        try:
            told = replace(told, answer=self._source.report(question))
            told = replace(told, rates=self._source.live())
            told = replace(told, sums=self._source.report(sums) if sums else None)
            told = replace(told, standing=self._source.status() if with_standing else None)
        except TrafficAnalyzerError as error:
            told = replace(told, trouble=str(error), is_refused=isinstance(error, UsageError))
        except Exception as error:  # a mistake of ours is shown, and costs one answer
            told = replace(told, trouble=f"this is a mistake of the program: {type(error).__name__}: {error}")
        return replace(told, away=self._source.away)
