"""Once, or watched by a real process that is told to stop."""

from __future__ import annotations

import argparse
import json
import os
import pty
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from traffic_analyzer.faces.cli.shown import Said, notation_of, show
from traffic_analyzer.pipeline import minute_of

from ...traffic import home, stored


def _watching(path: Path, out: int, *argv: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "traffic_analyzer", *argv, "--db", str(path), "--watch", "1"]
    return subprocess.Popen(command, stdout=out, stderr=subprocess.PIPE, env={**os.environ, "TERM": "xterm"})


def _read_until(fd: int, what: bytes, times: int) -> bytes:
    got, end_s = b"", time.monotonic() + 60
    while got.count(what) < times:
        assert time.monotonic() < end_s, got
        if select.select([fd], [], [], 1)[0]:
            got += os.read(fd, 65_536)
    return got


def _stopped(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=30)
    assert (process.returncode, said) == (0, b"")


@pytest.mark.parametrize("argv", [("top-ip", "--json"), ("summary",), ("status", "--json")], ids=" ".join)
def test_in_a_pipe_it_is_said_again_until_ctrl_c(tmp_path: Path, argv: tuple[str, ...]) -> None:
    path = stored(tmp_path / "traffic.db", home(minute_of(time.time())))
    ours, theirs = os.pipe()
    with _watching(path, theirs, *argv) as process:
        os.close(theirs)
        got = _read_until(ours, b"\n\n{\n" if "--json" in argv else b"\n\n20", 2)
        _stopped(process)
    os.close(ours)
    assert b"\x1b" not in got
    if "--json" in argv:
        assert json.loads(got.split(b"\n\n{")[0])["verdict"].startswith("INCOMPLETE")


def test_on_a_terminal_it_is_drawn_over_itself_until_ctrl_c(tmp_path: Path) -> None:
    path = stored(tmp_path / "traffic.db", home(minute_of(time.time())))
    ours, theirs = pty.openpty()
    with _watching(path, theirs, "top-ip", "--archive", str(tmp_path / "none.db")) as process:
        os.close(theirs)
        got = _read_until(ours, b"\x1b[?7h", 3)
        _stopped(process)
    os.close(ours)
    assert got.count(b"Remote addresses by bytes, ") >= 3 and got.count(b"A\x1b[?7l") >= 2
    assert got.count(b"No such file or directory; older hours") >= 3  # in its place, not below


def test_notation() -> None:
    assert notation_of(argparse.Namespace()) == (False, False)
    assert notation_of(argparse.Namespace(bytes=True, utc=True)) == (True, True)


def test_once_remarks_are_on_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert show(argparse.Namespace(), lambda _: Said("text\n", ["a\x1bb"])) == 0
    assert capsys.readouterr() == ("text\n", "a\\x1bb\n")
