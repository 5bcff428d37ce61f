"""Of killed collectors nothing stays where nobody will take it over."""

from __future__ import annotations

import signal
from pathlib import Path

from traffic_analyzer.kernel import leavings

from ..lab.collector import collector, pin_dir
from ..lab.netns import Namespace


def _has_clsact(inside: Namespace, name: str) -> bool:
    return "clsact" in inside.run("tc", "qdisc", "show", "dev", name).stdout


def test_what_a_killed_collector_left_goes(cable: tuple[Namespace, Namespace], tmp_path: Path) -> None:
    _, receiver = cable
    with collector(receiver, tmp_path, "--iface", "rx") as running:
        running.stop(signal.SIGKILL)
        assert list(running.pins.iterdir()) and _has_clsact(receiver, "rx")
        with receiver.entered():
            assert leavings.remove(running.pins) == 1
        assert not running.pins.exists() and not _has_clsact(receiver, "rx")
        with receiver.entered():
            assert leavings.remove(running.pins) == 0


def test_a_living_one_is_left_alone(cable: tuple[Namespace, Namespace], tmp_path: Path) -> None:
    _, receiver = cable
    with collector(receiver, tmp_path, "--iface", "rx") as running:
        with receiver.entered():
            assert leavings.remove(running.pins) == 0
        assert list(running.pins.iterdir()) and _has_clsact(receiver, "rx")


def test_where_nobody_ever_was() -> None:
    assert leavings.remove(pin_dir()) == 0
