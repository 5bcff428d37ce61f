"""Kernels of the Debian archive, unpacked below ``build/kernels`` and never installed."""

from __future__ import annotations

import lzma
import os
import re
import shutil
import struct
import tempfile
from dataclasses import dataclass
from pathlib import Path

from .architecture import AMD64, ARCHITECTURES, Architecture
from .archive import Archive
from .command import QemuError, command

_FOLDER = Path(__file__).resolve().parents[2] / "build" / "kernels"
#: The packages that always depend on the newest point release of a series; those that are gone cannot be had.
_META = ("linux-image-{architecture}", "linux-image-{series}-{architecture}")
_SETUP_SECTORS_AT, _PAYLOAD_AT = 0x1F1, 0x248  # Documentation/arch/x86/boot.rst: setup_sects, payload_offset
_SECTOR_BYTES, _OUTPUT_LENGTH_BYTES = 512, 4
_XZ, _ZSTD = b"\xfd7zXZ\0", b"\x28\xb5\x2f\xfd"


@dataclass(frozen=True)
class Kernel:
    """An unpacked kernel package."""

    architecture: Architecture
    release: str  #: as ``uname -r`` says
    image: Path  #: on amd64 ``vmlinux``, which QEMU enters directly (PVH): twice as quick as through its decompressor
    modules: Path  #: what is ``/lib/modules/<release>`` on a machine that runs it
    root: Path  #: that of the guest; the modules are below it


def find_kernel(wanted: str) -> Kernel:
    """The newest kernel of a series, such as ``6.12`` or ``6.1/s390x``, in the archive of this Debian.

    It is downloaded where it is not there yet; older ones of the series are removed then.

    :raises QemuError: there is none, or it cannot be had.
    """
    series, _, name = wanted.partition("/")
    architecture = ARCHITECTURES.get(name or AMD64.name)
    if architecture is None:
        raise QemuError(f"no guests of {name}: choose {' or '.join(ARCHITECTURES)}")
    archive = Archive(architecture.name, _FOLDER)
    archive.refresh()
    package = _package(archive, series, architecture.name)
    folder = _FOLDER / package
    if not (folder / "ready").exists():
        _fetch(archive, architecture, package, folder)
        for old in _FOLDER.glob(f"linux-image-{series}.*-{architecture.name}"):
            if old != folder:
                shutil.rmtree(old)
    release = package.removeprefix("linux-image-")
    image = folder / ("vmlinux" if architecture == AMD64 else f"boot/vmlinuz-{release}")
    root = Path("/") if architecture.is_own else folder
    return Kernel(architecture, release, image, folder / "lib" / "modules" / release, root)


def _package(archive: Archive, series: str, architecture: str) -> str:
    """The package of the newest point release: point releases vanish from the archive, their meta packages do not."""
    metas = {meta.format(series=series, architecture=architecture) for meta in _META}
    for name in archive.names("linux-image-") & metas:
        for line in archive.depends(name):
            found = re.fullmatch(rf"\s*Depends: (linux-image-{re.escape(series)}\.\S+)", line)
            if found:
                return found[1]
    raise QemuError("not in the archive of this Debian: choose another series")


def _fetch(archive: Archive, architecture: Architecture, package: str, folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    archive.unpack(package, folder)
    if not architecture.is_own:
        archive.unpack_all(architecture.packages, folder)
    release = package.removeprefix("linux-image-")
    command("depmod", "-b", folder, release)
    if architecture == AMD64:
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
