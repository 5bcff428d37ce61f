"""The files of opkg: what is in them, whose it is, and that they are the same each time."""

from __future__ import annotations

import hashlib
import os
import re
import struct
import subprocess
from pathlib import Path

import pytest

from traffic_analyzer import __version__

from .conftest import ARCHITECTURES, DATE_UNIX_S, OBJECTS, Ipk, build, packing

from packing import elf  # isort: skip

_OURS = "traffic-analyzer"
_SITE = "/usr/lib/python3.11/site-packages"
_NAMES = [
    "luci-app-traffic-analyzer_all", "luci-i18n-traffic-analyzer-zh-cn_all", "python3-peewee_all",
    *(f"{_OURS}_{architecture}" for architecture in ARCHITECTURES),
]  # fmt: skip


def test_there_is_a_file_for_each_package_and_byte_order(ipks: dict[str, Ipk]) -> None:
    assert sorted(ipks) == sorted(_NAMES)
    assert ipks[f"{_OURS}_x86_64"].path.name == f"traffic-analyzer_{__version__}-r1_x86_64.ipk"


@pytest.mark.parametrize("name", _NAMES)
def test_it_is_three_members_all_roots_sorted_and_of_one_date(ipks: dict[str, Ipk], name: str) -> None:
    ipk = ipks[name]
    assert [member.name for member in ipk.outer] == ["./debian-binary", "./data.tar.gz", "./control.tar.gz"]
    version = ipk.outer.extractfile("./debian-binary")
    assert version is not None and version.read() == b"2.0\n"
    for archive in (ipk.outer, ipk.data, ipk.control):
        for member in archive:
            assert (member.uid, member.gid, member.uname, member.gname) == (0, 0, "", "")
            assert member.mtime == DATE_UNIX_S
    for archive in (ipk.data, ipk.control):
        names = [member.name for member in archive]
        assert names[0] == "." and names == sorted(names, key=lambda path: path.split("/"))
        folders = {member.name for member in archive if member.isdir()}
        assert {str(Path(path).parent) for path in names[1:]} <= {path.removeprefix("./") for path in folders}


@pytest.mark.parametrize("name", _NAMES)
def test_no_gzip_header_has_a_name_or_a_date(ipks: dict[str, Ipk], name: str) -> None:
    ipk = ipks[name]
    inner = [ipk.outer.extractfile(member) for member in ("./data.tar.gz", "./control.tar.gz")]
    for raw in (ipk.path.read_bytes(), *(file.read() for file in inner if file is not None)):
        magic, flags, date = struct.unpack_from("<3sBI", raw)
        assert (magic, flags, date) == (b"\x1f\x8b\x08", 0, 0)


def test_modes_are_those_of_the_repository_whatever_the_umask(ipks: dict[str, Ipk]) -> None:
    modes = {member.name: member.mode for ipk in ipks.values() for member in ipk.data}
    assert modes["./usr/bin/traffic-analyzer"] == 0o755
    assert {mode for path, mode in modes.items() if path.endswith((".bz2", ".js", ".json", ".uc", ".o"))} == {0o644}
    assert {member.mode for ipk in ipks.values() for member in ipk.data if member.isdir()} == {0o755}


def test_the_same_commit_gives_the_same_bytes(dist: Path, tmp_path: Path) -> None:
    again = tmp_path / "again"
    before = os.umask(0o077)
    try:
        build(again, cwd=tmp_path)
    finally:
        os.umask(before)
    sums = [
        {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}
        for folder in (dist, again)
    ]
    assert sums[0] == sums[1] and len(sums[0]) >= len(_NAMES)


def test_the_control_file_says_what_the_recipe_says(ipks: dict[str, Ipk]) -> None:
    ipk = ipks[f"{_OURS}_mips_24kc"]
    assert ipk.fields == {
        "Package": _OURS,
        "Version": f"{__version__}-r1",
        "Depends": "kmod-sched-core, kmod-sched-bpf, libbpf1, libopenssl3, python3-light, python3-codecs, "
        "python3-ctypes, python3-logging, python3-ncurses, python3-sqlite3, python3-urllib, python3-uuid, "
        "python3-bottle, python3-peewee, python3-pyroute2",
        "Source": "package/traffic-analyzer",
        "SourceName": _OURS,
        "License": "GPL-2.0-only",
        "Section": "net",
        "Require-User": "traffic-analyzer:traffic-analyzer",
        "SourceDateEpoch": str(DATE_UNIX_S),
        "Architecture": "mips_24kc",
        "Installed-Size": ipk.fields["Installed-Size"],
        "Description": ipk.fields["Description"],
    }
    files = sum(member.size for member in ipk.data)
    assert files <= int(ipk.fields["Installed-Size"]) < files + 1024 * 1024
    assert ipk.text("conffiles") == "/etc/config/traffic-analyzer\n"


@pytest.mark.parametrize(
    ("name", "depends"),
    [
        ("python3-peewee_all", "python3-light, python3-decimal, python3-logging, python3-sqlite3, python3-uuid"),
        ("luci-i18n-traffic-analyzer-zh-cn_all", "luci-app-traffic-analyzer"),
        ("luci-app-traffic-analyzer_all",
         "luci-base, rpcd-mod-ucode, traffic-analyzer, ucode-mod-fs, ucode-mod-socket, ucode-mod-ubus, ucode-mod-uci, "
         "ucode-mod-uloop"),
    ],
)  # fmt: skip
def test_packages_for_all_architectures(ipks: dict[str, Ipk], name: str, depends: str) -> None:
    fields = ipks[name].fields
    assert (fields["Architecture"], fields["Depends"]) == ("all", depends)
    assert "Require-User" not in fields


@pytest.mark.parametrize("name", _NAMES)
def test_scripts_are_those_of_openwrt_and_what_the_recipe_adds(ipks: dict[str, Ipk], name: str) -> None:
    ipk = ipks[name]
    scripts = ["postinst-pkg", "postrm"]
    own = {
        _OURS: ["conffiles", *scripts],
        "luci-app-traffic-analyzer": scripts,
        "python3-peewee": ["postrm"],
    }.get(name.split("_")[0], [])
    members = {member.name.removeprefix("./"): member for member in ipk.control if member.isfile()}
    assert sorted(members) == sorted(["control", "postinst", "prerm", *own])
    assert re.findall(r"^default_\w+ .*$", ipk.text("postinst"), re.M) == ["default_postinst $0 $@"]
    assert re.findall(r"^default_\w+ .*$", ipk.text("prerm"), re.M) == ["default_prerm $0 $@"]
    for script in ("postinst", "prerm", "postrm", "postinst-pkg"):
        if script in members:
            assert members[script].mode == 0o755
            assert "$$" not in ipk.text(script)
            subprocess.run(["sh", "-n"], input=ipk.text(script), text=True, check=True)


def test_removal_takes_what_is_in_ram_and_an_upgrade_does_not(ipks: dict[str, Ipk], tmp_path: Path) -> None:
    paths = [f"/var/{name}/traffic-analyzer" for name in ("lib", "run")]
    script = ipks[f"{_OURS}_x86_64"].text("postrm")
    assert all(path in script for path in paths)
    script = script.replace("/var/", f"{tmp_path}/var/").replace("/sys/fs/bpf", f"{tmp_path}/bpf")
    script = script.replace("/usr/lib/", f"{tmp_path}/usr/lib/")
    unpacked = f"{_SITE}/traffic_analyzer"
    folders = [tmp_path / path.lstrip("/") for path in (*paths, "bpf/traffic-analyzer", unpacked)]

    def left(*arguments: str, **environment: str) -> list[bool]:
        for folder in folders:
            folder.mkdir(parents=True, exist_ok=True)
        (folders[0] / "traffic-analyzer.db").touch()
        subprocess.run(["sh", "-s", "--", *arguments], input=script, text=True, env={**os.environ, **environment},
                       check=True)  # fmt: skip
        return [folder.exists() for folder in folders]

    assert left("upgrade") == left("remove", PKG_UPGRADE="1") == left("remove", IPKG_INSTROOT="/x") == [True] * 4
    assert left("remove") == [False] * 4


@pytest.mark.parametrize(
    ("runs", "environment", "restarts"),
    [(True, {"PKG_UPGRADE": "1"}, True), (False, {"PKG_UPGRADE": "1"}, False), (True, {}, False),
     (True, {"PKG_UPGRADE": "1", "IPKG_INSTROOT": "/x"}, False)],
)  # fmt: skip
def test_what_runs_is_upgraded_too(
    ipks: dict[str, Ipk], tmp_path: Path, runs: bool, environment: dict[str, str], restarts: bool
) -> None:
    service = tmp_path / "service"
    service.write_text(f'#!/bin/sh\n[ "$1" != running ] || exit {int(not runs)}\necho "$1"\n')
    service.chmod(0o755)
    script = ipks[f"{_OURS}_x86_64"].text("postinst-pkg").replace("/etc/init.d/traffic-analyzer", str(service))
    done = subprocess.run(["sh"], input=script, text=True, env={**os.environ, **environment}, capture_output=True,
                          check=True)  # fmt: skip
    assert done.stdout == "restart\n" * restarts


def test_python_is_one_archive_of_sources_and_what_unpacks_it(ipks: dict[str, Ipk]) -> None:
    for ipk in ipks.values():
        assert [path for path in ipk.installed() if path.endswith((".py", ".pyc")) or "__pycache__" in path] == []
    installed = ipks[f"{_OURS}_x86_64"].installed()
    assert {f"{_SITE}/traffic_analyzer.tar.bz2", f"/etc/uci-defaults/{_OURS}"} <= installed
    assert ipks["python3-peewee_all"].installed() == {f"{_SITE}/peewee.tar.bz2", "/etc/uci-defaults/python3-peewee"}


def test_they_are_small(ipks: dict[str, Ipk]) -> None:
    """Those of a router of one architecture, peewee apart."""
    for architecture in ARCHITECTURES:
        ours = [f"{_OURS}_{architecture}", "luci-app-traffic-analyzer_all", "luci-i18n-traffic-analyzer-zh-cn_all"]
        sizes = {name: ipks[name].path.stat().st_size for name in ours}
        assert sum(sizes.values()) <= 250_000, sizes


def test_nothing_of_this_machine_is_in_there(ipks: dict[str, Ipk]) -> None:
    here = str(Path(__file__).resolve().parents[2]).encode()
    for ipk in ipks.values():
        for member in ipk.data:
            if member.isfile():
                file = ipk.data.extractfile(member)
                assert file is not None and here not in file.read(), member.name


@pytest.mark.parametrize(("architecture", "order"), [("mips_24kc", "bpfeb"), ("x86_64", "bpfel")])
def test_the_object_is_of_the_byte_order(ipks: dict[str, Ipk], architecture: str, order: str) -> None:
    file = ipks[f"{_OURS}_{architecture}"].data.extractfile("./lib/bpf/traffic_analyzer.o")
    assert file is not None and file.read() == elf.without_lines(Path(str(OBJECTS).format(order)).read_bytes())


def test_the_page_of_machines_without_luci_stays_out(ipks: dict[str, Ipk]) -> None:
    data = {path for path in ipks[f"{_OURS}_x86_64"].installed() if path.startswith(f"{_SITE}/traffic_analyzer/data/")}
    assert {Path(path).name for path in data} == {"public_suffixes", "vendors"}


@pytest.mark.parametrize("name", ["pentium", "mips", "sparc_v9", "x86_64/../x", ""])
def test_an_architecture_that_openwrt_does_not_have_is_refused(tmp_path: Path, name: str) -> None:
    done = packing("build", tmp_path, name, "--objects", OBJECTS, "--peewee", "x", "--date", 0)
    assert done.returncode == 1
    assert done.stderr.startswith(f"ARCH={name}: no architecture of OpenWrt") and done.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == []
