"""``prune``, from the command line to the rows."""

from __future__ import annotations

from pathlib import Path

import pytest

from traffic_analyzer.__main__ import main
from traffic_analyzer.faces.cli.prune import render_left, render_pruned
from traffic_analyzer.units import minute_text

from ...store.seeds import rows
from ...traffic import MINUTE, home, stored


def test_what_it_says() -> None:
    assert render_pruned({"a": 1_234, "b": 0}, 30) == "deleted rows older than 30 days: a 1,234, b 0\n"


def test_what_it_says_of_the_rest() -> None:
    said = render_left({"minutes": MINUTE, "days": MINUTE}, 12_345_678, 20_000_000, has_leftovers=False)
    assert said == (
        f"left: minutes from {minute_text(MINUTE)}, days from {minute_text(MINUTE)}; 12.3 MB in use, of files of "
        "20.0 MB\n"
    )
    said = render_left({}, 1, 2, has_leftovers=True)
    assert said.startswith("left: no rows; 1 B in use, of files of 2 B\nnames and addresses that are of no use")


def test_old_rows_go(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = stored(tmp_path / "traffic.db", home(MINUTE))  # of 2023
    assert main(["prune", "--db", str(path), "--retention-days", "30"]) == 0
    said = capsys.readouterr()
    first, last = said.out.splitlines(keepends=True)
    assert first == (
        "deleted rows older than 30 days: flow_minute 5, counter_minute 11, question_minute 3, server_name_minute 2, "
        "dns_cache_1m 2, collector_health_1m 2, device_address 2, device_name 1\n"
    )
    assert last.startswith("left: no rows; ")
    assert said.err == ""
    assert rows(path, "SELECT * FROM flow_minute") == []


def test_rows_that_are_young_enough_stay(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = stored(tmp_path / "traffic.db", home(MINUTE))
    assert main(["prune", "--db", str(path), "--retention-days", "36500"]) == 0
    said = capsys.readouterr().out
    assert "flow_minute 0" in said
    assert f"\nleft: minutes from {minute_text(MINUTE)}; " in said
    assert len(rows(path, "SELECT * FROM flow_minute")) == 5


def test_one_tier_of_two_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, archive = stored(tmp_path / "working.db", home(MINUTE)), stored(tmp_path / "archive.db", home(MINUTE))
    assert main(["prune", "--db", str(path), "--archive", str(archive), "--tier", "hours", "--tier", "days"]) == 0
    assert "flow_minute 0" in capsys.readouterr().out
    assert len(rows(path, "SELECT * FROM flow_minute")) == 5
    assert main(["prune", "--db", str(path), "--tier", "weeks"]) == 2
    assert "--tier weeks: choose from minutes, hours, days" in capsys.readouterr().err
