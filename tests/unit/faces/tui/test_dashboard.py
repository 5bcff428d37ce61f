"""The dashboard as a process: it asks, shows, and ends as it should. More of it is in tests/terminal."""

from __future__ import annotations

import signal
import time
from pathlib import Path

import pytest

from ....lab.pseudo import child
from ...traffic import MINUTE, home, stored

_FLAGS = ("--web-listen", "off", "--since", "2023-11-14T22:00Z", "--until", "2023-11-14T23:00Z")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return stored(tmp_path / "traffic.db", home(MINUTE))


def test_it_shows_what_is_asked_for_and_ends(path: Path) -> None:
    with child("-m", "traffic_analyzer", "ui", "--db", path, *_FLAGS) as program:
        assert b"one.example" in program.read(20, b"one.example")
        program.type(b"2")
        assert b"laptop" in program.read(20, b"laptop")
        program.type(b"q")
        program.read(10, b"\x1b[?1049l")
        assert program.process.wait(60) == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGQUIT])
def test_a_signal_ends_it_in_order(path: Path, number: signal.Signals) -> None:
    with child("-m", "traffic_analyzer", "ui", "--db", path, *_FLAGS) as program:
        program.read(20, b"one.example")
        program.process.send_signal(number)
        said = program.read(10, b"\x1b[?1049l")
        assert b"\x1b[?1049l" in said and b"Traceback" not in said
        assert program.process.wait(60) == 128 + number


def test_a_paste_does_not_hold_it_up(path: Path) -> None:
    with child("-m", "traffic_analyzer", "ui", "--db", path, *_FLAGS) as program:
        program.read(20, b"one.example")
        for _ in range(10):
            program.type(b"jk<>rsi\n12 " * 100)
            program.read(0.05)
        program.type(b"\x1b")
        program.read(2)
        began_s = time.monotonic()
        program.type(b"q")
        program.read(10, b"\x1b[?1049l")
        assert program.process.wait(10) == 0 and time.monotonic() - began_s < 5


def test_a_name_may_be_pasted_as_a_whole(path: Path) -> None:
    with child("-m", "traffic_analyzer", "ui", "--db", path, *_FLAGS) as program:
        program.read(20, b"one.example")
        program.type(b"/" + b"x" * 90 + b"\x15one.exam")
        assert "with “one.exam”".encode() in program.read(20, "“one.exam”".encode())


def test_a_terminal_that_is_gone_ends_it(path: Path) -> None:
    with child("-m", "traffic_analyzer", "ui", "--db", path, *_FLAGS) as program:
        program.read(20, b"one.example")
        program.hang_up()
        assert program.process.wait(60) == 128 + signal.SIGHUP


def test_a_mistake_leaves_the_terminal_in_order(path: Path) -> None:
    code = (
        "import sys\nfrom traffic_analyzer import __main__\nfrom traffic_analyzer.faces.tui import dashboard\n"
        "def broken(*_):\n    raise ZeroDivisionError('on purpose')\n"
        "dashboard.drawn = broken\nsys.exit(__main__.main(sys.argv[1:]))"
    )
    with child("-c", code, "ui", "--db", path, *_FLAGS) as program:
        said = program.read(20, b"on purpose\r\n")
        assert said.index(b"\x1b[?1049l") < said.index(b"ZeroDivisionError: on purpose")
        assert program.process.wait(60) == 1


@pytest.mark.parametrize(
    ("flags", "why"),
    [(("--web-listen", "here"), "--web-listen here"), (("--since", "x"), "--since x"), (("--limit", "0"), "--limit 0"),
     (("--day", "today", "--since", "1h"), "do not go together")],
)  # fmt: skip
def test_what_cannot_be_asked(path: Path, flags: tuple[str, ...], why: str) -> None:
    with child("-m", "traffic_analyzer", "ui", "--db", path, *flags) as program:
        assert why in program.read(20, why.encode()).decode()
        assert program.process.wait(60) == 2 and b"\x1b[?1049h" not in program.sent
