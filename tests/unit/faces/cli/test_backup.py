"""``export`` and ``import``, from the command line to the rows."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from traffic_analyzer.__main__ import main
from traffic_analyzer.faces.cli.backup import render_exported, render_imported

from ...store.seeds import NEW_ROWS, rows, seed
from ...traffic import MINUTE, home, stored


@pytest.fixture(autouse=True)
def in_utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def test_what_they_say() -> None:
    found = {"a": 1_234, "b": 0}, 0, MINUTE
    counts = "of 1970-01-01 00:00 to 2023-11-14 22:14: a 1,234, b 0\n"
    assert render_exported(*found, "a\n.db") == f"wrote to a\\n.db, {counts}"
    assert render_imported(*found, "b.db") == f"took from b.db, {counts}"
    assert render_imported({"a": 0}, None, None, "b.db") == "took from b.db: a 0\n"


def test_there_and_back(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, to, new = stored(tmp_path / "traffic.db", home(MINUTE)), tmp_path / "export.db", tmp_path / "new.db"
    assert main(["export", "--db", str(path), str(to)]) == 0
    counts = (
        "of 2023-11-14 22:14 to 2023-11-14 22:14: flow_minute 5, counter_minute 11, question_minute 3, "
        "server_name_minute 2, dns_cache_1m 2, collector_health_1m 2, device_address 2, device_name 1, "
        "quota_crossed 0, hours 0, days 0\n"
    )
    assert capsys.readouterr() == (f"wrote to {to}, {counts}", "")
    assert main(["import", str(to), "--db", str(new)]) == 0
    assert capsys.readouterr() == (f"took from {to}, {counts}", "")
    assert rows(new, "SELECT sum(bytes) FROM flow_1m_5t") == rows(path, "SELECT sum(bytes) FROM flow_1m_5t")
    assert main(["import", str(to), "--db", str(new)]) == 1
    assert capsys.readouterr().err == f"traffic-analyzer: {to}: rows of it are in {new} already; nothing was changed\n"
    assert main(["export", "--db", str(path), str(to)]) == 1
    assert capsys.readouterr().err == f"traffic-analyzer: {to}: exists; remove it, or choose another name\n"


def test_a_seed_is_taken_in(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, own = seed(tmp_path / "seed.db", flow_1m_5t=NEW_ROWS), stored(tmp_path / "traffic.db", home(MINUTE))
    assert main(["import", str(path), "--db", str(own)]) == 0
    said = capsys.readouterr().out
    assert said.startswith(f"took from {path}, of 1970-01-01 00:01 to 1970-01-01 00:02: flow_minute 4,")


def _command(*argv: object) -> list[str]:
    return [sys.executable, "-m", "traffic_analyzer", *map(str, argv)]


def test_standard_output_gets_the_whole_file(tmp_path: Path) -> None:
    path, to = stored(tmp_path / "traffic.db", home(MINUTE)), tmp_path / "piped.db"
    with to.open("wb") as file:
        subprocess.run(_command("export", "--db", path, "-"), stdout=file, check=True)
    assert rows(to, "SELECT sum(bytes) FROM flow_1m_5t") == [(1_550,)]
    assert sorted(each.name for each in tmp_path.iterdir() if "-" not in each.name) == ["piped.db", "traffic.db"]


def test_a_terminal_gets_no_database(tmp_path: Path) -> None:
    path = stored(tmp_path / "traffic.db", home(MINUTE))
    terminal, side = pty.openpty()
    try:
        process = subprocess.run(_command("export", "--db", path, "-"), stdout=side, stderr=subprocess.PIPE, text=True)
    finally:
        os.close(side)
        os.close(terminal)
    assert process.returncode == 2 and process.stderr == (
        "traffic-analyzer: FILE -: a database is nothing for a terminal; send it to a file or a pipe\n"
    )
