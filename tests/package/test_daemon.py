"""What the packages install runs: the byte code made of it, beside Debian's packages, in a root without a checkout."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from traffic_analyzer.faces.commands import COMMANDS
from traffic_analyzer.reports.registry import REPORTS

from ..lab import blast
from ..lab.collector import pin_dir, remove_pins
from ..lab.frames import send
from ..lab.netns import Namespace, namespace, veth
from ..lab.required import missing_kernel, require
from .conftest import Ipk
from .root import SITE, Root, missing_debian

_START_S = 60
_OWN_KIB = 48 * 1024
_DB = "/var/lib/traffic-analyzer/traffic-analyzer.db"


@pytest.fixture
def root(ipks: dict[str, Ipk], tmp_path: Path) -> Root:
    require(missing_kernel())
    require(missing_debian())
    made = Root(tmp_path / "root")
    made.install(ipks["python3-peewee_all"])
    made.install(ipks["traffic-analyzer_x86_64"])
    return made


@pytest.fixture
def cable() -> Iterator[tuple[Namespace, Namespace]]:
    with namespace("tx") as sender, namespace("rx") as receiver:
        veth(sender, "tx", receiver, "rx")
        yield sender, receiver


@pytest.fixture
def pins() -> Iterator[Path]:
    folder = pin_dir()
    try:
        yield folder
    finally:
        remove_pins(folder)


#: Prints the names of those that answer.
_EACH_REPORT = """
import contextlib, io, sys
from traffic_analyzer.__main__ import main
from traffic_analyzer.reports.registry import REPORTS

needed = {"domain-detail": ["--domain", "example.org"], "device-detail": ["--device", "02:00:00:00:00:01"]}
for report in REPORTS:
    with contextlib.redirect_stdout(io.StringIO()) as said:
        status = main([report, "--db", sys.argv[1], "--json", *needed.get(report, [])])
    if status == 0 and said.getvalue().startswith("{"):
        print(report)
"""


def _own_kib(pid: int) -> int:
    """What the process has in memory that no other has."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith("Private_"))


def _asked(root: Root, *argv: object) -> str:
    done = subprocess.run(root.command(*argv), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_it_counts_and_answers_and_is_gone_when_removed(
    root: Root, ipks: dict[str, Ipk], cable: tuple[Namespace, Namespace], pins: Path
) -> None:
    sender, receiver = cable
    log = root.folder.parent / "log"
    flags = ("--iface", "rx", "--pin-dir", pins)
    with log.open("wb") as said:
        daemon = receiver.popen(*root.command("traffic-analyzer", "run", *flags), stdout=said, stderr=said)
    try:
        until = time.monotonic() + _START_S
        while "counting; Ctrl-C stops" not in log.read_text():
            assert daemon.poll() is None and time.monotonic() < until, log.read_text()
            time.sleep(0.05)
        assert "object /lib/bpf/traffic_analyzer.o" in log.read_text()
        sent = send(sender, "tx", blast.frames(5))
        assert "clsact" in receiver.run("tc", "qdisc", "show", "dev", "rx").stdout
        assert _own_kib(daemon.pid) < _OWN_KIB
        daemon.send_signal(signal.SIGTERM)
        assert daemon.wait(60) == 0, log.read_text()
    finally:
        if daemon.poll() is None:
            daemon.kill()
            daemon.wait()

    report = json.loads(_asked(root, "traffic-analyzer", "top-flow", "--db", _DB, "--iface", "rx", "--json"))
    assert sum(row["packets"] for row in report["rows"]) == sent
    assert "Complete" in _asked(root, "traffic-analyzer", "status", "--db", _DB)
    assert _asked(root, "python3", "-c", _EACH_REPORT, _DB).split() == list(REPORTS)

    assert "clsact" not in receiver.run("tc", "qdisc", "show", "dev", "rx").stdout
    assert list(pins.iterdir()) == []
    for name in ("traffic-analyzer_x86_64", "python3-peewee_all"):
        root.remove(ipks[name])
    assert [path for path in root.folder.rglob("*") if path.is_file()] == []


def test_its_help_is_that_of_the_checkout(root: Root) -> None:
    for argv in (["--help"], *([command.name, "--help"] for command in COMMANDS), ["top-domain", "--help"]):
        here = subprocess.run([sys.executable, "-m", "traffic_analyzer", *argv], capture_output=True, text=True,
                              check=True)  # fmt: skip
        assert _asked(root, "traffic-analyzer", *argv) == here.stdout


def test_a_mistake_is_told_by_the_exit_status(root: Root) -> None:
    done = subprocess.run(root.command("traffic-analyzer", "--nothing"), capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)


def test_nothing_is_imported_that_is_not_in_a_package(root: Root) -> None:
    ask = (
        "import importlib, json, pkgutil, sys, traffic_analyzer\n"
        "for module in pkgutil.walk_packages(traffic_analyzer.__path__, 'traffic_analyzer.'):\n"
        "    module.name.endswith('__main__') or importlib.import_module(module.name)\n"
        "print(json.dumps({name: getattr(module, '__file__', None) for name, module in sys.modules.items()}))"
    )
    where = json.loads(_asked(root, "python3", "-c", ask))
    ours = {name: path for name, path in where.items() if name.partition(".")[0] in ("traffic_analyzer", "peewee")}
    assert len(ours) > 100
    assert {name for name, path in ours.items() if not (path.startswith(SITE) and path.endswith(".pyc"))} == set()
    debian = {name.partition(".")[0] for name, path in where.items() if path and "dist-packages" in path}
    assert debian <= {"bottle", "pyroute2", "_distutils_hack"}  # the last by Debian itself, at each start


def test_a_traceback_still_tells_the_line(root: Root) -> None:
    done = subprocess.run(
        root.command("python3", "-c", "from traffic_analyzer import units; units.escaped(None)"),
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert f'File "{SITE}/traffic_analyzer/units.py", line ' in done.stderr


def test_a_command_makes_the_byte_code_that_no_start_of_the_system_made(ipks: dict[str, Ipk], tmp_path: Path) -> None:
    require(missing_debian())
    root = Root(tmp_path / "root")
    for name in ("python3-peewee_all", "traffic-analyzer_x86_64"):
        root.unpack(ipks[name])
    assert _asked(root, "traffic-analyzer", "--version").startswith("traffic-analyzer ")
    assert (root.folder / SITE.lstrip("/") / "traffic_analyzer/daemon.pyc").exists()
    assert not any((root.folder / "etc/uci-defaults").iterdir())
