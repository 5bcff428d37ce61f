"""The dashboard on a terminal, of a database that the store made."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from traffic_analyzer.faces.tui.keys import KEYS
from traffic_analyzer.faces.tui.panes import PANES, title_of
from traffic_analyzer.faces.width import columns_of

from ..lab.terminal import Terminal, terminal
from . import homes

_HINT = r"^\? help"
_FLAGS = ("--web-listen", "off", "--refresh-secs", "1")
_GENERAL = [report for report in PANES if not report.needs_device and not report.needs_domain]


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return homes.plain(tmp_path_factory.mktemp("home"))


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Terminal]:
    with terminal(tmp_path) as opened:
        yield opened


@pytest.fixture
def dashboard(shell: Terminal, database: Path) -> Terminal:
    """One that shows its first answer."""
    shell.start("--db", database, *_FLAGS)
    shell.shows(r"site-15\.example")
    return shell


def _rows(lines: list[str], pattern: str) -> list[str]:
    return [found[0] for line in lines if (found := re.search(pattern, line))]


def test_each_pane(dashboard: Terminal) -> None:
    for report in _GENERAL:
        lines = dashboard.shows(rf"^{re.escape(report.title)}")
        assert len(lines) == 24 and columns_of(max(lines, key=columns_of)) <= 80
        assert any(f" {title_of(report)}" in lines[2] for _ in "1"), lines[2]
        dashboard.shows(rf"^(?:.* {report.columns[0].title}|{report.columns[0].title}|{re.escape(report.nothing)})")
        dashboard.keys("Tab")
    dashboard.shows(rf"^{re.escape(_GENERAL[0].title)}")
    dashboard.keys("BTab")
    dashboard.shows(rf"^{re.escape(_GENERAL[-1].title)}")
    for digit, report in zip("1234567890", PANES, strict=False):
        dashboard.keys(digit)
        dashboard.shows(rf"^{re.escape(report.title)}")
    dashboard.keys("1", "Right")
    dashboard.shows(rf"^{re.escape(_GENERAL[1].title)}")
    dashboard.keys("Left")
    dashboard.shows(rf"^{re.escape(_GENERAL[0].title)}")


def test_what_passed_is_told(dashboard: Terminal) -> None:
    lines = dashboard.shows("↑ .*B")
    assert "Last hour" in lines[1] and "↓ 120 MB" in lines[1]
    assert "database" in lines[0]
    assert dashboard.shows("^INCOMPLETE")


def test_rows_beyond_the_limit(dashboard: Terminal) -> None:
    lines = dashboard.shows(r"1 of 10\+")
    assert _rows(lines, "site-[0-9]+") == [f"site-{n:02}" for n in range(15, 5, -1)]
    dashboard.keys("End", "Down")
    lines = dashboard.shows(r"site-05\.example")
    assert "11 of " in lines[3]
    dashboard.keys("Up")
    assert "10 of 10+" in dashboard.shows(r"site-15\.example")[3]


def test_sort(dashboard: Terminal) -> None:
    dashboard.shows("Total▼")
    dashboard.keys("r")
    lines = dashboard.shows("Total▲")
    dashboard.shows(r"site-01\.example")
    dashboard.keys("<")
    dashboard.shows("Upload▼")
    dashboard.keys("1", "s", ">", "s", "s")
    lines = dashboard.shows("Domain▲")
    lines = dashboard.shows("site-01")
    sites = _rows(lines, r"site-[0-9]+")
    assert sites == sorted(sites) and sites


def test_search(dashboard: Terminal) -> None:
    dashboard.type("/site-1")
    lines = dashboard.shows("^/site-1")
    assert set(_rows(lines, r"site-[0-9]+\.example")) == {f"site-{n}.example" for n in range(10, 16)}
    dashboard.keys("Escape")
    dashboard.shows(_HINT)
    dashboard.shows(r"site-09\.example")
    dashboard.type("/site-02.example")
    dashboard.keys("Enter")
    lines = dashboard.shows(r"^site-02\.example › ")
    lines = dashboard.shows(r"^site-02\.example +exact")
    assert _rows(lines[5:], r"site-[0-9]+\.example") == ["site-02.example"]  # it was not among the rows that were shown
    dashboard.keys("BSpace")
    dashboard.shows(r"^site-15\.example")
    dashboard.keys("2")
    dashboard.shows("television")
    dashboard.type("/tele")
    dashboard.keys("Enter")
    lines = dashboard.shows("rows are searched for it")
    assert _rows(lines[5:], "television|laptop") == ["television"]
    dashboard.type("/")
    dashboard.keys("C-u")
    dashboard.type("television")
    dashboard.keys("Enter")
    dashboard.shows("^television › Devices")


def test_from_a_device_to_its_flows_and_back(dashboard: Terminal) -> None:
    dashboard.keys("2")
    dashboard.shows("^television ")
    dashboard.keys("Enter")
    dashboard.shows("^television › Names by bytes, by site")
    dashboard.shows(r"^site-15\.example")
    dashboard.keys("Down", "Enter")
    lines = dashboard.shows(r"^television › site-14\.example › Flows by bytes")
    lines = dashboard.shows("192.168.1.9")
    assert "203.0.113.14" in "\n".join(lines) and "203.0.113.15" not in "\n".join(lines)
    dashboard.keys("Enter")
    dashboard.shows("no more to tell")
    dashboard.keys("Tab", "Tab")
    dashboard.shows(r"^television › site-14\.example › ")
    dashboard.keys("BSpace")
    lines = dashboard.shows("^television › Names by bytes, by site")
    assert "2 of " in dashboard.shows(r"site-14\.example")[3]
    dashboard.keys("Left")
    dashboard.shows("^Devices by bytes")
    dashboard.keys("BSpace")
    dashboard.shows("^Devices by bytes")


def test_what_is_looked_at_has_panes_of_its_own(dashboard: Terminal) -> None:
    dashboard.keys("2")
    dashboard.shows("^television ")
    dashboard.keys("Enter")
    dashboard.shows("^television › Names")
    dashboard.keys("BTab")
    lines = dashboard.shows("^television › Device details")
    lines = dashboard.shows("^Sites by bytes")
    assert any("television" in line and "lease" in line for line in lines)


def test_window(dashboard: Terminal) -> None:
    dashboard.shows("^Last hour")
    dashboard.keys("+")
    dashboard.shows("^Last 3 hours")
    dashboard.keys("-", "-")
    dashboard.shows("^Last 15 minutes")
    dashboard.keys("w")
    dashboard.shows("^Last hour")


def test_help_and_what_is_to_be_said(dashboard: Terminal) -> None:
    dashboard.keys("?")
    lines = "\n".join(dashboard.shows(re.escape(KEYS[12].help)))  # it is drawn line by line
    for key in KEYS[:12]:
        assert key.help in lines
    dashboard.keys("End")
    dashboard.shows(f"{KEYS[-1].help}$")
    dashboard.keys("q")
    dashboard.shows(r"site-15\.example")
    dashboard.keys("i")
    dashboard.shows("^Nothing on this machine hides traffic")
    dashboard.keys("Escape")
    dashboard.shows(r"site-15\.example")


def test_pause(dashboard: Terminal) -> None:
    dashboard.keys("p")
    dashboard.shows("paused$")
    dashboard.keys("2")
    dashboard.shows("television")  # what is turned to is asked for once
    dashboard.keys("Space")
    assert not [line for line in dashboard.shows(_HINT) if line.endswith("paused")]


def test_small_and_large_again(dashboard: Terminal) -> None:
    dashboard.resize(40, 10)
    lines = dashboard.shows(r"^site-12\.example")
    assert len(lines) == 10
    assert lines[1].startswith(" 1 Sites") and "Total▼" in lines[3] and re.match(r"\? help", lines[-1])
    dashboard.keys("Down", "Down", "Down", "Down")
    dashboard.shows(r"^site-11\.example")
    dashboard.resize(39, 10)
    dashboard.shows("^too small: 40x10 is the least")
    dashboard.resize(1, 1)
    dashboard.resize(200, 50)
    lines = dashboard.shows(r"^site-15\.example")
    dashboard.resize(80, 24)
    lines = dashboard.shows(r"^site-06\.example")
    assert len(lines) == 24 and re.match(r"\? help", lines[-1])


@pytest.mark.parametrize(
    ("number", "status"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129), (signal.SIGINT, 130), (None, 0)], ids=str
)
def test_the_terminal_is_left_as_it_was(
    shell: Terminal, database: Path, number: signal.Signals | None, status: int
) -> None:
    before = shell.run("stty -a")
    shell.keys("clear", "Enter")
    shell.start("--db", database, *_FLAGS)
    shell.shows(r"site-15\.example")
    assert shell.state("cursor_flag") == "0" and shell.state("alternate_on") == "1"
    if number is None:
        shell.keys("q")
    else:
        os.kill(shell.pid(), number)
    lines = shell.shows(rf"^={status}=")
    assert not any("Traceback" in line or "site-15" in line for line in lines)
    assert shell.state("cursor_flag") == "1" and shell.state("alternate_on") == "0"
    assert shell.run("stty -a") == before


def test_ctrl_c_and_ctrl_z(dashboard: Terminal) -> None:
    dashboard.keys("C-z")
    dashboard.shows("ready>")
    dashboard.type("fg")
    dashboard.keys("Enter")
    dashboard.shows(r"^site-15\.example")
    dashboard.keys("2")
    dashboard.shows("television")
    dashboard.keys("C-c")
    dashboard.shows("ready> *$")
    assert dashboard.run("true")[-1] == "=0="


@pytest.mark.parametrize("size", [(80, 24), (40, 10), (132, 50)])
def test_hostile_names_leave_the_screen_intact(tmp_path: Path, size: tuple[int, int]) -> None:
    path = homes.hostile(tmp_path)
    with terminal(tmp_path, *size) as opened:
        opened.start("--db", path, *_FLAGS, "--limit", len(homes.HOSTILE))
        for pane in "12456":
            opened.keys(pane)
            lines = opened.shows(r" of 8$") if pane != "6" else opened.shows(_HINT)
            assert len(lines) == size[1]
            assert re.match(r"\? help", lines[-1]) and f" {pane} " in lines[1] + lines[2]
            assert max(map(columns_of, lines)) <= size[0]
            text = "\n".join(lines)
            assert "\x1b" not in text and "\u202e" not in text
        opened.keys("2", "Home")
        opened.shows("1 of 8")
        for _ in homes.HOSTILE:
            opened.keys("Enter")
            lines = opened.shows(r" › Nam")
            assert len(lines) == size[1] and re.match(r"\? help", lines[-1])
            opened.keys("BSpace")
            opened.shows(r"^Devices by bytes")
            opened.keys("Down")


@pytest.mark.parametrize("term", ["vt100", "linux", "xterm-mono", "screen-256color"])
def test_terminals_of_all_kinds(tmp_path: Path, database: Path, term: str) -> None:
    with terminal(tmp_path, environment={"LC_ALL": "C.UTF-8", "TERM": term}) as opened:
        if opened.run(f"infocmp {term} > /dev/null")[-1] != "=0=":
            pytest.skip(f"terminfo knows no {term} here")
        opened.start("--db", database, *_FLAGS)
        opened.shows(r"^site-15\.example")
        opened.keys("Down", "Tab")
        opened.shows("^television")
        opened.keys("q")
        opened.shows("^=0=")


def test_the_size_is_what_the_terminal_says(tmp_path: Path, database: Path) -> None:
    with terminal(tmp_path, environment={"LC_ALL": "C.UTF-8", "COLUMNS": "20", "LINES": "5"}) as opened:
        opened.start("--db", database, *_FLAGS)
        assert len(opened.shows(r"^site-15\.example")) == 24


def test_a_terminal_without_unicode(tmp_path: Path) -> None:
    path = homes.hostile(tmp_path)
    with terminal(tmp_path, environment={"LC_ALL": "C"}) as opened:
        opened.start("--db", path, *_FLAGS)
        lines = opened.shows("Totalv")
        assert "\n".join(lines).isascii() and "\\u65e5" in "\n".join(lines)


@pytest.mark.parametrize("term", ["dumb", "no-such-terminal"])
def test_no_terminal_for_it(shell: Terminal, database: Path, term: str) -> None:
    lines = shell.run(f"TERM={term} {sys.executable} -m traffic_analyzer ui --db {database}")
    assert lines[-1] == "=2=" and "".join(lines[-3:]).count("traffic-analyzer: TERM=") == 1


def test_no_terminal_at_all(database: Path) -> None:
    command = [sys.executable, "-m", "traffic_analyzer", "ui", "--db", str(database)]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=20, check=False)
    assert done.returncode == 2 and done.stdout == "" and done.stderr.count("\n") == 1
    assert done.stderr.startswith("traffic-analyzer: the dashboard takes a terminal")


def test_a_database_that_is_not_there_yet(shell: Terminal, tmp_path: Path) -> None:
    shell.start("--db", tmp_path / "traffic.db", *_FLAGS)
    shell.shows("^no such database")
    homes.plain(tmp_path)
    shell.shows(r"^site-15\.example")
    shell.keys("q")
    shell.shows("^=0=")


def test_little_is_sent_while_little_changes(dashboard: Terminal) -> None:
    dashboard.shows(_HINT)
    before = dashboard.lines()
    time.sleep(3)
    assert dashboard.lines()[2:] == before[2:]
