"""The list of what packages install, and its reading."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from .conftest import ROOT, packing

from packing import contents  # isort: skip

_PLACES = {"site": "/usr/lib/python3.11/site-packages", "object": "object.o", "peewee": "peewee.py"}


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for name in ("files/etc/init.d/x", "files/etc/config/x", "python/p/a.py", "python/p/data/old", "lists/new",
                 "object.o", "python/p/__pycache__/a.pyc"):  # fmt: skip
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    (tmp_path / "files/etc/init.d/x").chmod(0o700)
    return tmp_path


def _files(tree: Path, *lines: str, package: str = "p") -> dict[str, str]:
    listed = tree / "list"
    listed.write_text("\n".join(lines) + "\n")
    found = contents.files(package, _PLACES, listed, tree)
    assert list(found) == sorted(found)
    return {target: source.relative_to(tree).as_posix() for target, source in found.items()}


def test_a_folder_is_all_below_it_and_a_later_line_counts(tree: Path) -> None:
    assert _files(tree, "# what", "", "p / files/", "p {site}/p/ python/p/", "p {site}/p/data/ -",
                  "p {site}/p/data/ lists/", "other / lists/", "p /lib/bpf/o {object}",
                  "p /etc/config/x lists/new") == {
        "/etc/config/x": "lists/new",
        "/etc/init.d/x": "files/etc/init.d/x",
        "/lib/bpf/o": "object.o",
        "/usr/lib/python3.11/site-packages/p/a.py": "python/p/a.py",
        "/usr/lib/python3.11/site-packages/p/data/new": "lists/new",
    }  # fmt: skip
    assert _files(tree, "p / files/", package="q") == {}


def test_a_mode_is_one_of_two(tree: Path) -> None:
    assert contents.mode(tree / "files/etc/init.d/x") == 0o755
    (tree / "files/etc/config/x").chmod(0o600)
    assert contents.mode(tree / "files/etc/config/x") == 0o644


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("p /x nothing", "nothing: no such file"),
        ("p /x/ nothing/", "nothing: no such folder"),
        ("p x files/", "list:1: package, destination from / on, source"),
        ("p /x files/ more", "list:1:"),
        ("p /x {what}", "p needs to know 'what'"),
    ],
)
def test_what_cannot_be_installed_is_said_in_a_line(tree: Path, line: str, said: str) -> None:
    with pytest.raises(contents.PackingError, match="^[^\n]*$") as refused:
        _files(tree, line)
    assert said in str(refused.value)


def test_each_package_of_the_list_has_a_recipe_and_the_other_way_round() -> None:
    from packing import recipes

    assert sorted(contents.packages()) == sorted(recipes.read())


def _installed() -> set[Path]:
    places = {**_PLACES, "object": "LICENSE", "peewee": "LICENSE"}
    return {path for package in contents.packages() for path in contents.files(package, places).values()}


#: Below the checkout: what `make docs` draws its pages by, and what it draws for shells that routers do not have.
_DRAWN = re.compile(r"^python/traffic_analyzer/faces/(completion|form|manual|options|reference)\.py$|^files/usr/share/")


def test_every_file_for_the_router_is_in_a_package() -> None:
    listed = _installed()
    folders = [ROOT / "files", ROOT / "luci" / "htdocs", ROOT / "luci" / "root", ROOT / "python"]
    theirs = {path for folder in folders for path in folder.rglob("*") if path.is_file()}
    made = re.compile(r"__pycache__|\.egg-info|^python/traffic_analyzer/(data|bpf)/")
    left = (path.relative_to(ROOT).as_posix() for path in theirs - listed)
    assert [path for path in left if not made.search(path) and not _DRAWN.search(path)] == []


def test_nothing_that_is_installed_imports_what_is_not() -> None:
    modules = {path for path in _installed() if path.suffix == ".py"}
    for path in modules:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.level:
                folder = path.parents[node.level - 1].joinpath(*(node.module or "").split("."))
                named = [folder / alias.name for alias in node.names] if folder.is_dir() else []
                for module in (folder, *named):
                    source = module.with_suffix(".py")
                    assert not source.exists() or source in modules, f"{path} imports {source}"


def test_installing_puts_modes_and_folders_right(tmp_path: Path) -> None:
    done = packing("install", "luci-app-traffic-analyzer", tmp_path, "--site", "/x", umask=0o077)
    assert done.returncode == 0, done.stderr
    assert {path.stat().st_mode & 0o777 for path in tmp_path.rglob("*") if path.is_dir()} == {0o755}
    assert (tmp_path / "usr/share/rpcd/ucode/traffic-analyzer.uc").stat().st_mode & 0o777 == 0o644
