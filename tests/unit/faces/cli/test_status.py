"""The status in plain words: fits a terminal, and nothing in it can do harm."""

from __future__ import annotations

import json
import socket
from contextlib import closing
from pathlib import Path

import pytest

from traffic_analyzer.__main__ import main
from traffic_analyzer.faces.cli.status import page_of, render_status
from traffic_analyzer.faces.paint import Paint
from traffic_analyzer.records import Notice
from traffic_analyzer.reports.registry import Completeness
from traffic_analyzer.reports.status import Known, Place, Status
from traffic_analyzer.store.writer import Store
from traffic_analyzer.units import Notation, day_text, minute_text

from ...traffic import MINUTE, home, stored

_WHOLE = Completeness(1_000, 10, 60, 1, 0, 0)
_GAPS = Completeness(1_000, 10, 60, 1, 0, 0, 500, 5)
_PORTS = Known("passes-below", "br-lan", "lan1, lan2, lan3, lan4", 0)


def test_all_is_well() -> None:
    text = render_status(Status(True, [Place("br-lan", "lan", MINUTE)], _WHOLE, []), 80)
    assert text.startswith("Counting.\n  br-lan: lan (clients), last ")
    assert "Complete. 1.00 kB seen" in text
    assert text.endswith("This machine\n  nothing hides traffic, as far as can be told\n")


def test_all_is_not_well() -> None:
    text = render_status(Status(False, [], _GAPS, [_PORTS]), 80)
    assert text.startswith("NOT counting: start it")
    assert "INCOMPLETE" in text and "UNSEEN" in text and "lan1, lan2, lan3, lan4" in text


@pytest.mark.parametrize("width", [40, 80])
def test_it_fits_the_terminal(width: int) -> None:
    text = render_status(Status(True, [], _GAPS, [_PORTS, Known("unseen", "br-lan", "x" * 30 + " why" * 40, 0)]), width)
    assert max(map(len, text.splitlines())) <= width


def test_names_cannot_move_the_cursor() -> None:
    hostile = "\x1b[2J\r\n\u202e"
    text = render_status(Status(True, [Place(hostile, "lan", 0)], _WHOLE, [Known("lro", hostile, hostile, 0)]), 80)
    assert all(character.isprintable() or character == "\n" for character in text)
    assert text.count("\n") == render_status(Status(True, [Place("a", "lan", 0)], _WHOLE,
                                                    [Known("lro", "a", "", 0)]), 80).count("\n")  # fmt: skip


def test_what_is_kept_and_where_the_page_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = stored(tmp_path / "traffic.db", home(MINUTE))
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        assert main(["status", "--db", str(path), "--web-listen", f"127.0.0.1:{port}"]) == 0
        lines = capsys.readouterr().out.splitlines()
    at = lines.index("What is kept")
    assert lines[at + 1] == f"  minutes from {day_text(MINUTE)}"
    said = "".join(lines[at + 2 : lines.index("The page")])  # a path is broken where it is too long
    assert said.replace(" ", "").startswith(f"{path}:".replace(" ", "")) and said.endswith("kB")
    assert " ".join(lines[-2:]).endswith(f"http://127.0.0.1:{port}/ (`traffic-analyzer link` prints it with its token)")
    assert page_of(f"127.0.0.1:{port}") == f"nobody answers at http://127.0.0.1:{port}/ (Connection refused)"
    assert page_of("off") == "off"


def test_utc(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = stored(tmp_path / "traffic.db", home(MINUTE))
    assert main(["status", "--db", str(path), "--web-listen", "off", "--utc"]) == 0
    assert "\n  minutes from 2023-11-14 22:14\n" in capsys.readouterr().out
    found = Status(True, [Place("br-lan", "lan", MINUTE)], _WHOLE, [])
    assert "last 2023-11-14 22:14\n" in render_status(found, 80, notation=Notation(is_utc=True))


def test_colours() -> None:
    text = render_status(Status(False, [], _GAPS, []), 80, paint=Paint(True))
    assert text.startswith("\x1b[1;31mNOT counting:\x1b[0m start") and "\n  \x1b[1;31mINCOMPLETE\x1b[0m: " in text
    assert "\x1b[1mThe last hour\x1b[0m" in text


def test_json_has_codes_and_sentences(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = stored(tmp_path / "traffic.db", home(MINUTE))
    with closing(Store(path)) as store:
        store.notice([Notice("quota-warned", "mum", "8/10")], 7)
    assert main(["status", "--db", str(path), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["is_counting"], found["interfaces"]) == (False, [])  # long ago
    assert found["kept_since_unix_s"] == {"minutes": MINUTE} and list(found["file_bytes"]) == [str(path)]
    (notice,) = found["notices"]
    assert notice == {"code": "quota-warned", "subject": "mum", "detail": "8/10", "since_unix_s": 7,
                      "text": "Quota mum will soon be used up: 8 B of 10 B.",
                      "template": "Quota {subject} will soon be used up: {detail}."}  # fmt: skip


def test_an_archive_that_cannot_be_read_is_told_of(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = stored(tmp_path / "traffic.db", home(MINUTE))
    asked = ["status", "--db", str(path), "--archive", str(tmp_path / "none.db")]
    assert main(asked) == 0
    said = capsys.readouterr()
    assert "No such file" in said.err and said.err.count("\n") == 1 and said.out.startswith("NOT counting")
    assert main([*asked, "--json"]) == 0
    assert "No such file" in json.loads(capsys.readouterr().out)["remarks"][0]["detail"]


def test_an_interface_that_nobody_knows_the_role_of() -> None:
    text = render_status(Status(True, [Place("eth9", "", MINUTE)], _WHOLE, []), 80)
    assert f"\n  eth9: last {minute_text(MINUTE)}\n" in text
