"""Vendors of MAC prefixes: compiled, and as another list has them."""

from __future__ import annotations

import random
import re
import subprocess
import sys
from pathlib import Path

import pytest

from traffic_analyzer.roster import vendors
from traffic_analyzer.roster.vendors import is_randomised, vendor_of

_COMPILER = Path(__file__).parents[3] / "hack" / "compile-vendors"
_OTHER_LIST = Path("/usr/share/wireshark/manuf")
_HEAD = "Registry,Assignment,Organization Name,Organization Address\n"
_LARGE = _HEAD + """MA-L,00000C,"Cisco Systems, Inc","170 West
Tasman"
MA-L,70B3D5,IEEE Registration Authority,445 Hoes Lane
MA-L,741AE0,IEEE Registration Authority,x
MA-L,F4BD9E,  Küchen   & Co\t,x
MA-L,080030,NETWORK RESEARCH CORPORATION,x
MA-L,080030,CERN,x
MA-L,FFFFFC,Private,
MA-L,48A98A,Large,x
"""
_SMALL = _HEAD + "MA-M,741AE01,Middle,x\nMA-S,70b3d5f2f,Small,x\nMA-M,48A98A5,Inner,x\n"


def _compile(target: Path, *sources: Path | str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, _COMPILER, *sources, target], capture_output=True, text=True, check=False)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    (tmp_path / "oui.csv").write_text(_LARGE, "utf-8")
    (tmp_path / "small.csv").write_text(_SMALL, "utf-8")
    done = _compile(tmp_path / "data" / "vendors", tmp_path / "oui.csv", tmp_path / "small.csv")
    assert done.returncode == 0, done.stderr
    return tmp_path / "data" / "vendors"


@pytest.mark.parametrize(
    ("mac", "vendor"),
    [
        ("00:00:0c:01:02:03", "Cisco Systems, Inc"), ("f4:bd:9e:00:00:00", "Küchen & Co"),
        ("70:b3:d5:f2:f0:00", "Small"), ("70:b3:d5:f2:ff:ff", "Small"), ("70:b3:d5:f3:00:00", None),
        ("74:1a:e0:1f:ff:ff", "Middle"), ("74:1a:e0:20:00:00", None),
        ("08:00:30:00:00:00", "NETWORK RESEARCH CORPORATION"),
        ("48:a9:8a:5f:00:00", "Inner"), ("48:a9:8a:60:00:00", "Large"),
        ("00:00:0b:ff:ff:ff", None), ("00:00:00:00:00:00", None), ("fc:ff:fc:00:00:00", None),
        ("02:00:0c:01:02:03", None),
    ],
)  # fmt: skip
def test_the_longest_prefix_wins(data: Path, mac: str, vendor: str | None) -> None:
    assert vendor_of(mac, data) == vendor


def test_of_some_makers_alone(tmp_path: Path) -> None:
    """Named by the beginning that they were asked for by; the longest counts."""
    rows = "".join(f"MA-L,{prefix},{name},x\n" for prefix, name in [
        ("00000C", "Maker Inc."), ("00000D", "Other"), ("00000E", "MAKER OF PHONES LTD"),
    ])  # fmt: skip
    (tmp_path / "oui.csv").write_text(_HEAD + rows)
    (tmp_path / "makers").write_text("# whose\nMaker\nMaker of\n")
    assert _compile(tmp_path / "vendors", "--of", tmp_path / "makers", tmp_path / "oui.csv").returncode == 0
    macs = [f"00:00:{last}:00:00:01" for last in ("0c", "0d", "0e")]
    assert [vendor_of(mac, tmp_path / "vendors") for mac in macs] == ["Maker", None, "Maker of"]


def test_more_organizations_than_a_piece_holds_are_told_apart(tmp_path: Path) -> None:
    rows = "".join(f"MA-L,{number:06X},Maker {number},x\n" for number in range(0, 0x20000, 4))
    (tmp_path / "oui.csv").write_text(_HEAD + rows)
    assert _compile(tmp_path / "vendors", tmp_path / "oui.csv").returncode == 0
    for number in (0, 4, 4092, 4096, 4100, 0x10000, 0x1FFFC):
        mac = ":".join(f"{number:06x}"[at : at + 2] for at in (0, 2, 4)) + ":00:00:01"
        assert vendor_of(mac, tmp_path / "vendors") == f"Maker {number}"


def test_a_mac_that_was_made_up_has_no_vendor(tmp_path: Path) -> None:
    (tmp_path / "oui.csv").write_text(_HEAD + "MA-L,02000C,Old,x\nMA-L,00000C,New,x\n")
    assert _compile(tmp_path / "vendors", tmp_path / "oui.csv").returncode == 0
    assert [vendor_of(f"{first}:00:0c:00:00:01", tmp_path / "vendors") for first in ("00", "02")] == ["New", None]
    assert [is_randomised(mac) for mac in ("02:00:00:00:00:00", "da:a1:19:00:00:00", "00:00:0c:00:00:00")] == [
        True, True, False,
    ]  # fmt: skip


@pytest.mark.parametrize("content", [None, b"", b"garbage", bytes(100), b"\0\0\0\4abcd"], ids=repr)
def test_without_the_lists_there_are_no_vendors(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "vendors").write_bytes(content)
    assert vendor_of("00:00:0c:01:02:03", tmp_path / "vendors") is None


def test_a_file_that_is_cut_has_no_vendors_behind_it(data: Path) -> None:
    whole = data.read_bytes()
    for end in range(len(whole)):
        cut = data.with_name(f"cut-{end}")
        cut.write_bytes(whole[:end])
        assert vendor_of("00:00:0c:01:02:03", cut) is None


@pytest.mark.parametrize(
    ("text", "said"),
    [(None, "install the Debian package ieee-data"), ("a,b,c\n", "no list of assignments"), ("", "no list"),
     (_HEAD, "no assignments")],
)  # fmt: skip
def test_a_list_that_cannot_be_compiled_makes_no_file(tmp_path: Path, text: str | None, said: str) -> None:
    if text is not None:
        (tmp_path / "oui.csv").write_text(text)
    done = _compile(tmp_path / "vendors", tmp_path / "oui.csv")
    assert done.returncode == 1 and said in done.stderr and done.stderr.count("\n") == 1
    assert not (tmp_path / "vendors").exists()


@pytest.fixture
def debian() -> Path:
    if not vendors.DATA.exists():
        pytest.skip(f"no {vendors.DATA}: `make build` makes it")
    return vendors.DATA


def _letters(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", text.lower())


def test_most_prefixes_are_as_another_list_has_them(debian: Path) -> None:
    """The other list is of another year, and prefixes change hands."""
    if not _OTHER_LIST.exists():
        pytest.skip(f"no {_OTHER_LIST}: Wireshark has it inside from 4.2 on")
    rows = [line.split("\t") for line in _OTHER_LIST.read_text("utf-8").splitlines() if re.match("[0-9A-F]{2}:", line)]
    assert len(rows) > 30_000
    same = different = 0
    for prefix, *_, long in random.Random(5).sample(rows, 3_000):
        digits, _, bits = prefix.replace(":", "").strip().partition("/")
        mac = (digits[: int(bits or 24) // 4] + "0" * 12)[:12]
        found = vendor_of(":".join(mac[at : at + 2] for at in range(0, 12, 2)), debian)
        if found is not None:
            first, second = _letters(found)[:6], _letters(long)[:6]
            same, different = same + (first == second), different + (first != second)
    assert same > 2_000
    assert different < 0.03 * same


def test_the_compiled_lists_are_small_and_stay_on_disk(debian: Path) -> None:
    assert debian.stat().st_size < 700_000
    used = subprocess.run(
        [sys.executable, "-c",
         "import resource, random; from traffic_analyzer.roster.vendors import vendor_of; rolls = random.Random(1)\n"
         "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
         "for _ in range(500): vendor_of(rolls.randbytes(6).hex(':'))\n"
         "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)"],
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    assert int(used) < 2_048  # KiB
