"""The parser, built from declarations; of all commands only the one that is asked for."""

from __future__ import annotations

import argparse
import shutil
import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

from ... import __version__
from ...errors import UsageError, nearest
from ...reports.registry import REPORTS
from ...settings import Kind, Setting
from ..commands import (
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
from ..width import cut

_OWN_FLAGS = {"-h", "--help", "--version"}
_TYPED_MAX = 64
_MARGIN = 2  # columns that argparse leaves free
_EXAMPLES = (
    (DEFAULT, "", "the last hour and today on one screen"),
    ("top-device", "--period day", "who used how much today"),
    ("top-domain", "--by site --device laptop", "what for"),
)


@dataclass(frozen=True)
class Action:
    """A command that does something, and what does it: handed in by the composition root."""

    command: Command
    do: Callable[[argparse.Namespace], int]

    @property
    def name(self) -> str:
        """The command's."""
        return self.command.name


def _quoted(text: object) -> str:
    """What somebody typed, as far as it is worth to be told again."""
    return cut(str(text), _TYPED_MAX)


class _Store(argparse.Action):
    """Notes in ``given`` what was said, which its default would be taken for otherwise."""

    def __call__(self, _parser: object, namespace: argparse.Namespace, values: object, _option: object = None) -> None:
        setattr(namespace, self.dest, values)
        namespace.given = namespace.given | {self.dest}


class _Parser(argparse.ArgumentParser):
    """It has its arguments once it is asked for anything."""

    def __init__(
        self, prog: str, description: str = "", epilog: str = "", fill: Callable[[_Parser], None] | None = None
    ) -> None:
        shape = argparse.RawDescriptionHelpFormatter  # examples are lines
        super().__init__(prog, None, description, epilog, formatter_class=shape, allow_abbrev=False)
        self._fill = fill

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        if self._fill:
            fill, self._fill = self._fill, None
            fill(self)
        found, unknown = super().parse_known_args(args, namespace)
        if unknown:
            self._refuse(unknown)
        return found, unknown

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        """What names no command; every other choice is a setting's own matter."""
        if action.choices is not None and value not in action.choices:
            self.error(f"{_quoted(value)}: no such command{nearest(str(value), action.choices)}")

    def _refuse(self, unknown: Sequence[str]) -> NoReturn:
        flag = unknown[0].partition("=")[0]
        if not flag.startswith("-"):
            self.error(f"{_quoted(flag)}: one word too many; values of flags stand behind them")
        known = [name for name in self._option_string_actions if name.startswith("--")]
        self.error(f"{_quoted(flag)}: {self.prog} has no such flag{nearest(flag, known)}")

    def _print_message(self, message: str, file: Any = None) -> None:
        """argparse's own says nothing of a disk that is full, where output is not buffered."""
        print(message, end="", file=file)

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message}; see `{self.prog} --help`")


def with_command(argv: Sequence[str]) -> list[str]:
    """*argv* with a command in front: where it begins with a flag that is not the program's own, the default one."""
    is_named = bool(argv) and (not argv[0].startswith("-") or argv[0] in _OWN_FLAGS)
    return [*argv] if is_named else [DEFAULT, *argv]


def build_parser(actions: Sequence[Action], report: Callable[[argparse.Namespace], int]) -> argparse.ArgumentParser:
    """The whole command line. A parsed namespace has ``command``, ``do``, and in ``given`` the names of settings that
    do not have their value by default; of lists, that shows in the value.

    :param report: what every report's command does.
    """
    examples = [(f"{PROGRAM} {name} {arguments}".rstrip(), says) for name, arguments, says in _EXAMPLES]
    parser = _Parser(
        prog=PROGRAM, description=_filled(DESCRIPTION + f" Without a command: {DEFAULT}."), epilog=_epilog(examples)
    )
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    commands = parser.add_subparsers(
        title="commands", dest="command", metavar="COMMAND", required=True, parser_class=_Parser
    )
    every = [(action.command, action.do) for action in actions]
    for command, do in (*every, *((command_of(declared), report) for declared in REPORTS.values())):
        commands.add_parser(command.name, help=command.help, fill=_filler(command, do))
    return parser


def _filler(command: Command, do: Callable[[argparse.Namespace], int]) -> Callable[[_Parser], None]:
    def fill(parser: _Parser) -> None:
        parser.description = _filled(sentence_of(command))
        parser.epilog = _epilog([(line_of(command, arguments), says) for arguments, says in command.examples])
        parser.set_defaults(given=frozenset(), do=do, shape="table")
        _add(parser, command.settings)
        if command.views or command.shapes:
            shown = parser.add_argument_group("how it is shown")
            _add(shown, command.views)
            shapes = shown.add_mutually_exclusive_group() if command.shapes else shown  # argparse shows no empty ones
            for shape in command.shapes:
                shapes.add_argument(f"--{shape}", dest="shape", action="store_const", const=shape, help=SHAPES[shape])

    return fill


def _filled(text: str) -> str:
    return textwrap.fill(text, max(shutil.get_terminal_size().columns - _MARGIN, 20))


def _epilog(examples: Sequence[tuple[str, str]]) -> str:
    lines = ["examples:"] if examples else []
    for typed, says in examples:
        lines += [f"  {typed}", f"      {says}"]
    exits = "; ".join(f"{status} {meaning}" for status, meaning in EXITS.items())
    return "\n".join([*lines, *([""] if lines else []), _filled(f"Exit status: {exits}.")])


def _add(parser: argparse._ActionsContainer, settings: Sequence[Setting]) -> None:
    for setting in settings:
        text = help_of(setting).replace("%", "%%")
        if setting.is_positional:
            parser.add_argument(setting.name, type=setting.parse, metavar=setting.flag, help=text)
            continue
        if setting.kind is Kind.SWITCH:
            parser.add_argument(setting.flag, dest=setting.name, action="store_true", help=text)
            continue
        many = setting.kind is Kind.LIST
        parser.add_argument(
            setting.flag,
            dest=setting.name,
            type=setting.parse,  # argparse lets a UsageError of ours pass, where it would reword a ValueError
            action="append" if many else _Store,
            default=setting.default if not many else None,
            metavar=metavar_of(setting),
            required=setting.required,
            help=text,
        )
