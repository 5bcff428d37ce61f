# SPDX-License-Identifier: GPL-2.0-only
"""``.apk`` files, as OpenWrt 25.12 installs them: made by ``apk mkpkg`` of apk-tools 3."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from pathlib import Path

from . import scripts
from .contents import PackingError
from .recipes import Package

_NOTES = Path("lib/apk/packages")  # where OpenWrt's scripts look for what opkg's database would tell


def is_at_hand() -> bool:
    """There is an ``apk`` that makes packages: version 3."""
    return shutil.which("apk") is not None and _run(["apk", "--version"]).stdout.startswith("apk-tools 3")


def pack(package: Package, tree: Path, architecture: str, date_unix_s: int, target: Path) -> None:
    """Write *target* for what lies below *tree*, to which the lists of OpenWrt's scripts are added.

    Owners are those of *tree*: to be root's, it is made by root, or under ``fakeroot``.

    :param architecture: OpenWrt's name of it, or ``all``.
    :param date_unix_s: of everything inside.
    :raises PackingError: apk refuses.
    """
    _note(package, tree)
    work = tree.parent / f"{tree.name}.scripts"
    work.mkdir()
    information = {
        "name": package.name,
        "version": package.version,
        "description": package.description,
        "arch": "noarch" if architecture == "all" else architecture,
        "license": package.license,
        "origin": package.source,
        "maintainer": package.maintainer,
        "depends": " ".join(package.depends),
    }
    command = ["apk", "mkpkg", "--files", str(tree), "--output", str(target)]
    for name, value in information.items():
        if value:
            command += ["--info", f"{name}:{value}"]
    for kind, text in scripts.of_apk(package).items():
        (work / kind).write_text(text, "utf-8")
        command += ["--script", f"{kind}:{work / kind}"]
    done = _run(command, SOURCE_DATE_EPOCH=str(date_unix_s))
    if done.returncode:
        raise PackingError(f"{target.name}: apk mkpkg: {done.stderr.strip() or done.stdout.strip()}")


def _note(package: Package, tree: Path) -> None:
    installed = sorted(f"/{path.relative_to(tree).as_posix()}" for path in tree.rglob("*") if not path.is_dir())
    notes = {"list": installed}
    if package.user:
        notes["rusers"] = [package.user]
    if package.conffiles:
        notes["conffiles"] = package.conffiles
        shipped = [path for path in package.conffiles if (tree / path.lstrip("/")).is_file()]
        notes["conffiles_static"] = [
            f"{path} {hashlib.sha256((tree / path.lstrip('/')).read_bytes()).hexdigest()}" for path in shipped
        ]
    (tree / _NOTES).mkdir(parents=True, exist_ok=True)
    for kind, lines in notes.items():
        note = tree / _NOTES / f"{package.name}.{kind}"
        note.write_text("".join(f"{line}\n" for line in lines), "utf-8")
        note.chmod(0o644)
    for folder in (_NOTES, *_NOTES.parents):
        (tree / folder).chmod(0o755)  # whatever the umask


def _run(command: list[str], **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, env={**os.environ, **environment}, capture_output=True, text=True, check=False)
