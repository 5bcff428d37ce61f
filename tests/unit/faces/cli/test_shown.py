"""Once, or watched by a real process that is told to stop."""

from __future__ import annotations

import argparse
import fcntl
import io
import json
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import time
from collections.abc import Sequence
from contextlib import closing, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from traffic_analyzer.__main__ import main
from traffic_analyzer.faces.cli.shown import Said, notation_of, show, within
from traffic_analyzer.faces.width import columns_of
from traffic_analyzer.pipeline import minute_of
from traffic_analyzer.records import DeviceName, Health, NameHealth, NameSource, Notice
from traffic_analyzer.reports.registry import REPORTS
from traffic_analyzer.store.writer import Store

from ...traffic import batch, counter_key, flow_key, home, question_key, server_name_key, stored


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


def test_a_stream_that_was_closed_is_one_that_nobody_reads(tmp_path: Path) -> None:
    path = stored(tmp_path / "traffic.db", home(60))
    for closed, argv, status in ((">&-", "summary", 0), (">&-", "top-device", 0), ("2>&-", "top-device --sort x", 2),
                                 ("<&-", "ui", 2), (">&-", "ui", 2)):  # fmt: skip
        line = f"exec {sys.executable} -m traffic_analyzer {argv} --db {path} {closed}"
        ended = subprocess.run(["sh", "-c", line], capture_output=True, text=True)
        assert ended.returncode == status and "Traceback" not in ended.stderr, (line, ended)


@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize("argv", [["--help"], ["--version"], ["top-ip", "--help"], ["link", "--web-token-file", "x"]])
def test_a_disk_that_is_full_is_told_in_a_line(tmp_path: Path, argv: list[str], unbuffered: str) -> None:
    command = [sys.executable, "-m", "traffic_analyzer", *argv]
    environment = os.environ | {"PYTHONUNBUFFERED": unbuffered}
    with Path("/dev/full").open("wb") as full:
        ended = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, cwd=tmp_path, env=environment)
    said = "traffic-analyzer: the output cannot be written: No space left on device\n"
    assert (ended.returncode, ended.stderr) == (1, said)


def _stopped(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
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
    assert got.count(b"file or directory; older hours") >= 3  # in its place, not below, in as many lines as it takes


class _Screen(io.StringIO):
    """Takes itself for a terminal."""

    def isatty(self) -> bool:
        return True


#: All that we say ourselves to a terminal: colours, and what :mod:`.watch` moves by.
_OURS = re.compile(r"\x1b\[[0-9;]*m|\x1b\[\?7[lh]|\x1b\[[0-9]+A|\x1b\[[KJ]|\x1b\[H\x1b\[2J|\r(?=\n|\x1b\[)")
_HOSTILE = (
    "\x1b[2J\x1b[31mred", "\x1b]0;title\x07", "\x9b31m", "\x1bP1$r\x1b\\", "a\nb\r\tc\x0b\x0c\x85\u2028",
    "\x7f\x08" * 99, "abc\u202efed\u2066", "שלום עולם", "日本語" * 28, "Z" + "\u0301" * 127, "\u0301" * 127,
    "❤\ufe0f" * 42, "x" * 255, "ᄒ" * 85, "\ufeff\u00ad\u2060", "a\0b", "\U0001f1e9" * 60,
    "\U000e0041" * 60, "👨\u200d👩" * 20,
)  # fmt: skip
_NAMES = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=60),
    st.text(st.sampled_from("\x1b[]m;0A\n\r\u202e\u0301\ufe0f日x"), min_size=1, max_size=80),
).map(lambda text: text.encode()[:255].decode(errors="ignore"))


def _hostile(path: Path, names: Sequence[str]) -> Path:
    """A database in which everything that others may name is called one of *names*."""
    minute = minute_of(time.time())
    flows, counters, questions, server_names = {}, {}, {}, {}
    for n, name in enumerate(names):
        at: dict[str, Any] = {"minute_unix_s": minute, "iface": name, "domain": name}
        mac = f"02:aa:bb:cc:dd:{n:02x}"
        flows[flow_key(**at, device=mac, label="exact", evidence="tls", remote="2001:db8::1")] = (10**9, n)
        flows[flow_key(**at, device=mac, label="hidden", evidence="tls", remote_port=853)] = (10**8, n)
        flows[flow_key(**at, device=name, label="ambiguous", evidence="dns", l4_proto=17)] = (7, 1)
        counters |= {counter_key(item, minute_unix_s=minute, iface=name): (10**11, 99) for item in ("seen", "unseen")}
        questions[question_key(name, minute_unix_s=minute, iface=name, device=mac)] = 3
        server_names[server_name_key(name, minute_unix_s=minute, iface=name, device=mac)] = 2
    macs = [(f"02:aa:bb:cc:dd:{n:02x}", name) for n, name in enumerate(names)]
    filled = batch(
        flows, counters, tuple(Health(minute, name, 3, 65_536, 27) for name in names), 0, "one", questions,
        server_names, tuple(NameHealth(minute, name, 2, 4, 2, 2, 1, 0, 0, 1) for name in names),
        [(mac, "192.168.1.2") for mac, _ in macs], [DeviceName(mac, NameSource.LEASE, name) for mac, name in macs],
        minute,
    )  # fmt: skip
    with closing(Store(stored(path, filled))) as store:
        notices = [Notice(code, name, name) for name in names for code in ("unseen", "quota-warned", "of-later")]
        store.notice(notices, minute)
    return path


def _shown(argv: list[str], path: Path) -> str:
    """What the command writes to a terminal; watched, as often as it is told."""
    screen, errors = _Screen(), _Screen()
    with redirect_stdout(screen), redirect_stderr(errors):
        assert main([*argv, "--db", str(path)]) == 0, errors.getvalue()
    assert all(line.isprintable() for line in errors.getvalue().split("\n"))
    return screen.getvalue()


def _assert_harmless(path: Path, columns: int) -> None:
    """Whatever a command says, on a terminal with colours and all: not a byte that moves, no line that is too long."""
    environment = {"TERM": "xterm", "COLUMNS": str(columns), "LINES": "24"}
    needed = {"domain-detail": ["--domain", "a.b"], "device-detail": ["--device", "02:aa:bb:cc:dd:00"]}
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("NO_COLOR", raising=False)
        for variable, value in environment.items():
            patch.setenv(variable, value)
        for argv in (["summary"], ["status", "--web-listen", "off"], *([n, *needed.get(n, [])] for n in REPORTS)):
            for how in ([], ["--csv"], ["--wide"], ["--utc", "--bytes"]) if argv[0] in REPORTS else ([], ["--utc"]):
                lines = _OURS.sub("", _shown([*argv, *how], path)).split("\n")
                assert [line for line in lines if not line.isprintable()] == [], (argv, how)
                assert how in (["--csv"], ["--wide"]) or max(map(columns_of, lines)) <= columns, (argv, how)


@pytest.mark.parametrize("columns", [80, 40])
def test_nothing_that_others_name_gets_out_of_its_cell(tmp_path: Path, columns: int) -> None:
    _assert_harmless(_hostile(tmp_path / "traffic.db", _HOSTILE), columns)


@settings(max_examples=4, deadline=None)
@given(st.lists(_NAMES, min_size=3, max_size=20, unique=True), st.sampled_from([30, 80, 132]))
def test_nor_does_anything_else_that_they_come_up_with(names: list[str], columns: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        _assert_harmless(_hostile(Path(folder) / "traffic.db", names), columns)


@pytest.mark.parametrize("name", ["\x1b[2J\r\n\u202e", "日" * 80], ids=ascii)
def test_what_is_watched_is_as_harmless(tmp_path: Path, name: str) -> None:
    """On a real terminal, of 80 columns."""
    path = _hostile(tmp_path / "traffic.db", [name])
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    with _watching(path, theirs, "top-device") as process:
        os.close(theirs)
        got = _read_until(ours, b"\x1b[?7h", 2)
        _stopped(process)
    os.close(ours)
    lines = _OURS.sub("", got.decode().replace("\r\r\n", "\n").replace("\r\n", "\n")).split("\n")
    assert len(lines) > 8 and all(line.isprintable() and columns_of(line) <= 80 for line in lines)


@pytest.mark.parametrize(("kind", "lines"), [("xterm", 14), ("xterm", 10), ("dumb", 14)])
def test_what_is_watched_fits_and_keeps_its_head_and_its_notes(tmp_path: Path, kind: str, lines: int) -> None:
    at = minute_of(time.time())
    flows = {flow_key(minute_unix_s=at, remote=f"203.0.113.{n}"): (1_000 + n, 1) for n in range(40)}
    counters = {counter_key("seen", minute_unix_s=at): (10**6, 99)}
    path = stored(tmp_path / "traffic.db", batch(flows, counters, minute_unix_s=at))
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", lines, 80, 0, 0))
    command = [sys.executable, "-m", "traffic_analyzer", "top-ip", "--db", str(path), "--watch", "1"]
    command += ["--archive", str(tmp_path / "none.db"), "--limit", "40"]
    with subprocess.Popen(command, stdout=theirs, stderr=theirs, env={**os.environ, "TERM": kind}) as process:
        os.close(theirs)
        got = _read_until(ours, b"Remote addresses", 2)
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 0
    os.close(ours)
    first = _OURS.sub("", got.decode().replace("\r\n", "\n")).split("Remote addresses")[1].splitlines()
    shown = [line for line in first if line.startswith("203.0.113.")]
    (more,) = [line for line in first if line.endswith("rows more")]
    assert more == f"… {40 - len(shown)} rows more" and len(shown) > 0
    assert any("a DIFFERENCE of" in line for line in first) and "older hours and days are missing" in "\n".join(first)
    assert len(first) < lines and ("\x1b" in got.decode()) == (kind == "xterm")


def test_what_knows_no_shorter_form_is_cut_and_counted() -> None:
    for said in (Said("a\nb\nc\nd\n"), Said("a\nb\nc\nd\n", (), lambda _: "a\nb\nc\nd\n")):
        assert within(said, 4) == "a\nb\nc\nd\n" and within(said, 3) == "a\nb\n… 2 lines more\n"
    assert within(Said("a\nb\n", (), lambda lines: f"{lines}\n"), 1) == "1\n"


def test_notation() -> None:
    assert notation_of(argparse.Namespace()) == (False, False)
    assert notation_of(argparse.Namespace(bytes=True, utc=True)) == (True, True)


def test_once_remarks_are_on_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert show(argparse.Namespace(), lambda _: Said("text\n", ["a\x1bb"])) == 0
    assert capsys.readouterr() == ("text\n", "a\\x1bb\n")
