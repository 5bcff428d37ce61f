"""Who is asked: a real endpoint over real sockets, a real database, and the one where the other is not."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC
from pathlib import Path

import pytest

from traffic_analyzer.clock import boot_id
from traffic_analyzer.errors import StoreError, UsageError
from traffic_analyzer.faces.tui.answer import Question
from traffic_analyzer.faces.tui.source import NOT_ASKED, AwayError, Database, Either, Endpoint
from traffic_analyzer.faces.web.answers import Answers
from traffic_analyzer.faces.web.app import App, Sources
from traffic_analyzer.faces.web.guard import Guard
from traffic_analyzer.faces.web.page import Page
from traffic_analyzer.faces.web.place import Place
from traffic_analyzer.faces.web.server import Server
from traffic_analyzer.faces.web.token import token_of
from traffic_analyzer.live import Live

from ...traffic import MAC, MINUTE, batch, flow_key, home, stored
from .answers import NOW

_TOP = Question("top-device", (("lookback_minutes", 60), ("limit", 10)))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return stored(tmp_path / "traffic.db", home(MINUTE))


@contextmanager
def _serving(path: Path, token_file: Path, port: int = 0, db: Path | None = None) -> Iterator[Place]:
    """An endpoint of the database at *path*, as a collector has it."""
    live = Live(1, lambda: (10**9, float(NOW)), lambda since, _: [(since, 0)], lambda _: {})
    live.add(batch({flow_key(): (5_000, 5)}), 0, 10**9, float(NOW))
    sources = Sources(path, None, live.answer, {"db": str(db or path)}, lambda: NOW)
    token = token_of(token_file, boot_id())
    server = Server(Place("127.0.0.1", port))
    server.start(App(sources, Guard(token, ()), Page(), Answers(lambda: 0.0)).wsgi)
    try:
        yield Place("127.0.0.1", server.server_port)
    finally:
        server.close(1)


def test_the_endpoint_says_what_the_database_holds(path: Path, tmp_path: Path) -> None:
    database = Database(path, None, lambda: NOW)
    with _serving(path, tmp_path / "run" / "token") as place:
        endpoint = Endpoint(place, tmp_path / "run" / "token", path)
        narrowed = Question("top-domain", (*_TOP.given, ("device", (MAC,)), ("domain", ("dns.quad9.net",))))
        for question in (_TOP, narrowed, Question("ledger", ()), Question("device-detail", (("device", (MAC,)),))):
            answer = endpoint.report(question)
            assert answer == database.report(question) and answer.tables[0].rows
        rates = endpoint.live()
        assert rates and rates.rx_bytes_s == 5_000 and endpoint.live() == rates
        assert endpoint.status() == database.status()
        with pytest.raises(UsageError, match="no device of that name"):
            endpoint.report(Question("top-domain", (("device", ("nobody",)),)))
        assert endpoint.report(_TOP).tables[0].rows
    assert database.live() is None


@pytest.fixture
def far_east(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The local time of this process."""
    monkeypatch.setenv("TZ", "XST-9")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.usefixtures("far_east")
@pytest.mark.parametrize("given", [{"period": "day"}, {"day": "yesterday"}, {"since": "today", "until": "now"}, {}])
def test_the_collector_is_asked_for_times_of_utc(path: Path, tmp_path: Path, given: dict[str, str]) -> None:
    question = Question("top-device", (*given.items(), ("limit", 5)))
    database = Database(path, None, lambda: NOW, UTC)
    with _serving(path, tmp_path / "run" / "token") as place:
        told = [
            Endpoint(place, tmp_path / "run" / "token", path, now=lambda: NOW, zone=zone).report(question)
            for zone in (UTC, None)
        ]
    asked = database.report(question)
    assert (told[0].since_unix_s, told[0].tables) == (asked.since_unix_s, asked.tables)
    assert (told[0].since_unix_s == told[1].since_unix_s) == (not given)


def test_a_database_that_cannot_be_read(path: Path, tmp_path: Path) -> None:
    token = tmp_path / "run" / "token"
    with _serving(tmp_path / "other.db", token, db=path) as place, pytest.raises(StoreError, match="no such database"):
        Endpoint(place, token, path).report(_TOP)


def test_who_is_not_there(path: Path, tmp_path: Path) -> None:
    token_file = tmp_path / "run" / "token"
    with socket.create_server(("127.0.0.1", 0)) as free:
        place = Place("127.0.0.1", free.getsockname()[1])
    with pytest.raises(AwayError, match="no collector is running"):
        Endpoint(place, token_file, path).report(_TOP)
    token_of(token_file, boot_id())
    with pytest.raises(AwayError, match="no collector is running"):
        Endpoint(place, token_file, path).live()


def test_who_counts_into_another_database(path: Path, tmp_path: Path) -> None:
    token = tmp_path / "run" / "token"
    with _serving(path, token, db=tmp_path / "other.db") as place, pytest.raises(AwayError, match="another database"):
        Endpoint(place, token, path).status()


def test_a_token_that_is_not_known(path: Path, tmp_path: Path) -> None:
    token_of(tmp_path / "mine" / "token", boot_id())
    with _serving(path, tmp_path / "run" / "token") as place, pytest.raises(AwayError, match="Bearer"):
        Endpoint(place, tmp_path / "mine" / "token", path).report(_TOP)


@pytest.mark.parametrize(
    ("said", "why"),
    [(b"HTTP/1.0 200 OK\r\n\r\n{}", "another version"), (b"HTTP/1.0 200 OK\r\n\r\n<html>", "no collector"),
     (b"220 mail\r\n", "cannot be asked"), (b"", "cannot be asked"), (None, "too slowly")],
)  # fmt: skip
def test_somebody_else_answers(path: Path, tmp_path: Path, said: bytes | None, why: str) -> None:
    token_of(tmp_path / "token", boot_id())
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            asked, _ = server.accept()
            with asked:
                asked.recv(4096)
                if said is None:
                    asked.recv(4096)  # until the other end gives up
                asked.sendall(said or b"")

        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        place = Place("127.0.0.1", server.getsockname()[1])
        with pytest.raises(AwayError, match=why):
            Endpoint(place, tmp_path / "token", path, timeout_s=0.3).report(_TOP)
        thread.join(timeout=5)


def test_the_database_stands_in_and_steps_back(path: Path, tmp_path: Path) -> None:
    now_s = [0.0]
    token_file = tmp_path / "run" / "token"
    database = Database(path, None, lambda: NOW)
    with _serving(path, token_file) as place:
        either = Either(Endpoint(place, token_file, path), database, lambda: now_s[0])
        assert either.report(_TOP) == database.report(_TOP)
        assert (either.away, either.live() is None) == ("", False)
    assert either.report(_TOP) == database.report(_TOP)
    assert either.away == "no collector is running" and either.live() is None and either.status().notices == ()
    with _serving(path, token_file, place.port):
        assert either.live() is None  # it is not asked all the time
        now_s[0] += 60
        assert either.live() is not None and either.away == ""
        with pytest.raises(UsageError):
            either.report(Question("top-device", (("device", ("nobody",)),)))
        assert either.away == ""


def test_a_database_alone(path: Path) -> None:
    either = Either(None, Database(path, None, lambda: NOW), lambda: 0.0)
    assert either.report(_TOP).tables[0].rows and either.live() is None and either.away == NOT_ASKED
