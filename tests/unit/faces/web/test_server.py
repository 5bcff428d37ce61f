"""A real server under real clients: slow, silent, many, broken. Nobody waits for them but themselves."""

from __future__ import annotations

import json
import re
import socket
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from traffic_analyzer.faces.web.place import Place
from traffic_analyzer.faces.web.server import HEARING_S, HERE, Server

from .served import Asked, served

_SOON_S = 1.5  # on a busy machine
_HEAD = b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"


def _echo(environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [f"{environ['PATH_INFO']}?{environ['QUERY_STRING']}".encode()]


def _took_s(asked: Asked, path: str = "/") -> float:
    began_s = time.monotonic()
    assert asked(path).status == 200
    return time.monotonic() - began_s


def test_it_answers() -> None:
    with served(_echo) as asked:
        assert asked("/a%20b?c").body == b"/a b?c"
        assert asked("/a%20b?c").headers["content-length"] == "6"


def test_nothing_is_told_of_what_it_is_made_of() -> None:
    with served(_echo) as asked:
        assert asked("/").headers["server"] == "traffic-analyzer"
        with asked.connect() as connection:
            connection.sendall(b"\0\r\n\r\n")
            told = connection.makefile("rb").read()
    assert b"\r\nServer: traffic-analyzer\r\n" in told and told.startswith(b"HTTP/1.0 400")
    assert not re.search(rb"python|wsgi", told, re.IGNORECASE)


def test_where_a_connection_came_to() -> None:
    found = []

    def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
        found.append(environ[HERE])
        return _echo(environ, start_response)

    for place, here in ((Place("0.0.0.0", 0), "127.0.0.1"), (Place("::", 0), "::ffff:127.0.0.1")):
        server = Server(place)
        server.start(application)
        assert Asked(server.server_port)("/").status == 200
        server.close(1)
        assert found.pop() == here


def test_many_at_once() -> None:
    with served(_echo) as asked, ThreadPoolExecutor(50) as clients:
        told = list(clients.map(lambda n: asked(f"/{n}").body, range(1000)))
    assert told == [f"/{n}?".encode() for n in range(1000)]


def test_who_says_nothing_holds_nobody_up() -> None:
    with served(_echo) as asked:
        silent = [asked.connect() for _ in range(400)]
        for n, connection in enumerate(silent):
            try:
                connection.sendall(b"GET / HTTP/1.1\r\nX: " + b"x" * (n % 40))
            except OSError:  # it has made room already
                continue
        assert _took_s(asked) < 3 + _SOON_S  # they are as many as there is room for, three times
        assert _took_s(asked) < 3 + _SOON_S
        for connection in silent:
            connection.close()


def test_who_speaks_for_ever_is_cut_off() -> None:
    with served(_echo) as asked, asked.connect() as slow:
        began_s = time.monotonic()
        slow.settimeout(0.1)
        got = None
        while got is None and time.monotonic() - began_s < HEARING_S + 5:
            try:
                slow.sendall(b"a")
                got = slow.recv(1)
            except TimeoutError:
                continue
            except OSError:
                got = b""
        assert got == b"" and HEARING_S - 0.5 < time.monotonic() - began_s < HEARING_S + _SOON_S


def test_who_says_too_much_is_not_kept() -> None:
    with served(_echo) as asked:
        for octets in (b"GET /" + b"x" * 40_000, b"GET / HTTP/1.1\r\n" + (b"X: " + b"x" * 1000 + b"\r\n") * 40):
            assert asked.say(octets + b"\r\n\r\n").startswith(b"HTTP/1.0 400 ")
        heads = b"GET /a HTTP/1.1\r\n" + (b"X: " + b"x" * 1000 + b"\r\n") * 30
        assert asked.say(heads + b"\r\n").startswith(b"HTTP/1.0 200 ")


def test_who_does_not_read_holds_nobody_up() -> None:
    def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
        return [_echo(environ, start_response)[0] * (1 << 20)]

    with served(application) as asked:
        slow = [asked.connect() for _ in range(12)]
        for connection in slow:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            connection.sendall(_HEAD)
        time.sleep(0.2)
        assert _took_s(asked) < _SOON_S
        for connection in slow:
            connection.close()


@pytest.mark.parametrize(
    "octets",
    [
        b"\0" * 100 + b"\r\n\r\n", b"GET / HTTP/x\r\n\r\n",
        b"GET /?" + b"a" * (1 << 20) + b" HTTP/1.1\r\n\r\n", b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 100_000 + b"\r\n",
        b"\x16\x03\x01\x02\x00" + bytes(70_000),
    ],
    ids=["zeros", "version", "a megabyte", "headers", "tls"],
)  # fmt: skip
def test_what_is_no_request_is_answered_in_a_line(octets: bytes) -> None:
    with served(_echo) as asked:
        got = asked.say(octets)
    assert got.startswith(b"HTTP/1.0 400 Bad Request\r\n")
    error = json.loads(got.partition(b"\r\n\r\n")[2])["error"]
    assert error and "\n" not in error and len(error) < 200


def test_a_body_is_not_waited_for() -> None:
    with served(_echo) as asked:
        assert asked("/", method="POST", body=b"x" * (1 << 20)).status == 200


def test_it_ends_in_order() -> None:
    began, hold = threading.Event(), threading.Event()

    def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
        began.set()
        hold.wait(0.3)
        return _echo(environ, start_response)

    server = Server(Place("127.0.0.1", 0))
    address = "127.0.0.1", server.server_port
    server.start(application)
    with ThreadPoolExecutor(1) as clients, socket.create_connection(address):  # who says nothing does not keep it
        waiting = clients.submit(Asked(address[1]), "/last")
        assert began.wait(60)
        began_s = time.monotonic()
        server.close(2)
        assert time.monotonic() - began_s < 1.5
        assert waiting.result().body == b"/last?"
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(address)
    Server(Place(*address)).close(0)


def test_it_ends_though_an_answer_does_not() -> None:
    began, hold = threading.Event(), threading.Event()

    def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
        began.set()
        hold.wait(60)
        return _echo(environ, start_response)

    server = Server(Place("127.0.0.1", 0))
    server.start(application)
    with socket.create_connection(("127.0.0.1", server.server_port)) as client:
        client.sendall(_HEAD)
        assert began.wait(60)
        began_s = time.monotonic()
        server.close(0.5)
        assert time.monotonic() - began_s < 2
        hold.set()


def test_one_that_was_never_started_lets_go() -> None:
    server = Server(Place("127.0.0.1", 0))
    place = Place("127.0.0.1", server.server_port)
    server.close(1)
    Server(place).close(0)


def test_an_address_that_comes_later() -> None:
    Server(Place("192.0.2.77", 0)).close(0)
    Server(Place("2001:db8::77", 0)).close(0)


def test_a_port_that_is_taken() -> None:
    first = Server(Place("127.0.0.1", 0))
    with pytest.raises(OSError, match="in use"):
        Server(Place("127.0.0.1", first.server_port))
    first.close(0)


def test_clients_that_go_wrong_are_no_news(capfd: pytest.CaptureFixture[str]) -> None:
    with served(_echo) as asked:
        for said in (b"", b"GET", _HEAD[:-2], _HEAD, b"\0" * 70_000):
            connection = asked.connect()
            connection.sendall(said)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, bytes((1, 0, 0, 0, 0, 0, 0, 0)))  # a reset
            connection.close()
        time.sleep(0.3)
        assert asked("/").status == 200
    assert capfd.readouterr() == ("", "")
