# SPDX-License-Identifier: GPL-2.0-only
"""Python without what only people and type checkers read."""

from __future__ import annotations

import ast
import builtins
import io
import itertools
import keyword
import string
import tokenize
from collections.abc import Iterable, Iterator

from .contents import PackingError

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
_NAMED = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.ExceptHandler, ast.MatchAs, ast.MatchStar)
#: Annotations that a dataclass goes by; of others it only asks whether there is one.
_MARKS = {"ClassVar", "InitVar", "KW_ONLY"}

#: An f-string is one token before Python 3.12, and many since.
_QUOTES = {getattr(tokenize, f"FSTRING_{name}", None): step for name, step in (("START", 1), ("END", -1))}


def stripped(text: str) -> str:
    """*text*, a module, as a program that does the same and tells no less when it fails, but for its line numbers.

    Left out are comments, docstrings, assertions, annotations, ``TYPE_CHECKING`` and the imports that are for these
    alone. Variables of functions are renamed; parameters, and what can be seen from outside, are not. It runs by
    this Python and later ones.

    :raises PackingError: it is no module, or what is left of it would be another one.
    """
    try:
        tree = ast.parse(text)
    except SyntaxError as error:
        raise PackingError(f"line {error.lineno}: {error.msg}") from None
    before = _used(tree)
    tree = _Essence().visit(tree)
    tree = _Imports(before - _used(tree)).visit(tree)
    _rename(tree)
    made = _tight(ast.unparse(ast.fix_missing_locations(tree)) + "\n")
    if ast.dump(ast.parse(made)) != ast.dump(tree):
        raise PackingError("stripped, it would be another program")
    return made


class _Essence(ast.NodeTransformer):
    """Takes out what does nothing when the program runs."""

    def __init__(self) -> None:
        self._in_class = False

    def generic_visit(self, node: ast.AST) -> ast.AST:
        outer = self._in_class
        if isinstance(node, (*_FUNCTIONS, ast.ClassDef)):
            self._in_class = isinstance(node, ast.ClassDef)
        super().generic_visit(node)
        self._in_class = outer
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            node.returns = None
        if getattr(node, "body", True) == []:
            node.body = [ast.Pass()]  # type: ignore[attr-defined]
        return node

    def visit_arg(self, node: ast.arg) -> ast.arg:
        node.annotation = None
        return node

    def visit_Expr(self, node: ast.Expr) -> ast.AST | None:
        return None if isinstance(node.value, ast.Constant) else self.generic_visit(node)

    def visit_Assert(self, _: ast.Assert) -> None:
        return None

    def visit_If(self, node: ast.If) -> ast.AST | list[ast.stmt] | None:
        if isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            return [made for statement in node.orelse if (made := self.visit(statement))]
        return self.generic_visit(node)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> ast.AST | None:
        return None if node.module == "__future__" else node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST | None:
        self.generic_visit(node)
        if self._in_class:
            named = node.annotation.value if isinstance(node.annotation, ast.Subscript) else node.annotation
            node.annotation = named if isinstance(named, ast.Name) and named.id in _MARKS else ast.Constant(0)
            return node
        return ast.Assign([node.target], node.value) if node.value else None


class _Imports(ast.NodeTransformer):
    """Takes out those of names that nobody uses any more."""

    def __init__(self, idle: set[str]) -> None:
        self._idle = idle

    def visit_ImportFrom(self, node: ast.ImportFrom) -> ast.ImportFrom | None:
        node.names = [name for name in node.names if (name.asname or name.name) not in self._idle]
        return node if node.names else None


def _used(tree: ast.AST) -> set[str]:
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}


def _rename(tree: ast.Module) -> None:
    """Variables of each outermost function get short names, the same in all that is within it.

    Only those that are variables of functions everywhere in there, and neither of a class nor of the module: where all
    that is called so changes its name alike, and nobody was called so before, it is the same program.
    """
    outermost, rest = _parted(tree)
    outside = {*dir(builtins), *keyword.kwlist, *keyword.softkwlist, *_names(rest)}
    for function in outermost:
        inside = list(ast.walk(function))
        kept = outside | set(_bound(inside))
        stored = [node.id for node in inside if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)]
        old = dict.fromkeys(name for name in stored if name not in kept)
        taken = outside | set(_names(inside)) - old.keys()
        new = dict(zip(old, (name for name in _short() if name not in taken), strict=False))
        for node in inside:
            if isinstance(node, ast.Name):
                node.id = new.get(node.id, node.id)
            elif isinstance(node, ast.Nonlocal):
                node.names = [new.get(name, name) for name in node.names]


def _parted(tree: ast.Module) -> tuple[list[ast.AST], list[ast.AST]]:
    """The functions that are in no other, and every node that is in none."""
    outermost: list[ast.AST] = []
    rest: list[ast.AST] = [tree]
    for node in rest:
        for child in ast.iter_child_nodes(node):
            (outermost if isinstance(child, _FUNCTIONS) else rest).append(child)
    return outermost, rest


def _bound(nodes: Iterable[ast.AST]) -> Iterator[str]:
    """The names that *nodes* bind by other means than as a variable, or as one of a class."""
    for node in nodes:
        if isinstance(node, ast.alias):
            yield node.asname or node.name.partition(".")[0]
        elif isinstance(node, ast.arg):
            yield node.arg
        elif isinstance(node, ast.MatchMapping):
            yield from [node.rest] if node.rest else []
        elif isinstance(node, ast.Global):
            yield from node.names
        elif isinstance(node, _NAMED):
            yield from [node.name] if node.name else []
        if isinstance(node, ast.ClassDef):
            yield from _names(_parted(node)[1][1:])


def _names(nodes: Iterable[ast.AST]) -> Iterator[str]:
    nodes = list(nodes)
    yield from _bound(nodes)
    yield from (node.id for node in nodes if isinstance(node, ast.Name))


def _short() -> Iterator[str]:
    for count in itertools.count(1):
        yield from map("".join, itertools.product(string.ascii_letters, repeat=count))


def _tight(text: str) -> str:
    """*text* without the blanks that tell nothing, and a tab for each step of indentation."""
    starts = [0, *itertools.accumulate(map(len, text.splitlines(keepends=True)))]
    made: list[str] = []
    depth = in_string = end = 0
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        start, last = starts[token.start[0] - 1] + token.start[1], end
        if token.type in (tokenize.INDENT, tokenize.DEDENT):
            depth += 1 if token.type == tokenize.INDENT else -1
            continue
        if token.type == tokenize.NL:
            continue
        if in_string:
            made.append(text[last:start])
        elif not made or made[-1] == "\n":
            made.append("\t" * depth)
        elif start > last and (text[last - 1] + text[start]).replace("_", "a").isalnum():
            made.append(" ")
        in_string += _QUOTES.get(token.type, 0)
        end = starts[token.end[0] - 1] + token.end[1]
        made.append(text[start:end])
    return "".join(made)
