"""Curses on a terminal: only what changed is sent, keys have names, and the terminal comes back."""

from __future__ import annotations

import re

import pytest

from ....lab.pseudo import Child, child

_HEAD = """
import os, time
from traffic_analyzer.faces.tui.line import Piece, Style
from traffic_analyzer.faces.tui.screen import check, opened
check()
"""
_SHOW = _HEAD + """
lines = [(Piece(f"line {n} " + "x" * 60, Style.RX),) for n in range(24)]
with opened(with_colours=COLOURS) as screen:
    screen.show(lines)
    os.read(0, 9)
    lines[7] = (Piece("line 7 " + "x" * 59 + "y"),)
    screen.show(lines)
    os.read(0, 9)
    screen.show(lines)
    os.read(0, 9)
    raise SystemExit(3)
"""
_KEYS = _HEAD + """
with opened(with_colours=False) as screen:
    screen.show([(Piece("ready"),)])
    found = []
    while "q" not in found:
        found += screen.pressed()
        time.sleep(0.02)
print("keys", *found)
"""


def _told(program: Child, keys: bytes, for_s: float = 0.7) -> bytes:
    program.type(keys)
    return program.read(for_s)


def test_only_what_changed_is_sent() -> None:
    with child("-c", _SHOW.replace("COLOURS", "False")) as program:
        assert b"line 23" in program.read(10, b"line 23")
        program.read(0.3)
        changed = _told(program, b"a")
        assert b"y" in changed and len(changed) < 40
        assert _told(program, b"b") == b""
        assert b"\x1b[?1049l" in _told(program, b"c", 5)
        assert program.process.wait(60) == 3


@pytest.mark.parametrize(("colours", "term", "has"), [(True, "xterm", True), (False, "xterm", False),
                                                      (True, "vt100", False)])  # fmt: skip
def test_colours_are_for_who_has_and_wants_them(colours: bool, term: str, has: bool) -> None:
    with child("-c", _SHOW.replace("COLOURS", str(colours)), term=term) as program:
        assert (b"\x1b[36m" in program.read(10, b"line 23")) == has


def test_keys_have_names() -> None:
    with child("-c", _KEYS) as program:
        program.read(10, b"ready")
        program.type(b"\x1bOA\x1bOB\x1b[5~\x1b[Z\t\r \x7f/\xe6\x97\xa5\x0c")
        program.read(0.4)
        program.type(b"\x1b")
        program.read(0.4)
        program.type(b"q")
        said = program.read(5, b"q\r\n").decode()
    assert said.split("keys ")[1].split() == [
        "Up", "Down", "PageUp", "Shift-Tab", "Tab", "Enter", "Space", "Backspace", "/", "日", "Ctrl-L", "Esc", "q",
    ]  # fmt: skip


def test_what_no_key_sends_is_none() -> None:
    with child("-c", _KEYS) as program:
        program.read(10, b"ready")
        program.type(b"a\x1b[M`01b\x1b[<64;10;10Mc\x1b[200~d\x1b[201~\x1b[1;9Qe")
        program.read(0.4)
        program.type(b"\x1bf\x1b")
        program.read(0.4)
        program.type(b"\x1b[")
        program.read(0.4)
        program.type(b"q")
        said = program.read(5, b"q\r\n").decode()
    assert said.split("keys ")[1].split() == ["a", "b", "c", "d", "e", "Esc", "f", "Esc", "q"]


@pytest.mark.parametrize("term", ["dumb", "no-such-terminal", ""])
def test_a_terminal_that_cannot_do_it(term: str) -> None:
    with child("-c", _HEAD, term=term) as program:
        assert b"UsageError: TERM=" in program.read(10, b"UsageError: TERM=")
        assert program.process.wait(60) == 1


def test_a_prompt_is_not_written_over_the_last_line() -> None:
    with child("-c", _SHOW.replace("COLOURS", "False"), term="vt100") as program:
        program.read(10, b"line 23")
        for key in (b"a", b"b", b"c"):
            said = _told(program, key)
        assert program.process.wait(60) == 3
        assert re.match(rb"\r\x1b\[16B\x1b\[[JK]", said), said  # from line 8; a vt100 has one screen
