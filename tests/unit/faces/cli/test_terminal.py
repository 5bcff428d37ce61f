"""What output goes to: real terminals, pipes, and what a user's environment says of colours."""

from __future__ import annotations

import os
import pty

import pytest

from traffic_analyzer.faces.cli.terminal import Terminal, terminal_of


def test_a_pipe_has_neither_width_nor_colours() -> None:
    ours, theirs = os.pipe()
    with os.fdopen(theirs, "w") as stream:
        assert terminal_of(stream, {"TERM": "xterm"}) == Terminal()
    os.close(ours)
    assert Terminal().columns is None


@pytest.mark.parametrize(
    ("environment", "has_colours", "can_move"),
    [
        ({"TERM": "xterm"}, True, True), ({"TERM": "vt100", "NO_COLOR": ""}, True, True),
        ({"TERM": "xterm", "NO_COLOR": "0"}, False, True), ({"TERM": "dumb"}, False, False), ({}, False, False),
    ],
)  # fmt: skip
def test_colours_are_for_terminals_that_have_them(
    environment: dict[str, str], has_colours: bool, can_move: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "91")
    monkeypatch.setenv("LINES", "23")
    ours, theirs = pty.openpty()
    with os.fdopen(theirs, "w") as stream:
        found = terminal_of(stream, environment)
    os.close(ours)
    assert (found.paint.is_on, found.can_move, found.size, found.columns) == (has_colours, can_move, (91, 23), 91)
