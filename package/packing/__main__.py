# SPDX-License-Identifier: GPL-2.0-only
"""``python3 -m packing``, with this folder's parent in PYTHONPATH: ``install`` for the recipes, ``build`` for make."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path

from . import apk, contents, ipk, recipes
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
    install(arguments.package, arguments.root, places)


def _build(arguments: argparse.Namespace) -> None:
    orders = {architecture: byte_order(architecture) for architecture in arguments.architectures}
    described = recipes.read()
    arguments.dist.mkdir(parents=True, exist_ok=True)
    for release in RELEASES:
        if why := _not_built(release):
            print(f".{release.form}, for OpenWrt {release.name}, was not built: {why}")
            continue
        for name in contents.packages():
            package = described[name]
            for architecture in ["all"] if package.is_for_all else orders:
                places = {
                    "site": release.site,
                    "object": arguments.objects.format(orders.get(architecture, "")),
                    "peewee": arguments.peewee,
                }
                _make(package, release, architecture, places, arguments)


def _make(
    package: Package, release: Release, architecture: str, places: dict[str, str], arguments: argparse.Namespace
) -> None:
    target = arguments.dist / f"{package.name}_{package.version}_{architecture}.{release.form}"
    with tempfile.TemporaryDirectory() as work:
        tree = Path(work) / "tree"
        tree.mkdir(mode=0o755)
        tree.chmod(0o755)
        install(package.name, tree, places)
        installed = [path.stat().st_size for path in tree.rglob("*") if path.is_file()]
        made = Path(work) / target.name
        if release.form == "ipk":
            made.write_bytes(ipk.pack(package, tree, architecture, arguments.date))
        else:
            apk.pack(package, tree, architecture, arguments.date, made)
        target.write_bytes(made.read_bytes())
    print(f"built {target}: {target.stat().st_size:,} bytes, {sum(installed):,} installed")


def _not_built(release: Release) -> str | None:
    if sys.version_info[:2] > tuple(map(int, release.python.split("."))):
        return f"its Python may not read what a later one writes: make package PYTHON=python{release.python}"
    if release.form != "apk":
        return None
    if not apk.is_at_hand():
        return "there is no `apk` of apk-tools 3 in PATH; the recipes make it in the SDK"
    if os.geteuid() and "FAKEROOTKEY" not in os.environ:
        return "files would not be root's: run it as root, or under fakeroot"
    return None


if __name__ == "__main__":
    main()
