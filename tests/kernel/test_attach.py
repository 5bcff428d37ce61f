"""What is attached, what is left alone, what comes back by itself, and what is refused."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ..lab.collector import Collector, collector
from ..lab.frames import send
from ..lab.netns import Namespace, veth
from ..lab.packets import ethernet, ipv4, udp

_FRAME = ethernet(0x0800, ipv4(17, udp(payload=bytes(30))))
_SEEN = "SELECT ifnull(sum(packets), 0) FROM counter_minute WHERE counter = 'seen' AND direction = 0"
_MATCH_ALL = ("u32", "match", "u32", "0", "0")
_PATIENCE_S = 60


def _tc(inside: Namespace, device: str) -> list[object]:
    """Qdiscs and filters of a device, without the counters that change by themselves."""
    shows = (("qdisc", "show", "dev", device), *(("filter", "show", "dev", device, d) for d in ("ingress", "egress")))
    return [json.loads(inside.run("tc", "-j", *show).stdout or "[]") for show in shows]


def _wait_for(running: Collector, words: str, times: int = 1) -> None:
    until = time.monotonic() + _PATIENCE_S
    while (said := running.log.read_text()).count(words) < times:
        assert time.monotonic() < until, said
        time.sleep(0.1)


def _refused(inside: Namespace, tmp_path: Path, pins: Path, *flags: object) -> tuple[int, str]:
    """Exit status and the one line of a ``run`` that must not start."""
    command = (sys.executable, "-m", "traffic_analyzer", "run", "--db", tmp_path / "x.db", "--pin-dir", pins,
               "--web-listen", "off", *flags)  # fmt: skip
    done = subprocess.run(inside.command(*command), capture_output=True, text=True, timeout=60, check=False)
    assert len(done.stderr.splitlines()) == 1, done.stderr
    return done.returncode, done.stderr


def test_nothing_is_left_behind(cable, tmp_path: Path) -> None:
    _, receiver = cable
    before = _tc(receiver, "rx")
    with collector(receiver, tmp_path, "--iface", "rx") as running:
        assert "clsact" in str(_tc(receiver, "rx"))
        assert running.stop(signal.SIGINT) == 0
        assert not list(running.pins.iterdir())
    assert _tc(receiver, "rx") == before


def test_filters_of_others_are_left_alone(cable, tmp_path: Path) -> None:
    sender, receiver = cable
    receiver.run("tc", "qdisc", "add", "dev", "rx", "clsact")
    for direction in ("ingress", "egress"):
        receiver.run("tc", "filter", "add", "dev", "rx", direction, "pref", "1", *_MATCH_ALL)
    before = _tc(receiver, "rx")
    with collector(receiver, tmp_path, "--iface", "rx") as running:
        during = _tc(receiver, "rx")
        assert all(filter_ in during[1] for filter_ in before[1])
        running.stop(signal.SIGKILL)
        running.start()
        running.stop()
    assert _tc(receiver, "rx") == before


def test_qdisc_is_ours_after_a_kill_too(cable, tmp_path: Path) -> None:
    _, receiver = cable
    before = _tc(receiver, "rx")
    with collector(receiver, tmp_path, "--iface", "rx") as running:
        running.stop(signal.SIGKILL)
        running.start()
        running.stop()
    assert _tc(receiver, "rx") == before


def test_qdisc_stays_while_others_use_it(cable, tmp_path: Path) -> None:
    _, receiver = cable
    with collector(receiver, tmp_path, "--iface", "rx") as running:
        receiver.run("tc", "filter", "add", "dev", "rx", "ingress", "pref", "9", *_MATCH_ALL)
        running.stop()
    assert "clsact" in str(_tc(receiver, "rx"))
    assert "traffic-analyzer" not in str(_tc(receiver, "rx"))
    assert "u32" in str(_tc(receiver, "rx"))


def test_interface_made_anew(cable, tmp_path: Path) -> None:
    sender, receiver = cable
    with collector(receiver, tmp_path, "--iface", "rx") as running:
        send(sender, "tx", [_FRAME] * 3)
        receiver.ip("link", "del", "dev", "rx")
        time.sleep(1.5)
        veth(sender, "tx", receiver, "rx")
        _wait_for(running, "attached to rx", times=2)
        send(sender, "tx", [_FRAME] * 4)
        running.stop()
        assert running.rows(_SEEN) == [(7,)]
        assert running.rows("SELECT sum(packets) FROM flow_1m_5t WHERE iface = 'rx' AND direction = 0") == [(7,)]


def _rename(inside: Namespace, name: str, new_name: str) -> None:
    inside.ip("link", "set", "dev", name, "down")  # kernel 6.1 renames no interface that is up
    inside.ip("link", "set", "dev", name, "name", new_name)
    inside.ip("link", "set", "dev", new_name, "up")


def test_renamed_interface(cable, tmp_path: Path) -> None:
    sender, receiver = cable
    before = _tc(receiver, "rx")
    with collector(receiver, tmp_path, "--iface", "rx") as running:
        send(sender, "tx", [_FRAME] * 3)
        _rename(receiver, "rx", "other")
        _wait_for(running, "rx is gone")
        _rename(receiver, "other", "rx")
        _wait_for(running, "attached to rx", times=2)
        send(sender, "tx", [_FRAME] * 4)
        running.stop()
        assert running.rows(_SEEN) == [(7,)]
    assert _tc(receiver, "rx") == before


def test_several_interfaces(cable, tmp_path: Path) -> None:
    sender, receiver = cable
    veth(sender, "tx2", receiver, "rx2")
    with collector(receiver, tmp_path, "--iface", "rx", "--iface", "rx2") as running:
        send(sender, "tx", [_FRAME] * 2)
        send(sender, "tx2", [_FRAME] * 5)
        running.stop()
        query = "SELECT iface, sum(packets) FROM flow_1m_5t WHERE direction = 0 GROUP BY 1 ORDER BY 1"
        assert running.rows(query) == [("rx", 2), ("rx2", 5)]


def test_an_interface_has_one_collector(cable, tmp_path: Path) -> None:
    sender, receiver = cable
    with collector(receiver, tmp_path, "--iface", "rx") as running:
        status, line = _refused(receiver, tmp_path, running.pins, "--iface", "rx")
        assert status == 1
        assert "another traffic-analyzer" in line
        send(sender, "tx", [_FRAME] * 3)
        running.stop()
        assert running.rows(_SEEN) == [(3,)]


def test_an_interface_has_one_collector_wherever_it_pins(cable, tmp_path: Path, pins: Path) -> None:
    _, receiver = cable
    with collector(receiver, tmp_path, "--iface", "rx"):
        status, line = _refused(receiver, tmp_path, pins, "--iface", "rx")
        assert status == 1
        assert "another traffic-analyzer" in line


def test_a_filter_that_comes_first_is_said(cable, tmp_path: Path) -> None:
    _, receiver = cable
    receiver.run("tc", "qdisc", "add", "dev", "rx", "clsact")
    receiver.run("tc", "filter", "add", "dev", "rx", "ingress", "pref", "1", *_MATCH_ALL)
    with collector(receiver, tmp_path, "--iface", "rx") as running:
        warnings = [line for line in running.log.read_text().splitlines() if "comes before ours" in line]
    assert len(warnings) == 1
    assert "on ingress" in warnings[0]


def test_a_child_ends_with_its_daemon(cable) -> None:
    """Or it would put the dead instance's programs over those of the next start."""
    _, receiver = cable
    request = {"do": "attach", "parent": 1, "instance": "x-1", "ifindex": 2, "fds": {}, "dead": []}
    command = receiver.command(sys.executable, "-m", "traffic_analyzer.kernel.tc")
    child = subprocess.run(command, input=json.dumps(request), text=True, timeout=60, check=False)
    assert child.returncode == -signal.SIGKILL
    assert "clsact" not in str(_tc(receiver, "rx"))


def test_ingress_qdisc_of_another(cable, tmp_path: Path, pins: Path) -> None:
    sender, receiver = cable
    veth(sender, "tx2", receiver, "rx2")
    receiver.run("tc", "qdisc", "add", "dev", "rx2", "ingress")
    before = _tc(receiver, "rx"), _tc(receiver, "rx2")
    status, line = _refused(receiver, tmp_path, pins, "--iface", "rx", "--iface", "rx2")
    assert status == 1
    assert "rx2" in line and "ingress qdisc" in line
    assert (_tc(receiver, "rx"), _tc(receiver, "rx2")) == before
    assert not list(pins.iterdir())


@pytest.mark.parametrize(
    "flags, status, words",
    [
        (["--iface", "nosuch0"], 2, "nosuch0"),
        ([], 2, "no default route"),
        (["--iface", "rx", "--bpf-object", "/nowhere.o"], 2, "/nowhere.o"),
        (["--iface", "rx", "--bpf-object", "build/ebpf/traffic_analyzer.bpfeb.o"], 2, "big-endian"),
        (["--iface", "rx", "--flush-interval-secs", "-1"], 2, "--flush-interval-secs"),
        (["--iface", "rx", "--flow-map-entries", "9999999999"], 2, "--flow-map-entries"),
        (["--iface", "rx", "--pin-dir", "/tmp/pins"], 2, "bpf file system"),
    ],
)
def test_refused(cable, tmp_path: Path, pins: Path, flags: list[str], status: int, words: str) -> None:
    _, receiver = cable
    before = _tc(receiver, "rx")
    found, line = _refused(receiver, tmp_path, pins, *flags)
    assert found == status
    assert words in line
    assert _tc(receiver, "rx") == before


def test_without_permission(cable, tmp_path: Path, pins: Path) -> None:
    _, receiver = cable
    tmp_path.chmod(0o777)
    command = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", sys.executable, "-m", "traffic_analyzer",
               "run", "--iface", "rx", "--db", "/tmp/ta-nobody.db", "--pin-dir", pins)  # fmt: skip
    done = subprocess.run(receiver.command(*command), capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert "root" in done.stderr
