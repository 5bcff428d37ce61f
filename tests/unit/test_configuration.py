"""The configuration file may be absent only where nobody named it, and what it says of the collector is checked."""

from __future__ import annotations

from pathlib import Path

import pytest

from traffic_analyzer.__main__ import main
from traffic_analyzer.configuration import UnreadableError, collector_of, located, sections_of, unknown_in
from traffic_analyzer.errors import UsageError
from traffic_analyzer.settings import OPTIONS, PLACES, Kind
from traffic_analyzer.uci import parse

from .nobody import as_nobody, public_folder
from .traffic import MINUTE, home, stored


def test_what_is_there_is_read(tmp_path: Path) -> None:
    path = tmp_path / "config"
    path.write_bytes(b"config quota 'a'\n\toption limit '5GB'\n# not UTF-8: \xff\nconfig device\n")
    assert [(s.type, s.name, s.options) for s in sections_of(path, False)] == [
        ("quota", "a", {"limit": "5GB"}), ("device", "", {}),
    ]  # fmt: skip


def test_absent(tmp_path: Path) -> None:
    path = tmp_path / "config"
    assert sections_of(path, may_be_absent=True) == []
    with pytest.raises(UsageError, match=f"^--config {path}: no such file$"):
        sections_of(path, may_be_absent=False)


@pytest.mark.parametrize("may_be_absent", [True, False])
def test_unreadable(may_be_absent: bool) -> None:
    with public_folder() as folder:
        path = folder / "config"
        path.write_text("config quota 'a'\n")
        path.chmod(0)
        with as_nobody(), pytest.raises(UnreadableError, match=f"^--config {path}: Permission denied$"):
            sections_of(path, may_be_absent)
        with pytest.raises(UnreadableError, match=f"^--config {folder}: Is a directory$"):
            sections_of(folder, may_be_absent)


def test_malformed(tmp_path: Path) -> None:
    path = tmp_path / "config"
    path.write_text("config quota 'a'\nopton limit 5GB\n")
    with pytest.raises(UsageError, match=f"^{path} line 2: 'opton' is none of "):
        sections_of(path, True)


def test_what_it_says_of_the_collector() -> None:
    sections = parse(
        "config quota 'db'\n option db q\nconfig collector 'collector'\n option enabled 0\n option db '/x y.db'\n"
        "list iface 'br-lan'\nlist iface 'eth0'\n option role 'eth1=wan'\n option archive_max_mib '0'\n"
        "option archive ''\n"
    )
    assert collector_of(sections, "f", OPTIONS) == {
        "db": "/x y.db", "iface": ["br-lan", "eth0"], "role": ["eth1=wan"], "archive_max_mib": 0,
    }  # fmt: skip
    assert collector_of(sections, "f", PLACES) == {"db": "/x y.db"}
    assert collector_of(parse("config collector"), "f", OPTIONS) == collector_of([], "f", OPTIONS) == {}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("option copy_days 3651", "f line 1: collector: option copy_days 3651: choose from 0 to 3650"),
        ("option copy_days 'a b'", "f line 1: collector: option copy_days a b: not a whole number"),
        ("list copy_days 7", "f line 1: collector: option copy_days has one value; write option copy_days, not list "
                             "copy_days"),
        ("list iface ''", "f line 1: collector: option iface: must not be empty"),
        ("option db \"a\0b\"", "f line 1: collector: option db: must not hold a NUL character"),
        ("config quota q\nconfig collector", "f line 3: a second collector; write all options into that of line 1"),
    ],
)  # fmt: skip
def test_what_is_wrong_of_the_collector_is_named(text: str, said: str) -> None:
    with pytest.raises(UsageError) as caught:
        collector_of(parse(f"config collector c\n{text}"), "f", OPTIONS)
    assert str(caught.value) == said


def test_a_command_is_not_kept_by_what_it_does_not_take() -> None:
    sections = parse("config collector\noption copy_days 3651\noption db x")
    assert collector_of(sections, "f", PLACES) == {"db": "x"}


def test_an_error_says_where_its_value_comes_from() -> None:
    sections = parse("config quota q\n\nconfig collector\noption web_listen x")
    for text, said in (
        ("--web-listen x: no", "f line 3: collector: option web_listen x: no"),
        ("--web-listen: no", "f line 3: collector: option web_listen: no"),
        ("--web-listener x", "--web-listener x"),
        ("--db x: no", "--db x: no"), ("no --web-listen x", "no --web-listen x"),
    ):  # fmt: skip
        assert located(text, ["web_listen"], sections, "f") == said
    assert located("--web-listen x", [], sections, "f") == "--web-listen x"


def test_options_that_nobody_knows_are_named() -> None:
    text = "config collector\noption enabled 1\noption copydays 3\nlist ifaces x\noption config y\nlist iface z"
    assert unknown_in(parse(text), "f") == "f line 1: collector: passed over, as unknown: copydays, config, ifaces"
    assert unknown_in(parse("config quota q\noption copydays 3\nconfig collector\noption db x"), "f") == ""


def test_all_that_a_command_takes_from_it_is_an_option() -> None:
    kinds = {setting.name: (setting.kind, setting.default) for setting in OPTIONS}
    assert [kinds[place.name] for place in PLACES] == [(place.kind, place.default) for place in PLACES]
    assert Kind.LIST not in {place.kind for place in PLACES}, "a list of other commands is a filter"


@pytest.mark.parametrize("command", ["ui", "link", "status", "run"])
def test_what_the_configuration_says_is_not_told_of_a_flag(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    path = stored(tmp_path / "traffic.db", home(MINUTE))
    config = tmp_path / "config"
    config.write_text(f"config collector\n\toption web_listen x\n\toption db '{path}'\n")
    wrong = "write an address of this machine and a port, as in 127.0.0.1:8377 or [::1]:8377, or off\n"
    said = _failed(capsys, str(config), command)
    assert said == f"traffic-analyzer: {config} line 1: collector: option web_listen x: {wrong}"
    assert _failed(capsys, str(config), command, "--web-listen", "y") == f"traffic-analyzer: --web-listen y: {wrong}"


def test_a_database_that_the_configuration_names_is_not_told_of_a_flag(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "config"
    config.write_text(f"config collector\n\toption db '{tmp_path}/none.db'\n")
    assert main(["top-ip"], str(config)) == 1
    said = capsys.readouterr().err
    assert said.startswith(f"traffic-analyzer: {config} line 1: collector: option db {tmp_path}/none.db: no such")


def _failed(capsys: pytest.CaptureFixture[str], config: str, *argv: str) -> str:
    assert main(list(argv), config) == 2
    return capsys.readouterr().err
