"""Programs of the user's, started when something happens: without a shell, beside us, and for a bounded time."""

from __future__ import annotations

import os
import queue
import signal
import subprocess
import threading
import time
from collections.abc import Mapping
from pathlib import Path

_PATH = "/usr/sbin:/usr/bin:/sbin:/bin"
_LOOK_S = 0.1  # between two looks at a running one


def trouble(path: str) -> str | None:
    """Why the program at *path* cannot be started, as far as can be told before; None where it can."""
    if not Path(path).is_file():
        return "no such file"
    return None if os.access(path, os.X_OK) else f"not executable; chmod +x {path}"


class Hooks:
    """What was started and how it ended.

    :param limit_s: how long one may run; then it is killed, with all that it started in its session.
    """

    def __init__(self, limit_s: float = 30) -> None:
        self._limit_s = limit_s
        self._ended: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._closing = threading.Event()
        self._threads: list[threading.Thread] = []

    def start(self, path: str, environment: Mapping[str, str]) -> None:
        """Starts the program at *path* with this environment and a PATH, and waits for nothing."""
        self._threads = [thread for thread in self._threads if thread.is_alive()]
        thread = threading.Thread(target=self._run, args=(path, {"PATH": _PATH, **environment}), daemon=True)
        self._threads.append(thread)
        thread.start()

    def lines(self) -> list[str]:
        """One for each that has ended since the last call, or could not be started."""
        found = []
        while not self._ended.empty():
            found.append(self._ended.get())
        return found

    def close(self) -> None:
        """Kills those that still run; none outlives this call."""
        self._closing.set()
        for thread in self._threads:
            thread.join()

    def _run(self, path: str, environment: Mapping[str, str]) -> None:
        try:
            process = subprocess.Popen(
                [path], env=environment, cwd="/", start_new_session=True,
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            )  # fmt: skip
        except (OSError, ValueError) as error:
            why = trouble(path) or f"{getattr(error, 'strerror', None) or error}; does its first line name a program?"
            self._ended.put(f"hook {path} was not started: {why}")
            return
        end_s = time.monotonic() + self._limit_s
        while process.poll() is None:
            if self._closing.wait(_LOOK_S) or time.monotonic() >= end_s:
                # Nobody else waits for it: until then its number, which is that of its session too, is no one else's.
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
                why = "the collector ends" if self._closing.is_set() else f"it ran for {self._limit_s:g} s"
                self._ended.put(f"hook {path} was killed: {why}")
                return
        status = process.returncode
        ended = f"exit status {status}" if status >= 0 else f"killed by signal {-status}"
        self._ended.put(f"hook {path}: {ended}")
