# SPDX-License-Identifier: GPL-2.0-only
"""``python3 -m packing``, with this folder's parent in PYTHONPATH: ``install`` for the recipes, ``build`` for make."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path

from . import apk, bytecode, contents, ipk, recipes
from .contents import PackingError
from .install import install
from .recipes import Package
from .releases import RELEASES, Release, byte_order


def main() -> None:
    parser = argparse.ArgumentParser(prog="packing", description="Makes OpenWrt's packages.")
    commands = parser.add_subparsers(required=True)

    command = commands.add_parser("install", help="put what a package installs below a folder")
    command.add_argument("package", choices=contents.packages())
    command.add_argument("root", type=Path)
    command.add_argument("--python", default=sys.executable, help="interpreter of the router's version")
    for place in ("site", "object", "peewee"):
        command.add_argument(f"--{place}", help=f"what {{{place}}} in the list stands for")
    command.set_defaults(run=_install)

    command = commands.add_parser("build", help="make the files of all packages")
    command.add_argument("dist", type=Path)
    command.add_argument("architectures", nargs="+", help="as OpenWrt names them")
    command.add_argument("--objects", required=True, help="path of the object, with {} for bpfel or bpfeb")
    command.add_argument("--peewee", required=True, help="path of peewee.py")
    command.add_argument("--date", required=True, type=int, help="of everything inside; Unix seconds")
    command.set_defaults(run=_build)

    arguments = parser.parse_args()
    try:
        arguments.run(arguments)
    except PackingError as error:
        sys.exit(str(error))


def _install(arguments: argparse.Namespace) -> None:
    places = {place: value for place in ("site", "object", "peewee") if (value := getattr(arguments, place))}
    install(arguments.package, arguments.root, places, arguments.python)


def _build(arguments: argparse.Namespace) -> None:
    orders = {architecture: byte_order(architecture) for architecture in arguments.architectures}
    described = recipes.read()
    arguments.dist.mkdir(parents=True, exist_ok=True)
    for release in RELEASES:
        if release.form == "apk" and (why := _no_apk()):
            print(f".apk, for OpenWrt {release.name}, was not built: {why}")
            continue
        python = _python(release)
        for name in contents.packages():
            package = described[name]
            for architecture in ["all"] if package.is_for_all else orders:
                places = {
                    "site": release.site,
                    "object": arguments.objects.format(orders.get(architecture, "")),
                    "peewee": arguments.peewee,
                }
                _make(package, release, architecture, places, python, arguments)


def _make(
    package: Package, release: Release, architecture: str, places: dict[str, str], python: str | None,
    arguments: argparse.Namespace,
) -> None:  # fmt: skip
    target = arguments.dist / f"{package.name}_{package.version}_{architecture}.{release.form}"
    with tempfile.TemporaryDirectory() as work:
        tree = Path(work) / "tree"
        tree.mkdir(mode=0o755)
        tree.chmod(0o755)
        install(package.name, tree, places, python)
        installed = [path.stat().st_size for path in tree.rglob("*") if path.is_file()]
        made = Path(work) / target.name
        if release.form == "ipk":
            made.write_bytes(ipk.pack(package, tree, architecture, arguments.date))
        else:
            apk.pack(package, tree, architecture, arguments.date, made)
        target.write_bytes(made.read_bytes())
    print(f"built {target}: {target.stat().st_size:,} bytes, {sum(installed):,} installed")


def _no_apk() -> str | None:
    if not apk.is_at_hand():
        return "there is no `apk` of apk-tools 3 in PATH; the recipes make it in the SDK"
    if os.geteuid() and "FAKEROOTKEY" not in os.environ:
        return "files would not be root's: run it as root, or under fakeroot"
    return None


def _python(release: Release) -> str | None:
    """An interpreter that makes byte code for *release*; None, and a line about it, where there is none."""
    for name in (f"python{release.python}", sys.executable):
        if bytecode.version(name) == release.python:
            return name
    print(f"no python{release.python} here: .{release.form} files, for OpenWrt {release.name}, carry sources, which "
          f"take longer to start; the recipes compile them in the SDK")  # fmt: skip
    return None


if __name__ == "__main__":
    main()
