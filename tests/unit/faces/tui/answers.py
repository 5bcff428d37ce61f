"""Answers of a database that the store made, and keys that are pressed at them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from traffic_analyzer.faces.tui.answer import Answer, Question
from traffic_analyzer.faces.tui.known import Known, Size
from traffic_analyzer.faces.tui.line import UNICODE, Glyphs
from traffic_analyzer.faces.tui.source import Database
from traffic_analyzer.faces.tui.state import Seen, State, begun, pressed
from traffic_analyzer.faces.tui.view import drawn
from traffic_analyzer.faces.tui.windows import windows_of

from ...traffic import MINUTE, home, stored

NOW = MINUTE + 70
NOTHING = Seen()
USUAL = Size(24, 80)


def database(folder: Path) -> Database:
    """Of :func:`..traffic.home`, looked at a minute later."""
    return Database(stored(folder / "traffic.db", home(MINUTE)), None, lambda: NOW)


def start() -> State:
    """The first pane, of the last hour."""
    return begun(*windows_of({}), (), 10)


def typed(state: State, *keys: str, seen: Seen = NOTHING) -> State:
    """*state* after these keys."""
    for key in keys:
        state = pressed(state, key, seen)
    return state


def used(state: State, source: Database, *keys: str) -> State:
    """The same, each key pressed at what *source* answers and an ordinary terminal shows of it."""
    for key in keys:
        state = pressed(state, key, drawn(state, Known(source.report(state.question())), USUAL).seen)
    return state


def answer(source: Database, report: str, **given: object) -> Answer:
    """That of a report."""
    return source.report(Question(report, tuple(given.items())))


def known_of(source: Database, state: State, **more: object) -> Known:
    """What *source* answers to *state*, but for what is said of it."""
    question, sums = state.question(), state.sums()
    known = Known(source.report(question), sums and source.report(sums), None, None, now_unix_s=NOW, question=question)
    return replace(known, **more)  # type: ignore[arg-type]


def texts_of(state: State, known: Known, size: Size = USUAL, glyphs: Glyphs = UNICODE) -> list[str]:
    """The screen, without its styles."""
    return ["".join(piece.text for piece in line) for line in drawn(state, known, size, glyphs).lines]
