"""The LuCI app is in step with itself and with what the endpoint takes."""

from __future__ import annotations

import json
import re

import pytest

from traffic_analyzer.faces.flags import flags_of
from traffic_analyzer.reports.registry import REPORTS
from traffic_analyzer.settings import RUN, Kind

from .tree import ROOT

_APP = "luci-app-traffic-analyzer"
_OBJECT = "traffic-analyzer"
_LUCI = ROOT / "luci"
_SHARE = _LUCI / "root" / "usr" / "share"
_PLUGIN = (_SHARE / "rpcd" / "ucode" / f"{_OBJECT}.uc").read_text("utf-8")
_RECIPE = (ROOT / "package" / _APP / "Makefile").read_text("utf-8")
_MENU = json.loads((_SHARE / "luci" / "menu.d" / f"{_APP}.json").read_text("utf-8"))
_ACL = json.loads((_SHARE / "rpcd" / "acl.d" / f"{_APP}.json").read_text("utf-8"))

#: What luci-base's jsmin, which packages are built with, takes for one piece: a template ends at the next backtick.
_PIECE = re.compile(
    r"""
      // [^\n]* | /\* .*? \*/
    | ' (?: \\. | [^'\\] )* ' | " (?: \\. | [^"\\] )* " | ` (?: \\. | [^`\\] )* `
    | (?<= [(,=:\[!&|?+\-~*/{};] ) \s* / (?![/*]) (?: \\. | \[ (?: \\. | [^\]\\] )* \] | [^/\\\n] )+ /
    """,
    re.VERBOSE | re.DOTALL,
)

#: What rpcd holds an argument to, by the value that stands for it in the plugin.
_TYPES = {"0": Kind.INTEGER, "[]": Kind.LIST, "''": Kind.TEXT}


def _block(name: str) -> str:
    found = re.search(rf"^const {name} = \{{\n(.*?)^\}};$", _PLUGIN, re.MULTILINE | re.DOTALL)
    assert found, f"the plugin declares no {name}"
    return found[1]


def _methods() -> dict[str, str]:
    return dict(re.findall(r"^\t(\w+): \{\n(.*?)^\t\}", _block("methods"), re.MULTILINE | re.DOTALL))


def test_the_plugin_takes_every_filter_as_it_is_declared() -> None:
    filters = {name: _TYPES[value] for name, value in re.findall(r"(\w+): (\S+?),?\n", _block("FILTERS"))}
    declared = {
        setting.name: setting.kind if setting.kind in (Kind.INTEGER, Kind.LIST) else Kind.TEXT
        for report in REPORTS.values()
        for setting in flags_of(report)
        if setting.kind is not Kind.PATH
    }
    assert filters == declared
    assert "args: { name: '', ...FILTERS }" in _methods()["report"]


def test_every_method_may_be_read_and_nothing_else() -> None:
    (rights,) = _ACL.values()
    assert [*_ACL] == [_APP]
    assert rights["read"]["ubus"] == {_OBJECT: [*_methods()]}
    assert rights["read"] | {"ubus": {}} == {"ubus": {}, "uci": [_OBJECT]}
    assert rights["write"] == {"uci": [_OBJECT]}


def test_the_plugin_only_gets() -> None:
    assert re.findall(r"`(GET|HEAD|POST|PUT|PATCH|DELETE) ", _PLUGIN) == ["GET"]


def test_every_page_has_its_view() -> None:
    (root,) = [path for path, node in _MENU.items() if node["action"]["type"] == "firstchild"]
    assert root == f"admin/status/{_OBJECT}"
    assert _MENU[root]["depends"]["acl"] == [*_ACL]
    pages = {path.removeprefix(f"{root}/"): node["action"] for path, node in _MENU.items() if path != root}
    assert pages == {
        name: {"type": "view", "path": f"{_OBJECT}/{name}"} for name in ("overview", "explore", "settings")
    }
    views = _LUCI / "htdocs" / "luci-static" / "resources" / "view"
    assert [name for name in pages if not (views / _OBJECT / f"{name}.js").exists()] == []


def test_the_plugin_knows_the_defaults_of_the_collector() -> None:
    defaults = dict(re.findall(r"^const (DEFAULT_\w+) = '(.*)';$", _PLUGIN, re.MULTILINE))
    run = {setting.name: setting.default for setting in RUN}
    assert defaults == {"DEFAULT_LISTEN": run["web_listen"], "DEFAULT_TOKEN_FILE": run["web_token_file"]}


@pytest.mark.parametrize("module", re.findall(r"^import .* from '(\w+)';$", _PLUGIN, re.MULTILINE))
def test_every_module_is_depended_on(module: str) -> None:
    assert f"+ucode-mod-{module}" in _RECIPE.replace("\\\n", "").split()


def test_the_style_is_packaged_as_it_is() -> None:
    """csstidy writes ``@media max-width 900px``, which is no CSS."""
    assert "LUCI_MINIFY_CSS:=0" in _RECIPE.splitlines()


def test_scripts_can_be_minified() -> None:
    """A template within a template: jsmin takes code for text, and either fails or drops spaces that count."""
    scripts = sorted((_LUCI / "htdocs").rglob("*.js"))
    nested = [
        f"{script.name}: {piece}"
        for script in scripts
        for piece in _PIECE.findall(script.read_text("utf-8"))
        if piece.startswith("`") and piece.count("{") != piece.count("}")
    ]
    assert nested == []


def test_every_script_says_under_which_licence_it_is() -> None:
    scripts = [path for folder in ("htdocs", "standalone") for path in (_LUCI / folder).rglob("*.js")]
    assert scripts
    for script in scripts:
        assert script.read_text("utf-8").startswith("/* SPDX-License-Identifier: GPL-2.0-only"), script
