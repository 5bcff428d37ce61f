"""The status in plain words: fits a terminal, and nothing in it can do harm."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path

import pytest

from traffic_analyzer.__main__ import main
from traffic_analyzer.faces.cli.status import render_status
from traffic_analyzer.records import Notice
from traffic_analyzer.reports.registry import Completeness
from traffic_analyzer.reports.status import Known, Place, Status
from traffic_analyzer.store.writer import Store

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


def test_json_has_codes_and_sentences(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = stored(tmp_path / "traffic.db", home(MINUTE))
    with closing(Store(path)) as store:
        store.notice([Notice("quota-warned", "mum", "8/10")], 7)
    assert main(["status", "--db", str(path), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["is_counting"], found["interfaces"]) == (False, [])  # long ago
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
    assert "No such file" in json.loads(capsys.readouterr().out)["remarks"][0]
