"""The folder on the bpf file system where maps and programs stay when the daemon does not."""

from __future__ import annotations

import ctypes
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..errors import KernelError, UsageError

MOUNT_POINT = Path("/sys/fs/bpf")


def _mounted_type(path: Path) -> str:
    """The type of the file system that holds *path*, which need not exist."""
    best, found = -1, ""
    for line in Path("/proc/self/mounts").read_text().splitlines():
        _, point, kind, *_ = line.split()
        point = point.encode().decode("unicode_escape")
        if path.is_relative_to(point) and len(point) >= best:
            best, found = len(point), kind
    return found


def prepare(folder: Path) -> None:
    """Makes *folder*, root's alone, on a bpf file system; mounts one at ``/sys/fs/bpf`` where that is missing.

    :raises KernelError: it cannot be mounted or made.
    """
    folder = folder.resolve()
    if "." in str(folder):
        raise UsageError(f"--pin-dir {folder}: a bpf file system takes no dots in names; choose a name without")
    if _mounted_type(folder) != "bpf":
        if not folder.is_relative_to(MOUNT_POINT):
            raise UsageError(f"--pin-dir {folder}: not on a bpf file system; choose a folder below {MOUNT_POINT}")
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.mount(b"bpf", os.fsencode(MOUNT_POINT), b"bpf", 0, None):
            reason = os.strerror(ctypes.get_errno())
            raise KernelError(f"no bpf file system at {MOUNT_POINT} and it cannot be mounted ({reason}): run as root, "
                              f"or `mount -t bpf bpf {MOUNT_POINT}`")  # fmt: skip
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise KernelError(f"{folder}: {error.strerror}: run as root") from None


def lock(folder: Path) -> int | None:
    """A descriptor that holds *folder* for this process until it is closed or the process ends.

    None where another process holds it.
    """
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(fd)
        return None
    return fd


@contextmanager
def exclusive(folder: Path) -> Iterator[None]:
    """Waits until no other process is in its own ``exclusive`` of *folder*."""
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX)
        yield
    finally:
        os.close(fd)


def remove(folder: Path) -> None:
    """Removes *folder* and its pins, if they are still there; what nothing else holds is freed by the kernel."""
    if folder.exists():
        for pin in folder.iterdir():
            pin.unlink()
        folder.rmdir()
