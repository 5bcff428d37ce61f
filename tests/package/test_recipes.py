"""The recipes, expanded by GNU make as the SDK does it, install what ``make package`` packs."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import peewee
import pytest

from traffic_analyzer import __version__

from .conftest import OBJECTS, ROOT, Ipk

from packing import recipes  # isort: skip

_SITE = "/usr/lib/python3.11/site-packages"

#: Just enough of the SDK: what a recipe includes, and what it calls. A package is installed in $(OUT)/its name.
_SDK = {
    "rules.mk": "INCLUDE_DIR := $(TOPDIR)/include\nCP := cp -fpR\nBUILD_DIR := $(OUT)/build\n",
    "include/package.mk": """
PKG_BUILD_DIR ?= $(BUILD_DIR)/$(PKG_NAME)
define BuildPackage
$(call Package/$(1))
$$(info $(1)|$$(strip $$(TITLE))|$$(strip $$(SECTION))|$$(strip $$(DEPENDS))|$$(PKGARCH)|$$(USERID))
$$(info conffiles|$(1)|$$(strip $$(Package/$(1)/conffiles)))
all: install-$(1)
install-$(1): compile
	mkdir -p $(OUT)/$(1)
	$(call Package/$(1)/install,$(OUT)/$(1))
compile:
	$(Build/Prepare)
	$(Build/Compile)
endef
all:
.PHONY: all compile
""",
    "include/bpf.mk": """
BPF_DEPENDS := @HAS_BPF_TOOLCHAIN
define CompileBPF
	test -f $(1) && test -f $(dir $(1))/maps.bpf.h
	cp $(OBJECT) $(patsubst %.c,%.o,$(1))
endef
""",
    "feeds/packages/lang/python/python3-package.mk": f"""
PYTHON3_PKG_DIR := {_SITE}
HOST_PYTHON3_BIN := {sys.executable}
""",
    "feeds/packages/lang/python/pypi.mk": "PKG_BUILD_DIR := $(PEEWEE_DIR)\nBuild/Prepare := :\n",
    "feeds/luci/luci.mk": """
LUCI_NAME ?= $(notdir ${CURDIR})
all:
	mkdir -p $(OUT)/$(LUCI_NAME)/www $(OUT)/po
	$(CP) ./htdocs/* $(OUT)/$(LUCI_NAME)/www/
	$(CP) ./root/* $(OUT)/$(LUCI_NAME)/
	$(CP) ./po/* $(OUT)/po/
""",
}


@pytest.fixture(scope="module")
def sdk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if shutil.which("make") is None:
        pytest.skip("no make")
    folder = tmp_path_factory.mktemp("sdk")
    for name, text in _SDK.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


def _make(sdk: Path, recipe: str, out: Path) -> str:
    done = subprocess.run(
        ["make", "-C", str(ROOT / "package" / recipe), "--no-print-directory", f"TOPDIR={sdk}", f"OUT={out}",
         f"OBJECT={str(OBJECTS).format('bpfel')}", f"PEEWEE_DIR={Path(peewee.__file__).parent}"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def _tree(folder: Path) -> dict[str, tuple[int, bytes]]:
    return {
        "/" + path.relative_to(folder).as_posix(): (path.stat().st_mode & 0o777, path.read_bytes())
        for path in folder.rglob("*") if path.is_file()
    }  # fmt: skip


def _packed(ipk: Ipk) -> dict[str, tuple[int, bytes]]:
    found = {}
    for member in ipk.data:
        if member.isfile():
            file = ipk.data.extractfile(member)
            assert file is not None
            found[member.name.removeprefix(".")] = member.mode, file.read()
    return found


@pytest.mark.parametrize("name", ["traffic-analyzer", "python3-peewee"])
def test_a_recipe_installs_what_is_packed(sdk: Path, ipks: dict[str, Ipk], tmp_path: Path, name: str) -> None:
    said = _make(sdk, name, tmp_path)
    installed = _tree(tmp_path / name)
    packed = _packed(ipks[f"{name}_x86_64"] if name == "traffic-analyzer" else ipks[f"{name}_all"])
    assert installed == packed and installed

    package = recipes.read()[name]
    found, title, section, depends, architecture, user = re.findall(rf"^({name})\|" + r"\|".join(["(.*)"] * 5) + "$",
                                                                    said, re.MULTILINE)[0]  # fmt: skip
    assert (found, title, section, user) == (name, package.title, package.section, package.user)
    assert (architecture == "all") == package.is_for_all
    words = [word.removeprefix("+") for word in depends.split() if not word.startswith("@")]
    assert [re.sub(r"^(libbpf|libopenssl)\d$", r"\1", word) for word in package.depends] == words
    assert f"conffiles|{name}|{' '.join(package.conffiles)}\n" in said


def test_the_recipe_of_the_page_takes_the_files_that_are_packed(
    sdk: Path, ipks: dict[str, Ipk], tmp_path: Path
) -> None:
    _make(sdk, "luci-app-traffic-analyzer", tmp_path)
    assert set(_tree(tmp_path / "luci-app-traffic-analyzer")) == ipks["luci-app-traffic-analyzer_all"].installed()
    (catalogue,) = [path for path in ipks["luci-i18n-traffic-analyzer-zh-cn_all"].installed() if path.endswith("lmo")]
    assert Path(catalogue).name == "traffic-analyzer.zh-cn.lmo"
    assert (tmp_path / "po" / "zh_Hans" / "traffic-analyzer.po").exists()


def test_all_of_ours_has_one_version() -> None:
    versions = {package.version for name, package in recipes.read().items() if "traffic-analyzer" in name}
    assert versions == {f"{__version__}-r1"}
    luci = (ROOT / "package" / "luci-app-traffic-analyzer" / "Makefile").read_text()
    assert f"PKG_PO_VERSION:={__version__}-r1\n" in luci


def test_feeds_find_each_recipe() -> None:
    for path in (ROOT / "package").glob("*/Makefile"):
        assert re.search(r"call BuildPackage", path.read_text()), f"{path}: the feeds' scripts look for this"


def test_a_recipe_without_a_title_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x").mkdir()
    (tmp_path / "x" / "Makefile").write_text(
        "PKG_VERSION:=1\nPKG_RELEASE:=1\nPKG_LICENSE:=X\ndefine Package/x\n  SECTION:=net\nendef\n"
        "$(eval $(call BuildPackage,x))\n"
    )
    with pytest.raises(recipes.PackingError, match="TITLE is missing"):
        recipes.read(tmp_path)
