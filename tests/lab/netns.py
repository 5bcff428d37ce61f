"""Network namespaces that are gone when their block ends. Needs root and iproute2."""

from __future__ import annotations

import ctypes
import itertools
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_CLONE_NEWNET = 0x40000000
_NUMBERS = itertools.count()


def run(*argv: object, **options: Any) -> subprocess.CompletedProcess[str]:
    """Runs a command to its end; CalledProcessError with its output where it fails."""
    words = [str(word) for word in argv]
    done = subprocess.run(words, **({"capture_output": True, "text": True, "timeout": 60} | options), check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(words)}: exit status {done.returncode}: {done.stderr or done.stdout}")
    return done


class Namespace:
    """A network namespace by name. ``/sys`` stays the machine's, so that pinned maps are seen from everywhere."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.path = Path("/run/netns") / name

    def command(self, *argv: object) -> list[str]:
        """*argv* as a command line that runs inside."""
        return ["nsenter", f"--net={self.path}", *(str(word) for word in argv)]

    def run(self, *argv: object, **options: Any) -> subprocess.CompletedProcess[str]:
        """Runs a command inside, to its end."""
        return run(*self.command(*argv), **options)

    def popen(self, *argv: object, **options: Any) -> subprocess.Popen[Any]:
        """Starts a command inside."""
        return subprocess.Popen(self.command(*argv), **options)

    def ip(self, *argv: object) -> str:
        """What ``ip`` says inside."""
        return run("ip", "-n", self.name, *argv).stdout

    @contextmanager
    def entered(self) -> Iterator[None]:
        """The calling thread is inside until the block ends."""
        libc = ctypes.CDLL(None, use_errno=True)
        with Path("/proc/thread-self/ns/net").open() as before, self.path.open() as inside:
            if libc.setns(inside.fileno(), _CLONE_NEWNET):
                raise OSError(ctypes.get_errno(), f"setns {self.path}")
            try:
                yield
            finally:
                libc.setns(before.fileno(), _CLONE_NEWNET)


@contextmanager
def namespace(label: str, quiet: bool = True) -> Iterator[Namespace]:
    """A new namespace, its loopback up.

    :param quiet: no IPv6 by itself: nothing is sent that was not asked for.
    """
    name = f"ta-{os.getpid()}-{next(_NUMBERS)}-{label}"
    run("ip", "netns", "add", name)
    try:
        made = Namespace(name)
        made.ip("link", "set", "lo", "up")
        if quiet:
            made.run("sh", "-c", "for f in all default; do echo 1 > /proc/sys/net/ipv6/conf/$f/disable_ipv6; done")
        yield made
    finally:
        run("ip", "netns", "del", name)


def veth(one: Namespace, one_name: str, other: Namespace, other_name: str, mtu: int = 1500) -> None:
    """A cable between two namespaces, both ends up."""
    one.ip("link", "add", "name", one_name, "mtu", mtu, "type", "veth", "peer", "name", other_name, "mtu", mtu,
           "netns", other.name)  # fmt: skip
    one.ip("link", "set", "dev", one_name, "up")
    other.ip("link", "set", "dev", other_name, "up")
