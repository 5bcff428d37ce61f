"""Real programs: what they are told, how they end, and that none of them is waited for or left."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from traffic_analyzer.quotas.hooks import Hooks, trouble

_PATIENCE_S = 60
_Script = Callable[[str], Path]


@pytest.fixture
def script(tmp_path: Path) -> _Script:
    def make(text: str) -> Path:
        path = tmp_path / "a hook;touch x"  # a shell would make more of this name
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(0o755)
        return path

    return make


@pytest.fixture
def hooks() -> Iterator[Hooks]:
    hooks = Hooks()
    yield hooks
    hooks.close()


def _until(condition: Callable[[], object]) -> None:
    end_s = time.monotonic() + _PATIENCE_S
    while not condition():
        assert time.monotonic() < end_s, "waited in vain"
        time.sleep(0.02)


def _lines(hooks: Hooks, count: int = 1) -> list[str]:
    found: list[str] = []

    def come() -> bool:
        found.extend(hooks.lines())
        return len(found) >= count

    _until(come)
    return found


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_a_hook_has_its_environment_and_session_and_nothing_of_ours(
    hooks: Hooks, script: _Script, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET", "x")
    out = tmp_path / "out"
    session = 'sed "s/.*) //" /proc/$$/stat | cut -d " " -f 4'
    told = f'env; ls -l /proc/$$/fd; echo "cwd=$(pwd) args=$# pid=$$ session=$({session})"'
    path = script(f'exec 3> "{out}"; ({told}) >&3; echo said; cat')
    hooks.start(str(path), {"TA_QUOTA": "kids", "TA_EMPTY": ""})
    assert _lines(hooks) == [f"hook {path}: exit status 0"]
    said = out.read_text().splitlines()
    assert {"TA_QUOTA=kids", "TA_EMPTY=", "PATH=/usr/sbin:/usr/bin:/sbin:/bin"} <= set(said)
    assert [line for line in said if re.fullmatch(r"cwd=/ args=0 pid=(\d+) session=\1", line)]
    assert not [line for line in said if line.startswith("SECRET=")]
    assert [line.split()[-1] for line in said if " 0 -> " in line or " 2 -> " in line] == ["/dev/null", "/dev/null"]
    assert not (tmp_path / "x").exists()


def test_the_caller_does_not_wait(hooks: Hooks, script: _Script) -> None:
    path = script("sleep 1; exit 3")
    began_s = time.monotonic()
    hooks.start(str(path), {})
    assert hooks.lines() == [] and time.monotonic() - began_s < 0.9
    assert _lines(hooks) == [f"hook {path}: exit status 3"]


def test_a_hook_that_dies(hooks: Hooks, script: _Script) -> None:
    path = script("kill -9 $$")
    hooks.start(str(path), {})
    assert _lines(hooks) == [f"hook {path}: killed by signal 9"]


@pytest.mark.parametrize("what", ["missing", "folder", "not executable", "no program"])
def test_what_cannot_be_started_is_said(hooks: Hooks, tmp_path: Path, what: str) -> None:
    path = tmp_path / "hook"
    why = "no such file"
    if what == "folder":
        path.mkdir()
    elif what == "not executable":
        path.write_text("#!/bin/sh\n")
        why = f"not executable; chmod +x {path}"
    elif what == "no program":
        path.write_text("no first line")
        path.chmod(0o755)
        why = "Exec format error; does its first line name a program?"
    hooks.start(str(path), {})
    assert _lines(hooks) == [f"hook {path} was not started: {why}"]
    assert trouble(str(path)) == (None if what == "no program" else why)


def test_a_missing_interpreter_is_said(hooks: Hooks, tmp_path: Path) -> None:
    path = tmp_path / "hook"
    path.write_text("#!/no/such/shell\n")
    path.chmod(0o755)
    hooks.start(str(path), {})
    assert _lines(hooks) == [
        f"hook {path} was not started: No such file or directory; does its first line name a program?"
    ]


def test_time_is_bounded_for_it_and_what_it_started_and_for_nobody_else(script: _Script, tmp_path: Path) -> None:
    hooks = Hooks(limit_s=0.5)
    pids = tmp_path / "pids"
    path = script(f'sleep 100 & echo $$ $! > "{pids}"; wait')
    bystander = os.spawnlp(os.P_NOWAIT, "sleep", "sleep", "100")
    try:
        hooks.start(str(path), {})
        _until(lambda: pids.exists() and len(pids.read_text().split()) == 2)
        both = [int(pid) for pid in pids.read_text().split()]
        assert all(map(_runs, both))
        assert _lines(hooks) == [f"hook {path} was killed: it ran for 0.5 s"]
        _until(lambda: not any(map(_runs, both)))
        assert _runs(bystander)
    finally:
        os.kill(bystander, 9)
        os.waitpid(bystander, 0)


def test_the_end_leaves_none(script: _Script, tmp_path: Path) -> None:
    hooks = Hooks()
    pids = tmp_path / "pids"
    path = script(f'echo $$ >> "{pids}"; exec sleep 100')
    for _ in range(3):
        hooks.start(str(path), {})
    _until(lambda: pids.exists() and len(pids.read_text().split()) == 3)
    hooks.close()
    assert hooks.lines() == [f"hook {path} was killed: the collector ends"] * 3
    assert not any(_runs(int(pid)) for pid in pids.read_text().split())
