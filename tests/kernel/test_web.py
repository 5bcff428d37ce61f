"""A collector as it is, real traffic, and its page asked over HTTP: what it says is what was sent."""

from __future__ import annotations

import json
import os
import pty
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

from ..lab.collector import Collector, collector, pin_dir, remove_pins
from ..lab.netns import Namespace
from ..lab.router import PORTS, UPLINK, Router, router

_PORT = 8377
_FRAME_BYTES = 142
_PACKETS = 300
_IFACES = tuple(word for name in (*PORTS, UPLINK) for word in ("--iface", name))


def _told(inside: Namespace, path: str, token: str | None, method: str = "GET", **headers: str) -> tuple[int, Any]:
    """Status and JSON of an answer, as who is on that machine gets it."""
    given = headers | ({"Authorization": f"Bearer {token}"} if token else {})
    with inside.entered():
        connection = HTTPConnection("127.0.0.1", _PORT, timeout=60)
        connection.request(method, path, headers=given)
    response = connection.getresponse()
    body = response.read()
    connection.close()
    return response.status, json.loads(body) if body else None


@contextmanager
def _counting(home: Router, folder: Path, *flags: object) -> Iterator[tuple[Collector, Path]]:
    file = folder / "run" / "token"
    listen = ("--web-listen", f"127.0.0.1:{_PORT}", "--web-token-file", file)
    with collector(home.inside, folder, *_IFACES, *listen, *flags) as running:
        yield running, file


def test_what_was_sent_is_told(tmp_path: Path) -> None:
    with router() as home, _counting(home, tmp_path, "--web-host", "router.lan") as (running, file):
        token = file.read_text().split()[0]
        assert _told(home.inside, "/healthz", None) == (200, {"status": "ok"})
        home.upload(_PACKETS, 0)
        until_s = time.monotonic() + 60
        sent = _PACKETS * _FRAME_BYTES
        while True:
            _, live = _told(home.inside, "/api/v1/live", token)
            _, report = _told(home.inside, "/api/v1/reports/top-device?lookback_minutes=5&sort=bytes", token)
            told = sum(live["slots"]["tx_bytes"]), sum(row["tx_bytes"] for row in report["rows"])
            if told == (sent, sent) or time.monotonic() > until_s:
                break
            time.sleep(0.2)
        assert told == (sent, sent)
        assert live["devices"][0]["tx_bytes"] == sent == report["rows"][0]["tx_bytes"]
        assert live["devices"][0]["device"] == report["rows"][0]["device"]
        status, found = _told(home.inside, "/api/v1/status", token)
        assert status == 200 and found["is_counting"] and found["completeness"]["seen_bytes"] >= sent
        assert {place["iface"] for place in found["interfaces"]} >= {PORTS[0]}
        _, settings = _told(home.inside, "/api/v1/settings", token)
        values = {setting["name"]: setting["value"] for setting in settings["settings"]}
        assert values["web_host"] == ["router.lan"] and values["db"] == str(running.db)
        for path in ("/api/v1/live", "/api/v1/reports/top-device", "/api/v1/status"):
            assert _told(home.inside, path, None)[0] == _told(home.inside, path, token[:-1])[0] == 401
            assert _told(home.inside, path, token, Host="evil.example")[0] == 403
            assert _told(home.inside, path, token, Host="router.lan")[0] == 200
            assert _told(home.inside, path, token, "POST")[0] == 405
        assert running.process is not None
        assert token.encode() not in Path(f"/proc/{running.process.pid}/cmdline").read_bytes()
        assert running.stop() == 0
        log = running.log.read_text()
        assert f"page: http://127.0.0.1:{_PORT}/; `traffic-analyzer link` prints" in log
        assert token not in log


def test_a_port_that_is_taken_keeps_nobody_from_counting(tmp_path: Path) -> None:
    with router() as home:
        with home.inside.entered():
            other = socket.create_server(("127.0.0.1", _PORT))
        with other, _counting(home, tmp_path) as (running, file):
            assert f"The page cannot be shown at 127.0.0.1:{_PORT}: Address already in use." in running.log.read_text()
            assert not file.exists()
            home.upload(_PACKETS, 0)
            until_s = time.monotonic() + 60
            query = "SELECT ifnull(sum(bytes), 0) FROM flow_minute WHERE is_tx AND NOT again AND l4_proto = 17"
            while running.rows(query) != [(_PACKETS * _FRAME_BYTES,)] and time.monotonic() < until_s:
                time.sleep(0.2)
            assert running.rows(query) == [(_PACKETS * _FRAME_BYTES,)]
            noticed = "SELECT subject FROM notice WHERE code = 'web-unavailable'"
            assert running.rows(noticed) == [(f"127.0.0.1:{_PORT}",)]
            assert running.stop() == 0


def test_the_link_is_for_a_terminal(tmp_path: Path) -> None:
    terminal, side = pty.openpty()
    file = tmp_path / "run" / "token"
    with router() as home, os.fdopen(terminal, "rb", 0) as screen:
        made = Collector(home.inside, tmp_path / "traffic.db", pin_dir(), *_IFACES, "--web-listen",
                         f"127.0.0.1:{_PORT}", "--web-token-file", file)  # fmt: skip
        command = (sys.executable, *made.program, "run", *made.flags)
        process = made.inside.popen(*command, stderr=side, start_new_session=True)
        os.close(side)
        try:
            shown = b""
            until_s = time.monotonic() + 60
            while b"counting; Ctrl-C stops" not in shown and time.monotonic() < until_s:
                shown += screen.read(4096)
            assert f"page: http://127.0.0.1:{_PORT}/#token={file.read_text().split()[0]}\r\n".encode() in shown
        finally:
            process.terminate()
            assert process.wait(60) == 0
            remove_pins(made.pins)
