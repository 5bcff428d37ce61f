"""The standard library's server, a thread a connection, with bounds: in number and in time, whoever asks."""

from __future__ import annotations

import io
import json
import logging
import socket
import sys
import threading
import time
from contextlib import suppress
from http import HTTPStatus
from http.client import LineTooLong
from socketserver import TCPServer, ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

from .place import Place

log = logging.getLogger("traffic-analyzer")

_NAME = "traffic-analyzer"  # what is told of whose answer it is: no library, no version
HERE = "traffic_analyzer.here"  #: in the environment: the address that the connection came to
HEARING_S, WHOLE_S = 5, 60  #: that a request, and a request with its answer, may take
_CONNECTIONS_MAX = 64  # more wait in the kernel's backlog
_SILENT_S = 0.5  # after this, who has asked nothing makes room for those
_TICK_S = 0.1
_LEAVING_S = 1.0
_DROPPED_READS, _READ_BYTES = 128, 1 << 16  # of what was sent and nobody reads
_REQUEST_BYTES = 1 << 15  # request line and headers: http.server would keep 6 MiB of them for whoever comes
_IP_FREEBIND = 15  # ip(7): an address that comes later, like a bridge's at boot
_TOO_LONG = {HTTPStatus.REQUEST_URI_TOO_LONG, HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE}


class _Bounded(io.BufferedReader):
    """What is said on a connection, up to :data:`_REQUEST_BYTES`. LineTooLong where that ends before a line does."""

    _left = _REQUEST_BYTES

    def readline(self, size: int | None = -1, /) -> bytes:
        """As ever, no more than is left."""
        if not self._left:
            raise LineTooLong("request")
        line = super().readline(self._left if size is None or size < 0 else min(size, self._left))
        self._left -= len(line)
        return line


class Handler(WSGIRequestHandler):
    """One request and its answer. What is said to the log is said by the application."""

    timeout = 20  # for a read, and for an answer to be taken
    server: Server

    def setup(self) -> None:
        """With a bound to what is read."""
        super().setup()
        self.rfile = _Bounded(self.rfile.detach())

    def get_environ(self) -> dict[str, Any]:
        """With the address that the connection came to, without its zone."""
        self.server.heard(self.connection)
        return super().get_environ() | {HERE: str(self.connection.getsockname()[0]).partition("%")[0]}

    def version_string(self) -> str:
        """Whose refusal it is."""
        return _NAME

    def get_stderr(self) -> Any:
        """Nowhere."""
        return io.StringIO()

    def log_message(self, *_: Any) -> None:
        """Nothing: a line a second and client would fill a router's log."""

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:  # noqa: ARG002
        """What is no request, told as all trouble is."""
        status = HTTPStatus.BAD_REQUEST if code in _TOO_LONG else HTTPStatus(code)
        body = json.dumps({"error": f"no request that can be answered: {HTTPStatus(code).phrase}"}).encode() + b"\n"
        self.request_version = "HTTP/1.0"  # of a request that says none, no status would be told
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class Server(ThreadingMixIn, WSGIServer):
    """Listens at *place* from the beginning; answers from :meth:`start` until :meth:`close`.

    :raises OSError: somebody else listens there, or nobody may.
    """

    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, place: Place) -> None:
        self.address_family = place.family
        self._began: dict[Any, float] = {}  # connections, those first that were asked nothing for longest
        self._heard: set[Any] = set()
        self._loop = threading.Thread(target=self.serve_forever, args=(_TICK_S,), name="web", daemon=True)
        super().__init__(place, Handler)

    def server_bind(self) -> None:
        """Without asking the DNS what the address is called."""
        self.socket.setsockopt(socket.SOL_IP, _IP_FREEBIND, 1)
        TCPServer.server_bind(self)
        self.server_name, self.server_port = self.server_address[:2]  # type: ignore[assignment]
        self.setup_environ()

    def start(self, application: Any) -> None:
        """Begins to answer by *application* (PEP 3333), which several threads call at once."""

        def named(environ: dict[str, Any], start_response: Any) -> Any:
            def start(status: str, headers: list[tuple[str, str]], *error: Any) -> Any:
                return start_response(status, [*headers, ("Server", _NAME)], *error)

            return application(environ, start)

        self.set_app(named)
        self._loop.start()

    def close(self, within_s: float) -> None:
        """Takes no more requests, and waits so long for answers to those that are there."""
        end_s = time.monotonic() + within_s
        if self._loop.ident is not None:
            self.shutdown()
        self.server_close()
        while self._heard and time.monotonic() < end_s:
            time.sleep(_TICK_S / 10)
        for connection in list(self._began):
            _cut(connection)

    def get_request(self) -> tuple[Any, Any]:
        """The next connection; BlockingIOError where there are enough, and it waits."""
        if len(self._began) >= _CONNECTIONS_MAX:
            time.sleep(_TICK_S / 10)
            raise BlockingIOError
        connection, address = super().get_request()
        self._began[connection] = time.monotonic()
        return connection, address

    def heard(self, connection: Any) -> None:
        """Its request is there."""
        self._heard.add(connection)

    def service_actions(self) -> None:
        """Cuts off who takes too long; where there is no room, who has not asked yet."""
        now_s = time.monotonic()
        hearing_s = HEARING_S if len(self._began) < _CONNECTIONS_MAX else _SILENT_S
        for connection, began_s in list(self._began.items()):
            if now_s - began_s > (WHOLE_S if connection in self._heard else hearing_s):
                _cut(connection)

    def shutdown_request(self, request: Any) -> None:
        """Drops what still comes, or a reset would overtake the answer."""
        with suppress(OSError):
            request.shutdown(socket.SHUT_WR)
            request.settimeout(_LEAVING_S)
            for _ in range(_DROPPED_READS):
                if not request.recv(_READ_BYTES):
                    break
        self._heard.discard(request)
        self._began.pop(request, None)
        self.close_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002
        """Who left, or was cut off, is no news."""
        if not isinstance(sys.exc_info()[1], OSError):
            log.exception("a request could not be answered")


def _cut(connection: Any) -> None:
    """Whoever waits for it waits no longer."""
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
