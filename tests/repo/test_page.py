"""The page: that it is whole, that it runs under its own rules, and that no name can become HTML."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from traffic_analyzer.faces.describe import describe_report
from traffic_analyzer.faces.form import render_form
from traffic_analyzer.reports.registry import REPORTS

from .tree import ROOT, files

_LUCI = ROOT / "luci"
_RESOURCES = Path("htdocs/luci-static/resources")
_SETTINGS = _LUCI / _RESOURCES / "traffic-analyzer" / "settings.js"
_SOURCES = [path for path in files(_LUCI) if path.suffix in {".js", ".html"}]
#: What makes HTML, code or a request out of a text, and styles that the page's policy drops.
_FORBIDDEN = {
    "HTML": r"(?:inner|outer)HTML|insertAdjacentHTML|document\.write|srcdoc|DOMParser|createContextualFragment",
    "code": r"\beval\b|\bnew Function\b|(?<!\.)\bFunction\(|javascript:|setTimeout\(\s*['\"`]",
    "an inline style": r"'style'\s*:|\bstyle\s*:\s*['\"`]|setAttribute\('style'|<[^>]*\sstyle=",
    "an inline handler": r"<[^>]*\son\w+\s*=",
    "something from elsewhere": r"(?:\bhttps?:|['\"(])//(?!www\.w3\.org/|router\.lan:)",
    "HTML, as LuCI takes what is in no list": r"\bE\('[\w-]+',\s*(?:\{[^{}]*\},\s*)?(?:_\(|['\"`]|[\w.]+\.format)",
}  # fmt: skip


def _compile(luci: Path, page: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, ROOT / "hack" / "compile-page", luci, page]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page, made of this tree."""
    made = tmp_path_factory.mktemp("page") / "page"
    done = _compile(_LUCI, made)
    assert done.returncode == 0, done.stderr
    return made


@pytest.fixture
def luci(tmp_path: Path) -> Path:
    """The shim, and no module but what a test adds."""
    shutil.copytree(_LUCI / "standalone", tmp_path / "luci" / "standalone")
    resources = tmp_path / "luci" / _RESOURCES
    (resources / "traffic-analyzer").mkdir(parents=True)
    shutil.copy(_LUCI / _RESOURCES / "traffic-analyzer" / "api.js", resources / "traffic-analyzer")
    return tmp_path / "luci"


def _add(luci: Path, text: str) -> None:
    view = luci / _RESOURCES / "view" / "traffic-analyzer" / "overview.js"
    view.parent.mkdir(parents=True)
    view.write_text("'use strict';\n" + text, "utf-8")


@pytest.mark.parametrize("what", _FORBIDDEN)
def test_no_text_becomes(what: str) -> None:
    sign = re.compile(_FORBIDDEN[what])
    assert len(_SOURCES) > 10
    assert [f"{path.name}: {found[0]}" for path in _SOURCES if (found := sign.search(path.read_text("utf-8")))] == []


@pytest.mark.parametrize(
    ("what", "text"),
    [
        ("HTML", "node.innerHTML = name;"), ("HTML", "node.insertAdjacentHTML('beforeend', name)"),
        ("code", "new Function('n', text)"), ("code", "eval(text)"), ("code", "window.setTimeout('go()')"),
        ("an inline style", "E('i', { 'style': 'width: 4px' })"), ("an inline style", '<b style="color: red">'),
        ("an inline handler", '<body onload="go()">'),
        ("something from elsewhere", '<script src="https://cdn.example.org/d3.js">'),
        ("something from elsewhere", "@import '//fonts.example.org/a.css'"),
        ("HTML, as LuCI takes what is in no list", "E('td', { 'class': 'td' }, '%s'.format(name))"),
        ("HTML, as LuCI takes what is in no list", "E('p', _('Loading'))"),
        ("HTML, as LuCI takes what is in no list", "E('p', {}, `${name}`)"),
    ],
)  # fmt: skip
def test_the_rules_catch(what: str, text: str) -> None:
    assert re.search(_FORBIDDEN[what], text)


@pytest.mark.parametrize(
    "text",
    [
        "E('td', { 'class': 'td' }, [ name ])", "E('p', [ _('Loading') ])", "typeof(x) == 'function'", "onclick(event)",
        "createElementNS('http://www.w3.org/2000/svg', 'svg')", "// a comment", "node.style.width = '4px'",
    ],
)  # fmt: skip
def test_the_rules_let_pass(text: str) -> None:
    assert [what for what, sign in _FORBIDDEN.items() if re.search(sign, text)] == []


def test_the_page_names_files_that_are_there(page: Path) -> None:
    text = (page / "index.html").read_text("utf-8")
    named = re.findall(r'\b(?:src|href)="([^"]*)"', text)
    assert {"/static/page.js", "/static/page.css", "/static/style.css"} <= set(named)
    assert [name for name in named if name != "/overview" and not (page / name.lstrip("/")).is_file()] == []


def test_the_page_has_nothing_inline(page: Path) -> None:
    text = (page / "index.html").read_text("utf-8")
    assert "<style" not in text
    assert [code for code in re.findall(r"<script[^>]*>(.*?)</script>", text, re.DOTALL) if code] == []


def test_every_module_is_on_the_page(page: Path) -> None:
    text = (page / "static" / "page.js").read_text("utf-8")
    defined = re.findall(r'^define\("([^"]+)", (\[.*?\]), function', text, re.MULTILINE)
    resources = _LUCI / _RESOURCES
    names = [".".join(path.relative_to(resources).with_suffix("").parts) for path in sorted(resources.rglob("*.js"))]
    assert set(names) <= {name for name, _ in defined}
    needed = {need for _, needs in defined for need in json.loads(needs)}
    assert needed - {name for name, _ in defined} == {"baseclass"}


@pytest.mark.parametrize(
    ("text", "trouble"),
    [
        ("'require fs';", "requires fs"),
        ("'require view';\n'require traffic-analyzer.nothing as nothing';", "requires traffic-analyzer.nothing"),
        ("'require dom';\ndom.parse('x');", "dom.parse is not given"),
        ("/* of ours */\n'require dom';\ndom.data('x');", "dom.data is not given"),
        ("'require rpc as r';\nr.list();", "rpc.list is not given"),
        ("L.hasSystemFeature('x');", "L.hasSystemFeature is not given"),
    ],
)
def test_what_the_shim_lacks_ends_the_build(luci: Path, text: str, trouble: str) -> None:
    _add(luci, text)
    done = _compile(luci, luci / "page")
    assert done.returncode == 1
    assert f"view.traffic-analyzer.overview: {trouble}" in done.stderr
    assert not (luci / "page").exists()


def test_a_comment_uses_nothing(luci: Path) -> None:
    _add(luci, "'require dom';\n/* dom.parse would read HTML */\n// so would L.dom\nreturn dom.create('p');\n")
    done = _compile(luci, luci / "page")
    assert (done.returncode, done.stderr) == (0, "")


def test_a_file_that_is_gone_is_gone_from_the_page(luci: Path) -> None:
    (luci / "page").mkdir()
    (luci / "page" / "old.js").write_text("old", "utf-8")
    assert _compile(luci, luci / "page").returncode == 0
    assert not (luci / "page" / "old.js").exists()


def test_words_are_those_of_the_file(luci: Path) -> None:
    (luci / "po" / "zh_Hans").mkdir(parents=True)
    (luci / "po" / "zh_Hans" / "traffic-analyzer.po").write_text(
        'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=UTF-8\\n"\n\n'
        '#: overview.js:1\nmsgid "Open  the \\"page\\""\nmsgstr "打开“页面”"\n\n'
        'msgid ""\n"Two "\n"lines"\nmsgstr ""\n"两"\n"行"\n\n'
        'msgctxt "of time"\nmsgid "Day"\nmsgstr "天"\n\n'
        'msgid "%d device"\nmsgid_plural "%d devices"\nmsgstr[0] "%d 台设备"\n\n'
        '#, fuzzy\nmsgid "Guess"\nmsgstr "猜"\n\n#, fuzzy, c-format\nmsgid "%d"\nmsgstr "d"\n\n'
        'msgid "Not yet"\nmsgstr ""\n',
        "utf-8",
    )
    done = _compile(luci, luci / "page")
    assert done.returncode == 0, done.stderr
    assert json.loads((luci / "page" / "static" / "zh_Hans.json").read_text("utf-8")) == {
        'Open the "page"': "打开“页面”", "Two lines": "两行", "of time\x01Day": "天", "%d device\x02": ["%d 台设备"],
    }  # fmt: skip
    assert 'const LANGUAGES = ["zh_Hans"];' in (luci / "page" / "static" / "page.js").read_text("utf-8")


def test_the_form_is_that_of_the_declarations() -> None:
    assert _SETTINGS.read_text("utf-8") == render_form(), "run `make docs`"


def test_the_page_may_ask_with_every_filter() -> None:
    text = (_LUCI / _RESOURCES / "traffic-analyzer" / "api.js").read_text("utf-8")
    listed = re.findall(r"'(\w+)'", text.partition("const FILTERS = [")[2].partition("]")[0])
    declared = {one["name"] for report in REPORTS.values() for one in describe_report(report)["filters"]}
    assert (sorted(listed), len(listed)) == (sorted(declared), len(declared))
