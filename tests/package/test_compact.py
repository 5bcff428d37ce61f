"""Scripts and sheets say the same when they are compact."""

from __future__ import annotations

import re
import shutil
import subprocess

import pytest

from .conftest import ROOT

from packing import compact  # isort: skip

_SCRIPTS = sorted((ROOT / "luci" / "htdocs").rglob("*.js"))
_SHEETS = sorted((ROOT / "luci" / "htdocs").rglob("*.css"))


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("// one\n\tlet a = 1;  // two\n\n\n\tlet b = 2; /* three\n */ let c;\n", "let a=1;\nlet b=2;\nlet c;\n"),
        ("a('// none', \"/* none */\", `  // none  ${ b }`)", "a('// none',\"/* none */\",`  // none  ${ b }`)\n"),
        ("s.replace(/ \\/\\* [/ ] */g, x)", "s.replace(/ \\/\\* [/ ] */g,x)\n"),
        ("a / b / c", "a / b / c\n"),
        ("a + +b - -c", "a + +b - -c\n"),
        ("return\n  x", "return\nx\n"),
        ("'it\\'s // so'", "'it\\'s // so'\n"),
    ],
)
def test_a_script_keeps_what_counts(text: str, left: str) -> None:
    assert compact.script(text) == left


def test_a_sheet_keeps_what_counts() -> None:
    assert compact.sheet("/* a */\n.ta > td,\n.x {\n\tcolor: var(--a);\n\tcontent: ' ; } ';\n}\n") == (
        ".ta > td,.x{color: var(--a);content: ' ; } ';}\n"
    )


@pytest.mark.parametrize("path", [*_SCRIPTS, *_SHEETS], ids=lambda path: path.name)
def test_no_string_is_touched(path) -> None:  # type: ignore[no-untyped-def]
    text = path.read_text("utf-8")
    made = compact.script(text) if path.suffix == ".js" else compact.sheet(text)
    assert re.findall(r"_\('[^']*'\)", made) == re.findall(r"_\('[^']*'\)", text)
    assert len(made) < len(text)


@pytest.mark.parametrize("path", _SCRIPTS, ids=lambda path: path.name)
def test_every_script_is_still_one(path) -> None:  # type: ignore[no-untyped-def]
    """A module of LuCI is the body of a function."""
    if (node := shutil.which("node")) is None:
        pytest.skip("no node to read scripts with")
    for text in (path.read_text("utf-8"), compact.script(path.read_text("utf-8"))):
        subprocess.run([node, "-e", "new Function(require('fs').readFileSync(0, 'utf8'))"], input=text, text=True,
                       check=True)  # fmt: skip
