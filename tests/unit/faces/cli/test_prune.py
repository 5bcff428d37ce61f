"""``prune``, from the command line to the rows."""

from __future__ import annotations

from pathlib import Path

import pytest

from traffic_analyzer.__main__ import main
from traffic_analyzer.faces.cli.prune import render_pruned

from ...store.seeds import rows
from ...traffic import MINUTE, home, stored


def test_what_it_says() -> None:
    assert render_pruned({"a": 1_234, "b": 0}, 30) == "deleted rows older than 30 days: a 1,234, b 0\n"


def test_old_rows_go(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = stored(tmp_path / "traffic.db", home(MINUTE))  # of 2023
    assert main(["prune", "--db", str(path), "--retention-days", "30"]) == 0
    said = capsys.readouterr()
    assert said.out == (
        "deleted rows older than 30 days: flow_minute 5, counter_minute 11, question_minute 3, server_name_minute 2, "
        "dns_cache_1m 2, collector_health_1m 2, device_address 2, device_name 1\n"
    )
    assert said.err == ""
    assert rows(path, "SELECT * FROM flow_minute") == []


def test_rows_that_are_young_enough_stay(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = stored(tmp_path / "traffic.db", home(MINUTE))
    assert main(["prune", "--db", str(path), "--retention-days", "36500"]) == 0
    assert "flow_minute 0" in capsys.readouterr().out
    assert len(rows(path, "SELECT * FROM flow_minute")) == 5
