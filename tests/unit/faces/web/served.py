"""An endpoint as it is: a real server on a free port of loopback, asked over real sockets."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, NamedTuple

from traffic_analyzer.faces.web.answers import Answers
from traffic_analyzer.faces.web.app import App, Sources
from traffic_analyzer.faces.web.guard import Guard
from traffic_analyzer.faces.web.page import Page
from traffic_analyzer.faces.web.place import Place
from traffic_analyzer.faces.web.server import Server
from traffic_analyzer.faces.zone import utc_offsets
from traffic_analyzer.live import Live

TOKEN = "a-token-of-a-test"
_TIMEOUT_S = 20


class Told(NamedTuple):
    """An answer as a client has it."""

    status: int
    headers: dict[str, str]  #: names in lower case
    body: bytes

    @property
    def document(self) -> Any:
        """Its JSON."""
        return json.loads(self.body)


class Asked:
    """A server that can be asked."""

    def __init__(self, port: int) -> None:
        self.port = port

    def __call__(self, path: str, method: str = "GET", token: str | None = TOKEN, body: bytes | None = None,
                 **headers: str) -> Told:  # fmt: skip
        """What it answers; headers with underscores in place of hyphens."""
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        if token is not None:
            given["Authorization"] = f"Bearer {token}"
        connection = HTTPConnection("127.0.0.1", self.port, timeout=_TIMEOUT_S)
        try:
            connection.request(method, path, body, given)
            response = connection.getresponse()
            return Told(response.status, {n.lower(): v for n, v in response.getheaders()}, response.read())
        finally:
            connection.close()

    def connect(self) -> socket.socket:
        """A connection on which nothing was said yet."""
        return socket.create_connection(("127.0.0.1", self.port), _TIMEOUT_S)

    def say(self, octets: bytes) -> bytes:
        """All that is answered to *octets*, whatever these are."""
        with self.connect() as connection:
            connection.sendall(octets)
            return _all(connection)


def _all(connection: socket.socket) -> bytes:
    got = b""
    while piece := connection.recv(1 << 16):
        got += piece
    return got


@contextmanager
def served(application: Any) -> Iterator[Asked]:
    """Whatever *application* answers."""
    server = Server(Place("127.0.0.1", 0))
    server.start(application)
    try:
        yield Asked(server.server_port)
    finally:
        server.close(2)


def app(database: Path, now_unix_s: int, page: Path | None = None, settings: Mapping[str, Any] | None = None) -> Any:
    """That of a database which is as it was at a time; nothing is counted any more."""
    live = Live(1, lambda: (10**9, float(now_unix_s)), utc_offsets, lambda _: {})
    sources = Sources(database, None, live.answer, settings or {}, lambda: now_unix_s)
    return App(sources, Guard(TOKEN, frozenset()), Page(page) if page else Page(), Answers(time.monotonic)).wsgi
