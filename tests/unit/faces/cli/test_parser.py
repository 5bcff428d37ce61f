"""The command line: the seed's flags with their defaults, and one line for every mistake."""

from __future__ import annotations

import argparse
import json
import shlex
from pathlib import Path

import pytest

from traffic_analyzer import __version__
from traffic_analyzer.__main__ import ACTIONS, main
from traffic_analyzer.errors import UsageError
from traffic_analyzer.faces.asked import selection_of
from traffic_analyzer.faces.cli.parser import build_parser, with_command
from traffic_analyzer.faces.commands import Command, every_command
from traffic_analyzer.reports.registry import REPORTS
from traffic_analyzer.reports.selection import checked
from traffic_analyzer.settings import DEFAULT_DB, Kind

from ...nobody import as_nobody, public_folder
from ...traffic import MINUTE, batch, flow_key, home, stored

_COMMANDS = [*(action.name for action in ACTIONS), *REPORTS]
_READING = [name for name in _COMMANDS if name not in ("run", "import", "link", "ui")]
_IFACE_DB = {
    "--iface": ("eth0", ["eth0"], None),
    "--db": ("x.db", "x.db", "/var/lib/traffic-analyzer/traffic-analyzer.db"),
}
_WITHOUT_LIMIT = _IFACE_DB | {"--archive": ("a.db", "a.db", None), "--lookback-minutes": ("5", 5, 60)}
_REPORT = _WITHOUT_LIMIT | {"--limit": ("7", 7, 20)}
#: The flags of traffic-analyzer-rs, and of our own reports: by command, (an argument, what it means, the default).
_SEED: dict[str, dict[str, tuple[str, object, object]]] = {
    "run": _IFACE_DB | {
        "--bpf-object": ("x.o", "x.o", None), "--flush-interval-secs": ("2", 2, 1), "--dns-ttl-cap-secs": ("6", 6, 600),
        "--sni-ttl-cap-secs": ("3", 3, 300), "--flow-idle-timeout-secs": ("9", 9, 900),
        "--event-poll-millis": ("1", 1, 100),
    },
    "summary": {"--db": _IFACE_DB["--db"], "--archive": ("a.db", "a.db", None)},
    "status": {"--db": _IFACE_DB["--db"], "--archive": ("a.db", "a.db", None),
               "--web-listen": ("off", "off", "127.0.0.1:8377")},
    "ui": _WITHOUT_LIMIT | {
        "--limit": ("7", 7, 10), "--refresh-secs": ("5", 5, 2), "--web-listen": ("off", "off", "127.0.0.1:8377"),
        "--web-token-file": ("x", "x", "/run/traffic-analyzer/token"),
    },
    "link": {"--web-listen": ("off", "off", "127.0.0.1:8377"),
             "--web-token-file": ("x", "x", "/run/traffic-analyzer/token")},
    "prune": {"--db": _IFACE_DB["--db"], "--retention-days": ("1", 1, 30), "--archive": ("a.db", "a.db", None),
              "--tier": ("days", ["days"], None)},
    "export": {"--db": _IFACE_DB["--db"], "--archive": ("x.db", "x.db", None)},
    "import": {"--db": _IFACE_DB["--db"], "--archive": ("x.db", "x.db", None)},
    "domain-detail": _WITHOUT_LIMIT | {"--domain": ("a.b", ["a.b"], ["x"]), "--limit": ("7", 7, 50)},
    "attribution-coverage": _WITHOUT_LIMIT, "ledger": _WITHOUT_LIMIT, "usage": _WITHOUT_LIMIT, "top-device": _REPORT,
    "timeline": _WITHOUT_LIMIT | {"--limit": ("7", 7, 121)},
    "device-detail": _WITHOUT_LIMIT | {"--device": ("tv", ["tv"], ["x"]), "--limit": ("7", 7, 25)},
} | dict.fromkeys(
    ("top-ip", "top-lan", "top-flow", "top-domain", "top-dns", "top-sni", "top-quic", "top-dohdot", "dns-cache-inspect",
     "collector-health", "top-protocol"), _REPORT
)  # fmt: skip
#: Our own: what each command takes besides.
_OF_FLOWS = {"--device", "--domain", "--protocol", "--sort"}
_OURS = (
    dict.fromkeys(REPORTS, _OF_FLOWS)
    | dict.fromkeys(("top-domain", "top-quic"), {*_OF_FLOWS, "--by"})
    | dict.fromkeys(("top-dns", "top-sni"), {"--device", "--domain", "--by", "--sort"})
    | dict.fromkeys(("collector-health", "dns-cache-inspect", "ledger", "usage"), {"--sort"})
    | {"device-detail": {"--device"}}
)
#: What a command cannot do without.
_NEEDED = {
    "domain-detail": ("--domain", "x"), "device-detail": ("--device", "x"), "export": ("FILE",), "import": ("FILE",),
}  # fmt: skip


def _parse(command: str, *argv: str) -> argparse.Namespace:
    """With what *command* needs, where it is not given."""
    needed = _NEEDED.get(command, ())
    given = any(word.startswith(needed[0]) for word in argv) if needed else True
    return build_parser(ACTIONS, lambda _: 0).parse_args([command, *argv, *(() if given else needed)])


def _fails(capsys: pytest.CaptureFixture[str], status: int, *argv: object) -> str:
    assert main([str(word) for word in argv]) == status
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("traffic-analyzer: ") and said.err.endswith("\n") and said.err.count("\n") == 1
    return said.err


@pytest.mark.parametrize(("command", "flag"), [(command, flag) for command, flags in _SEED.items() for flag in flags])
def test_flags_of_the_seed(command: str, flag: str) -> None:
    argument, value, default = _SEED[command][flag]
    name = flag.removeprefix("--").replace("-", "_")
    assert getattr(_parse(command), name) == default
    assert getattr(_parse(command, flag, argument), name) == value
    assert getattr(_parse(command, f"{flag}={argument}"), name) == value


def test_every_command_that_exists_is_one_of_the_table() -> None:
    assert set(_SEED) == set(_COMMANDS)
    assert _parse("run").db == DEFAULT_DB


@pytest.mark.parametrize("command", ["run", *REPORTS])
def test_interfaces_may_be_several(command: str) -> None:
    assert _parse(command, "--iface", "b", "--iface=a").iface == ["b", "a"]


@pytest.mark.parametrize("command", _COMMANDS)
def test_help_names_every_flag_and_its_default(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([command, "--help"])
    text = "".join(capsys.readouterr().out.split())  # lines are broken anywhere
    assert ended.value.code == 0
    for flag, (_, _, default) in _SEED[command].items():
        assert flag in text and (default is None or flag in _NEEDED.get(command, ()) or f"(default:{default})" in text)


@pytest.mark.parametrize("command", REPORTS)
@pytest.mark.parametrize(("flag", "argument"), [("--device", "10.0.0.1"), ("--domain", "a.b"), ("--by", "site"),
                                                 ("--protocol", "udp/443"), ("--sort", "packets")])  # fmt: skip
def test_flags_of_ours_are_known_only_where_they_make_sense(command: str, flag: str, argument: str) -> None:
    if flag in _OURS[command]:
        is_one = flag in ("--by", "--sort")
        if flag == "--sort":
            argument = REPORTS[command].columns[-1].name
        value = argument if is_one else [argument, "c"]
        parsed = _parse(command, flag, argument, *([] if is_one else [f"{flag}=c"]))
        assert getattr(parsed, flag.removeprefix("--")) == value
    else:
        with pytest.raises(UsageError, match=f"^{flag}: traffic-analyzer {command} has no such flag"):
            _parse(command, flag, argument)


@pytest.mark.parametrize("command", _COMMANDS)
def test_what_was_given_is_known_even_where_it_is_the_default(command: str) -> None:
    flags = _SEED[command].items()
    flag, (argument, value, default) = next((f, said) for f, said in flags if f not in ("--iface", "--domain"))
    name = flag.removeprefix("--").replace("-", "_")
    assert _parse(command).given == frozenset()
    assert _parse(command, flag, str(default)).given == _parse(command, flag, argument).given == {name}
    assert getattr(_parse(command, flag, argument), name) == value


@pytest.mark.parametrize("command", REPORTS)
def test_every_report_takes_every_way_to_say_when(command: str) -> None:
    given = {"--period": "last-month", "--start-day": 31, "--since": "2026-03-29", "--until": "9m", "--day": "today"}
    parsed = vars(_parse(command, *(f"{flag}={value}" for flag, value in given.items())))
    assert {flag: parsed[flag.removeprefix("--").replace("-", "_")] for flag in given} == given


def test_a_report_without_a_limit_takes_none() -> None:
    with pytest.raises(UsageError, match="^--limit: traffic-analyzer attribution-coverage has no such flag"):
        _parse("attribution-coverage", "--limit", "5")


def test_what_a_command_needs(capsys: pytest.CaptureFixture[str]) -> None:
    assert "required: --domain" in _fails(capsys, 2, "domain-detail")
    assert "required: --device" in _fails(capsys, 2, "device-detail")
    assert "required: FILE" in _fails(capsys, 2, "export")
    assert "required: FILE" in _fails(capsys, 2, "import")


def test_what_has_no_flag_is_the_word_that_is_left() -> None:
    parse = build_parser(ACTIONS, lambda _: 0).parse_args
    assert parse(["export", "--db", "a.db", "b.db"]).to == "b.db"
    assert parse(["import", "b.db", "--db", "a.db"]).from_ == "b.db"
    with pytest.raises(UsageError, match="^FILE: must not be empty$"):
        parse(["export", ""])


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["top-ip", "--device", "laptop"], "--device laptop: no device of that name; `traffic-analyzer top-"),
        (["top-ip", "--domain", ".."], "--domain ..: not a name"),
        (["top-ip", "--day", "today", "--period", "day"], "--period and --day do not go together: choose one"),
        (["top-ip", "--lookback-minutes", "60", "--day", "today"], "--lookback-minutes and --day do not go together"),
        (["top-ip", "--period", "month", "--start-day", "32"], "--start-day 32: choose from 1 to 31"),
        (["top-ip", "--period", "decade"], "--period decade: choose from hour, day"),
        (["top-ip", "--since", "\x1b[2J"], r"--since \x1b[2J: not a time; give 2026-03-29"),
        (["top-ip", "--until", "now"], "--until takes --since, or --lookback-minutes"),
        (["top-domain", "--by", "colour"], "--by colour: choose from name, site"),
        (["run", "--capture-heads-per-sec", "1000001"], "choose from 0 to 1000000"),
        (["run", "--capture-buffer-kib", "63"], "choose from 64 to 262144"),
        (["run", "--web-listen", "8377"], "--web-listen 8377: write an address of this machine and a port, as in 127"),
        (["run", "--web-host", "router.lan:8377"], "--web-host router.lan:8377: write a name, as in router.lan"),
    ],
)
def test_mistakes_say_what_is_taken(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], argv: list[str], said: str
) -> None:
    path = stored(tmp_path / "traffic.db", batch({flow_key(): (1, 1)}))
    assert said in _fails(capsys, 2, *argv, *(["--db", path] if argv[0] != "run" else []))


@pytest.mark.parametrize("argv", [[], ["--watch", "5"], ["-h5"], ["--db=x"]])
def test_without_a_command_it_is_the_summary(argv: list[str]) -> None:
    assert with_command(argv) == ["summary", *argv]


@pytest.mark.parametrize("argv", [["--help"], ["-h"], ["--version"], ["top-ip"], ["bogus", "--db"]])
def test_what_names_a_command_stays(argv: list[str]) -> None:
    assert with_command(argv) == argv


@pytest.mark.parametrize("name", [name for name in _COMMANDS if name != "run"])
def test_views(name: str) -> None:
    command = next(command for command in every_command() if command.name == name)
    for setting in command.views:
        argument = [] if setting.kind is Kind.SWITCH else ["5"]
        parsed = _parse(name, setting.flag, *argument)
        assert getattr(parsed, setting.name) == (int(argument[0]) if argument else True)
        assert getattr(_parse(name), setting.name) == setting.default
    assert len(command.views) == (4 if name in (*REPORTS, "summary") else {"status": 2, "ui": 1}.get(name, 0))


@pytest.mark.parametrize(
    ("name", "arguments"), [(command.name, text) for command in every_command() for text, _ in command.examples]
)
def test_examples_can_be_typed(name: str, arguments: str) -> None:
    """As they are, and what they ask for can be asked."""
    parsed = build_parser(ACTIONS, lambda _: 0).parse_args([name, *shlex.split(arguments.partition("|")[0])])
    assert parsed.command == name
    if name in REPORTS:
        given = {key: value for key, value in vars(parsed).items() if key in parsed.given or isinstance(value, list)}
        checked(selection_of(given, MINUTE), REPORTS[name])


@pytest.mark.parametrize("command", every_command(), ids=lambda command: command.name)
def test_help_has_examples_and_how_it_ends(command: Command, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main([command.name, "--help"])
    text = capsys.readouterr().out
    assert command.examples
    for arguments, says in command.examples:
        assert f"\n  traffic-analyzer {command.name} {arguments}".rstrip() + f"\n      {says}\n" in text
    assert " ".join(text.split()).endswith(
        "Exit status: 0 done, as are run and --watch by Ctrl-C; 1 the kernel or the database refused; 2 the command "
        "line is wrong; 130 interrupted by Ctrl-C before it was done."
    )


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--version"])
    assert (ended.value.code, capsys.readouterr().out) == (0, f"traffic-analyzer {__version__}\n")


@pytest.mark.parametrize(
    "argv",
    [
        ["top"], ["--db", "x", "top-ip"], ["top-ip", "x"], ["top-ip", "--lim", "3"], ["top-ip", "--limit"],
        ["top-ip", "--limit="], ["top-ip", "--limit", "0"], ["top-ip", "--limit", "1.5"],
        ["top-ip", "--limit", "-1"], ["top-ip", "--json", "--csv"], ["top-ip", "--json=1"],
        ["top-ip", "--watch", "0"], ["top-ip", "--watch", "5", "--csv"], ["top-ip", "--wide=1"], ["run", "--utc"],
        ["top-ip", "--db", ""], ["top-ip", "--iface", ""], ["top-ip", "--db", "a\0b"],
        ["top-ip", "--lookback-minutes", "0"], ["prune", "--retention-days", "0"], ["prune", "--iface", "eth0"],
        ["run", "--flush-interval-secs", "0"], ["run", "--flow-map-entries", "x"],
        ["run", "--json"], ["run", "--iface", "no-such-iface"], ["run", "--event-poll-millis", "10001"],
        ["run", "--role", "lo"], ["run", "--role", "=lan"], ["run", "--role", "lo=dmz"], ["run", "--role", "lo="],
        ["run", "--role", "no-such-iface=lan"], ["run", "--iface", "lo", "--role", ""],
    ],
    ids=repr,
)  # fmt: skip
def test_a_mistake_is_one_line_and_status_2(capsys: pytest.CaptureFixture[str], argv: list[str]) -> None:
    _fails(capsys, 2, *argv)


def test_an_interface_never_counted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = stored(tmp_path / "traffic.db", home(MINUTE))
    assert "--iface eth9: never counted" in _fails(capsys, 2, "top-ip", "--db", path, "--iface", "eth9")


@pytest.mark.parametrize("hostile", ["two\nlines", "\x1b[2J", "abc\u202ecba"], ids=ascii)
@pytest.mark.parametrize("argv", [["top-ip", "--limit"], ["top-ip"], [], ["run", "--iface"]], ids=" ".join)
def test_a_hostile_argument_is_quoted_in_one_printable_line(
    capsys: pytest.CaptureFixture[str], argv: list[str], hostile: str
) -> None:
    assert _fails(capsys, 2, *argv, hostile)[:-1].isprintable()


@pytest.mark.parametrize("command", _READING)
@pytest.mark.parametrize("what", ["missing", "missing folder", "folder", "text", "truncated"])
def test_no_database(tmp_path: Path, capsys: pytest.CaptureFixture[str], command: str, what: str) -> None:
    path = tmp_path / "strange.db"
    if what == "missing folder":
        path = tmp_path / "folder" / "strange.db"
    elif what == "folder":
        path.mkdir()
    elif what == "text":
        path.write_text("SELECT 1;\n" * 1000)
    elif what == "truncated":
        whole = stored(path, batch({flow_key(f"10.0.{n >> 8}.{n & 255}"): (1, 1) for n in range(2000)})).read_bytes()
        path.write_bytes(whole[: len(whole) // 2])
    before = path.read_bytes() if path.is_file() else None
    assert f"--db {path}: " in _fails(capsys, 1, command, "--db", path, *_NEEDED.get(command, ()))
    assert (path.read_bytes() if path.is_file() else None) == before
    assert [p.name for p in tmp_path.iterdir() if p.suffix not in (".db-wal", ".db-shm")] == [path.name] * path.exists()


def test_a_wrong_name_for_a_device_stops_the_start(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "config"
    path.write_text("config quota 'a'\n\toption limit '5GB'\nconfig device\n\toption mac 'tv'\n\toption name 'tv'\n")
    assert main(["run", "--config", str(path), "--db", str(tmp_path / "traffic.db"), "--iface", "lo"]) == 2
    assert capsys.readouterr().err == (
        f"traffic-analyzer: {path} line 3: mac 'tv': write it as aa:bb:cc:dd:ee:ff\n"
    )
    assert list(tmp_path.iterdir()) == [path]


def _configured(folder: Path, *options: str) -> str:
    path = folder / "config"
    path.write_text("config collector 'collector'\n" + "".join(f"\toption {option}\n" for option in options))
    return str(path)


def _rows(capsys: pytest.CaptureFixture[str], config: str, *argv: object) -> tuple[int, str]:
    """How many rows a report has, and what it says on standard error."""
    assert main([str(word) for word in argv] + ["--json"], config) == 0
    said = capsys.readouterr()
    return len(json.loads(said.out)["rows"]), said.err


def test_a_report_is_of_the_database_that_the_configuration_names(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    here = stored(tmp_path / "here.db", home(MINUTE))
    there = stored(tmp_path / "there.db", batch({flow_key(): (1, 1)}))
    config = _configured(tmp_path, f"db '{here}'", "iface 'no-filter-of-a-report'", "copy_days 'not asked for'")
    when = "top-ip", "--since", "1970-01-01"
    of_here, _ = _rows(capsys, "/nowhere", *when, "--db", here)
    of_there, _ = _rows(capsys, "/nowhere", *when, "--db", there)
    assert of_here != of_there
    assert _rows(capsys, config, *when) == (of_here, "")
    assert _rows(capsys, config, *when, "--db", there) == (of_there, "")


def test_the_archive_that_it_names_is_that_of_no_other_database(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = stored(tmp_path / "traffic.db", home(MINUTE))
    config = _configured(tmp_path, f"db '{path}'", f"archive '{tmp_path}/archive.db'")
    when = "top-ip", "--since", "1970-01-01"
    document = json.loads(_shown(capsys, config, *when))
    assert any(f"--archive {tmp_path}/archive.db: " in remark["text"] for remark in document["remarks"])
    assert json.loads(_shown(capsys, config, *when, "--db", str(path)))["remarks"] == []


def _shown(capsys: pytest.CaptureFixture[str], config: str, *argv: str) -> str:
    assert main([*argv, "--json"], config) == 0
    return capsys.readouterr().out


def test_a_configuration_that_is_wrong_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = _configured(tmp_path, "copy_days '3651'", "comit 'x'")
    assert main(["run", "--iface", "lo"], config) == 2
    assert capsys.readouterr().err == (
        f"traffic-analyzer: {config} line 1: collector: passed over, as unknown: comit\n"
        f"traffic-analyzer: {config} line 1: collector: option copy_days 3651: choose from 0 to 3650\n"
    )


def test_run_takes_flags_before_the_configuration(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = _configured(tmp_path, f"db '{tmp_path}/x.db'", "iface 'no-such-one'")
    said = f"traffic-analyzer: {config} line 1: collector: option iface no-such-one: no such interface; this machine"
    assert _failed(capsys, config, "run").startswith(said)
    assert "--iface nor-this: no such interface" in _failed(capsys, config, "run", "--iface", "nor-this")
    assert _failed(capsys, "/nowhere", "run", "--config", config).startswith(said)
    assert "--config /nowhere: no such file" in _failed(capsys, config, "run", "--config", "/nowhere")


def _failed(capsys: pytest.CaptureFixture[str], config: str, *argv: str) -> str:
    assert main(list(argv), config) == 2
    return capsys.readouterr().err


def test_a_configuration_for_root_alone_keeps_nobody_from_a_report(capsys: pytest.CaptureFixture[str]) -> None:
    with public_folder() as folder:
        path = stored(folder / "traffic.db", home(MINUTE))
        path.chmod(0o644)
        config = _configured(folder, f"db '{path}'")
        Path(config).chmod(0)
        with as_nobody():
            assert _rows(capsys, config, "top-ip", "--db", path)[1] == ""
            said = _failed_to_read(capsys, config)
            assert "Permission denied" in _failed(capsys, config, "run")
    assert said.startswith(f"traffic-analyzer: {config} cannot be read: taking --db {DEFAULT_DB}, whatever it says (")


def _failed_to_read(capsys: pytest.CaptureFixture[str], config: str) -> str:
    main(["top-ip"], config)  # of whatever is at the default place
    return capsys.readouterr().err
