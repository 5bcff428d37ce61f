"""The dashboard as a whole: signals, keys and answers in, a screen out."""

from __future__ import annotations

import argparse
import codecs
import locale
import os
import select
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC
from pathlib import Path
from types import FrameType

from ...clock import now_unix_s, read
from ...units import Notation
from ..web.place import place_of
from ..window import window_of
from .answer import Answer, Question
from .asker import Asker, Told
from .known import Known
from .line import ASCII, UNICODE, Glyphs
from .screen import Screen, check, opened
from .source import NOT_ASKED, Database, Either, Endpoint
from .state import State, begun, pressed, refused
from .view import Drawn, drawn
from .windows import windows_of

_STDIN = 0
_STANDING_S = 10  # between two looks at how the collector stands
_INSTEAD = ": the database is shown"
_BEFORE_MAX = 32  # answers that are kept to be shown until the new one is there
_KEYS_MOST = 64  # that are done at once: more than a hand can press are a paste, and no one wants the rest of it
_TICK_S = 1.0  # between two looks at the clock, where something is waited for
_ENDS = (signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)
_SIGNALS = (*_ENDS, signal.SIGINT, signal.SIGWINCH)
_DIED_OF = 128  # what a shell adds to the number of the signal


def run_dashboard(arguments: argparse.Namespace) -> int:
    """Runs ``ui`` until its user leaves, or a signal ends it; the exit status.

    :raises UsageError: there is no terminal to show it on, or something was asked that cannot be.
    """
    values = vars(arguments)
    windows, window = windows_of({name: values[name] for name in arguments.given if name in values})
    zone = UTC if arguments.utc else None
    window_of(dict(windows[window].given), now_unix_s(*read()), zone)  # or a mistake in it would be one on the screen
    state = begun(windows, window, tuple(arguments.iface or ()), arguments.limit, Notation(is_utc=arguments.utc))
    database = Database(Path(arguments.db), Path(arguments.archive) if arguments.archive else None, zone=zone)
    place = place_of(arguments.web_listen)
    endpoint = Endpoint(place, Path(arguments.web_token_file), Path(arguments.db), zone=zone) if place else None
    check()
    with _woken() as (wake, signals):
        asker = Asker(Either(endpoint, database, time.monotonic), wake)
        with opened(with_colours=not os.environ.get("NO_COLOR")) as screen:
            status = Dashboard(screen, asker, signals, arguments.refresh_secs, _glyphs()).run(state)
        asker.end()
    return status


def _glyphs() -> Glyphs:
    """Those that the user's locale can write."""
    with suppress(locale.Error):
        locale.setlocale(locale.LC_ALL, "")
    try:
        is_unicode = codecs.lookup(locale.nl_langinfo(locale.CODESET)).name == "utf-8"
    except LookupError:
        is_unicode = False
    return UNICODE if is_unicode else ASCII


class Signals:
    """What is read where a thread or a signal wakes the dashboard."""

    def __init__(self, reader: int) -> None:
        self.reader = reader
        self.ended_by: int | None = None
        self.has_resized = False

    def note(self, number: int, _frame: FrameType | None) -> None:
        """Remembers a signal."""
        if number == signal.SIGWINCH:
            self.has_resized = True
        else:
            self.ended_by = number

    def drain(self) -> None:
        """Forgets what it was woken by."""
        with suppress(BlockingIOError):
            while os.read(self.reader, 4096):
                pass


@contextmanager
def _woken() -> Iterator[tuple[Callable[[], None], Signals]]:
    """What a thread calls to wake the dashboard, and what woke it. Signals have their handlers back afterwards."""
    reader, writer = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
    signals = Signals(reader)

    def wake() -> None:
        with suppress(OSError):  # full: it will wake; closed: it has ended
            os.write(writer, b"\0")

    before = {number: signal.signal(number, signals.note) for number in _SIGNALS}
    before_fd = signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    try:
        yield wake, signals
    finally:
        signal.set_wakeup_fd(before_fd)
        for number, handler in before.items():
            signal.signal(number, handler)
        os.close(reader)
        os.close(writer)


class Dashboard:
    """One that runs."""

    def __init__(self, screen: Screen, asker: Asker, signals: Signals, refresh_s: int, glyphs: Glyphs) -> None:
        self._screen, self._asker, self._signals = screen, asker, signals
        self._refresh_s, self._glyphs = refresh_s, glyphs
        self._known = Known()
        self._asked_s = self._standing_s = float("-inf")  # when
        self._is_waiting = False
        self._before: dict[Question, Answer] = {}  # what one may go back to; the latest is last

    def run(self, state: State) -> int:
        """Until one leaves; the exit status."""
        state = self._ask(state)
        while not state.has_ended:
            shown = self._show(state)
            state = self._next(state, shown)
            if self._signals.ended_by is not None:
                return _DIED_OF + self._signals.ended_by
        return 0

    def _show(self, state: State) -> Drawn:
        shown = self._drawn(state)
        self._screen.show(shown.lines)
        return shown

    def _drawn(self, state: State) -> Drawn:
        """The screen of *state*, with what was answered last to what it asks."""
        known = self._known
        waits_s = time.monotonic() - self._asked_s if self._is_waiting else 0.0
        known = replace(known, waits_s=waits_s, now_unix_s=now_unix_s(*read()))
        if known.question != (question := state.question()):
            known = replace(known, answer=self._before.get(question), trouble="")
        return drawn(state, known, self._screen.size, self._glyphs)

    def _next(self, state: State, shown: Drawn) -> State:
        """Waits for a key, an answer, a signal or the next turn."""
        due_s = float("inf") if state.is_paused else self._asked_s + self._refresh_s
        timeout_s = _TICK_S if self._is_waiting else max(0.0, min(due_s - time.monotonic(), 60.0))
        ready, _, _ = select.select([_STDIN, self._signals.reader], [], [], timeout_s)
        self._signals.drain()
        if self._signals.has_resized:
            self._signals.has_resized = False
            self._screen.resize()
        before, keys = state, list(self._screen.pressed())
        if _STDIN in ready and not keys and not os.isatty(_STDIN):
            self._signals.ended_by = signal.SIGHUP  # the terminal is gone, and whoever should, did not say so
        done = 0
        for key in keys:
            is_typed = state.typed is not None
            done += not is_typed
            if done > _KEYS_MOST:
                break
            state = pressed(state, key, shown.seen)
            if state.has_ended:
                return state
            if not is_typed or state.typed is None:
                shown = self._drawn(state)
        if state.redrawn != before.redrawn:
            self._screen.clear()
        if told := self._asker.take():
            state = self._take(state, told)
        if state.question() != before.question() or not self._is_waiting and time.monotonic() >= due_s:
            return self._ask(state)
        return state

    def _ask(self, state: State) -> State:
        now_s = time.monotonic()
        with_standing = now_s - self._standing_s >= _STANDING_S
        if with_standing:
            self._standing_s = now_s
        self._asker.ask(state.question(), state.sums(), with_standing)
        self._asked_s, self._is_waiting = now_s, True
        return state

    def _take(self, state: State, told: Told) -> State:
        if told.question != state.question():
            return state  # another one is on its way
        self._is_waiting = False
        old = self._known
        is_same = old.question == told.question
        self._known = Known(
            told.answer or (old.answer if is_same and not told.is_refused else None), told.sums or old.sums, told.rates,
            told.standing or old.standing, told.away, told.trouble, question=told.question,
        )  # fmt: skip
        if told.answer:
            self._before.pop(told.question, None)
            self._before[told.question] = told.answer
            while len(self._before) > _BEFORE_MAX:
                del self._before[next(iter(self._before))]
        if told.is_refused:
            return refused(state, told.question, told.trouble)
        news = f"{told.away}{_INSTEAD}" if told.away not in ("", NOT_ASKED) else ""
        is_old = state.message.endswith(_INSTEAD)  # it says what was so until now
        is_said = state.message and not is_old or told.away == old.away
        return state if is_said else replace(state, message=news)
