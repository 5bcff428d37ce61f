"""A terminal that is typed at and looked at: tmux, with a shell in it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType

_PATIENCE_S = 60
_PROMPT = "ready>"
_UTF8 = MappingProxyType({"LC_ALL": "C.UTF-8"})


def missing_tmux() -> str | None:
    """Why there is no terminal here, if so."""
    return None if shutil.which("tmux") else "tests of the terminal need tmux"


class Terminal:
    """One of :func:`terminal`."""

    def __init__(self, socket: Path, prefix: Sequence[str]) -> None:
        self._tmux = [*prefix, "tmux", "-S", str(socket), "-f", os.devnull]

    def tmux(self, *argv: object) -> str:
        """What a command of tmux prints."""
        words = [*self._tmux, *map(str, argv)]
        return subprocess.run(words, capture_output=True, text=True, check=True, timeout=_PATIENCE_S).stdout

    def keys(self, *names: str) -> None:
        """Presses keys, by tmux's names for them or by their characters."""
        self.tmux("send-keys", *names)

    def type(self, text: str) -> None:
        """Types characters."""
        self.tmux("send-keys", "-l", text)

    def lines(self) -> list[str]:
        """What is seen, without spaces at the ends of lines."""
        return [line.rstrip() for line in self.tmux("capture-pane", "-p").split("\n")[:-1]]

    def styled(self) -> str:
        """What is seen, with its escape sequences."""
        return self.tmux("capture-pane", "-p", "-e", "-N")

    def shows(self, pattern: str) -> list[str]:
        """The lines, as soon as *pattern* is found in them; AssertionError where it never is."""
        until_s = time.monotonic() + _PATIENCE_S
        while not re.search(pattern, "\n".join(lines := self.lines()), re.MULTILINE):
            assert time.monotonic() < until_s, f"no {pattern!r} in\n" + "\n".join(lines)
            time.sleep(0.05)
        return lines

    def resize(self, columns: int, lines: int) -> None:
        """Gives it another size."""
        self.tmux("resize-window", "-x", columns, "-y", lines)

    def state(self, name: str) -> str:
        """A format of tmux, ``cursor_flag`` say."""
        return self.tmux("display-message", "-p", f"#{{{name}}}").strip()

    def run(self, command: str) -> list[str]:
        """What the shell prints for *command*."""
        self.keys("clear", "Enter")
        time.sleep(0.1)
        self.type(f"{command}; echo =$?=")
        self.keys("Enter")
        lines = self.shows("^=[0-9]+=")
        return [line for line in lines if line and _PROMPT not in line]

    def start(self, *flags: object) -> None:
        """Starts the dashboard in the shell."""
        self.type(f"{sys.executable} -m traffic_analyzer ui {' '.join(map(str, flags))}; echo =$?=")
        self.keys("Enter")

    def pid(self) -> int:
        """Of the dashboard that runs."""
        shell = self.state("pane_pid")
        until_s = time.monotonic() + _PATIENCE_S
        while not (found := subprocess.run(["pgrep", "-P", shell], capture_output=True, text=True).stdout.split()):
            assert time.monotonic() < until_s, "it does not run"
            time.sleep(0.05)
        return int(found[0])


@contextmanager
def terminal(
    folder: Path, columns: int = 80, lines: int = 24, environment: Mapping[str, str] = _UTF8, prefix: Sequence[str] = ()
) -> Iterator[Terminal]:
    """A terminal with a shell that waits for a command, until the block ends.

    :param folder: for its socket.
    :param environment: of the shell, besides that of this process.
    :param prefix: a command that runs its arguments, where it is to be elsewhere.
    """
    made = Terminal(folder / "tmux", prefix)
    given = [word for name, value in environment.items() for word in ("-e", f"{name}={value}")]
    made.tmux("new-session", "-d", "-x", columns, "-y", lines, *given, f"PS1='{_PROMPT} ' exec sh")
    try:
        made.shows(f"^{_PROMPT}")
        yield made
    finally:
        made.tmux("kill-server")
