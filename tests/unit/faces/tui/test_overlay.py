"""What is shown in place of rows can be read to its end, on any terminal."""

from __future__ import annotations

from dataclasses import replace

import pytest

from traffic_analyzer.faces.tui.answer import Standing
from traffic_analyzer.faces.tui.keys import KEYS
from traffic_analyzer.faces.tui.known import Known, Size
from traffic_analyzer.faces.tui.line import size_of
from traffic_analyzer.faces.tui.source import Database
from traffic_analyzer.faces.tui.state import pressed
from traffic_analyzer.faces.tui.view import drawn

from .answers import database, known_of, start, texts_of, typed


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Database:
    return database(tmp_path_factory.mktemp("home"))


@pytest.mark.parametrize("size", [(10, 40), (24, 80)])
def test_help_can_be_read_to_its_end(size: tuple[int, int]) -> None:
    state, seen_text = typed(start(), "?"), ""
    for _ in range(40):
        found = drawn(state, Known(), Size(*size))
        seen_text += " ".join("".join(piece.text for piece in line) for line in found.lines)
        assert max(map(size_of, found.lines)) <= size[1]
        state = pressed(state, "Down", found.seen)
    words = {word for key in KEYS for word in key.help.split()}
    assert {word for word in words if word not in seen_text} == set()


def test_all_that_is_to_be_said(source: Database) -> None:
    standing = Standing(False, ("A notice of \x1b.",))
    known = known_of(source, start(), away="no collector is running", standing=standing)
    about = texts_of(typed(start(), "i"), known)
    assert "A notice of \\x1b." in about and "no collector is running" in about
    assert any(line.startswith("INCOMPLETE: ") for line in about)
    assert "Nothing is counted: start it with `traffic-analyzer run`." in about
    quiet = texts_of(typed(start(), "i"), replace(known, standing=Standing(True)))
    assert "Nothing on this machine hides traffic, as far as can be told." in quiet


def test_a_terminal_that_grows_shows_more_of_what_was_scrolled() -> None:
    state = typed(start(), "?")
    small = drawn(state, Known(), Size(10, 40))
    end = pressed(state, "End", small.seen)
    large = drawn(end, Known(), Size(24, 80))
    told = ["".join(piece.text for piece in line) for line in large.lines]
    assert sum(map(bool, told)) > 18 and any(line.startswith("Ctrl-L") for line in told)
    up = drawn(pressed(end, "Up", large.seen), Known(), Size(24, 80))
    assert up.lines != large.lines


def test_wide_characters_are_told_to_their_end(source: Database) -> None:
    name = "日本語 " * 30
    about = texts_of(typed(start(), "i"), known_of(source, start(), standing=Standing(True, (name,))))
    assert "".join(about).count("日本語") == 30
