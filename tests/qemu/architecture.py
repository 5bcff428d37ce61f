"""The kinds of machine that a guest can be."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Architecture:
    """As QEMU makes it, and as Debian calls it."""

    name: str  #: of Debian
    program: str  #: of QEMU
    machine: tuple[str, ...]  #: its arguments that say what machine it is
    console: tuple[str, ...]  #: those that bring the console to standard output
    parameters: str  #: of the kernel
    bus: str  #: of virtio devices, as their names end
    modules: tuple[str, ...]  #: that are needed to reach the root, unless they are built in
    packages: tuple[str, ...] = ()  #: of which its root is made; none: it is the root of this machine

    @property
    def is_own(self) -> bool:
        """True where the guest runs the programs of this machine."""
        return not self.packages


_SHARED = ("9p", "9pnet_virtio", "overlay")

AMD64 = Architecture(
    "amd64", "qemu-system-x86_64", ("-machine", "q35", "-cpu", "max,la57=off"), ("-serial", "stdio"),
    "console=ttyS0 mitigations=off random.trust_cpu=on tsc=unstable", "pci", ("virtio_pci", *_SHARED),
)  # fmt: skip

#: Big-endian, and its kernel has no BTF. Its Python is that of Debian, with the libraries as old as they may be.
S390X = Architecture(
    "s390x", "qemu-system-s390x", ("-machine", "s390-ccw-virtio", "-cpu", "max"),
    ("-chardev", "stdio,id=console", "-device", "sclpconsole,chardev=console"),
    "console=ttysclp0", "ccw", _SHARED,
    ("busybox-static", "coreutils", "dash", "ethtool", "iproute2", "iputils-ping", "kmod", "libbpf1", "python3",
     "python3-bottle", "python3-peewee", "python3-pyroute2", "python3-pytest", "python3-pytest-timeout", "util-linux",
     "wireguard-tools"),
)  # fmt: skip

ARCHITECTURES = {architecture.name: architecture for architecture in (AMD64, S390X)}
