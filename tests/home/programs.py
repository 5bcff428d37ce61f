"""Programs that run beside a test, and end with their block."""

from __future__ import annotations

import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ..lab.netns import Namespace

_START_S = 60


@contextmanager
def program(inside: Namespace, log: Path, *argv: object, **options: Any) -> Iterator[subprocess.Popen[Any]]:
    """A program that runs until the block ends; what it says is in *log*. It gets no Ctrl-C of ours."""
    with log.open("ab") as said:
        process = inside.popen(*argv, stdout=said, stderr=said, start_new_session=True, **options)
    try:
        yield process
    finally:
        if process.poll() is None:
            process.terminate()
        try:
            process.wait(timeout=60)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait(process: subprocess.Popen[Any], log: Path, what: str, is_so: Callable[[], bool]) -> None:
    until_s = time.monotonic() + _START_S
    while not is_so():
        if process.poll() is not None or time.monotonic() > until_s:
            raise AssertionError(f"{process.args}: does not {what}: {log.read_text()}")
        time.sleep(0.02)


def wait_for_port(inside: Namespace, address: str, port: int, process: subprocess.Popen[Any], log: Path) -> None:
    """Returns when TCP connections are taken; AssertionError with the log where they are not."""

    def answers() -> bool:
        try:
            with inside.entered():
                socket.create_connection((address, port), timeout=1).close()
        except OSError:
            return False
        return True

    _wait(process, log, f"serve {address}:{port}", answers)


def wait_until_said(process: subprocess.Popen[Any], log: Path, words: str) -> None:
    """Returns when *words* are in the log; AssertionError with the log where they do not come."""
    _wait(process, log, f"say {words!r}", lambda: words in log.read_text())
