"""Who asks does not wait: answers come when they come, and only the latest question counts."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

from traffic_analyzer.errors import UsageError
from traffic_analyzer.faces.tui.answer import Answer, Question
from traffic_analyzer.faces.tui.asker import Asker, Told
from traffic_analyzer.faces.tui.source import Database, Either

from .answers import database

_TOP, _SUMS = Question("top-device", ()), Question("timeline", ())


class _Patient(Database):
    """A database that answers when it may."""

    def __init__(self, source: Database) -> None:
        self._source, self.may = source, threading.Event()
        self.asked: list[Question] = []
        self.mistake: Exception | None = None

    def report(self, question: Question) -> Answer:
        self.asked.append(question)
        self.may.wait(60)
        if self.mistake:
            raise self.mistake
        return self._source.report(question)

    def status(self):  # noqa: ANN201
        return self._source.status()


class _Asking:
    def __init__(self, folder: Path) -> None:
        self.source = _Patient(database(folder))
        self.woken = threading.Semaphore(0)
        self.asker = Asker(Either(None, self.source, time.monotonic), self.woken.release)

    def told(self) -> Told:
        assert self.woken.acquire(timeout=60)
        told = self.asker.take()
        assert told is not None and self.asker.take() is None
        return told


def _until(holds: Callable[[], bool]) -> None:
    until_s = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < until_s
        time.sleep(0.01)


def test_only_the_latest_question_counts(tmp_path: Path) -> None:
    asking = _Asking(tmp_path)
    asking.asker.ask(_TOP, None, with_standing=False)
    _until(lambda: asking.source.asked == [_TOP])
    began_s = time.monotonic()
    for minutes in range(1, 50):
        asking.asker.ask(Question("top-ip", (("lookback_minutes", minutes),)), _SUMS, with_standing=True)
    assert time.monotonic() - began_s < 1 and asking.asker.take() is None
    asking.source.may.set()
    first = asking.told()
    assert first.question == _TOP and first.answer and first.sums is None and first.standing is None
    second = asking.told()
    assert second.question == Question("top-ip", (("lookback_minutes", 49),))
    assert second.sums and second.standing and not second.trouble and second.away
    asking.asker.end()


def test_trouble_is_told(tmp_path: Path) -> None:
    asking = _Asking(tmp_path)
    asking.source.may.set()
    for mistake, is_refused, text in (
        (UsageError("no such device"), True, "no such device"),
        (ZeroDivisionError("x"), False, "this is a mistake of the program: ZeroDivisionError: x"),
    ):
        asking.source.mistake = mistake
        asking.asker.ask(_TOP, _SUMS, with_standing=False)
        told = asking.told()
        assert (told.trouble, told.is_refused, told.answer) == (text, is_refused, None)
    asking.source.mistake = None
    asking.asker.ask(_TOP, None, with_standing=False)
    assert asking.told().answer
    asking.asker.end()
    _until(lambda: all(thread.name != "asker" or not thread.is_alive() for thread in threading.enumerate()))
