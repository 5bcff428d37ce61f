# SPDX-License-Identifier: GPL-2.0-only
"""OpenWrt's releases and architectures: what a package is made for."""

from __future__ import annotations

import re
from typing import NamedTuple

from .contents import PackingError


class Release(NamedTuple):
    """What differs between releases."""

    name: str
    form: str  #: of a package's file
    python: str  #: version

    @property
    def site(self) -> str:
        """Python's folder of packages."""
        return f"/usr/lib/python{self.python}/site-packages"


RELEASES = (Release("24.10", "ipk", "3.11"), Release("25.12", "apk", "3.13"))

#: By the first word of an architecture's name: the byte order of the objects that its kernels take.
_BYTE_ORDERS = {
    **dict.fromkeys(("aarch64", "arm", "i386", "loongarch64", "mipsel", "mips64el", "riscv64", "x86"), "bpfel"),
    **dict.fromkeys(("armeb", "mips", "mips64", "powerpc", "powerpc64"), "bpfeb"),
}


def byte_order(architecture: str) -> str:
    """``bpfel`` or ``bpfeb``, by OpenWrt's name of an architecture: ``mips_24kc``, ``aarch64_cortex-a53``.

    :raises PackingError: OpenWrt has none of this name.
    """
    order = _BYTE_ORDERS.get(architecture.partition("_")[0])
    if order is None or not re.fullmatch(r"[a-z0-9]+_[a-z0-9][a-z0-9_.+-]*", architecture):
        raise PackingError(f"ARCH={architecture}: no architecture of OpenWrt; `opkg print-architecture` or `apk "
                           f"--print-arch` on the router names it")  # fmt: skip
    return order
