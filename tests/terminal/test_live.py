"""The dashboard beside a collector that counts real traffic: while it runs, is slow, is gone, and is back."""

from __future__ import annotations

import re
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..lab.collector import collector
from ..lab.required import missing_kernel, require
from ..lab.router import PORTS, UPLINK, Router, router
from ..lab.terminal import terminal

_PORT = 8377
_IFACES = tuple(word for name in (*PORTS, UPLINK) for word in ("--iface", name))


@contextmanager
def _sending(home: Router) -> Iterator[None]:
    """Some packets each moment, until the block ends."""
    end = threading.Event()

    def go_on() -> None:
        while not end.is_set():
            home.upload(50, 0)
            time.sleep(0.1)

    thread = threading.Thread(target=go_on, daemon=True)
    thread.start()
    try:
        yield
    finally:
        end.set()
        thread.join(timeout=10)


def test_beside_a_collector(tmp_path: Path) -> None:
    require(missing_kernel())
    file = tmp_path / "run" / "token"
    listen = ("--web-listen", f"127.0.0.1:{_PORT}", "--web-token-file", file)
    with (
        router() as home,
        collector(home.inside, tmp_path, *_IFACES, *listen) as running,
        _sending(home),
        terminal(tmp_path, prefix=home.inside.command()) as opened,
    ):
        opened.start("--db", running.db, *listen, "--refresh-secs", 1)
        lines = opened.shows("^↓ .*  ↑ [1-9][0-9.]* kbit/s.* live [0-9:]+$")
        assert re.search("[▁▂▃▄▅▆▇█]", lines[0])
        opened.keys("2")
        opened.shows(r"^[^ ]+ .* kB .*100\.0%")
        assert running.process is not None
        running.process.send_signal(signal.SIGSTOP)
        opened.shows("no answer for [0-9]+ s")
        opened.keys("3")  # keys never wait
        opened.shows("^Remote addresses by bytes")
        opened.shows("the collector answers too slowly: the database is shown")
        opened.shows(r"^198\.51\.100\.1 ")
        assert "database" in opened.shows("^traffic-analyzer")[0]
        running.process.send_signal(signal.SIGCONT)
        opened.shows("^↓ .* live [0-9:]+$")
        assert running.stop() == 0
        opened.shows("no collector is running: the database is shown")
        opened.shows("^traffic-analyzer .* not counting")
        running.start()
        opened.shows("^↓ .* live [0-9:]+$")
        opened.keys("q")
        opened.shows("^=0=")


def test_a_collector_of_another_database_is_not_asked(tmp_path: Path) -> None:
    require(missing_kernel())
    file = tmp_path / "run" / "token"
    listen = ("--web-listen", f"127.0.0.1:{_PORT}", "--web-token-file", file)
    with (
        router() as home,
        collector(home.inside, tmp_path, *_IFACES, *listen),
        terminal(tmp_path, prefix=home.inside.command()) as opened,
    ):
        opened.start("--db", tmp_path / "other.db", *listen, "--refresh-secs", 1)
        opened.shows("counts into another database: the database is shown")
        opened.shows("no$|no such database")
