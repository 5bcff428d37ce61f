"""The service of OpenWrt: what its init script tells procd, and that all of it goes by the declarations."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from traffic_analyzer.faces.options import render_config, renewed
from traffic_analyzer.kernel import objects
from traffic_analyzer.roster.files import SOURCES
from traffic_analyzer.settings import DEFAULT_CONFIG, DEFAULT_DB

_ROOT = Path(__file__).resolve().parents[2]
_FILES = _ROOT / "files" / "etc"
_SCRIPT = _FILES / "init.d" / "traffic-analyzer"
_CAPABILITIES = _FILES / "capabilities" / "traffic-analyzer.json"
_NAME = "traffic-analyzer"
_MOVED = ("/etc/config", "/var/run", "/var/lib", "/sys/fs/bpf", "/sbin/ujail", "/proc/mounts",
          "/usr/bin/python3")


class Ran(NamedTuple):
    """An action of the script, with the folder that stands for ``/`` left out of all words."""

    status: int
    said: str  #: on standard error
    told: str  #: on standard output
    calls: list[tuple[str, ...]]
    root: Path

    def of(self, name: str) -> list[tuple[str, ...]]:
        """The words of each call of *name*."""
        return [tuple(words) for called, *words in self.calls if called == name]

    def param(self, name: str) -> tuple[str, ...] | None:
        """What ``procd_set_param NAME`` was told; None: nothing."""
        return next((words[1:] for words in self.of("set_param") if words[0] == name), None)

    def mounts(self) -> dict[str, bool]:
        """Where in the jail something is, and whether it may be written to."""
        calls = (("add_jail_mount", False), ("add_jail_mount_rw", True))
        return {path.rpartition(":")[2]: rw for name, rw in calls for words in self.of(name) for path in words}


def _shell() -> list[str]:
    """That of OpenWrt where it is at hand, else one that knows no more."""
    busybox = shutil.which("busybox")
    return [busybox, "sh"] if busybox else ["sh"]


@pytest.fixture
def run(tmp_path: Path) -> Callable[..., Ran]:
    """Runs an action of the script, with the paths of a machine below a folder."""
    root = tmp_path / "root"
    for path in ("etc/config", "sbin", "var/run", "var/lib", "sys/fs/bpf", "proc", "usr/bin"):
        (root / path).mkdir(parents=True)
    (root / "etc/config/traffic-analyzer").write_text(render_config())
    (root / "etc/config/dhcp").write_text("config dnsmasq\n")
    (root / "proc/mounts").write_text("bpffs /sys/fs/bpf bpf rw 0 0\n")
    python = root / "usr/bin/python3"
    python.write_text("#!/bin/sh\nprintf 'python3\\t%s\\t%s\\t%s\\t\\n' \"$@\" >>\"$RECORD\"\n")
    python.chmod(0o755)
    script = tmp_path / "script"
    script.write_text(re.sub("|".join(map(re.escape, _MOVED)), lambda path: f"{root}{path[0]}", _SCRIPT.read_text()))

    def ran(action: str, jail: bool = True, **environment: str) -> Ran:
        ujail = root / "sbin/ujail"
        ujail.unlink(missing_ok=True)
        if jail:
            ujail.write_text("#!/bin/sh\n")
            ujail.chmod(0o755)
        record = tmp_path / "record"
        record.write_text("")
        done = subprocess.run(
            [*_shell(), str(Path(__file__).with_name("rc.sh")), str(script), action], text=True, capture_output=True,
            env={"PATH": os.environ["PATH"], "RECORD": str(record), "USERS": _NAME, **environment}, check=False,
        )  # fmt: skip
        words = record.read_text().replace(str(root), "")
        return Ran(done.returncode, done.stderr.replace(str(root), ""), done.stdout.replace(str(root), ""),
                   [tuple(line.split("\t")[:-1]) for line in words.splitlines()], root)  # fmt: skip

    return ran


def test_shellcheck() -> None:
    if not shutil.which("shellcheck"):
        if os.environ.get("TA_REQUIRE_KERNEL_TESTS") == "1":
            pytest.fail("this needs shellcheck")
        pytest.skip("this needs shellcheck")
    checked = [_SCRIPT, Path(__file__).with_name("rc.sh")]
    done = subprocess.run(["shellcheck", *checked], capture_output=True, text=True, check=False)
    assert done.stdout == ""


def test_what_is_made_of_the_declarations_is_in_step() -> None:
    assert (_FILES / "config" / _NAME).read_text() == render_config(), "run `make docs`"
    assert renewed(_SCRIPT.read_text()) == _SCRIPT.read_text(), "run `make docs`"
    assert os.access(_SCRIPT, os.X_OK)


def test_no_path_is_said_twice() -> None:
    """What the script creates and gives away is what its options say."""
    text = _SCRIPT.read_text()
    assert text.count(DEFAULT_DB) == 1
    assert f"CONFIG={DEFAULT_CONFIG.removesuffix(_NAME)}$NAME" in text


def test_capabilities_are_those_that_it_needs_in_every_set() -> None:
    sets = json.loads(_CAPABILITIES.read_text())
    assert set(sets) == {"bounding", "effective", "ambient", "permitted", "inheritable"}
    assert {tuple(names) for names in sets.values()} == {("CAP_BPF", "CAP_NET_ADMIN", "CAP_PERFMON")}


def test_a_start_in_a_jail(run: Callable[..., Ran]) -> None:
    ran = run("start", OPTIONS="enabled=1 archive=/etc/traffic-analyzer/archive.db")
    assert (ran.status, ran.said) == (0, "")
    assert ran.param("command") == ("/usr/bin/python3", "-m", "traffic_analyzer", "run")
    assert ran.param("file") == (DEFAULT_CONFIG,)
    assert ran.param("respawn") == ()
    assert [ran.param(name) for name in ("user", "group")] == [(_NAME,), (_NAME,)]
    assert ran.param("capabilities") == (f"/etc/capabilities/{_NAME}.json",)
    assert ran.param("no_new_privs") == ("1",)
    assert ran.of("add_jail") == [(_NAME, "procfs")]
    assert len(ran.of("open_instance")) == len(ran.of("close_instance")) == 1
    own = {f"/var/lib/{_NAME}", f"/etc/{_NAME}", f"/sys/fs/bpf/{_NAME}", f"/var/run/{_NAME}"}
    assert {path for path, rw in ran.mounts().items() if rw} == {*own, f"/run/{_NAME}", "/dev/log"}
    assert {("-hR", f"{_NAME}:{_NAME}", path) for path in own} <= set(ran.of("chown"))


def test_the_token_may_be_elsewhere(run: Callable[..., Ran], tmp_path: Path) -> None:
    token = tmp_path / "elsewhere" / _NAME / "token"
    assert run("start", OPTIONS=f"enabled=1 web_token_file={token}").mounts()[str(token.parent)] is True
    assert token.parent.is_dir()


def test_all_that_the_collector_reads_is_in_the_jail(run: Callable[..., Ran]) -> None:
    mounts = run("start", OPTIONS="enabled=1").mounts()
    debian = ("/var/lib/misc/", "/var/lib/NetworkManager/")
    needed = [source.path for source in SOURCES if not source.path.startswith(debian)]
    needed += ["/usr/sbin/nft", "/sbin/nft", "/usr/bin/python3"]
    needed += [str(path) for path in objects.PLACES if path.is_relative_to("/lib")]
    needed += [DEFAULT_CONFIG, "/sys/devices/system/cpu/possible", "/etc/quota.sh", "/mnt/usb/dhcp.leases"]
    assert len(needed) > 12
    assert [path for path in needed if not any(Path(path).is_relative_to(mount) for mount in mounts)] == []


def test_files_that_only_root_may_read_are_copied_for_it(run: Callable[..., Ran]) -> None:
    ran = run("start", OPTIONS="enabled=1")
    copies = ran.root / f"var/run/{_NAME}.config"
    assert f"/var/run/{_NAME}.config:/etc/config" in {path for words in ran.of("add_jail_mount") for path in words}
    assert (copies.stat().st_mode & 0o777, sorted(path.name for path in copies.iterdir())) == (0o750, ["dhcp", _NAME])
    assert {path.stat().st_mode & 0o777 for path in copies.iterdir()} == {0o640}
    assert (copies / _NAME).read_text() == render_config()
    (ran.root / "etc/config/dhcp").unlink()
    assert run("reload", OPTIONS="enabled=1").status == 0
    assert [path.name for path in copies.iterdir()] == [_NAME]


@pytest.mark.parametrize("how", [{"jail": False}, {"USERS": ""}, {"OPTIONS": "enabled=1 db=FOLDER/x.db"}], ids=str)
def test_where_it_must_be_root(run: Callable[..., Ran], tmp_path: Path, how: dict[str, str]) -> None:
    foreign = tmp_path / "foreign"
    foreign.mkdir()
    how = {"OPTIONS": "enabled=1", **how}
    how["OPTIONS"] = how["OPTIONS"].replace("FOLDER", str(foreign))
    ran = run("start", **how)
    assert ran.param("command") and ran.status == 0
    if "jail" in how:
        assert not ran.of("add_jail") and ran.param("user") is None and not ran.of("chown")
        return
    assert ran.param("user") == ("root",)
    assert str(foreign) not in {words[-1] for words in ran.of("chown")}, "what is another's is not given away"
    if "USERS" not in how:
        (told,) = ran.of("logger")
        assert f"{foreign} is not {_NAME}'s own: running as root" in told[-1]
        assert ran.mounts()[str(foreign)] is True


def test_a_database_beside_what_the_jail_reads_may_be_written(run: Callable[..., Ran]) -> None:
    ran = run("start", OPTIONS="enabled=1 db=/tmp/x.db")
    assert [words for name in ("add_jail_mount", "add_jail_mount_rw") for words in ran.of(name) if "/tmp" in words] == [
        ("/tmp",)
    ]
    assert ran.mounts()["/tmp"] is True


_WRONG = "traffic-analyzer.collector.copy_days=x validates as range(0,3650) with false"


@pytest.mark.parametrize("action", ["start", "restart", "reload"])
@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({"INVALID": _WRONG}, "traffic-analyzer.collector.copy_days=x is not range(0,3650)"),
        ({"UNPARSED": "Parse error at line 7"}, f"{DEFAULT_CONFIG}: uci: Parse error at line 7"),
    ],
)
def test_what_is_wrong_is_told_and_nothing_starts(
    run: Callable[..., Ran], action: str, environment: dict[str, str], said: str
) -> None:
    ran = run(action, OPTIONS="enabled=1", **environment)
    assert ran.status == 1
    assert not ran.of("open_instance") and not ran.of("set_param")
    what = "not reloaded" if action == "reload" else "not started"
    assert ran.of("logger") == [("-s", "-t", _NAME, "-p", "daemon.err", f"{what}: {said}")]
    assert bool(ran.of("add_reload_trigger")) == (action != "reload"), "mended, it is started; what runs is left alone"
    assert bool(ran.of("start")) == (action != "reload")


def test_without_its_file(run: Callable[..., Ran], tmp_path: Path) -> None:
    (tmp_path / "root" / "etc/config/traffic-analyzer").unlink()
    ran = run("start", OPTIONS="enabled=1")
    assert (ran.status, ran.of("open_instance")) == (1, [])
    assert ran.of("logger")[0][-1] == f"not started: {DEFAULT_CONFIG} is missing"


def test_disabled(run: Callable[..., Ran]) -> None:
    ran = run("start", OPTIONS="enabled=0")
    assert (ran.status, ran.of("open_instance")) == (0, [])
    assert ran.of("logger")[0][-1] == "not started: option enabled is 0"
    assert ran.of("add_reload_trigger"), "enabled again, it starts"


@pytest.mark.parametrize(
    ("environment", "status", "told"),
    [
        ({"RUNNING": "1"}, 0, "running\n"),
        ({"RUNNING": "1", "INVALID": _WRONG}, 0,
         "running\nnot reloaded: traffic-analyzer.collector.copy_days=x is not range(0,3650)\n"),
        ({"INVALID": _WRONG}, 3,
         "active with no instances\nnot started: traffic-analyzer.collector.copy_days=x is not range(0,3650)\n"),
        ({"OPTIONS": "enabled=0"}, 3, "active with no instances\nnot started: option enabled is 0\n"),
        ({}, 3, "active with no instances\n"),
    ],
)  # fmt: skip
def test_its_status_says_why(run: Callable[..., Ran], environment: dict[str, str], status: int, told: str) -> None:
    ran = run("status", **{"OPTIONS": "enabled=1", **environment})
    assert (ran.status, ran.told) == (status, told)


def test_what_it_is_reloaded_by(run: Callable[..., Ran]) -> None:
    ran = run("start", OPTIONS="enabled=1")
    assert ran.of("add_reload_trigger") == [(_NAME, "dhcp")]
    assert ran.of("add_raw_trigger") == [("interface.*", "2000", f"/etc/init.d/{_NAME}", "reload")]


def test_a_reload_stops_it_only_where_its_files_change_hands(run: Callable[..., Ran]) -> None:
    assert not run("start", OPTIONS="enabled=1").of("stop")
    same = run("reload", OPTIONS="enabled=1", USERS="")  # root is who the files are of here, for nobody gave them away
    assert (same.of("stop"), len(same.of("start"))) == ([], 1)
    if os.geteuid() == 0:
        assert len(run("reload", OPTIONS="enabled=1").of("stop")) == 1


def test_a_stop_leaves_nothing_but_what_was_counted(run: Callable[..., Ran]) -> None:
    ran = run("start", OPTIONS="enabled=1")
    assert run("stop", ENABLED="1").status == 0
    left = {str(path.relative_to(ran.root)) for path in ran.root.rglob(f"*{_NAME}*")}
    assert left == {f"var/lib/{_NAME}", f"var/run/{_NAME}", f"etc/config/{_NAME}"}


@pytest.mark.parametrize(
    ("enabled", "left", "removes"), [("", True, True), ("1", True, False), ("", False, False), ("1", False, False)]
)
def test_what_was_killed_is_cleared_away_only_where_nobody_comes_after_it(
    run: Callable[..., Ran], tmp_path: Path, enabled: str, left: bool, removes: bool
) -> None:
    pins = tmp_path / "root" / "sys/fs/bpf" / _NAME
    (pins / "instance").mkdir(parents=True)
    if not left:
        (pins / "instance").rmdir()
    ran = run("stop", ENABLED=enabled)
    assert ran.of("python3") == [("-m", "traffic_analyzer.kernel.leavings", f"/sys/fs/bpf/{_NAME}")] * removes
    assert pins.exists() == left
    assert (ran.status, ran.said) == (0, "")
