"""Modules of the page, loaded one by one into a browser, to be called from tests."""

from __future__ import annotations

import re
from typing import Any

from ..repo.tree import ROOT

RESOURCES = ROOT / "luci" / "htdocs" / "luci-static" / "resources"
_REQUIRE = re.compile(r"^'require (\S+?)(?: as (\w+))?';$", re.MULTILINE)
#: As much of LuCI as is needed for calls that draw nothing.
_LUCI = """
window.modules = { baseclass: { extend: methods => methods } };
window._ = text => text;
window.L = { url: (...parts) => '/' + parts.join('/') };
"""


class Modules:
    """Modules by name: ``modules.call("units.bytes", 1500)``."""

    def __init__(self, page: Any) -> None:
        self._page = page
        self._loaded = {"baseclass"}
        page.evaluate(_LUCI)

    def call(self, function: str, *arguments: Any) -> Any:
        """What *function*, ``module.name``, gives. *arguments* and result are plain values."""
        module, name = function.split(".")
        self._load(f"traffic-analyzer.{module}")
        script = "([module, name, given]) => window.modules[module][name](...given)"
        return self._page.evaluate(script, [f"traffic-analyzer.{module}", name, list(arguments)])

    def calls(self, function: str, arguments: list[tuple[Any, ...]]) -> list[Any]:
        """The same of each of *arguments*, in one go."""
        module, name = function.split(".")
        self._load(f"traffic-analyzer.{module}")
        script = "([module, name, all]) => all.map(given => window.modules[module][name](...given))"
        return list(self._page.evaluate(script, [f"traffic-analyzer.{module}", name, list(map(list, arguments))]))

    def run(self, module: str, script: str, *arguments: Any) -> Any:
        """What a function in JavaScript gives that takes the module, then *arguments*."""
        self._load(f"traffic-analyzer.{module}")
        whole = f"([name, given]) => ({script})(window.modules[name], ...given)"
        return self._page.evaluate(whole, [f"traffic-analyzer.{module}", list(arguments)])

    def _load(self, name: str) -> None:
        if name in self._loaded:
            return
        source = (RESOURCES / (name.replace(".", "/") + ".js")).read_text()
        required = _REQUIRE.findall(source)
        for other, _ in required:
            self._load(other)
        parameters = ", ".join(alias or other for other, alias in required)
        values = ", ".join(f"window.modules[{other!r}]" for other, _ in required)
        self._page.evaluate(f"() => {{ window.modules[{name!r}] = (({parameters}) => {{{source}}})({values}); }}")
        self._loaded.add(name)
