"""Who may import whom: one direction, no way back."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from .tree import PACKAGE, files

#: By room: the rooms it may see besides itself. "" is the package's own version.
_ROOMS = {
    "": set(),
    "records": set(),
    "units": set(),
    "errors": set(),
    "settings": {"errors"},
    "sites": set(),
    "resolvers": {"sites"},
    "uci": {"errors"},
    "roster": {"records", "errors", "wire", "uci"},
    "periods": {"errors"},
    "quotas": {"errors", "periods", "uci", "reports", "records", "units"},
    "configuration": {"errors", "settings", "uci"},
    "kernel": {"records", "units", "errors"},
    "wire": {"errors"},
    "attribution": {"records", "wire"},
    "aggregate": {"records", "wire"},
    "dissector": {"records", "wire", "errors"},
    "pipeline": {"records", "wire", "dissector", "attribution", "aggregate", "roster"},
    "ledger": {"records", "aggregate"},
    "live": {"records"},
    "caretaker": {"records", "errors", "roster", "quotas", "store"},
    "collector": {"records", "units", "errors", "attribution", "caretaker", "clock", "kernel", "ledger", "live",
                  "pipeline", "store"},
    "clock": set(),
    "store": {"records", "errors", "sites", "resolvers"},
    "reports": {"records", "units", "errors", "store", "sites", "resolvers"},
    "faces": {"reports", "clock", "periods", "settings", "units", "errors", ""},
}
_SEES_EVERYTHING = {"daemon", "__main__"}
#: By package from elsewhere: who alone may import it.
_OUTSIDE = {
    "peewee": {"store", "reports"},
    "playhouse": {"store"},
    "sqlite3": {"store"},
    "pyroute2": {"kernel/tc.py", "kernel/survey.py"},
    "bottle": {"faces/web"},
    "curses": {"faces/tui"},
    "ctypes": {"kernel", "wire/quic_crypto.py"},
}
_MODULES = [path.relative_to(PACKAGE) for path in files(PACKAGE) if path.suffix == ".py"]


def _room(path: Path) -> str:
    first = path.parts[0].removesuffix(".py")
    return "" if first == "__init__" else first


def _places(path: Path) -> set[str]:
    """The module at *path*, and the folders that it is in."""
    return {path.as_posix(), *(folder.as_posix() for folder in path.parents)}


def _imports(path: Path, text: str) -> Iterator[tuple[str, ...]]:
    """What the module at *path* imports, as parts of an absolute name."""
    own_package = ("traffic_analyzer", *path.parts[:-1])
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield tuple(alias.name.split("."))
        elif isinstance(node, ast.ImportFrom):
            base = own_package[: len(own_package) + 1 - node.level] if node.level else ()
            base += tuple(node.module.split(".")) if node.module else ()
            for alias in node.names:
                yield (*base, alias.name)


def _forbidden(path: Path, text: str) -> list[str]:
    room = _room(path)
    found = []
    for name in _imports(path, text):
        if name[0] == "traffic_analyzer":
            inner = name[1] if len(name) > 1 else ""
            seen = inner if inner in _ROOMS or inner in _SEES_EVERYTHING else ""
            allowed = room in _SEES_EVERYTHING or seen == room or seen in _ROOMS[room]
        else:
            allowed = name[0] not in _OUTSIDE or bool(_OUTSIDE[name[0]] & {room, *_places(path)})
        if not allowed:
            found.append(".".join(name))
    return found


@pytest.mark.parametrize("path", [pytest.param(path, id=path.as_posix()) for path in _MODULES])
def test_a_module_imports_what_its_room_may_see(path: Path) -> None:
    assert _room(path) in {*_ROOMS, *_SEES_EVERYTHING}, "a room that the rules do not know"
    assert _forbidden(path, (PACKAGE / path).read_text()) == []


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("records.py", "from .errors import WireError"),
        ("records.py", "from . import __version__"),
        ("units.py", "import traffic_analyzer.records"),
        ("wire/dns.py", "from ..records import FlowRecord"),
        ("wire/dns.py", "from .. import records"),
        ("wire/dns.py", "def f():\n    from traffic_analyzer.store import models"),
        ("kernel/reader.py", "from ..store.models import Address"),
        ("kernel/reader.py", "import pyroute2.netlink"),
        ("kernel/attachments.py", "from pyroute2 import IPRoute"),
        ("attribution/names.py", "from ..errors import UsageError"),
        ("pipeline.py", "from .kernel import abi"),
        ("live.py", "from .clock import read"),
        ("attribution/names.py", "from ..sites import site_of"),
        ("sites.py", "from .errors import UsageError"),
        ("store/writer.py", "from ..reports import registry"),
        ("faces/table.py", "from ..store.database import open_readable"),
        ("faces/table.py", "from ..records import Traffic"),
        ("faces/cli/parser.py", "from ... import daemon"),
        ("faces/cli/parser.py", "import peewee"),
        ("faces/encode.py", "import bottle"),
        ("faces/cli/report.py", "from bottle import Bottle"),
        ("store/writer.py", "import ctypes"),
        ("faces/table.py", "import curses"),
        ("faces/table.py", "if TYPE_CHECKING:\n    from ..daemon import Config"),
    ],
)
def test_the_rules_catch(path: str, text: str) -> None:
    assert _forbidden(Path(path), text) != []


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("daemon.py", "from .kernel import tc"),
        ("faces/cli/parser.py", "from ... import __version__"),
        ("faces/cli/report.py", "from ...reports import registry"),
        ("faces/web/app.py", "from bottle import Bottle"),
        ("faces/tui/screen.py", "import curses"),
        ("kernel/tc.py", "from pyroute2 import IPRoute"),
        ("kernel/survey.py", "from pyroute2 import IPRoute"),
        ("kernel/reader.py", "from . import abi"),
        ("store/rows.py", "from ..sites import site_of"),
        ("wire/quic.py", "from .cursor import Cursor\nfrom ..errors import WireError"),
    ],
)
def test_the_rules_let_pass(path: str, text: str) -> None:
    assert _forbidden(Path(path), text) == []
