"""The man page, drawn from the declarations: ``make docs``."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from .. import __version__
from ..reports.registry import REPORTS
from ..settings import DB, DEFAULT_CONFIG, REPORT, VIEW, WEB_TOKEN_FILE, Kind, Setting
from .commands import (
    COMMANDS,
    DEFAULT,
    DESCRIPTION,
    EXITS,
    PROGRAM,
    SHAPES,
    Command,
    command_of,
    help_of,
    line_of,
    metavar_of,
    sentence_of,
)

_WORDS = (
    ("exact", "a name was read on that very connection, or its device asked for this one name alone"),
    ("ambiguous", "the device asked for several names of that address, or somebody else did"),
    ("hidden", "the name is encrypted (ECH); what is shown is the provider's public one"),
    ("unknown", "no name was seen"),
)
_ENVIRONMENT = (
    ("NO_COLOR", "Set to anything but nothing: no colours. Others get them on a terminal alone, and where TERM is not "
                 "dumb."),
    ("COLUMNS, LINES", "Size of the terminal, where it is not what the terminal says itself."),
    ("TZ", "Zone of local times; it has to be the collector's for days to be found whole."),
)  # fmt: skip
_FILES = (
    (DB.default, "What was counted."),
    (DEFAULT_CONFIG, "What the collector is to do, quotas, and the names of devices."),
    (WEB_TOKEN_FILE.default, "The token of the page."),
)
_COMPLETION = (
    "Completion for bash and zsh comes with the package. The ash of BusyBox completes names of files and of commands "
    "only, and cannot be taught more; there --help lists what can be typed."
)


def _escaped(text: str) -> str:
    """*text* as roff takes it: nothing of it is a request, and a hyphen is one that can be typed."""
    shown = text.replace("\\", "\\e").replace("-", "\\-").replace("'", "\\(aq").replace("`", "\\(ga")
    return f"\\&{shown}" if shown.startswith(".") else shown


def _named(entries: Iterable[tuple[str, str]]) -> list[str]:
    """Paragraphs, each under its word."""
    return [line for word, text in entries for line in (".TP", f".B {_escaped(word)}", _escaped(text))]


def _settings(settings: Sequence[Setting]) -> list[str]:
    lines = []
    for setting in settings:
        metavar = "" if setting.is_positional else metavar_of(setting)
        flag = _escaped(setting.flag)
        font = f".BI {flag} \" {_escaped(metavar)}\"" if metavar else f".B {flag}"
        text = help_of(setting)
        if setting.kind is Kind.INTEGER:
            text += f"; from {setting.minimum} to {setting.maximum}"
        lines += [".TP", font, _escaped(text + ".")]
    return lines


def _command(command: Command, settings: Sequence[Setting]) -> list[str]:
    lines = [f".SS {_escaped(command.name)}", _escaped(sentence_of(command)), *_settings(settings)]
    lines += [".PP", _escaped(command.note)] if command.note else []
    for arguments, says in command.examples:
        lines += [".PP", _escaped(says[0].upper() + says[1:]) + ":", ".PP", ".RS", ".nf",
                  _escaped(line_of(command, arguments)), ".fi", ".RE"]  # fmt: skip
    return lines


def render_manual() -> str:
    """The whole page, for man(1)."""
    lines = [
        '.\\" Made by `make docs` from the declarations. Do not edit.',
        f".TH {PROGRAM.upper()} 1 \"\" \"{PROGRAM} {__version__}\"",
        ".SH NAME", f"{_escaped(PROGRAM)} \\- where a network\\(aqs traffic goes",
        ".SH SYNOPSIS", f".B {_escaped(PROGRAM)}", "[", ".I COMMAND", "]", "[", ".I OPTION", "\\&... ]",
        ".SH DESCRIPTION", _escaped(DESCRIPTION),
        ".PP", _escaped(f"Without a command it is {DEFAULT}. A report answers from the database, whether the collector "
                        "runs or not, and says in its last line how complete that is. How sure a name is:"),
        *_named(_WORDS),
        ".SH COMMANDS",
        *(line for command in COMMANDS for line in _command(command, (*command.settings, *command.views))),
        ".SH REPORTS", "Every report takes:", *_settings((*REPORT, *VIEW)),
        *_named((f"--{shape}", f"{text}.") for shape, text in SHAPES.items()),
        *(line for report in REPORTS.values() for line in _command(
            command_of(report), [s for s in command_of(report).settings if s not in REPORT])),
        ".SH EXIT STATUS", *_named((str(status), text[0].upper() + text[1:] + ".") for status, text in EXITS.items()),
        ".PP", _escaped("What ends with --watch, by Ctrl-C, is done."),
        ".SH ENVIRONMENT", *_named(_ENVIRONMENT),
        ".SH FILES", *_named((str(path), text) for path, text in _FILES),
        ".SH NOTES", _escaped(_COMPLETION),
    ]  # fmt: skip
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    print(render_manual(), end="")
