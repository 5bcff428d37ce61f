"""What killed collectors left in the kernel: their filters and pins, which a next start would take over.

Run as a program where there will be none, as the package is removed: ``python3 -m traffic_analyzer.kernel.leavings``.
"""

from __future__ import annotations

import sys
from pathlib import Path

from ..errors import KernelError
from . import bpffs, instance, tc


def remove(pin_dir: Path) -> int:
    """Takes out of the kernel every instance in *pin_dir* whose process is gone, with what it counted, and *pin_dir*
    where nothing else is in it; how many there were. Living ones are left alone.

    :raises KernelError: not permitted.
    """
    if not pin_dir.is_dir():
        return 0
    dead = instance.dead(pin_dir)
    for name in dead:
        tc.detach(name)
        bpffs.remove(pin_dir / name)
    if not any(pin_dir.iterdir()):
        pin_dir.rmdir()
    return len(dead)


if __name__ == "__main__":
    try:
        remove(Path(sys.argv[1] if len(sys.argv) > 1 else bpffs.MOUNT_POINT / "traffic-analyzer"))
    except KernelError as error:
        sys.exit(f"traffic-analyzer: {error}")
