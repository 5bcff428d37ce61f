"""The endpoint as a whole: has its address and token early, answers later, and says why where it cannot."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

import pytest

from traffic_analyzer.errors import UsageError
from traffic_analyzer.faces.web.app import Sources
from traffic_analyzer.faces.web.endpoint import Endpoint, Wanted
from traffic_analyzer.faces.web.place import Place

from ...traffic import MINUTE, home, stored
from .served import Asked

_BOOT = "6b6d8a3e-0000-4000-8000-000000000001"


def _free() -> Place:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return Place(*listener.getsockname())


def _wanted(folder: Path, place: Place) -> Wanted:
    return Wanted(place, frozenset({"router.lan"}), folder / "run" / "token")


def test_from_its_start_to_its_end(tmp_path: Path) -> None:
    wanted = _wanted(tmp_path, _free())
    database = stored(tmp_path / "traffic.db", home(MINUTE))
    endpoint = Endpoint(wanted, _BOOT)
    token = wanted.token_file.read_text().split()[0]
    assert endpoint.link == f"{endpoint.url}#token={token}"
    assert endpoint.url == f"http://127.0.0.1:{wanted.place.port}/" and token not in endpoint.url
    asked = Asked(wanted.place.port)
    with asked.connect() as early:  # it has to wait, and is not refused
        early.sendall(f"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1:{wanted.place.port}\r\n\r\n".encode())
        endpoint.start(Sources(database, None, lambda _: {"a": 1}, {}, lambda: MINUTE))
        assert early.recv(4096).startswith(b"HTTP/1.0 200 OK\r\n")
    assert asked("/api/v1/live", token=token).document == {"a": 1}
    assert asked("/api/v1/live", token=token, Host="router.lan").status == 200
    assert asked("/api/v1/live", token="x").status == 401
    endpoint.close()
    with pytest.raises(ConnectionRefusedError):
        asked.connect()
    again = Endpoint(wanted, _BOOT)
    again.close()
    assert wanted.token_file.read_text().split()[0] == token


def test_an_address_that_is_taken(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        wanted = _wanted(tmp_path, Place(*listener.getsockname()))
        with pytest.raises(UsageError, match="^Address already in use$"):
            Endpoint(wanted, _BOOT)
    assert not wanted.token_file.exists()


def test_a_token_that_cannot_be_kept(tmp_path: Path) -> None:
    wanted = _wanted(tmp_path, _free())
    wanted.token_file.parent.write_text("a file")
    with pytest.raises(UsageError, match="^--web-token-file .*: Not a directory$"):
        Endpoint(wanted, _BOOT)
    with socket.socket() as other:  # it did not keep the address
        other.bind(wanted.place)


def test_bottle_is_loaded_where_it_listens_only() -> None:
    code = "import sys, traffic_analyzer.daemon, traffic_analyzer.__main__; "
    code += "sys.exit(bool({'bottle', 'wsgiref', 'http.server'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
