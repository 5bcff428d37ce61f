"""A real collector, run as a user would, on a database and a pin folder of its own."""

from __future__ import annotations

import itertools
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from traffic_analyzer.kernel import bpffs

from .netns import Namespace

_NUMBERS = itertools.count()
_PATIENCE_S = 180  # an emulated processor takes a minute to start


def pin_dir() -> Path:
    """A pin folder that nobody else uses; the collector makes it."""
    return Path(f"/sys/fs/bpf/ta-test-{os.getpid()}-{next(_NUMBERS)}")


def remove_pins(folder: Path) -> None:
    """Removes a pin folder with all instances in it."""
    if folder.exists():
        for instance in folder.iterdir():
            bpffs.remove(instance)
        folder.rmdir()


class Collector:
    """``traffic-analyzer run`` in a namespace. Not started before :meth:`start`."""

    def __init__(self, inside: Namespace, db: Path, pins: Path, *flags: object) -> None:
        self.inside, self.db, self.pins = inside, db, pins
        self.program: list[object] = ["-m", "traffic_analyzer"]
        no_page = () if "--web-listen" in flags else ("--web-listen", "off")  # many run side by side
        self.flags = ["--db", db, "--pin-dir", pins, *no_page, *flags]
        self.log = db.with_suffix(".log")
        self.process: subprocess.Popen[Any] | None = None

    def start(self) -> None:
        """Returns when it counts. AssertionError with its log where it ends before."""
        mark = self.log.stat().st_size if self.log.exists() else 0
        command = (sys.executable, *self.program, "run", *self.flags)
        with self.log.open("ab") as log:
            self.process = self.inside.popen(*command, stdout=log, stderr=log, start_new_session=True)
        until = time.monotonic() + _PATIENCE_S
        while "counting; Ctrl-C stops" not in (said := self.log.read_text()[mark:]):
            assert self.process.poll() is None, f"it ended with {self.process.returncode}: {said}"
            assert time.monotonic() < until, f"it does not start: {said}"
            time.sleep(0.05)

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Sends a signal and waits; the exit status."""
        assert self.process is not None
        self.process.send_signal(number)
        status = self.process.wait(timeout=_PATIENCE_S)
        self.process = None
        return status

    def rows(self, query: str, *arguments: object) -> list[tuple[Any, ...]]:
        """What *query* finds in the database."""
        with closing(sqlite3.connect(self.db)) as database:
            return database.execute(query, arguments).fetchall()


@contextmanager
def collector(inside: Namespace, folder: Path, *flags: object) -> Iterator[Collector]:
    """A running collector with its database in *folder*; stopped, and its pins removed, when the block ends."""
    made = Collector(inside, folder / "traffic.db", pin_dir(), *flags)
    try:
        made.start()
        yield made
    finally:
        if made.process is not None:
            made.stop()
        remove_pins(made.pins)
