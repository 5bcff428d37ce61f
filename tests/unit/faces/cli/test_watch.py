"""Again and again: in its place on a terminal, one after the other elsewhere, and no more after Ctrl-C."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator

import pytest

from traffic_analyzer.faces.cli.terminal import Terminal
from traffic_analyzer.faces.cli.watch import watch
from traffic_analyzer.faces.paint import PLAIN

_TTY = Terminal((20, 5), PLAIN, True)


def _watched(texts: list[str], places: list[Terminal]) -> tuple[str, list[float]]:
    """What is written until Ctrl-C is pressed in the sleep after the last of *texts*."""
    out, slept = io.StringIO(), []
    drawn, shown = iter(texts), iter(places)

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        if len(slept) == len(texts):
            raise KeyboardInterrupt

    watch(lambda _: next(drawn), 7, out, lambda: next(shown), sleep)
    return out.getvalue(), slept


def test_in_a_pipe_an_empty_line_is_between() -> None:
    assert _watched(["a\n", "b\n", "c\n"], [Terminal()] * 3) == ("a\n\nb\n\nc\n", [7, 7, 7])


def test_a_terminal_that_cannot_go_back_gets_the_same() -> None:
    assert _watched(["a\n", "b\n"], [Terminal((80, 24), PLAIN, False)] * 2)[0] == "a\n\nb\n"


class _Screen:
    """Of a terminal, as far as it is needed: what is on it after some bytes."""

    def __init__(self, columns: int, lines: int) -> None:
        self.columns, self.room = columns, lines
        self.lines = [""]
        self.at = self.column = 0
        self.scrolled = 0

    def feed(self, text: str) -> None:
        for part in self._parts(text):
            if part == "\r":
                self.column = 0
                continue
            if part == "\n":
                self.at += 1
                if self.at == len(self.lines):
                    self.lines.append("")
                if len(self.lines) > self.room:
                    self.lines.pop(0)
                    self.at -= 1
                    self.scrolled += 1
            elif part == "\x1b[H\x1b[2J":
                self.lines, self.at = [""], 0
            elif part.endswith("A"):
                self.at = max(self.at - int(part[2:-1]), 0)
            elif part == "\x1b[J":
                self.lines[self.at :] = [""]
            elif part == "\x1b[K":
                self.lines[self.at] = self.lines[self.at][: min(self.column, self.columns - 1)]
            elif not part.startswith("\x1b"):
                self.lines[self.at] = part[: self.columns]
                self.column = len(part)

    @staticmethod
    def _parts(text: str) -> Iterator[str]:
        yield from re.findall(r"\x1b\[H\x1b\[2J|\x1b\[[?0-9]*[A-Za-z]|\r|\n|[^\x1b\r\n]+", text)


@pytest.mark.parametrize("texts", [["a\nb\n", "c\n"], ["a\n", "b\nc\nd\n"], ["a\nb\nc\nd\n", "e\nf\ng\nh\n"]])
def test_on_a_terminal_the_last_one_takes_the_place_of_the_one_before(texts: list[str]) -> None:
    screen = _Screen(*_TTY.size or (0, 0))
    screen.feed(_watched(texts, [_TTY] * len(texts))[0])
    assert [line for line in screen.lines if line] == texts[-1].split() and not screen.scrolled


def test_what_does_not_fit_is_counted_and_nothing_scrolls() -> None:
    texts = ["".join(f"{letter}{n}\n" for n in range(9)) for letter in "ab"]
    screen = _Screen(*_TTY.size or (0, 0))
    screen.feed("before\n")
    screen.feed(_watched(texts, [_TTY] * 2)[0])
    assert screen.lines[:4] == ["b0", "b1", "b2", "… 6 lines more"] and screen.lines[4:] == [""]


def test_a_long_line_cannot_take_two() -> None:
    text, _ = _watched(["x" * 99 + "\n"], [_TTY])
    assert text.index("\x1b[?7l") < text.index("x") < text.index("\x1b[?7h")


def test_a_line_as_wide_as_the_terminal_keeps_its_last_character() -> None:
    screen = _Screen(*_TTY.size or (0, 0))
    screen.feed(_watched(["a" * 20 + "\n", "b" * 20 + "\n", "c\n"], [_TTY] * 3)[0])
    assert [line for line in screen.lines if line] == ["c"]
    screen.feed(_watched(["d" * 20 + "\n"], [_TTY])[0])
    assert screen.lines[-2:] == ["d" * 20, ""]


def test_once_its_size_changes_the_screen_is_cleared() -> None:
    text, _ = _watched(["a\n", "b\n"], [_TTY, Terminal((40, 10), PLAIN, True)])
    assert "\x1b[H\x1b[2J" in text and text.index("a") < text.index("\x1b[H") < text.index("b")


def test_whatever_else_goes_wrong_is_told() -> None:
    def fail(_: Terminal) -> str:
        raise ValueError

    with pytest.raises(ValueError):
        watch(fail, 1, io.StringIO(), Terminal, lambda _: None)
