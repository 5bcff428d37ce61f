"""Boots a kernel on this machine's own root, or on that of another architecture, and runs one command there.

Nothing of the guest is kept: its root is read-only, below a layer in its memory, and it has no network.
The processor is emulated, everywhere alike: KVM within a virtual machine stumbles over instructions that it lacks. A
guest takes three seconds to start, and Python runs ten times slower in it.
"""

from __future__ import annotations

import shlex
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from . import initramfs
from .command import QemuError
from .kernels import Kernel

ROOT = Path(__file__).resolve().parents[2]
_BOOTS = 2  # one in thirty hangs before the command is reached
_BOOT_TIMEOUT_S = 60
_END_TIMEOUT_S = 30  # from the status to the end of QEMU
_POLL_S = 0.1
_MEMORY_MIB = 2048
_CONSOLE_LINES = 15


@dataclass(frozen=True)
class Outcome:
    """What came of a command in a guest."""

    status: int
    output: str
    boot_s: float  #: until the command began
    run_s: float


def boot(kernel: Kernel, argv: Sequence[object], timeout_s: float, cpus: int = 1) -> Outcome:
    """Runs *argv* in the root of the checkout as root of a guest; standard output and error together.

    :param timeout_s: for the command alone.
    :raises QemuError: the guest does not start, or the command does not end.
    """
    with tempfile.TemporaryDirectory(prefix="ta-qemu-") as folder:
        place = Path(folder)
        initramfs.write(kernel, ROOT, place / "initramfs")
        for attempt in range(1, _BOOTS + 1):
            share = place / f"share-{attempt}"
            share.mkdir()
            words = " ".join(shlex.quote(str(word)) for word in argv)
            (share / "command").write_text(f"cd {shlex.quote(str(ROOT))}\n{words}\n")
            with _qemu(kernel, place, share, cpus) as guest:
                if guest.reaches("started", _BOOT_TIMEOUT_S):
                    return guest.outcome(timeout_s)
        raise QemuError(f"kernel {kernel.release} did not start in {_BOOT_TIMEOUT_S} s, {_BOOTS} times: {guest.said()}")


class _Guest:
    def __init__(self, kernel: Kernel, process: subprocess.Popen[bytes], share: Path, console: Path) -> None:
        self._kernel, self._process, self._share, self._console = kernel, process, share, console
        self._began_s = time.monotonic()

    def reaches(self, name: str, timeout_s: float) -> bool:
        """True when the guest has made the file *name*; False where it does not, or ends before."""
        until_s = time.monotonic() + timeout_s
        while not (self._share / name).exists():
            if self._process.poll() is not None or time.monotonic() > until_s:
                return (self._share / name).exists()
            time.sleep(_POLL_S)
        return True

    def outcome(self, timeout_s: float) -> Outcome:
        started_s = time.monotonic()
        if not self.reaches("status", timeout_s):
            why = "crashed" if self._process.poll() is not None else f"did not end in {timeout_s:.0f} s"
            raise QemuError(f"kernel {self._kernel.release}: the command {why}: {self._output()}{self.said()}")
        ended_s = time.monotonic()
        self._process.wait(_END_TIMEOUT_S)
        status = int((self._share / "status").read_text())
        return Outcome(status, self._output(), started_s - self._began_s, ended_s - started_s)

    def _output(self) -> str:
        file = self._share / "output"
        return file.read_bytes().decode(errors="replace") if file.exists() else ""

    def said(self) -> str:
        """The last lines of the console."""
        lines = self._console.read_bytes().decode(errors="replace").splitlines()
        return "\n".join(["", *lines[-_CONSOLE_LINES:]])


@contextmanager
def _qemu(kernel: Kernel, place: Path, share: Path, cpus: int) -> Iterator[_Guest]:
    console = share.with_suffix(".console")  # and what QEMU itself says
    machine = kernel.architecture
    folders = (("root", kernel.root, ",readonly=on"), ("checkout", ROOT, ",readonly=on"), ("share", share, ""))
    command: list[object] = [
        "setpriv", "--pdeathsig", "KILL",  # no guest outlives this process
        machine.program, *machine.machine, *machine.console,
        "-nodefaults", "-no-user-config", "-no-reboot", "-display", "none", "-accel", "tcg,thread=multi",
        "-smp", cpus, "-m", f"{_MEMORY_MIB}M", "-kernel", kernel.image, "-initrd", place / "initramfs",
        "-append", f"{machine.parameters} quiet panic=-1 sysrq_always_enabled",
        "-device", f"virtio-rng-{machine.bus}",
    ]  # fmt: skip
    for tag, path, rights in folders:
        command += ["-fsdev", f"local,id={tag},path={path},security_model=none,multidevs=remap{rights}",
                    "-device", f"virtio-9p-{machine.bus},fsdev={tag},mount_tag={tag}"]  # fmt: skip
    if shutil.which(machine.program) is None:
        raise QemuError(f"{machine.program} is missing: `make test-kernels` installs it")
    with console.open("wb") as log:
        process = subprocess.Popen([str(word) for word in command], stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    try:
        yield _Guest(kernel, process, share, console)
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()
