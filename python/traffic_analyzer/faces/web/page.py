"""The files of the page: those that the build put together, and no others."""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import Any

from bottle import request, static_file

from .trouble import Trouble

FOLDER = Path(__file__).resolve().parents[2] / "data" / "page"
#: Where the page is shown; it finds out itself which of its views is meant.
VIEWS = ("/", "/overview", "/explore", "/settings")
_ABSENT = "the page is not part of this installation: `make build` puts it together"
_TYPES = {
    ".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".json": "application/json",
    ".svg": "image/svg+xml", ".png": "image/png",
}  # fmt: skip


class Page:
    """What lies in *folder*: ``index.html``, and what is ``static``."""

    def __init__(self, folder: Path = FOLDER) -> None:
        self._folder = folder

    def index(self) -> Any:
        """The page, or how to make it."""
        if not (self._folder / "index.html").is_file():
            return Trouble(404, _ABSENT)
        return _sent("index.html", self._folder, _TYPES[".html"])

    def static(self, path: str) -> Any:
        """A file below ``static``, of a kind that the page is made of."""
        kind = _TYPES.get(PurePosixPath(path).suffix)
        if kind is None:
            return Trouble(404, "no such file")
        return _sent(path, self._folder / "static", kind)


def _sent(path: str, folder: Path, kind: str) -> Any:
    """A file; whole, since nobody who shows a page asks for parts."""
    request.environ.pop("HTTP_RANGE", None)
    if "HTTP_IF_NONE_MATCH" in request.environ:  # RFC 9110, 13.1.3: or an older version would not be told
        request.environ.pop("HTTP_IF_MODIFIED_SINCE", None)
    return static_file(path, str(folder), mimetype=kind)
