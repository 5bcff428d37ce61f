"""Every report's command on a real database: three shapes, one answer."""

from __future__ import annotations

import csv
import io
import json
import os
import pty
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from traffic_analyzer.__main__ import main
from traffic_analyzer.pipeline import minute_of
from traffic_analyzer.reports.registry import REPORTS
from traffic_analyzer.store.local_time import hour_of
from traffic_analyzer.units import minute_text, value_text, window_text

from ... import tiers
from ...store.seeds import rows
from ...traffic import MINUTE, batch, flow_key, home, stored

_EACH = pytest.mark.parametrize("name", REPORTS)
_NEEDED = {
    "domain-detail": ("--domain", "www.one.example", "--domain", "quad9.net"),
    "device-detail": ("--device", "laptop", "--device", "192.168.1.2"),
}
_OF_ONE_TABLE = pytest.mark.parametrize("name", [name for name, report in REPORTS.items() if not report.parts])


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return stored(tmp_path / "traffic.db", home(minute_of(time.time())))


def _said(capsys: pytest.CaptureFixture[str], name: str, *argv: object) -> str:
    assert main([name, *_NEEDED.get(name, ()), *(str(word) for word in argv)]) == 0
    said = capsys.readouterr()
    assert (said.err != "") == ("--csv" in argv)
    assert not said.err or said.err.count("\n") == 1 and said.err.startswith(("INCOMPLETE: ", "No packet counters"))
    return said.out


def _cells(table: str) -> list[list[str]]:
    """The rows of a printed table, cut where its rule has gaps."""
    head, *body = table.split("\n\n")[1].splitlines()
    assert head
    columns = [match.span() for match in re.finditer("-+", body[0])]
    found: list[list[str]] = []
    for line in body[1:]:
        cells = [line[start:end].strip() for start, end in columns]
        shown = next(i for i, cell in enumerate(cells) if cell)  # what is not is as above
        found.append((found[-1][:shown] if shown else []) + cells[shown:])
    return found


@_OF_ONE_TABLE
def test_table_json_and_csv_show_the_same_rows(path: Path, capsys: pytest.CaptureFixture[str], name: str) -> None:
    from_json: list[dict[str, Any]] = json.loads(_said(capsys, name, "--db", path, "--json"))["rows"]
    head, *from_csv = csv.reader(io.StringIO(_said(capsys, name, "--db", path, "--csv"), newline=""))
    from_table = _cells(_said(capsys, name, "--db", path))
    columns = REPORTS[name].columns
    assert from_json and head == [column.name for column in columns]
    values = [[tuple(v) if isinstance(v, list) else v for v in row.values()] for row in from_json]
    assert from_csv == [[" ".join(v) if isinstance(v, tuple) else str(v) for v in row] for row in values]
    assert from_table == [[value_text(v, c.unit) for v, c in zip(row, columns, strict=True)] for row in values]


def test_all_parts_are_shown_in_all_shapes(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    parts = json.loads(_said(capsys, "device-detail", "--db", path, "--json"))["parts"]
    declared = REPORTS["device-detail"].parts
    assert list(parts) == [part.name for part in declared]
    counts = {name: len(part["rows"]) for name, part in parts.items()}
    assert counts == {"names": 1, "addresses": 2, "sites": 3, "protocols": 3, "resolvers": 0, "hours": 1}
    from_csv = _said(capsys, "device-detail", "--db", path, "--csv").split("\n\n")
    assert [text.strip().count("\n") for text in from_csv] == list(counts.values())
    table = _said(capsys, "device-detail", "--db", path)
    places = [table.index(f"\n{part.title}\n\n") for part in declared]
    assert places == sorted(places)


@pytest.mark.parametrize("name", ["top-ip", "device-detail", "ledger", "collector-health"])
def test_every_shape_says_how_complete_it_is(path: Path, capsys: pytest.CaptureFixture[str], name: str) -> None:
    needed = [str(word) for word in (*_NEEDED.get(name, ()), "--db", path)]
    said = {}
    for shape in ("--json", "--csv", ""):
        assert main([name, *needed, *([shape] if shape else [])]) == 0
        said[shape] = capsys.readouterr()
    line = said[""].out.splitlines()[-1]
    assert line.startswith("INCOMPLETE: 65.71% counted. 2.45 kB seen, of it 60 B non-IP; NOT BOOKED: 840 B in 27 ")
    assert json.loads(said["--json"].out)["verdict"] == line and said["--csv"].err == line + "\n"
    assert line not in said["--csv"].out and said["--json"].err == said[""].err == ""


@pytest.mark.parametrize("name", ["top-ip", "top-lan", "top-flow"])
def test_all_shapes_sum_to_what_the_database_holds(path: Path, capsys: pytest.CaptureFixture[str], name: str) -> None:
    ((bytes_, packets),) = rows(path, "SELECT sum(bytes), sum(packets) FROM flow_minute")
    document = json.loads(_said(capsys, name, "--db", path, "--json"))
    lines = list(csv.DictReader(io.StringIO(_said(capsys, name, "--db", path, "--csv"), newline="")))
    at = [column.name for column in REPORTS[name].columns].index("bytes")
    cells = _cells(_said(capsys, name, "--db", path))  # every sum of a row is shown to the byte but one
    assert (bytes_, packets) == (1_550, 31)
    assert sum(row["bytes"] for row in document["rows"]) == sum(int(line["bytes"]) for line in lines) == bytes_
    assert sum(row["packets"] for row in document["rows"]) == sum(int(line["packets"]) for line in lines) == packets
    shown = sum(float(value) * {"B": 1, "kB": 1000}[unit] for value, unit in (row[at].split() for row in cells))
    assert shown == bytes_


@_EACH
def test_flags_select(path: Path, capsys: pytest.CaptureFixture[str], name: str) -> None:
    if REPORTS[name].default_limit is not None:
        one = json.loads(_said(capsys, name, "--db", path, "--json", "--limit", 1))
        tables = one["parts"].values() if "parts" in one else [one]
        assert all(len(table["rows"]) <= 1 for table in tables) and one["selection"]["limit"] == 1
    lan = json.loads(_said(capsys, name, "--db", path, "--json", "--iface", "br-lan", "--lookback-minutes", 5))
    assert lan["completeness"]["seen_bytes"] == 450 and lan["selection"]["ifaces"] == ["br-lan"]
    assert 5 * 60 < lan["selection"]["until_unix_s"] - lan["selection"]["since_unix_s"] <= 6 * 60


def test_clients_and_names_are_selected(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = ("--device", "02-AA-BB-CC-DD-01", "--domain", "QUAD9.net.", "--by", "site")
    found = json.loads(_said(capsys, "top-domain", "--db", path, "--json", *asked))
    assert found["selection"]["devices"] == ["02:aa:bb:cc:dd:01"] and found["selection"]["domains"] == ["quad9.net"]
    assert found["selection"]["by"] == "site"
    assert [(row["domain"], row["label"], row["bytes"]) for row in found["rows"]] == [("quad9.net", "exact", 450)]
    title = _said(capsys, "top-domain", "--db", path, *asked).splitlines()[0]
    assert title.startswith("Names by bytes of 02:aa:bb:cc:dd:01 under quad9.net, by site, ")


@pytest.mark.parametrize("name", [r.name for r in REPORTS.values() if r.takes_device])
def test_a_client_without_traffic_has_none(path: Path, capsys: pytest.CaptureFixture[str], name: str) -> None:
    needed = () if name == "device-detail" else _NEEDED.get(name, ())
    assert main([name, *needed, "--db", str(path), "--device", "10.9.9.9"]) == 0
    assert "no traffic in this window" in capsys.readouterr().out


@_EACH
def test_nothing_in_the_window(tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str) -> None:
    old = stored(tmp_path / "old.db", home(60))
    assert "no traffic in this window" in _said(capsys, name, "--db", old)
    document = json.loads(_said(capsys, name, "--db", old, "--json"))
    assert {n: len(part["rows"]) for n, part in document.get("parts", {"": document}).items() if n != "names"} == (
        dict.fromkeys([part.name for part in REPORTS[name].parts if part.name != "names"] or [""], 0)
    )
    heads = 2 * len(REPORTS[name].parts) or 1  # between parts is a line, and names are of all times
    assert len(_said(capsys, name, "--db", old, "--csv").splitlines()) == heads


def test_a_part_says_what_it_has_none_of(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old = stored(tmp_path / "old.db", batch({flow_key(minute_unix_s=60): (1, 1)}, minute_unix_s=60))
    assert main(["device-detail", "--db", str(old), "--device", "192.168.1.2"]) == 0
    table = capsys.readouterr().out
    assert "\nNames\n\nno name is known\n" in table and "\nAddresses\n\nno address in this window\n" in table


@pytest.mark.parametrize(
    ("zone", "day", "since_unix_s", "until_unix_s", "title"),
    [
        ("Europe/Berlin", "2026-03-29", 1_774_738_800, 1_774_821_600, "2026-03-29 00:00 CET to 2026-03-30 00:00 CEST"),
        ("CET-1CEST,M3.5.0,M10.5.0/3", "2026-10-25", 1_792_879_200, 1_792_969_200,
         "2026-10-25 00:00 CEST to 2026-10-26 00:00 CET"),
        ("UTC", "2026-03-29", 1_774_742_400, 1_774_828_800, "2026-03-29 00:00 to 2026-03-30 00:00 UTC"),
    ],
)  # fmt: skip
def test_a_day_is_one_of_the_zone_of_the_system(
    tmp_path: Path, zone: str, day: str, since_unix_s: int, until_unix_s: int, title: str
) -> None:
    """A row of one packet in each of the first and last minutes, and in those around them."""
    minutes = (since_unix_s - 60, since_unix_s, until_unix_s - 60, until_unix_s)
    flows = {flow_key(minute_unix_s=minute): (10**n, 1) for n, minute in enumerate(minutes)}
    path = stored(tmp_path / "day.db", batch(flows))
    for when in (("--day", day), ("--since", day, "--until", title.split(" to ")[1][:10])):
        command = [sys.executable, "-m", "traffic_analyzer", "top-ip", "--db", str(path), *when]
        environment = {**os.environ, "TZ": zone}
        said, table = (
            subprocess.run([*command, *shape], env=environment, capture_output=True, text=True, check=True).stdout
            for shape in (["--json"], [])
        )
        found = json.loads(said)
        assert [row["bytes"] for row in found["rows"]] == [110]
        assert (found["selection"]["since_unix_s"], found["selection"]["until_unix_s"]) == (since_unix_s, until_unix_s)
        assert table.splitlines()[0] == f"Remote addresses by bytes, {title}"


@_EACH
@pytest.mark.parametrize(
    ("when", "is_in"),
    [("--period=year", True), ("--since=5m", True), ("--lookback-minutes=5 --until=now", True),
     ("--period=last-year", False), ("--since=2h --until=1h", False)],
)  # fmt: skip
def test_every_report_takes_every_window(
    path: Path, capsys: pytest.CaptureFixture[str], name: str, when: str, is_in: bool
) -> None:
    found = json.loads(_said(capsys, name, "--db", path, "--json", *when.split()))
    rows = found["rows"] if "rows" in found else found["parts"]["sites"]["rows"]
    assert bool(rows) is is_in


def test_the_table_says_what_was_not_booked(path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "NOT BOOKED: 840 B in 27 packets" in _said(capsys, "top-ip", "--db", path)
    empty = stored(tmp_path / "empty.db", batch())
    assert "No packet counters in this window." in _said(capsys, "top-ip", "--db", empty)


def test_csv_on_a_terminal_cannot_move_its_cursor(tmp_path: Path) -> None:
    """A program that reads it gets the name as it is."""
    path = stored(tmp_path / "traffic.db", batch({flow_key(domain="a\x1b[2jb", label="exact"): (1, 1)}))
    command = [sys.executable, "-m", "traffic_analyzer", "top-domain", "--csv", "--db", str(path), "--lookback-minutes",
               "52560000"]  # fmt: skip
    piped = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "a\x1b[2jb" in piped.stdout and piped.stderr.startswith("No packet counters")
    ours, theirs = pty.openpty()
    subprocess.run(command, stdout=theirs, stderr=subprocess.DEVNULL, check=True)
    os.close(theirs)
    shown = os.read(ours, 65_536).decode()
    os.close(ours)
    assert "a\\x1b[2jb" in shown and "\x1b" not in shown


@pytest.mark.parametrize("name", ["top-ip", "device-detail", "ledger"])
def test_every_shape_says_what_the_answer_lacks(path: Path, capsys: pytest.CaptureFixture[str], name: str) -> None:
    """On standard error where that is not part of the shape; what was asked for is answered all the same."""
    needed = [str(word) for word in (*_NEEDED.get(name, ()), "--db", path, "--archive", path.with_name("a\nb.db"))]
    said = {}
    for shape in ("--json", "--csv", ""):
        assert main([name, *needed, *([shape] if shape else [])]) == 0
        said[shape] = capsys.readouterr()
    (found,) = json.loads(said["--json"].out)["remarks"]
    remark = found["text"]
    assert "a\nb.db: No such file or directory; older hours and days are missing" in remark
    assert said["--json"].err == "" and said[""].err == remark.replace("\n", "\\n") + "\n"
    assert said["--csv"].err.splitlines()[1:] == said[""].err.splitlines() and "1.55" not in said[""].err


def test_the_title_shows_the_window_of_the_answer(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = stored(tmp_path / "traffic.db", home(MINUTE))
    tiers.take(path)
    tiers.forget_minutes(path, MINUTE + 3600)
    asked = ["--since", minute_text(MINUTE), "--until", minute_text(MINUTE + 60), "--db", str(path)]
    assert main(["top-ip", *asked]) == 0
    said = capsys.readouterr()
    hour = hour_of(MINUTE)
    assert said.out.splitlines()[0] == f"Remote addresses by bytes, {window_text(hour, hour + 3600)}"
    assert "INCOMPLETE: 65.71% counted" in said.out and said.err.startswith("The window is wider than asked for: ")
    assert main(["top-ip", *asked, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["selection"]["since_unix_s"], found["selection"]["until_unix_s"]) == (hour, hour + 3600)
    assert len(found["remarks"]) == 1 and len(found["rows"]) == 3


@pytest.mark.parametrize("name", ["collector-health", "dns-cache-inspect"])
def test_what_times_are_of_is_said(path: Path, capsys: pytest.CaptureFixture[str], name: str) -> None:
    for minutes, step in ((60, "minute"), (600, "hour"), (60_000, "hour")):
        head = _said(capsys, name, "--db", path, "--lookback-minutes", minutes).splitlines()[0]
        document = json.loads(_said(capsys, name, "--db", path, "--lookback-minutes", minutes, "--json"))
        assert head.startswith(f"{REPORTS[name].title}, by {REPORTS[name].step(document['step'])}, ")
        assert document["step"] == "minute" or f", by {step}, " in head
