"""What the interfaces counted, as the kernel prints it."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from traffic_analyzer.kernel import statistics
from traffic_analyzer.records import LinkCounters, Traffic

_HEAD = """\
Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
"""  # noqa: E501
_LINE = "{}: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n"


def _read(tmp_path: Path, text: bytes) -> dict[str, LinkCounters]:
    path = tmp_path / "dev"
    path.write_bytes(text)
    return statistics.read(path)


@pytest.mark.parametrize(
    "name", ["eth0", "br-lan", "wan.35", "    lo", "eth0:1", "a:b:c", "\N{LATIN SMALL LETTER U WITH DIAERESIS}"]
)
def test_a_line(tmp_path: Path, name: str) -> None:
    found = _read(tmp_path, (_HEAD + _LINE.format(name)).encode())
    assert found == {name.strip(): LinkCounters(Traffic(1, 2), Traffic(9, 10))}


def test_bytes_that_are_no_text(tmp_path: Path) -> None:
    found = _read(tmp_path, _HEAD.encode() + _LINE.encode().replace(b"{}", b"\xff\xfe"))
    assert found == {"\udcff\udcfe": LinkCounters(Traffic(1, 2), Traffic(9, 10))}


def test_numbers_of_64_bits_that_touch_the_name(tmp_path: Path) -> None:
    line = f"eth0:{2**64 - 1} {2**63} 0 0 0 0 0 0 {2**40} 7 0 0 0 0 0 0\n"
    assert _read(tmp_path, (_HEAD + line).encode()) == {
        "eth0": LinkCounters(Traffic(2**64 - 1, 2**63), Traffic(2**40, 7))
    }


def test_several(tmp_path: Path) -> None:
    found = _read(tmp_path, (_HEAD + _LINE.format("one") + _LINE.format("two")).encode())
    assert sorted(found) == ["one", "two"]


@pytest.mark.parametrize("text", [b"", _HEAD.encode()])
def test_none(tmp_path: Path, text: bytes) -> None:
    assert _read(tmp_path, text) == {}


def test_what_is_not_there_is_empty(tmp_path: Path) -> None:
    assert statistics.read(tmp_path / "dev") == {}


def test_as_another_reader_has_it() -> None:
    """Those of this machine that have not moved meanwhile."""
    before = statistics.read()
    said = json.loads(subprocess.run(["ip", "-s", "-j", "link"], capture_output=True, text=True, check=True).stdout)
    after = statistics.read()
    compared = [link for link in said if before.get(link["ifname"]) == after.get(link["ifname"])]
    assert compared
    for link in compared:
        rx, tx = (link["stats64"][way] for way in ("rx", "tx"))
        assert after[link["ifname"]] == LinkCounters(
            Traffic(rx["bytes"], rx["packets"]), Traffic(tx["bytes"], tx["packets"])
        )
