"""The page without LuCI, as it is built, before an endpoint whose answers a test says."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from ..repo.tree import ROOT

TOKEN = "a-token"
_API = "/api/v1/"
_VIEWS = ("/", "/overview", "/explore", "/settings")
_TYPES = {".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml",
          ".json": "application/json"}  # fmt: skip
#: As strict as the endpoint's.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'none'; frame-ancestors 'none'; base-uri 'none'"
)


def compile_page(luci: Path, page: Path) -> None:
    """Builds the page of *luci* into *page*."""
    subprocess.run([sys.executable, ROOT / "hack" / "compile-page", luci, page], check=True, capture_output=True)


class Endpoint:
    """Answers with *said*, by path below the API; what is not said is not found. *asked* is every question."""

    def __init__(self, page: Path) -> None:
        self.page, self.port = page, 0
        self.said: dict[str, Any] = {}
        self.asked: list[str] = []

    @property
    def address(self) -> str:
        """Of the page, without the token."""
        return f"http://127.0.0.1:{self.port}"

    @contextmanager
    def listening(self) -> Iterator[None]:
        """On the same port each time."""

        class Handler(BaseHTTPRequestHandler):
            def do_GET(handler) -> None:  # noqa: N805
                status, kind, body = self._answer(handler.path, handler.headers.get("Authorization"))
                handler.send_response(status)
                for name, value in (("Content-Type", kind), ("Content-Length", str(len(body))),
                                    ("Content-Security-Policy", _POLICY)):  # fmt: skip
                    handler.send_header(name, value)
                handler.end_headers()
                handler.wfile.write(body)

            def log_message(handler, *_: Any) -> None:  # noqa: N805
                pass

        server = ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        self.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield
        finally:
            server.shutdown()
            server.server_close()
            thread.join()

    def _answer(self, asked: str, authorization: str | None) -> tuple[int, str, bytes]:
        path = asked.partition("?")[0]
        if not path.startswith(_API):
            file = self.page / ("index.html" if path in _VIEWS else path.lstrip("/"))
            return (200, _TYPES[file.suffix], file.read_bytes()) if file.is_file() else (404, "text/plain", b"")
        self.asked.append(asked.removeprefix(_API))
        status, said = 404, {"error": "there is nothing here"}
        if authorization != f"Bearer {TOKEN}":
            status, said = 401, {"error": "send a token"}
        elif path.removeprefix(_API) in self.said:
            status, said = 200, self.said[path.removeprefix(_API)]
        return status, "application/json", json.dumps(said).encode()
