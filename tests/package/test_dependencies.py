"""The packages depend on what the program imports: on all of it, and on nothing else."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys

import pytest

from .conftest import ROOT

from packing import recipes  # isort: skip

#: What OpenWrt keeps out of python3-light, by package: lang/python/python3/files of its packages, release 24.10.
_SPLIT = {
    "python3-asyncio": ["asyncio", "_asyncio"],
    "python3-cgi": ["cgi", "cgitb"],
    "python3-codecs": ["unicodedata", "_codecs_cn", "_codecs_hk", "_codecs_iso2022", "_codecs_jp", "_codecs_kr",
                       "_codecs_tw"],
    "python3-ctypes": ["ctypes", "_ctypes"],
    "python3-dbm": ["dbm", "_dbm", "_gdbm"],
    "python3-decimal": ["decimal", "_decimal"],
    "python3-distutils": ["distutils"],
    "python3-email": ["email"],
    "python3-lib2to3": ["lib2to3"],
    "python3-logging": ["logging"],
    "python3-lzma": ["lzma", "_lzma"],
    "python3-multiprocessing": ["multiprocessing", "_multiprocessing"],
    "python3-ncurses": ["curses", "_curses", "_curses_panel"],
    "python3-openssl": ["ssl", "_ssl", "_hashlib"],
    "python3-pydoc": ["pydoc", "pydoc_data", "doctest"],
    "python3-readline": ["readline"],
    "python3-sqlite3": ["sqlite3", "_sqlite3"],
    "python3-unittest": ["unittest"],
    "python3-urllib": ["urllib"],
    "python3-uuid": ["uuid", "_uuid"],
    "python3-venv": ["venv", "ensurepip"],
    "python3-xml": ["xml", "xmlrpc"],
    "python3-bottle": ["bottle"],
    "python3-peewee": ["peewee"],
    "python3-pyroute2": ["pyroute2"],
}  # fmt: skip
_OWNER = {module: package for package, modules in _SPLIT.items() for module in modules}
#: What modules of python3-light need at once.
_OF_LIGHT = {"pathlib": "urllib"}
#: What the dependencies bring along.
_BRINGS = {"python3-urllib": {"python3-email"}}

# Imports everything of ours while what was not declared cannot be imported. bottle and pyroute2 come first and whole:
# their packages depend on all of Python.
_BLOCKED = """
import importlib, json, pkgutil, sys
import bottle, pyroute2
blocked = set(json.loads(sys.argv[1]))
for name in list(sys.modules):
    if name.partition(".")[0] in blocked:
        del sys.modules[name]

class Block:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in blocked:
            raise ModuleNotFoundError(f"{name} is in no package that is depended on", name=name)

sys.meta_path.insert(0, Block())
import traffic_analyzer
for module in pkgutil.walk_packages(traffic_analyzer.__path__, "traffic_analyzer."):
    module.name == "traffic_analyzer.__main__" or importlib.import_module(module.name)
"""


def _depends(package: str) -> set[str]:
    named = set(recipes.read()[package].depends)
    return named.union(*(_BRINGS.get(name, set()) for name in named))


def _imported() -> set[str]:
    """The packages whose modules our sources name."""
    found = set()
    for path in (ROOT / "python" / "traffic_analyzer").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.level == 0:
                names = [node.module or ""]
            else:
                continue
            tops = {name.partition(".")[0] for name in names}
            found |= {_OWNER[top] for top in tops | {_OF_LIGHT.get(top, top) for top in tops} if top in _OWNER}
    return found


def test_what_is_depended_on_is_imported_and_the_other_way_round() -> None:
    declared = {name for name in recipes.read()["traffic-analyzer"].depends if name.startswith("python3-")}
    brought = {name for brings in _BRINGS.values() for name in brings}
    assert declared - {"python3-light"} == _imported() - brought


def _import_without(packages: set[str]) -> subprocess.CompletedProcess[str]:
    blocked = [module for package in packages for module in _SPLIT[package]]
    return subprocess.run(
        [sys.executable, "-c", _BLOCKED, json.dumps(blocked)],
        env={**os.environ, "PYTHONPATH": str(ROOT / "python")}, capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_everything_is_imported_where_nothing_else_is_installed() -> None:
    there = _depends("traffic-analyzer") | _depends("python3-peewee")
    done = _import_without(set(_SPLIT) - there)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("package", ["python3-sqlite3", "python3-decimal", "python3-logging"])
def test_what_is_missing_would_be_found(package: str) -> None:
    done = _import_without({package})
    assert "is in no package that is depended on" in done.stderr


@pytest.mark.parametrize("package", ["kmod-sched-core", "kmod-sched-bpf", "libbpf1", "libopenssl3"])
def test_what_is_loaded_otherwise_is_depended_on(package: str) -> None:
    """clsact and cls_bpf; libraries that ctypes opens by name."""
    assert package in _depends("traffic-analyzer")
    names = {"libbpf1": "libbpf.so.1", "libopenssl3": "libcrypto.so.3"}
    if package in names:
        sources = [path.read_text() for path in (ROOT / "python" / "traffic_analyzer").rglob("*.py")]
        assert any(names[package] in source for source in sources)
