"""A root of its own: what packages install, over this machine's ``/usr``, and nothing of the checkout."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from .conftest import Ipk

SITE = "/usr/lib/python3.11/site-packages"
_DEBIAN = Path("/usr/lib/python3/dist-packages")

# In a mount namespace, so that it is gone with the command. OpenWrt's Python looks in SITE and writes no byte code by
# itself, Debian's has to be told.
_ENTER = f"""
set -e
root=$1
shift
mount -t overlay overlay -o "lowerdir=/usr,upperdir=$root/usr,workdir=$root.work" "$root/usr"
for folder in /usr/lib/*-linux-gnu; do
	mkdir -p "$root/lib/${{folder##*/}}"
	mount --bind "$folder" "$root/lib/${{folder##*/}}"
done
for folder in proc sys dev; do
	mount --rbind "/$folder" "$root/$folder"
done
exec env -i PATH=/usr/sbin:/usr/bin PYTHONPATH={SITE} PYTHONDONTWRITEBYTECODE=1 chroot "$root" "$@"
"""


def missing_debian() -> str | None:
    """Which of the packages' own dependencies Debian would have to bring, if one is missing."""
    names = [name for name in ("bottle", "pyroute2") if not any(_DEBIAN.glob(f"{name}*"))]
    if not names:
        return None
    return f"needs Debian's {', '.join(f'python3-{name}' for name in names)}: `make setup` installs it"


class Root:
    """An empty folder at first."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.with_name(f"{folder.name}.work").mkdir(parents=True)
        for name in ("proc", "sys", "dev", "tmp", "var/lib", "var/run", "usr"):
            (folder / name).mkdir(parents=True)
        for name, target in (("bin", "usr/bin"), ("sbin", "usr/sbin"), ("lib64", "usr/lib64"), ("run", "var/run")):
            (folder / name).symlink_to(target)

    def install(self, ipk: Ipk) -> None:
        """Unpack it, as opkg would, and run its uci-defaults, as ``default_postinst`` would."""
        self.unpack(ipk)
        for path in sorted(ipk.installed()):
            if path.startswith("/etc/uci-defaults/"):
                subprocess.run(self.command("sh", "-c", f". {path} && rm {path}"), check=True)

    def unpack(self, ipk: Ipk) -> None:
        """Its files, and none of its scripts run."""
        ipk.data.extractall(self.folder, filter="fully_trusted")

    def remove(self, ipk: Ipk) -> None:
        """Delete its files, run its postrm, and delete the folders that are empty then, but for those of the root."""
        for path in ipk.installed():
            (self.folder / path.lstrip("/")).unlink(missing_ok=True)
        subprocess.run(self.command("sh", "-c", ipk.text("postrm"), "postrm", "remove"), check=True)
        for path in sorted(self.folder.glob("*/**/*"), reverse=True):
            if path.is_dir() and not path.is_symlink() and not any(path.iterdir()):
                path.rmdir()

    def command(self, *argv: object) -> list[str]:
        """*argv* as a command line that runs inside, as root."""
        shell = shutil.which("sh") or "sh"
        return ["unshare", "--mount", "--propagation", "private", shell, "-c", _ENTER, "sh", str(self.folder),
                *map(str, argv)]  # fmt: skip
