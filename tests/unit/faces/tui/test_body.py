"""Rows on the screen: the cursor is in sight, and so is how one came there."""

from __future__ import annotations

from dataclasses import replace

import pytest

from traffic_analyzer.faces.tui.known import Size
from traffic_analyzer.faces.tui.line import ASCII, Style, size_of
from traffic_analyzer.faces.tui.source import Database
from traffic_analyzer.faces.tui.state import Place
from traffic_analyzer.faces.tui.view import drawn

from .answers import USUAL, database, known_of, start, texts_of, typed


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Database:
    return database(tmp_path_factory.mktemp("home"))


def test_a_way_is_shown_with_its_steps(source: Database) -> None:
    filters = (("domain", ("one.example",)),)
    steps = tuple(Place("top-flow", filters, text=f"step-{n}-\x1b" + "x" * 30) for n in range(5))
    state = replace(start(), trail=(*start().trail, *steps))
    for columns in (40, 80, 200):
        line = texts_of(state, known_of(source, state), Size(24, columns))[3]
        assert " › Flows" in line and line.isprintable() and "step-4" in line
    assert line.count("›") >= 3
    assert "> Flows" in texts_of(state, known_of(source, state), glyphs=ASCII)[3]


def test_the_cursor_is_in_sight(source: Database) -> None:
    state = typed(start(), "9")
    count = drawn(state, known_of(source, state), USUAL).seen.rows
    for row in range(count):
        here = replace(state, trail=(replace(state.place, row=row),))
        lines = drawn(here, known_of(source, here), Size(11, 60)).lines
        chosen = [line for line in lines[3:] if line and line[0].style is Style.CHOSEN]
        assert len(chosen) == 1 and size_of(chosen[0]) == 60


def test_headings_are_told_on_every_page_and_at_the_cursor(source: Database) -> None:
    state = typed(start(), "9")
    known = known_of(source, state)
    page = drawn(state, known, Size(11, 80)).seen.page
    for row in (1, page, page + 1):
        here = replace(state, trail=(replace(state.place, row=row),))
        lines = texts_of(here, known, Size(11, 80))
        assert all("br-lan" in line or "eth0" in line for line in (lines[4], lines[4 + row % page]))


def test_searching_is_shown(source: Database) -> None:
    state = typed(start(), "/", *"zzz")
    lines = texts_of(state, known_of(source, state))
    assert lines[-1] == "/zzz " and "no row has that text" in lines
    assert "with “zzz”" in lines[3]
    paused = texts_of(typed(start(), "p"), known_of(source, start()))
    assert paused[-1].endswith(" paused")
