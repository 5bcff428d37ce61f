"""An instance: one loaded set of programs and maps, pinned in a folder of its own.

The folder's lock says whether its owner lives. Of an instance whose owner was killed the maps go on counting; the next
start reads them out (:func:`orphans`) and removes them.
"""

from __future__ import annotations

import mmap
import os
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from ..errors import KernelError
from . import abi, bpffs
from .libbpf import Libbpf

#: The programs, by (has a link header, direction).
PROGRAMS = {
    (True, "ingress"): "ethernet_ingress",
    (True, "egress"): "ethernet_egress",
    (False, "ingress"): "ip_ingress",
    (False, "egress"): "ip_egress",
}
_MAPS = ("control", "flows", "flows_0", "flows_1", "interfaces", "heads")
_BPF_F_STRICT_ALIGNMENT = 1
_EPERM, _ENOENT, _EINVAL, _ENOSYS = 1, 2, 22, 38


@dataclass(frozen=True)
class Sizes:
    """Capacities, set when the maps are made."""

    flow_entries: int = 65536  #: of each of the two flow maps
    fragment_entries: int = 4096  #: datagrams in pieces that are remembered
    stream_entries: int = 4096  #: TCP streams whose ClientHello is awaited
    ring_bytes: int = 4 << 20  #: for payload heads; rounded up to a power of two, at least a page
    heads_per_s: int = 20_000  #: payload heads captured a second on each CPU; 0 = none


@dataclass
class Instance:
    """Descriptors of one pinned set. ``name`` is unique over time; ``lock_fd`` holds it for this process."""

    libbpf: Libbpf
    folder: Path
    lock_fd: int
    maps: dict[str, int] = field(default_factory=dict)
    programs: dict[str, int] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The instance as the database knows it."""
        return self.folder.name

    def close(self) -> None:
        """Lets go of it; what is pinned or attached stays."""
        for fd in (*self.maps.values(), *self.programs.values(), self.lock_fd):
            os.close(fd)

    def remove(self) -> None:
        """Takes it out of the kernel, as far as nothing is attached any more."""
        bpffs.remove(self.folder)
        self.close()


def owner_key(database: Path) -> str:
    """Names the instances that count into *database*, so that one start takes over its own and no other's."""
    return sha256(os.fsencode(database.resolve())).hexdigest()[:12]


def load(
    libbpf: Libbpf, object_file: Path, pin_dir: Path, owner: str, sizes: Sizes, strict_alignment: bool = False
) -> Instance:
    """A new instance, pinned and locked, attached to nothing.

    :param strict_alignment: let the verifier refuse what machines without unaligned access cannot do.
    :raises KernelError: the kernel refused it; nothing of it is left behind.
    """
    bpffs.prepare(pin_dir)
    folder = pin_dir / f"{owner}-{secrets.token_hex(6)}"
    with bpffs.exclusive(pin_dir):
        folder.mkdir(mode=0o700)
        lock_fd = bpffs.lock(folder)
    assert lock_fd is not None  # the name is new: nobody else can hold it
    instance = Instance(libbpf, folder, lock_fd)
    try:
        _load(instance, object_file, sizes, strict_alignment)
        for name, fd in (instance.maps | instance.programs).items():
            libbpf.pin(fd, str(folder / name))
    except OSError as error:
        instance.remove()
        raise _explained(object_file, error) from None
    return instance


def _load(instance: Instance, object_file: Path, sizes: Sizes, strict_alignment: bool) -> None:
    libbpf = instance.libbpf
    capacities = {
        "flows_0": sizes.flow_entries,
        "flows_1": sizes.flow_entries,
        "fragments": sizes.fragment_entries,
        "streams": sizes.stream_entries,
        "heads": max(mmap.PAGESIZE, 1 << (sizes.ring_bytes - 1).bit_length()),
    }
    handle = libbpf.call("bpf_object__open_file", os.fsencode(object_file), None)
    try:
        for name, entries in capacities.items():
            map_ = libbpf.call("bpf_object__find_map_by_name", handle, name.encode())
            libbpf.call("bpf_map__set_max_entries", map_, entries)
        programs = {
            name: libbpf.call("bpf_object__find_program_by_name", handle, name.encode()) for name in PROGRAMS.values()
        }
        if strict_alignment:
            for program in programs.values():
                libbpf.call("bpf_program__set_flags", program, _BPF_F_STRICT_ALIGNMENT)
        libbpf.call("bpf_object__load", handle)
        # Descriptors of our own: closing the object closes its own ones.
        for name in _MAPS:
            map_ = libbpf.call("bpf_object__find_map_by_name", handle, name.encode())
            instance.maps[name] = os.dup(libbpf.call("bpf_map__fd", map_))
        for name, program in programs.items():
            instance.programs[name] = os.dup(libbpf.call("bpf_program__fd", program))
        for generation in range(abi.GENERATIONS):
            flows = abi.INDEX.pack(instance.maps[f"flows_{generation}"])
            libbpf.update(instance.maps["flows"], abi.INDEX.pack(generation), flows)
        control = abi.CONTROL.pack(abi.ABI_VERSION, 0, sizes.heads_per_s)
        libbpf.update(instance.maps["control"], abi.INDEX.pack(0), control)
    finally:
        libbpf.close(handle)


def _explained(object_file: Path, error: OSError) -> KernelError:
    if error.errno == _EPERM:
        return KernelError("the kernel does not let this user load eBPF programs: run as root, or with CAP_BPF and "
                           "CAP_NET_ADMIN")  # fmt: skip
    if error.errno == _ENOSYS:
        return KernelError("this kernel has no eBPF (CONFIG_BPF_SYSCALL): use a kernel that has it, 5.15 or later")
    if error.errno == _ENOENT and error.filename and "find_" in str(error.filename):
        return KernelError(f"{object_file}: not an object of traffic-analyzer; `make build` makes one")
    if error.errno == _EINVAL:
        return KernelError(f"this kernel refuses {object_file}: 5.15 or later is needed ({error.strerror})")
    return KernelError(f"{object_file} cannot be loaded: {error.strerror}")


def inherit(libbpf: Libbpf, folder: Path, lock_fd: int) -> Instance | None:
    """The instance pinned in *folder*; None where it was never whole, and so never attached."""
    instance = Instance(libbpf, folder, lock_fd)
    for names, into in ((_MAPS, instance.maps), (PROGRAMS.values(), instance.programs)):
        for name in names:
            try:
                into[name] = libbpf.get(str(folder / name))
            except FileNotFoundError:
                instance.remove()
                return None
    return instance


def _unheld(pin_dir: Path, owner: str) -> Iterator[tuple[Path, int]]:
    """The folders in *pin_dir* whose process is gone, each with a lock on it. Nobody makes one meanwhile."""
    with bpffs.exclusive(pin_dir):
        for folder in sorted(pin_dir.glob(f"{owner}-*")):
            lock_fd = bpffs.lock(folder)
            if lock_fd is not None:
                yield folder, lock_fd


def orphans(libbpf: Libbpf, pin_dir: Path, owner: str) -> list[Instance]:
    """The instances of *owner* whose process is gone, now held by this one."""
    found = (inherit(libbpf, folder, lock_fd) for folder, lock_fd in _unheld(pin_dir, owner))
    return [instance for instance in found if instance]


def dead(pin_dir: Path) -> list[str]:
    """The names of the instances in *pin_dir* that no living process holds."""
    names = []
    for folder, lock_fd in _unheld(pin_dir, "*"):
        os.close(lock_fd)
        names.append(folder.name)
    return names
