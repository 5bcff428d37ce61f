"""The man page: all there is, in roff that groff finds nothing wrong with."""

from __future__ import annotations

import re
import shutil
import subprocess

import pytest

from traffic_analyzer.faces.commands import Command, every_command, help_of, line_of
from traffic_analyzer.faces.manual import render_manual


def _groff(*flags: str, text: str = "") -> str:
    if shutil.which("groff") is None:
        pytest.skip("no groff: `make setup` installs it")
    command = ["groff", "-ww", "-man", "-Tutf8", "-rLL=2000n", "-P-c", *flags]
    done = subprocess.run(command, input=text or render_manual(), capture_output=True, text=True, check=True)
    assert done.stderr == ""
    return re.sub(r".\x08", "", done.stdout)


@pytest.fixture(scope="module")
def page() -> str:
    return _groff()


def test_groff_finds_nothing_wrong_and_would(page: str) -> None:
    assert page.strip()
    with pytest.raises(AssertionError):
        _groff(text=render_manual() + ".nosuchrequest\n")


@pytest.mark.parametrize("command", every_command(), ids=lambda command: command.name)
def test_every_flag_and_example_is_shown_as_it_is_typed(page: str, command: Command) -> None:
    words = " ".join(page.split())
    for setting in (*command.settings, *command.views):
        assert f" {setting.flag} " in words and " ".join(help_of(setting).split()) in words
    for arguments, says in command.examples:
        assert f" {line_of(command, arguments)} " in words and says[1:] in words


def test_sections(page: str) -> None:
    heads = re.findall(r"^[A-Z][A-Z ]+$", page, re.MULTILINE)
    assert heads == ["NAME", "SYNOPSIS", "DESCRIPTION", "COMMANDS", "REPORTS", "EXIT STATUS", "ENVIRONMENT", "FILES",
                     "NOTES"]  # fmt: skip
    assert "130 " in page and "BusyBox" in page and "NO_COLOR" in page
