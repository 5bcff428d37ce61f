"""The page's files, and none but those."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from traffic_analyzer.faces.web.page import VIEWS

from .served import Asked, app, served

_FILES = {
    "index.html": "<!doctype html>", "static/a.js": "a", "static/b.css": "b", "static/po/zh_Hans.json": "{}",
    "static/c.svg": "<svg/>", "static/d.py": "no", "other.js": "no",
}  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in _FILES.items():
        path = tmp_path / "page" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (tmp_path / "secret.js").write_text("no")
    return tmp_path / "page"


@pytest.fixture
def asked(folder: Path, tmp_path: Path) -> Iterator[Asked]:
    with served(app(tmp_path / "none.db", 0, folder)) as found:
        yield found


def test_the_page(asked: Asked) -> None:
    for path in VIEWS:
        told = asked(path, token=None)
        assert (told.status, told.body) == (200, b"<!doctype html>")
        assert told.headers["content-type"] == "text/html; charset=UTF-8"
        assert told.headers["content-security-policy"].startswith("default-src 'none'; script-src 'self'; ")


def test_files_have_their_type(asked: Asked) -> None:
    types = {"a.js": "text/javascript; charset=UTF-8", "b.css": "text/css; charset=UTF-8", "c.svg": "image/svg+xml",
             "po/zh_Hans.json": "application/json"}  # fmt: skip
    for name, type_ in types.items():
        told = asked(f"/static/{name}?v=1", token=None)
        assert (told.status, told.headers["content-type"]) == (200, type_)
        assert told.body == _FILES[f"static/{name}"].encode()
        assert told.headers["x-content-type-options"] == "nosniff" and told.headers["cache-control"] == "no-cache"
        again = asked(f"/static/{name}", token=None, If_Modified_Since=told.headers["last-modified"])
        assert (again.status, again.body) == (304, b"")


def test_parts_are_not_told_and_a_tag_goes_before_a_time(asked: Asked) -> None:
    known = {"If_None_Match": '"other"', "If_Modified_Since": "Tue, 01 Jan 2097 00:00:00 GMT"}
    for headers in ({"Range": "bytes=9-"}, known):
        told = asked("/static/a.js", token=None, **headers)
        assert (told.status, told.body) == (200, b"a")


@pytest.mark.parametrize(
    "path",
    ["", "/", "/.", "/..", "/../index.html", "/../other.js", "/../../secret.js", "/po/../../other.js", "/po", "/po/",
     "/%2e%2e/other.js", "/..%2fother.js", "/%2e%2e/%2e%2e/secret.js", "/a.js%00", "/%00.js", "/d.py", "/none.js",
     "/..%5cother.js", "/" + "a" * 5000 + ".js", "/%ff.js", "//../other.js"],
)  # fmt: skip
def test_no_others(asked: Asked, path: str) -> None:
    told = asked(f"/static{path}", token=None)
    assert told.status in (400, 403, 404) and told.document["error"].startswith(("there is nothing", "no such file"))
    assert asked("/index.html", token=None).status == asked("/other.js", token=None).status == 404


def test_where_it_was_not_built(tmp_path: Path) -> None:
    with served(app(tmp_path / "none.db", 0, tmp_path)) as asked:
        told = asked("/", token=None)
    assert told.status == 404 and "`make build`" in told.document["error"]
