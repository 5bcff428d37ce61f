# SPDX-License-Identifier: GPL-2.0-only
"""What the recipes (``package/*/Makefile``) say of the packages: names, versions, dependencies, scripts."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from pathlib import Path

from .contents import ROOT, PackingError

#: The number that OpenWrt adds to the names of these libraries' packages: that of their interface.
_INTERFACES = {"libbpf": "1", "libopenssl": "3"}
#: As luci.mk has it: menus and the objects of rpcd are looked for anew.
_LUCI_POSTINST = """\
[ -z "${IPKG_INSTROOT}" ] || exit 0
rm -rf /tmp/luci-indexcache.* /tmp/luci-modulecache
[ ! -x /etc/init.d/rpcd ] || /etc/init.d/rpcd reload
exit 0
"""


@dataclass(frozen=True)
class Package:
    """One package, as its recipe has it."""

    version: str
    license: str
    maintainer: str
    source: str  #: the folder of the recipe
    name: str = ""
    title: str = ""
    section: str = ""
    description: str = ""
    depends: list[str] = field(default_factory=list)  #: packages, with the numbers of their interfaces
    is_for_all: bool = False  #: the same for all architectures
    user: str = ""  #: as USERID has it
    conffiles: list[str] = field(default_factory=list)  #: paths that stay when they were changed
    scripts: dict[str, str] = field(default_factory=dict)  #: postinst, prerm (of the package's own), preinst, postrm


def read(folder: Path = ROOT / "package") -> dict[str, Package]:
    """By name, the packages that the recipes below *folder* describe.

    :raises PackingError: a recipe lacks something.
    """
    found: dict[str, Package] = {}
    for path in sorted(folder.glob("*/Makefile")):
        recipe = _Recipe(path)
        found.update((package.name, package) for package in (recipe.luci() if recipe.is_luci else recipe.plain()))
    return found


class _Recipe:
    def __init__(self, path: Path) -> None:
        text = path.read_text("utf-8")
        self.source = path.parent.relative_to(ROOT).as_posix() if path.is_relative_to(ROOT) else path.parent.name
        self._path = path
        self._defines: dict[str, str] = dict(re.findall(r"^define (\S+)\n(.*?)^endef$", text, re.MULTILINE | re.DOTALL))
        self._variables = _assignments(re.sub(r"^define .*?^endef$", "", text, flags=re.MULTILINE | re.DOTALL))
        self.is_luci = "LUCI_TITLE" in self._variables

    def plain(self) -> list[Package]:
        names = re.findall(r"\(call BuildPackage,([^)]+)\)", self._path.read_text("utf-8"))
        return [self._plain(name) for name in names if not name.endswith("-src")]

    def _plain(self, name: str) -> Package:
        said = {**self._variables, **_assignments(self._defines[f"Package/{name}"])}

        return replace(
            self._common(said),
            name=name,
            title=self._value(said, "TITLE"),
            section=self._value(said, "SECTION"),
            description=" ".join(self._block(name, "description").split()),
            depends=_depends(said.get("DEPENDS", "")),
            is_for_all=said.get("PKGARCH") == "all",
            user=said.get("USERID", ""),
            conffiles=self._block(name, "conffiles").split(),
            scripts=self._scripts(name),
        )

    def luci(self) -> list[Package]:
        """The page and its translations, as ``luci.mk`` makes them."""
        said = self._variables
        name = self._path.parent.name
        app = replace(
            self._common(said),
            name=name,
            title=self._value(said, "LUCI_TITLE"),
            section="luci",
            description=said.get("LUCI_DESCRIPTION", said["LUCI_TITLE"]),
            depends=_depends(said.get("LUCI_DEPENDS", "")),
            is_for_all=True,
            scripts={"postinst": _LUCI_POSTINST, **self._scripts(name)},
        )
        chinese = replace(
            self._common(said),
            name=app.name.replace("luci-app-", "luci-i18n-", 1) + "-zh-cn",
            title=f"{app.name} - zh-cn translation",
            section="luci",
            description=f"Translation for {app.name} - 简体中文 (Simplified Chinese)",
            depends=[app.name],
            is_for_all=True,
        )
        return [app, chinese]

    def _block(self, name: str, what: str) -> str:
        return self._defines.get(f"Package/{name}/{what}", "").replace("$$", "$")

    def _scripts(self, name: str) -> dict[str, str]:
        return {what: text for what in ("preinst", "postinst", "prerm", "postrm") if (text := self._block(name, what))}

    def _common(self, said: dict[str, str]) -> Package:
        return Package(
            version=f"{self._value(said, 'PKG_VERSION')}-r{self._value(said, 'PKG_RELEASE')}",
            license=self._value(said, "PKG_LICENSE"),
            maintainer=said.get("PKG_MAINTAINER", ""),
            source=self.source,
        )

    def _value(self, said: dict[str, str], name: str) -> str:
        if not (value := said.get(name, "")):
            raise PackingError(f"{self._path}: {name} is missing")
        return value


def _assignments(text: str) -> dict[str, str]:
    lines = re.sub(r"\\\n\s*", " ", text)
    return {name: " ".join(value.split()) for name, value in re.findall(r"^\s*(\w+):=(.*)$", lines, re.MULTILINE)}


def _depends(said: str) -> list[str]:
    """The packages among *said*; not what is asked of the build (``@…``, ``$(…)``)."""
    names = [word.removeprefix("+") for word in said.split() if not word.startswith(("@", "$"))]
    return [name + _INTERFACES.get(name, "") for name in names]
