"""The files of apk-tools 3, where it is at hand: made, read, installed into an empty root and removed by it."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from .conftest import DATE_UNIX_S, Ipk

from packing import apk, contents, recipes, scripts  # isort: skip

_NAMES = contents.packages()


@pytest.fixture
def apks(dist: Path) -> dict[str, Path]:
    """By package, those for x86_64 and for all."""
    if not apk.is_at_hand():
        pytest.skip("no apk-tools 3 in PATH; Debian 12 has none")
    return {path.name.split("_")[0]: path for path in dist.glob("*.apk") if not path.stem.endswith("mips_24kc")}


def _apk(*argv: object) -> str:
    done = subprocess.run(["apk", *map(str, argv)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def _installed(root: Path) -> set[str]:
    ignored = re.compile(r"/(lib|etc|var/cache|var/log)/(apk|misc)\b|/var/log/apk\.log")
    paths = {"/" + path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()}
    return {path for path in paths if not ignored.match(path)}


def test_it_installs_what_opkg_does_and_removes_it(
    apks: dict[str, Path], ipks: dict[str, Ipk], tmp_path: Path
) -> None:
    assert sorted(apks) == sorted(_NAMES)
    root = tmp_path / "root"
    root.mkdir()
    own = set(_NAMES)
    others = {name for package in recipes.read().values() for name in package.depends} - own
    for name in others:
        _apk("mkpkg", "--info", f"name:{name}", "--info", "version:1-r1", "--info", "arch:noarch", "--output",
             tmp_path / f"{name}.apk")  # fmt: skip
    offline = ("--root", root, "--allow-untrusted", "--no-network", "--no-scripts", "--arch", "x86_64")
    _apk(*offline, "--initdb", "add", *(tmp_path / f"{name}.apk" for name in others), *apks.values())

    def alike(path: str) -> str:  # of another Python
        return re.sub(r"python3\.\d+", "python3", path)

    wanted = {alike(path) for name, ipk in ipks.items() if not name.endswith("mips_24kc") for path in ipk.installed()}
    assert {alike(path) for path in _installed(root)} == wanted
    assert {path.stat().st_uid for path in root.rglob("*")} == {0}
    notes = root / "lib" / "apk" / "packages"
    assert (notes / "traffic-analyzer.rusers").read_text() == "traffic-analyzer:traffic-analyzer\n"
    assert (notes / "traffic-analyzer.conffiles").read_text() == "/etc/config/traffic-analyzer\n"
    assert "/usr/bin/traffic-analyzer\n" in (notes / "traffic-analyzer.list").read_text()
    _apk(*offline, "del", *own)
    assert _installed(root) == set()


def test_it_says_what_the_recipe_says(apks: dict[str, Path]) -> None:
    for name, path in apks.items():
        said = _apk("adbdump", path)
        package = recipes.read()[name]
        assert f"\n  version: {package.version}\n" in said
        assert f"\n  arch: {'noarch' if package.is_for_all else 'x86_64'}\n" in said
        assert all(f"\n    - {depends}\n" in said for depends in package.depends)
        assert {*re.findall(r"mtime: (\d+)", said)} == {str(DATE_UNIX_S)}
        assert {*re.findall(r"(?:user|group): (\w+)", said)} == {"root"}


@pytest.mark.parametrize("name", _NAMES)
def test_scripts_call_openwrt_and_do_not_stop_what_is_upgraded(name: str) -> None:
    made = scripts.of_apk(recipes.read()[name])
    assert {"post-install", "post-upgrade", "pre-deinstall"} <= set(made)
    for text in made.values():
        assert text.startswith("#!/bin/sh\n") and text.count("#!") == 1
        subprocess.run(["sh", "-n"], input=text, text=True, check=True)
    assert f'export pkgname="{name}"\nadd_group_and_user\ndefault_postinst\n' in made["post-install"]
    assert "export PKG_UPGRADE=1\n" in made["post-upgrade"]
