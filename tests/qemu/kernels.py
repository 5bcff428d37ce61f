"""Kernels of the Debian archive, unpacked below ``build/kernels`` and never installed."""

from __future__ import annotations

import lzma
import os
import re
import shutil
import struct
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

_FOLDER = Path(__file__).resolve().parents[2] / "build" / "kernels"
#: The packages that always depend on the newest point release of a series; those that are gone cannot be had.
_META = ("linux-image-amd64", "linux-image-{series}-amd64")
_COMMAND_TIMEOUT_S = 600
_SETUP_SECTORS_AT, _PAYLOAD_AT = 0x1F1, 0x248  # Documentation/arch/x86/boot.rst: setup_sects, payload_offset
_SECTOR_BYTES, _OUTPUT_LENGTH_BYTES = 512, 4
_XZ, _ZSTD = b"\xfd7zXZ\0", b"\x28\xb5\x2f\xfd"


class QemuError(Exception):
    """One line that says what to do."""


@dataclass(frozen=True)
class Kernel:
    """An unpacked kernel package."""

    release: str  #: as ``uname -r`` says
    image: Path  #: ``vmlinux``, which QEMU enters directly (PVH): twice as quick as through its own decompressor
    modules: Path  #: what is ``/lib/modules/<release>`` on a machine that runs it


def command(*argv: object, folder: Path | None = None) -> bytes:
    """What a program of this machine prints.

    :raises QemuError: it is missing, fails, or does not end.
    """
    words = [str(word) for word in argv]
    try:
        done = subprocess.run(words, cwd=folder, capture_output=True, timeout=_COMMAND_TIMEOUT_S, check=False)
    except FileNotFoundError:
        raise QemuError(f"{words[0]} is missing: `make test-kernels` installs what is needed") from None
    except subprocess.TimeoutExpired:
        raise QemuError(f"{' '.join(words)}: no end after {_COMMAND_TIMEOUT_S} s") from None
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().splitlines() or [f"exit status {done.returncode}"]
        raise QemuError(f"{' '.join(words)}: {said[-1]}")
    return done.stdout


def find_kernel(series: str) -> Kernel:
    """The newest kernel of a series, such as ``6.12``, that the package lists of this machine know.

    It is downloaded where it is not there yet; older ones of the series are removed then.

    :raises QemuError: there is none, or it cannot be had.
    """
    package = _package(series)
    folder = _FOLDER / package
    if not (folder / "ready").exists():
        _fetch(package, folder)
        for old in _FOLDER.glob(f"linux-image-{series}.*"):
            if old != folder:
                shutil.rmtree(old)
    release = package.removeprefix("linux-image-")
    return Kernel(release, folder / "vmlinux", folder / "lib" / "modules" / release)


def _package(series: str) -> str:
    """The package of the newest point release: point releases vanish from the archive, their meta packages do not."""
    known = set(command("apt-cache", "pkgnames", "linux-image-").decode().split())
    for name in known & {meta.format(series=series) for meta in _META}:
        for line in command("apt-cache", "depends", name).decode().splitlines():
            found = re.fullmatch(rf"\s*Depends: (linux-image-{re.escape(series)}\.\S+)", line)
            if found:
                return found[1]
    raise QemuError(f"no kernel {series} in the package lists: run `apt-get update`, or choose a series of this Debian")


def _fetch(package: str, folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    with tempfile.TemporaryDirectory(dir=_FOLDER) as downloads:
        # The user who downloads is _apt, and it may not write here.
        command("apt-get", "-o", "APT::Sandbox::User=root", "download", package, folder=Path(downloads))
        (archive,) = Path(downloads).iterdir()
        command("dpkg", "-x", archive, folder)
    release = package.removeprefix("linux-image-")
    command("depmod", "-b", folder, release)
    (folder / "vmlinux").write_bytes(_vmlinux((folder / "boot" / f"vmlinuz-{release}").read_bytes()))
    (folder / "ready").touch()


def _vmlinux(bz_image: bytes) -> bytes:
    """The ELF file in a bzImage.

    :raises QemuError: it is packed in a way that is not known here.
    """
    start = (bz_image[_SETUP_SECTORS_AT] + 1) * _SECTOR_BYTES
    offset, length = struct.unpack_from("<II", bz_image, _PAYLOAD_AT)
    payload = bz_image[start + offset : start + offset + length - _OUTPUT_LENGTH_BYTES]
    if payload.startswith(_XZ):
        return lzma.decompress(payload)
    if payload.startswith(_ZSTD):
        with tempfile.NamedTemporaryFile(dir=_FOLDER) as packed:
            os.write(packed.fileno(), payload)
            return command("zstd", "-dc", packed.name)
    raise QemuError(f"the kernel image is packed in a way that is not known here: it begins with {payload[:4].hex()}")
