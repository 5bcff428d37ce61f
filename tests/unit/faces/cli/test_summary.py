"""One screen: whatever there is to be told, and however little room for it."""

from __future__ import annotations

import re
import time
from dataclasses import replace
from pathlib import Path

import pytest

from traffic_analyzer.__main__ import main
from traffic_analyzer.faces.cli.summary import Found, found_in, render_summary
from traffic_analyzer.faces.paint import Paint
from traffic_analyzer.faces.width import columns_of
from traffic_analyzer.records import DeviceName, NameSource
from traffic_analyzer.reports.status import Known
from traffic_analyzer.units import Notation

from ...traffic import MINUTE, batch, flow_key, home, stored

_NOW = MINUTE + 30
_SIZES = [(80, 24), (40, 24), (40, 10), (132, 50), (20, 24), (80, 16), (80, 10), (40, 16)]


@pytest.fixture
def found(tmp_path: Path) -> Found:
    return found_in(stored(tmp_path / "traffic.db", home(MINUTE)), None, _NOW)


@pytest.fixture
def full(tmp_path: Path) -> Found:
    """Thirty devices and sites with long names, and a few notices."""
    flows = {
        flow_key(f"10.0.0.{n}", f"203.0.113.{n}", device=f"02:aa:bb:cc:dd:{n:02x}", label=label, evidence="tls",
                 domain=f"日本語-{'x' * 60}{n}.example"): (10**9 + n, 7)
        for n in range(30) for label in ("exact", "ambiguous")
    }  # fmt: skip
    names = tuple(DeviceName(f"02:aa:bb:cc:dd:{n:02x}", NameSource.LEASE, "テレビ" * 20 + str(n)) for n in range(30))
    found = found_in(stored(tmp_path / "full.db", batch(flows, device_names=names)), None, _NOW)
    notices = [Known("lro", "eth0", "", 0), Known("no-wan", "", "", 0), Known("unseen", "eth1", "x" * 300, 0)]
    return replace(found, status=replace(found.status, notices=notices))


def test_it_tells_of_everything(found: Found) -> None:
    text = render_summary(found, (80, 24))
    assert re.search(r"^Last hour +1\.40 kB +150 B +1\.55 kB$", text, re.MULTILINE)
    assert re.search(r"^Today +1\.40 kB +150 B +1\.55 kB$", text, re.MULTILINE)
    assert re.search(r"^192\.168\.1\.2 .*one\.example +exact +800 B$", text, re.MULTILINE)
    assert re.search(r"^laptop +400 B +50 B   quad9\.net +exact +450 B$", text, re.MULTILINE)
    assert "How sure names are: exact 80.6%, unknown 19.4%." in text
    assert "INCOMPLETE: 65.71% counted." in text and "--help" in text
    assert text.startswith(time.strftime("%Y-%m-%d %H:%M  ", time.localtime(_NOW)))


@pytest.mark.parametrize("size", _SIZES)
def test_it_fits(found: Found, full: Found, size: tuple[int, int]) -> None:
    columns, lines = size
    for each in (found, full):
        for notation in (Notation(), Notation(True, True)):
            drawn = render_summary(each, size, notation).splitlines()
            assert max(map(columns_of, drawn)) <= columns
            if lines > 10 and columns >= 40 or size == (80, 10) and each is found:
                assert len(drawn) < lines, "\n".join(drawn)


def test_a_small_terminal_has_fewer_rows_then_no_air_then_less_that_is_told_elsewhere(full: Found) -> None:
    for lines, told in ((24, (True, True, True)), (15, (False, True, True)), (9, (False, False, True)),
                        (8, (False, False, False))):  # fmt: skip
        text = render_summary(full, (80, lines))
        assert ("\n\n" in text, "--help" in text, "eth0" in text) == told and text.count("\n") < lines, text
        assert "Sites, last hour" in text and "No packet counters" in text and " GB" in text


def test_a_larger_terminal_has_more(full: Found) -> None:
    small, large = (render_summary(full, size) for size in ((80, 18), (80, 24)))
    assert small.count(" GB") < large.count(" GB")
    assert "Download" in render_summary(full, (160, 24)).split("Sites, last hour")[1].splitlines()[0]


def test_the_first_notice_is_told_and_the_others_counted(full: Found) -> None:
    (line,) = [line for line in render_summary(full, (80, 24)).splitlines() if "eth0" in line]
    assert line.startswith("eth0 merges packets") and line.endswith("… (2 more: `traffic-analyzer status`)")
    assert columns_of(line) <= 80


def test_colours_take_no_room(full: Found) -> None:
    plain, coloured = (render_summary(full, (80, 24), paint=paint) for paint in (Paint(), Paint(True)))
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == plain and "\x1b[33mambiguous" in coloured


def test_with_nothing_to_tell(tmp_path: Path) -> None:
    text = render_summary(found_in(stored(tmp_path / "old.db", home(60)), None, _NOW), (80, 24))
    assert text.count("no traffic in this window") == 2 and "No packet counters in this window." in text
    assert "NOT counting" in text and "0 B" in text and "How sure" not in text


def test_today_begins_at_midnight_there(tmp_path: Path) -> None:
    midnight = MINUTE - MINUTE % 86_400  # of UTC
    flows = {flow_key(minute_unix_s=midnight - 60): (100, 1), flow_key(minute_unix_s=midnight): (10, 1)}
    path = stored(tmp_path / "traffic.db", batch(flows, minute_unix_s=midnight))
    found = found_in(path, None, midnight + 90, is_utc=True)
    assert (found.hour.rx_bytes, found.today.rx_bytes) == (110, 10)


def test_it_is_what_there_is_without_a_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = stored(tmp_path / "traffic.db", home(MINUTE))
    assert main(["--db", str(path)]) == 0
    without = capsys.readouterr()
    assert main(["summary", "--db", str(path)]) == 0
    assert capsys.readouterr() == without and without.err == "" and "Last hour" in without.out


def test_who_has_no_database_yet_is_told_what_there_is(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["--db", str(tmp_path / "none.db")]) == 1
    assert "--help" not in capsys.readouterr().err
    if not Path("/var/lib/traffic-analyzer/traffic-analyzer.db").exists():
        assert main([]) == 1
        said = capsys.readouterr().err
        assert "makes it; `traffic-analyzer --help` lists all commands\n" in said and said.count("\n") == 1
