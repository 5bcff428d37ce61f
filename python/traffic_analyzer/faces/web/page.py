"""The files of the page: those that the build put together, and no others."""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import Any

from bottle import static_file

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
        return static_file("index.html", str(self._folder), mimetype=_TYPES[".html"])

    def static(self, path: str) -> Any:
        """A file below ``static``, of a kind that the page is made of."""
        kind = _TYPES.get(PurePosixPath(path).suffix)
        if kind is None:
            return Trouble(404, "no such file")
        return static_file(path, str(self._folder / "static"), mimetype=kind)
