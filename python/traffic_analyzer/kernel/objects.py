"""The object file: where it is looked for, and what is wrong with it before the kernel has to say so."""

from __future__ import annotations

import sys
from pathlib import Path

from ..errors import KernelError, UsageError

_EM_BPF = 247
_BYTE_ORDERS = {1: ("little", "bpfel"), 2: ("big", "bpfeb")}  # e_ident[EI_DATA]
_TARGET = "bpfel" if sys.byteorder == "little" else "bpfeb"
_PACKAGE = Path(__file__).resolve().parents[1]

#: In this order: the build tree of a checkout, the Python package, OpenWrt's folder.
PLACES = (
    _PACKAGE.parents[1] / "build" / "ebpf" / f"traffic_analyzer.{_TARGET}.o",
    _PACKAGE / "bpf" / f"traffic_analyzer.{_TARGET}.o",
    Path("/lib/bpf/traffic_analyzer.o"),
)


def find_object(given: str | None) -> Path:
    """The object to load: the one *given*, else the first of :data:`PLACES` that is there.

    :raises UsageError: it cannot be read, is no eBPF object, or is made for the other byte order.
    """
    if given is None:
        found = next((place for place in PLACES if place.exists()), None)
        if found is None:
            raise KernelError(f"no eBPF object in {', '.join(map(str, PLACES))}: run `make build`, or name one with "
                              f"--bpf-object")  # fmt: skip
    else:
        found = Path(given)
    _check(found)
    return found


def _check(path: Path) -> None:
    try:
        with path.open("rb") as file:
            head = file.read(20)
    except OSError as error:
        raise UsageError(f"--bpf-object {path}: {error.strerror}") from None
    if len(head) < 20 or head[:4] != b"\x7fELF" or head[5] not in _BYTE_ORDERS:
        raise UsageError(f"--bpf-object {path}: not an ELF file; `make build` makes build/ebpf/traffic_analyzer.*.o")
    order, target = _BYTE_ORDERS[head[5]]
    if int.from_bytes(head[18:20], "little" if order == "little" else "big") != _EM_BPF:
        raise UsageError(f"--bpf-object {path}: an ELF file, but not for eBPF (clang -target {_TARGET} makes one)")
    if order != sys.byteorder:
        raise UsageError(f"--bpf-object {path}: made for {order}-endian machines ({target}); this one needs {_TARGET}")
