"""A program on a terminal of its own, and what it sends there."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager


class Child:
    """One of :func:`child`."""

    def __init__(self, process: subprocess.Popen[bytes], end: int) -> None:
        self.process, self._end = process, end
        self.sent = b""

    @property
    def is_open(self) -> bool:
        """False after :meth:`hang_up`."""
        return self._end >= 0

    def read(self, for_s: float, until: bytes | None = None) -> bytes:
        """What it sends in *for_s*, or until it has sent something."""
        begin, end_s = len(self.sent), time.monotonic() + for_s
        while (left_s := end_s - time.monotonic()) > 0 and not (until and until in self.sent[begin:]):
            ready, _, _ = select.select([self._end], [], [], left_s)
            try:
                piece = os.read(self._end, 65_536) if ready else b""
            except OSError:  # it has ended
                break
            self.sent += piece
        return self.sent[begin:]

    def hang_up(self) -> None:
        """The terminal is gone, and nobody says so: it controls no session."""
        os.close(self._end)
        self._end = -1

    def type(self, keys: bytes) -> None:
        """Presses keys."""
        os.write(self._end, keys)


@contextmanager
def child(*argv: object, term: str = "xterm", lines: int = 24, columns: int = 80,
          environment: Mapping[str, str] | None = None) -> Iterator[Child]:  # fmt: skip
    """Python with *argv*, on a terminal; killed when the block ends, if it runs."""
    ours, its = pty.openpty()
    fcntl.ioctl(its, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
    given = {**os.environ, "TERM": term, "LC_ALL": "C.UTF-8", **(environment or {})}
    command = [sys.executable, *map(str, argv)]
    process = subprocess.Popen(command, stdin=its, stdout=its, stderr=its, env=given, start_new_session=True)
    os.close(its)
    try:
        made = Child(process, ours)
        yield made
    finally:
        if process.poll() is None:
            process.kill()
        process.wait(timeout=60)
        if made.is_open:
            os.close(ours)
