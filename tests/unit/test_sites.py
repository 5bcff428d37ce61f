"""The registrable domain of every name, as an independent reader of the same list finds it."""

from __future__ import annotations

import runpy
import subprocess
import sys
import zlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from publicsuffixlist import PublicSuffixList

from traffic_analyzer import sites
from traffic_analyzer.sites import data_version, labels_of, site_of

_COMPILER = Path(__file__).parents[2] / "hack" / "compile-public-suffixes"
_DEBIAN = Path("/usr/share/publicsuffix/public_suffix_list.dat")
_LIST = """
// VERSION: 2026-01-01_00-00-00_UTC
// ===BEGIN ICANN DOMAINS===
com
uk
co.uk  // what follows white space is no rule

*.ck
!www.ck
公司.cn
// ===BEGIN PRIVATE DOMAINS===
github.io
a.b.example
"""


def _compile(source: Path, target: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, _COMPILER, source, target], capture_output=True, text=True, check=False)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    (tmp_path / "list.dat").write_text(_LIST, "utf-8")
    assert _compile(tmp_path / "list.dat", tmp_path / "data" / "rules").returncode == 0
    return tmp_path / "data" / "rules"


@pytest.mark.parametrize(
    ("name", "site"),
    [
        ("www.one.com", "one.com"), ("one.com", "one.com"), ("com", "com"), ("www.bbc.co.uk", "bbc.co.uk"),
        ("bbc.co.uk", "bbc.co.uk"), ("co.uk", "co.uk"), ("other.uk", "other.uk"), ("a.b.other.uk", "other.uk"),
        ("x.y.z.ck", "y.z.ck"), ("y.z.ck", "y.z.ck"), ("z.ck", "z.ck"), ("www.ck", "www.ck"), ("a.www.ck", "www.ck"),
        ("a.b.xn--55qx5d.cn", "b.xn--55qx5d.cn"), ("xn--55qx5d.cn", "xn--55qx5d.cn"), ("b.cn", "b.cn"),
        ("me.github.io", "me.github.io"), ("x.me.github.io", "me.github.io"), ("github.io", "github.io"),
        ("x.other.io", "other.io"), ("q.a.b.example", "q.a.b.example"), ("q.b.example", "b.example"),
        ("no.such.tld", "such.tld"), ("localhost", "localhost"), ("", ""), (".", "."),
        ("WWW.BBC.CO.UK", "bbc.co.uk"), ("www.bbc.co.uk.", "bbc.co.uk"), ("Localhost.", "localhost"),
        ("192.0.2.1", "192.0.2.1"), ("192.0.2.1.", "192.0.2.1"), ("2001:db8::1", "2001:db8::1"),
        ("::ffff:192.0.2.1", "::ffff:192.0.2.1"),
        ("4.3.2.1.in-addr.arpa", "in-addr.arpa"), ("300.1.1.1", "1.1"),
        ("a..com", "a..com"), (".com", ".com"), ("..", ".."),
        (r"a\.b.com", r"a\.b.com"), (r"x.a\.b.com", r"a\.b.com"), (r"x.a\\.com", r"a\\.com"), (r"co\.uk", r"co\.uk"),
        (r"a.\000\255.com", r"\000\255.com"), ("a\\", "a\\"), ("a.b\\", "a.b\\"),
    ],
    ids=ascii,
)  # fmt: skip
def test_known_cases(data: Path, name: str, site: str) -> None:
    assert site_of(name, data) == site


@pytest.mark.parametrize(
    ("name", "labels"),
    [
        ("", [""]), ("a", ["a"]), ("a.b", ["a", "b"]), ("a.", ["a", ""]), (r"a\.b.c", [r"a\.b", "c"]),
        (r"a\\.b", [r"a\\", "b"]), (r"a\\\.b", [r"a\\\.b"]), (r"a\046b.c", [r"a\046b", "c"]),
        (r"\..\.", [r"\.", r"\."]),
    ],
)  # fmt: skip
def test_an_escaped_dot_separates_nothing(name: str, labels: list[str]) -> None:
    assert labels_of(name) == labels
    assert ".".join(labels) == name


_WORDS = ("com", "uk", "co", "ck", "www", "jp", "kawasaki", "city", "io", "github", "xn--55qx5d", "cn", "no", "s3",
          "amazonaws", "compute", "us-east-1", "elb", "a", "b1", "example", "org", "gov", "platform",
          "sh", "k12", "ma")  # fmt: skip


_Reader = tuple[frozenset[str], PublicSuffixList]


@pytest.fixture(scope="module")
def debian() -> _Reader:
    if not _DEBIAN.exists():
        pytest.skip(f"no {_DEBIAN}: `make setup` installs it")
    if data_version() is None:
        pytest.skip(f"no {sites.DATA}: `make build` makes it")
    with _DEBIAN.open("rb") as source:
        reader = PublicSuffixList(source, accept_unknown=True)
    rules = runpy.run_path(str(_COMPILER))["rules"](_DEBIAN.read_text("utf-8"))
    return frozenset(rules), reader


def _assert_agree(reader: PublicSuffixList, name: str, rules: frozenset[str]) -> None:
    # The other reader takes what stands after a wildcard for a suffix too, which no rule says.
    if "*." + name not in rules:
        assert site_of(name) == (reader.privatesuffix(name) or name), name


@settings(max_examples=1000)
@given(st.lists(st.sampled_from(_WORDS), min_size=1, max_size=7))
def test_random_names_as_another_reader_finds_them(debian: _Reader, labels: list[str]) -> None:
    _assert_agree(debian[1], ".".join(labels), debian[0])


def test_names_at_and_below_every_rule_as_another_reader_finds_them(debian: _Reader) -> None:
    rules, reader = debian
    assert len(rules) > 5_000
    for rule in rules:
        at = rule.removeprefix("!").replace("*", "any")
        for name in (at, at.partition(".")[2], "x." + at, "y.x." + at):
            _assert_agree(reader, name, rules)


@pytest.mark.usefixtures("debian")
def test_the_compiled_list_is_small() -> None:
    assert sites.DATA.stat().st_size <= 100_000


@given(st.text() | st.text(alphabet="a.\\\0é1:"))
def test_no_name_is_refused_and_every_site_is_its_end(name: str) -> None:
    site = site_of(name)
    assert site == name.lower() or name.lower().removesuffix(".").endswith(site)


def test_the_longest_of_names_takes_no_time_out_of_bounds() -> None:
    assert site_of("a." * 500_000 + "com") == "a.com"
    assert site_of("\\." * 500_000 + "com") == "\\." * 500_000 + "com"


@pytest.mark.parametrize("content", [None, b"", b"garbage", zlib.compress(b"\xff")], ids=repr)
def test_without_a_list_the_last_two_labels_are_taken(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "missing"
    if content is not None:
        path.write_bytes(content)
    assert data_version(path) is None
    assert [site_of(name, path) for name in ("www.bbc.co.uk", "one.com", "com", "1.2.3.4")] == [
        "co.uk", "one.com", "com", "1.2.3.4",
    ]  # fmt: skip


def test_the_version_is_that_of_the_list_or_its_hash(tmp_path: Path, data: Path) -> None:
    assert data_version(data) == "2026-01-01_00-00-00_UTC"
    versions = []
    for number, text in enumerate(("co.uk\n", "co.uk\n", "co.uk\nco.jp\n")):
        (tmp_path / "list.dat").write_text(text)
        _compile(tmp_path / "list.dat", tmp_path / str(number))
        versions.append(data_version(tmp_path / str(number)))
    assert versions[0] == versions[1] != versions[2] and str(versions[0]).startswith("sha256:")


@pytest.mark.parametrize(
    ("text", "said"),
    [(None, "install the Debian package publicsuffix"), ("// nothing\n", "holds no rules"), ("a.*.b\n", "wildcard")],
)
def test_a_list_that_cannot_be_compiled_makes_no_file(tmp_path: Path, text: str | None, said: str) -> None:
    if text is not None:
        (tmp_path / "list.dat").write_text(text)
    done = _compile(tmp_path / "list.dat", tmp_path / "data")
    assert done.returncode == 1 and said in done.stderr and done.stderr.count("\n") == 1
    assert not (tmp_path / "data").exists()
