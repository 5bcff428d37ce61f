"""Python without what only people read is the same program."""

from __future__ import annotations

import ast
import dataclasses
import os
import shutil
import subprocess

import pytest

from .conftest import ROOT

from packing import sources  # isort: skip
from packing.contents import PackingError  # isort: skip

_PROGRAMS = r"""
def f(arg):
    def g():
        nonlocal count
        count += arg
    count = 1
    g()
    return count
#
count = 5
def f(arg):
    global count
    count = arg
    return count
#
def f(arg):
    class Made:
        value = arg
    made = Made()
    return made.value
#
def f(arg):
    import os as system
    length = len(system.sep * arg)
    return length
#
def f(arg):
    try:
        raise ValueError(arg)
    except ValueError as error:
        text = str(error)
    return text
#
def f(arg):
    match [arg, 2]:
        case [first, *rest]:
            return first, rest
#
def f(arg):
    items = [item for item in range(arg) if (last := item) % 2]
    return items, last
#
def f(arg, sep=' '):
    def inner(value, *, sep=sep):
        joined = sep.join([value] * 2)
        return joined
    return inner(str(arg), sep='-')
#
def f(arg):
    length = 2
    return f'{arg!r:>{length}}{{}}', length
#
def f(arg):
    *most, last = range(arg)
    del last
    return most, (lambda value: most[0] + value)(1)
#
class C:
    def f(self, arg):
        self.total = total = arg
        return total

def f(arg):
    return C().f(arg)
#
def f(arg):
    for number in range(arg):
        pass
    else:
        number = -number
    return number
"""
_MODULES = sorted((ROOT / "python" / "traffic_analyzer").rglob("*.py"))


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ('"""What."""\nfrom __future__ import annotations\nX: int = 1  # why\nY: int\n', "X=1\n"),
        ("def f(a: int, *b: str) -> None:\n    '''What.'''\n", "def f(a,*b):\n\tpass\n"),
        ("from t import A, b\n\ndef f(a: A) -> None:\n    b(a)\n", "from t import b\ndef f(a):\n\tb(a)\n"),
        ("from t import a  # for others\n", "from t import a\n"),
        ("try:\n    from t import A\nexcept ImportError:\n    A = None\n",
         "try:\n\tfrom t import A\nexcept ImportError:\n\tA=None\n"),
        ("if TYPE_CHECKING:\n    import a\nelse:\n    import b\n", "import b\n"),
        ("class C:\n    a: list[int]\n    b: ClassVar[int] = 1\n    def f(self): assert self\n",
         "class C:\n\ta:0\n\tb:ClassVar=1\n\tdef f(self):\n\t\tpass\n"),
        ("def f(arg):\n    local, other = arg\n    return local if other else-other\n",
         "def f(arg):\n\ta,b=arg\n\treturn a if b else-b\n"),
        ("a = 1\ndef f():\n    for long in g(a): print(f'{long:>{a}}', {'long': long})\n",
         "a=1\ndef f():\n\tfor b in g(a):\n\t\tprint(f'{b:>{a}}',{'long':b})\n"),
    ],
)  # fmt: skip
def test_what_is_left(text: str, left: str) -> None:
    assert sources.stripped(text) == left


@pytest.mark.parametrize("text", _PROGRAMS.split("#\n"))
def test_what_functions_return_stays(text: str) -> None:
    returned = []
    for program in (text, sources.stripped(text)):
        space: dict[str, object] = {}
        exec(program, space)
        returned.append(space["f"](7))  # type: ignore[operator]
    assert returned[0] == returned[1]


def test_dataclasses_and_tuples_have_their_fields() -> None:
    text = (
        "from __future__ import annotations\nfrom dataclasses import KW_ONLY, dataclass, field\n"
        "from typing import ClassVar, NamedTuple\n"
        "@dataclass(frozen=True, slots=True)\nclass D:\n    a: dict[str, int]\n    shared: ClassVar[int] = 3\n"
        "    b: int = field(default=2)\n    _: KW_ONLY\n    c: str = 'x'\n"
        "class T(NamedTuple):\n    first: int\n    second: str | None = None\n"
    )
    space: dict[str, object] = {"__name__": __name__}
    exec(compile(sources.stripped(text), "made", "exec", dont_inherit=True), space)
    made = space["D"]({}, c="y")  # type: ignore[operator]
    assert dataclasses.asdict(made) == {"a": {}, "b": 2, "c": "y"}
    assert space["T"](1) == (1, None)  # type: ignore[operator]


@pytest.mark.parametrize("path", _MODULES, ids=lambda path: path.relative_to(ROOT / "python").as_posix())
def test_every_module_keeps_its_names_and_texts(path) -> None:  # type: ignore[no-untyped-def]
    """What may be seen from outside, and what may be shown."""
    before, after = (ast.parse(text) for text in (path.read_text("utf-8"), sources.stripped(path.read_text("utf-8"))))
    kinds = (ast.FunctionDef, ast.ClassDef, ast.Attribute, ast.keyword, ast.arg)
    seen = [
        {getattr(node, "name", None) or getattr(node, "attr", None) or getattr(node, "arg", None)
         for node in ast.walk(tree) if isinstance(node, kinds)}
        for tree in (before, after)
    ]  # fmt: skip
    assert seen[1] <= seen[0]
    assert {node.name for node in ast.walk(before) if isinstance(node, (ast.FunctionDef, ast.ClassDef))} <= seen[1]


def test_what_is_no_python_is_told() -> None:
    with pytest.raises(PackingError, match="^line 2: "):
        sources.stripped("a = 1\nb = = 2\n")


@pytest.mark.parametrize("version", ["3.12", "3.13", "3.14"])
def test_other_pythons_strip_it_too(version: str) -> None:
    """F-strings are other tokens since 3.12."""
    if (python := shutil.which(f"python{version}")) is None:
        pytest.skip(f"no python{version}")
    text = "def f(name):\n    width = 3\n    return f\"{name !r:>{width}}{{'x'}} {'a' + 'b'}\"\n"
    ask = "import sys; from packing.sources import stripped; sys.stdout.write(stripped(sys.stdin.read()))"
    done = subprocess.run([python, "-c", ask], input=text, capture_output=True, text=True, check=False,
                          env={**os.environ, "PYTHONPATH": str(ROOT / "package")})  # fmt: skip
    if done.returncode == 127:
        pytest.skip(f"no python{version}, but for a shim of it")
    assert done.returncode == 0, done.stderr
    space: dict[str, object] = {}
    exec(done.stdout, space)
    assert space["f"]("a") == "'a'{'x'} ab"  # type: ignore[operator]
