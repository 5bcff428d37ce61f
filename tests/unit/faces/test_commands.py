"""The commands as data: what every face that lists them goes by."""

from __future__ import annotations

import pytest

from traffic_analyzer.errors import KernelError, StoreError, UsageError
from traffic_analyzer.faces.commands import (
    COMMANDS,
    DEFAULT,
    EXITS,
    SHAPES,
    Command,
    every_command,
    help_of,
    line_of,
    metavar_of,
    sentence_of,
)
from traffic_analyzer.reports.registry import REPORTS
from traffic_analyzer.settings import VIEW, Kind, Setting


def test_every_command_is_there_once_and_the_default_is_one() -> None:
    names = [command.name for command in every_command()]
    assert len(names) == len(set(names)) == len(COMMANDS) + len(REPORTS)
    assert DEFAULT in names


@pytest.mark.parametrize("command", every_command(), ids=lambda command: command.name)
def test_a_command_says_what_it_does_and_shows_how(command: Command) -> None:
    assert command.examples and command.help and set(command.shapes) <= set(SHAPES)
    assert sentence_of(command)[0].isupper() and sentence_of(command).endswith(".")
    assert (command.views, command.shapes) == (VIEW, tuple(SHAPES)) or command.name not in REPORTS


def test_every_error_has_its_exit_status() -> None:
    assert {error.exit_status for error in (UsageError, KernelError, StoreError)} | {0, 130} == set(EXITS)


def test_what_is_typed() -> None:
    command = Command("do", "it", ())
    assert line_of(command, "") == "traffic-analyzer do" and line_of(command, "--x 1") == "traffic-analyzer do --x 1"


@pytest.mark.parametrize(
    ("setting", "metavar", "text"),
    [
        (Setting("a", Kind.SWITCH, "all", False), "", "all"),
        (Setting("a", Kind.INTEGER, "all", 0), "N", "all (default: 0)"),
        (Setting("a", Kind.CHOICE, "all", choices=("b", "c")), "b|c", "all"),
        (Setting("a", Kind.CHOICE, "all", choices=("b", "c"), metavar="X"), "X", "all"),
        (Setting("a", Kind.TEXT, "all", "b"), "TEXT", "all (default: b)"),
    ],
)
def test_a_setting_in_words(setting: Setting, metavar: str, text: str) -> None:
    assert (metavar_of(setting), help_of(setting)) == (metavar, text)
