"""The collector is killed again and again under load: what was sent is stored, each byte once."""

from __future__ import annotations

import random
import signal
import time
from pathlib import Path

import pytest

from ..lab import blast
from ..lab.collector import collector
from ..lab.frames import send

_ROUNDS = 20
_AT_MOST_S = 900


def test_database_deleted_after_a_kill(cable, tmp_path: Path) -> None:
    """What the kernel still holds goes into the new file, under the name that the interface has now."""
    sender, receiver = cable
    with collector(receiver, tmp_path, "--iface", "rx") as running:
        running.stop(signal.SIGKILL)
        for file in tmp_path.glob("traffic.db*"):
            file.unlink()
        sent = send(sender, "tx", blast.frames(7))
        running.start()
        assert running.stop() == 0
        assert running.rows("SELECT iface, sum(packets) FROM flow_1m_5t WHERE direction = 0") == [("rx", sent)]


@pytest.mark.timeout(_AT_MOST_S)
def test_kill_and_restart_under_load(cable, tmp_path: Path) -> None:
    sender, _ = cable
    chance = random.Random(20)
    with collector(sender, tmp_path, "--iface", "tx") as running:
        senders = blast.start(sender, "tx", 2, 500, _AT_MOST_S)
        for _ in range(_ROUNDS):
            time.sleep(chance.uniform(0.0, 1.2))
            assert running.stop(signal.SIGKILL) == -signal.SIGKILL
            running.start()
        assert all(process.poll() is None for process in senders), "the load ended before the last kill"
        sent = blast.finish(senders, now=True)
        assert running.stop() == 0
        assert running.rows("SELECT sum(packets), sum(bytes) FROM flow_1m_5t WHERE proto = 17") == [sent]
        assert running.rows("SELECT sum(packets), sum(bytes) FROM counter_minute WHERE counter = 'seen'") == [sent]
        assert running.rows("SELECT count(*) FROM kernel_instance") == [(0,)]
        assert not list(running.pins.iterdir())
        assert "clsact" not in sender.run("tc", "qdisc", "show", "dev", "tx").stdout
