"""Every command as data: help, man page, completion and reference are drawn from here, and from the reports."""

from __future__ import annotations

from dataclasses import dataclass

from ..reports.declaration import Report
from ..reports.registry import REPORTS
from ..settings import EXPORT, IMPORT, LINK, PLACES, PRUNE, RUN, STATUS, SUMMARY, UI, UTC, VIEW, WATCH, Kind, Setting
from .flags import flags_of

PROGRAM = "traffic-analyzer"
DESCRIPTION = "Where this network's traffic goes: device, site, protocol, how much, and how sure we are."
#: What a command line is taken for that names no command.
DEFAULT = "summary"
#: How a command ends, by its exit status.
EXITS = {
    0: "done, as are run and --watch by Ctrl-C",
    1: "the kernel or the database refused",
    2: "the command line is wrong",
    130: "interrupted by Ctrl-C before it was done",
}
_CONFIGURED = (
    "Each but `--config` may be said in the configuration file too, as an option of `config collector` with the name "
    "of the flag in underscores (`option copy_days '7'`; what may be repeated is a `list`). A flag goes before it, "
    "and where `--db` is one, `archive` is left out, as it is that of another database. What the file says of "
    f"{', '.join(f'`{place.flag}`' for place in PLACES)} holds for every command that takes them. Options that nobody "
    "knows are named and passed over."
)
#: By flag: other shapes than text for a person.
SHAPES = {"json": "JSON, with units", "csv": "CSV"}


@dataclass(frozen=True)
class Command:
    """What can be asked of the program."""

    name: str
    help: str
    settings: tuple[Setting, ...]
    views: tuple[Setting, ...] = ()  #: how what it says is shown
    shapes: tuple[str, ...] = ()  #: of :data:`SHAPES`, besides text
    examples: tuple[tuple[str, str], ...] = ()  #: arguments, and what they come to
    note: str = ""  #: what else there is to know


#: All but reports.
COMMANDS = (
    Command("run", "collect traffic until Ctrl-C", RUN, examples=(
        ("", "on the interfaces that see everything, as they come and go"),
        ("--iface br-lan --iface eth1 --role eth1=wan", "on these two alone, and eth1 leads to the internet"),
        ("--db /tmp/traffic.db --archive /srv/traffic.db", "minutes in RAM, hours and days on a disk that lasts"),
    ), note=_CONFIGURED),
    Command("summary", "the last hour and today on one screen; what is shown where no command is named", SUMMARY, VIEW,
            examples=(("", "the same as without the word"), ("--watch 10", "again each ten seconds"))),
    Command("status", "how the collector stands, and what it cannot see", STATUS, (UTC, WATCH), ("json",), (
        ("", "is it counting, how much of the traffic, since when, what hides the rest"),
        ("--json", "the same for a program"),
    )),
    Command("ui", "a dashboard on this terminal: rates, and every report as a pane", UI, (UTC,), examples=(
        ("", "of the last hour; ? lists the keys"),
        ("--period day --limit 20", "today, twenty rows a pane"),
        ("--db /mnt/usb/traffic.db --web-listen off", "of a database, whatever is counted meanwhile"),
    )),
    Command("link", "the page's address, with the token that opens it", LINK,
            examples=(("", "open what it prints in a browser on this machine"),)),
    Command("prune", "delete rows older than a number of days", PRUNE, examples=(
        ("--retention-days 90", "keep the last three months"),
        ("--retention-days 7 --tier minutes", "keep addresses and ports for a week, hours and days as before"),
    )),
    Command("export", "write everything to one file", EXPORT, examples=(
        ("/mnt/usb/traffic.db", "a database that every command reads as --db"),
        ("- | gzip > traffic.db.gz", "to a pipe"),
    )),
    Command("import", "add the rows of a file", IMPORT,
            examples=(("/mnt/usb/traffic.db", "what export made, on this machine or another"),)),
)  # fmt: skip


def command_of(report: Report) -> Command:
    """The command that a report is asked by."""
    return Command(report.name, report.help, flags_of(report), VIEW, tuple(SHAPES), report.examples)


def every_command() -> tuple[Command, ...]:
    """All there are, reports last."""
    return (*COMMANDS, *map(command_of, REPORTS.values()))


def sentence_of(command: Command) -> str:
    """Its help as a sentence."""
    return command.help[0].upper() + command.help[1:] + "."


def line_of(command: Command, arguments: str) -> str:
    """What is typed."""
    return f"{PROGRAM} {command.name} {arguments}".rstrip()


def help_of(setting: Setting) -> str:
    """What a setting means, and its default where it has one."""
    has_default = setting.default is not None and setting.kind is not Kind.SWITCH
    return f"{setting.help} (default: {setting.default})" if has_default else setting.help


def metavar_of(setting: Setting) -> str:
    """What stands for its value; empty: it takes none."""
    if setting.kind is Kind.SWITCH:
        return ""
    if setting.choices and not setting.metavar:
        return "|".join(setting.choices)
    return setting.metavar or ("N" if setting.kind is Kind.INTEGER else "TEXT")
