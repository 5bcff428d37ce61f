"""Runs a module of this room as a child that lives for one request: JSON on its standard input, JSON on its output.

pyroute2 adds 24 MB to a process, so the daemon never imports it: its children do. A child inherits the daemon's network
namespace, and the descriptors that it is given.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ..errors import KernelError

_PR_SET_PDEATHSIG = 1
_TIMEOUT_S = 30


def ask(module: str, request: Mapping[str, object], subject: str, fds: Iterable[int] = ()) -> Any:
    """What *module*, run as a child, answers to *request*.

    :param subject: what it is about, for the error.
    :param fds: descriptors that the child is to have, under the same numbers.
    :raises KernelError: it refused, died or did not answer in time.
    """
    try:
        child = subprocess.run(
            [sys.executable, "-m", module],
            input=json.dumps({**request, "parent": os.getpid()}),
            capture_output=True,
            text=True,
            errors="backslashreplace",
            pass_fds=tuple(fds),
            start_new_session=True,  # Ctrl-C is for the daemon, which needs this child to leave in order
            timeout=_TIMEOUT_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise KernelError(f"{subject}: no answer in {_TIMEOUT_S} s: try again") from None
    if child.returncode:
        said = child.stderr.strip().splitlines() or [f"the child ended with {child.returncode}"]
        raise KernelError(f"{subject}: {said[-1]}")
    return json.loads(child.stdout)


def _end_with(parent: int) -> None:
    """A child that outlived its daemon would undo what the next one does."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os.kill(os.getpid(), signal.SIGKILL)


def end_with_jail() -> None:
    """In a jail, SIGTERM comes to this process when the one outside that watches over it dies.

    It could not be stopped by anybody otherwise, and would stand in the way of the one that is started in its place.
    Jails of OpenWrt do this by themselves since August 2026.
    """
    if os.getppid() == 0:  # of another PID namespace
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def serve(answer: Callable[[dict[str, Any]], object]) -> int:
    """The child's side: answers the one request; its exit status."""
    request = json.load(sys.stdin)
    _end_with(request["parent"])
    try:
        json.dump(answer(request), sys.stdout)
    except KernelError as error:
        print(error, file=sys.stderr)
        return error.exit_status
    return 0
