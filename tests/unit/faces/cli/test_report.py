"""Every report's command on a real database: three shapes, one answer."""

from __future__ import annotations

import csv
import io
import json
import re
import time
from pathlib import Path
from typing import Any

import pytest

from traffic_analyzer.__main__ import main
from traffic_analyzer.pipeline import minute_of
from traffic_analyzer.reports.registry import REPORTS
from traffic_analyzer.units import value_text

from ...store.seeds import rows
from ...traffic import batch, home, stored

_EACH = pytest.mark.parametrize("name", REPORTS)
_NEEDED = {"domain-detail": ("--domain", "www.one.example", "--domain", "quad9.net")}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return stored(tmp_path / "traffic.db", home(minute_of(time.time())))


def _said(capsys: pytest.CaptureFixture[str], name: str, *argv: object) -> str:
    assert main([name, *_NEEDED.get(name, ()), *(str(word) for word in argv)]) == 0
    said = capsys.readouterr()
    assert said.err == ""
    return said.out


def _cells(table: str) -> list[list[str]]:
    """The rows of a printed table, cut where its rule has gaps."""
    head, *body = table.split("\n\n")[1].splitlines()
    assert head
    columns = [match.span() for match in re.finditer("-+", body[0])]
    return [[line[start:end].strip() for start, end in columns] for line in body[1:]]


@_EACH
def test_table_json_and_csv_show_the_same_rows(path: Path, capsys: pytest.CaptureFixture[str], name: str) -> None:
    from_json: list[dict[str, Any]] = json.loads(_said(capsys, name, "--db", path, "--json"))["rows"]
    head, *from_csv = csv.reader(io.StringIO(_said(capsys, name, "--db", path, "--csv"), newline=""))
    from_table = _cells(_said(capsys, name, "--db", path))
    columns = REPORTS[name].columns
    assert from_json and head == [column.name for column in columns]
    assert from_csv == [[str(value) for value in row.values()] for row in from_json]
    assert from_table == [[value_text(row[c.name], c.unit) for c in columns] for row in from_json]


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
        assert len(one["rows"]) == 1 and one["selection"]["limit"] == 1
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
    assert "no traffic in this window" in _said(capsys, name, "--db", path, "--device", "10.9.9.9")


@_EACH
def test_nothing_in_the_window(tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str) -> None:
    old = stored(tmp_path / "old.db", home(60))
    assert "no traffic in this window" in _said(capsys, name, "--db", old)
    assert json.loads(_said(capsys, name, "--db", old, "--json"))["rows"] == []
    assert len(_said(capsys, name, "--db", old, "--csv").splitlines()) == 1


def test_the_table_says_what_was_not_booked(path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "NOT BOOKED: 840 B in 27 packets" in _said(capsys, "top-ip", "--db", path)
    empty = stored(tmp_path / "empty.db", batch())
    assert "No packet counters in this window." in _said(capsys, "top-ip", "--db", empty)
