"""Completion, tried by the shells that it is for."""

from __future__ import annotations

import os
import pty
import select
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from traffic_analyzer.faces.commands import every_command
from traffic_analyzer.faces.completion import render_bash, render_zsh
from traffic_analyzer.reports.registry import REPORTS

_NAMES = [command.name for command in every_command()]


def _completed(folder: Path, *words: str) -> list[str]:
    """What a real bash has for the last of *words*, typed behind the program's name."""
    file = folder / "completion"
    file.write_text(render_bash())
    script = (
        'source "$0"; compopt() { :; }; COMP_WORDS=(traffic-analyzer "$@"); COMP_CWORD=$#; _traffic_analyzer; '
        'printf "%s\\n" "${COMPREPLY[@]}"'
    )
    command = ["bash", "--norc", "-c", script, str(file), *words]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    assert done.stderr == ""
    return done.stdout.split("\n")[:-1] if done.stdout.strip() else []


def test_commands(tmp_path: Path) -> None:
    assert _completed(tmp_path, "") == _NAMES
    assert _completed(tmp_path, "top-do") == ["top-domain", "top-dohdot"]
    assert _completed(tmp_path, "--w") == ["--wide", "--watch"] and "--version" in _completed(tmp_path, "-")


@pytest.mark.parametrize("command", every_command(), ids=lambda command: command.name)
def test_every_flag_of_every_command(tmp_path: Path, command: object) -> None:
    named = next(each for each in every_command() if each is command or each == command)
    flags = [s.flag for s in (*named.settings, *named.views) if not s.is_positional]
    assert _completed(tmp_path, named.name, "--") == [*flags, *(f"--{shape}" for shape in named.shapes), "--help"]


@pytest.mark.parametrize("name", [name for name, report in REPORTS.items() if report.takes_sort])
def test_columns_are_those_of_the_report(tmp_path: Path, name: str) -> None:
    assert _completed(tmp_path, name, "--sort", "") == [column.name for column in REPORTS[name].columns]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (("top-ip", "--period", "last-"), ["last-week", "last-month", "last-year"]),
        (("top-ip", "--period", "=", "da"), ["day"]), (("top-ip", "--period", "="), ["hour", "day", "week", "month",
         "year", "last-week", "last-month", "last-year"]),
        (("top-ip", "--db", "a"), ["a b.db", "a$(x).db"]), (("run", "--pin-dir", ""), ["folder"]),
        (("export", "f"), ["folder"]), (("export", "--db", "x", "a"), ["a b.db", "a$(x).db"]),
        (("--db", "a"), ["a b.db", "a$(x).db"]), (("top-ip", "--limit", ""), []), (("top-ip", ""), []),
        (("no-such", "--"), []), (("prune", "--tier", "h"), ["hours"]),
    ],
)  # fmt: skip
def test_values(tmp_path: Path, words: tuple[str, ...], found: list[str]) -> None:
    (tmp_path / "here").mkdir()
    for name in ("a b.db", "a$(x).db"):
        (tmp_path / "here" / name).touch()
    (tmp_path / "here" / "folder").mkdir()
    done = _completed(tmp_path / "here", *words)
    assert sorted(done) == sorted(found)


def _typed(folder: Path, keys: str, wanted: str) -> str:
    """What a real zsh shows, once *keys* are pressed."""
    (folder / "_traffic-analyzer").write_text(render_zsh())
    child, terminal = pty.fork()
    if child == 0:
        os.chdir(folder)
        os.execvpe("zsh", ["zsh", "-f", "-i"], {"PATH": os.environ["PATH"], "TERM": "dumb", "HOME": str(folder)})
    shown, end_s = "", time.monotonic() + 60

    def read(until: str) -> None:
        nonlocal shown
        while until not in shown and time.monotonic() < end_s:
            if select.select([terminal], [], [], 0.2)[0]:
                shown += os.read(terminal, 65_536).decode(errors="replace").replace("\a", "")

    try:
        setup = "PS1='' ; fpath=($PWD $fpath); autoload -U compinit; compinit -u -D; unsetopt zle_bracketed_paste"
        os.write(terminal, f"{setup}; echo rea''dy\n".encode())
        read("ready")
        shown = ""
        os.write(terminal, keys.encode())
        read(wanted)
    finally:
        os.kill(child, 9)
        os.waitpid(child, 0)
        os.close(terminal)
    return shown


@pytest.mark.parametrize(
    ("keys", "wanted"),
    [
        ("traffic-analyzer stat\t", "status"), ("traffic-analyzer top-ip --look\t", "--lookback-minutes"),
        ("traffic-analyzer top-ip --period last-m\t", "last-month"), ("traffic-analyzer --wat\t", "--watch"),
        ("traffic-analyzer prune --tier h\t", "hours"), ("traffic-analyzer export afi\t", "afile"),
        ("traffic-analyzer top-ip --sort rem\t", "remote_ip"), ("traffic-analyzer top-\t\t", "top-dohdot"),
    ],
)  # fmt: skip
def test_zsh(tmp_path: Path, keys: str, wanted: str) -> None:
    if shutil.which("zsh") is None:
        pytest.skip("no zsh: `make setup` installs it")
    (tmp_path / "afile").touch()
    assert wanted in _typed(tmp_path, keys, wanted)


@pytest.mark.parametrize(("shell", "text"), [("bash", render_bash()), ("zsh", render_zsh())])
def test_a_shell_can_read_it(tmp_path: Path, shell: str, text: str) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"no {shell}: `make setup` installs it")
    (tmp_path / "completion").write_text(text)
    subprocess.run([shell, "-n", str(tmp_path / "completion")], check=True)
