"""The first root of a guest: busybox, a few modules, and a script that goes over to the root of this machine."""

from __future__ import annotations

import lzma
import shutil
from collections.abc import Iterator
from pathlib import Path

from .command import QemuError
from .kernels import Kernel

_FILE, _FOLDER, _DEVICE = 0o100755, 0o040755, 0o020600

#: Everything that is written goes to memory. A name in capitals is filled in.
_INIT = """\
#!/bin/busybox sh
/bin/busybox --install -s /bin
mount -t devtmpfs dev /dev
mount -t proc proc /proc
for module in MODULES; do insmod /modules/$module || echo "insmod $module failed"; done
nine="trans=virtio,version=9p2000.L,msize=262144"
mkdir -p /share /lower /memory /root
mount -t 9p -o $nine,cache=none share /share
mount -t 9p -o $nine,ro,cache=loose root /lower
mount -t tmpfs -o mode=755 memory /memory
mkdir /memory/upper /memory/work
mount -t overlay -o lowerdir=/lower,upperdir=/memory/upper,workdir=/memory/work root /root
cd /root
mkdir -p dev proc sys run tmp
mount -t devtmpfs dev dev
mkdir -p dev/pts dev/shm dev/net
mknod dev/net/tun c 10 200
mount -t devpts devpts dev/pts
mount -t tmpfs shm dev/shm
ln -sf /proc/self/fd dev/fd
ln -sf /proc/self/fd/0 dev/stdin
mount -t proc proc proc
mount -t sysfs sys sys
mount -t bpf bpf sys/fs/bpf
mount -t tmpfs run run
mount -t tmpfs -o mode=1777 tmp tmp
mkdir -p run/share run/lock lib/modules/RELEASE
mount --bind /share run/share
mount --bind /lower/MODULES_FOLDER lib/modules/RELEASE
mkdir -p .CHECKOUT
mount -t 9p -o $nine,ro,cache=loose checkout .CHECKOUT
ip link set lo up
touch /share/started
# By exec: the kernel looks for modprobe where its first process lives.
exec env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 \\
	chroot /root /bin/sh -c '
		cd /run/share
		/bin/sh ./command </dev/null >output 2>&1
		echo $? >status.new
		mv status.new status
		sync
		echo o >/proc/sysrq-trigger
		sleep 60'
"""


def write(kernel: Kernel, checkout: Path, to: Path) -> None:
    """Writes the archive that boots *kernel*.

    The guest's root is read-only, below a layer in memory; *checkout* is where it is here, ``/run/share`` is a folder.
    In there ``command`` is run by sh; ``started``, ``output`` and ``status`` are what comes of it.

    :raises QemuError: the kernel lacks a module, or this machine has no static busybox.
    """
    busybox = shutil.which("busybox") if kernel.architecture.is_own else kernel.root / "bin" / "busybox"
    if busybox is None:
        raise QemuError("busybox is missing: install busybox-static")
    modules = {path.name.partition(".")[0]: path for path in _modules(kernel)}
    words = {
        "RELEASE": kernel.release, "MODULES_FOLDER": str(kernel.modules.relative_to(kernel.root)),
        "MODULES": " ".join(modules), "CHECKOUT": str(checkout),
    }  # fmt: skip
    init = _INIT
    for word in sorted(words, key=len, reverse=True):
        init = init.replace(word, words[word])
    archive = bytearray()
    for folder in ("bin", "dev", "proc", "modules"):
        archive += _entry(folder, _FOLDER)
    archive += _entry("dev/console", _DEVICE, device=(5, 1))
    archive += _entry("bin/busybox", _FILE, Path(busybox).read_bytes())
    archive += _entry("init", _FILE, init.encode())
    for name, path in modules.items():
        content = path.read_bytes()
        archive += _entry(f"modules/{name}", _FILE, lzma.decompress(content) if path.suffix == ".xz" else content)
    archive += _entry("TRAILER!!!", 0)
    to.write_bytes(archive)


def _modules(kernel: Kernel) -> Iterator[Path]:
    """What the guest needs to reach its root, each after those that it depends on. Some may be built in."""
    needs: dict[str, tuple[str, list[str]]] = {}
    for line in (kernel.modules / "modules.dep").read_text().splitlines():
        path, _, others = line.partition(":")
        needs[_name(path)] = path, others.split()
    built_in = {_name(path) for path in (kernel.modules / "modules.builtin").read_text().split()}
    paths: dict[str, None] = {}
    for name in kernel.architecture.modules:
        if name in needs:
            path, others = needs[name]
            paths |= dict.fromkeys([*reversed(others), path])  # modules.dep: what is needed last comes first
        elif name not in built_in:
            raise QemuError(f"kernel {kernel.release} has no module {name}")
    for path in paths:
        yield kernel.modules / path


def _name(path: str) -> str:
    return Path(path).name.partition(".")[0].replace("-", "_")


def _entry(name: str, mode: int, content: bytes = b"", device: tuple[int, int] = (0, 0)) -> bytes:
    """A file in the "newc" form of cpio. Documentation/driver-api/early-userspace/buffer-format.rst."""
    fields = (1, mode, 0, 0, 1, 0, len(content), 0, 0, *device, len(name) + 1, 0)
    head = b"070701" + b"".join(b"%08x" % field for field in fields) + name.encode() + b"\0"
    return head + bytes(-len(head) % 4) + content + bytes(-len(content) % 4)
