"""The parser, built from declarations."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

from ... import __version__
from ...errors import UsageError
from ...reports.registry import REPORTS
from ...settings import Kind, Setting
from ..flags import flags_of

_DESCRIPTION = "Where this network's traffic goes: device, site, protocol, how much, and how sure we are."
_EXIT_STATUS = "Exit status: 0 done; 1 the kernel or the database refused; 2 the command line is wrong."

_SHAPES = {"json": "JSON, with units", "csv": "CSV"}


@dataclass(frozen=True)
class Action:
    """A command that does something, handed in by the composition root."""

    name: str
    help: str
    settings: tuple[Setting, ...]
    do: Callable[[argparse.Namespace], int]
    shapes: tuple[str, ...] = ()  #: of :data:`_SHAPES`, besides sentences


class _Store(argparse.Action):
    """Notes in ``given`` what was said, which its default would be taken for otherwise."""

    def __call__(self, _parser: object, namespace: argparse.Namespace, values: object, _option: object = None) -> None:
        setattr(namespace, self.dest, values)
        namespace.given = namespace.given | {self.dest}


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message}; see `{self.prog} --help`")


def build_parser(actions: Sequence[Action], report: Callable[[argparse.Namespace], int]) -> argparse.ArgumentParser:
    """The whole command line. A parsed namespace has ``command``, ``do``, and in ``given`` the names of settings that
    do not have their value by default; of lists, that shows in the value.

    :param report: what every report's command does.
    """
    parser = _Parser(prog="traffic-analyzer", description=_DESCRIPTION, epilog=_EXIT_STATUS, allow_abbrev=False)
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True, parser_class=_Parser)
    for action in actions:
        command = _command(commands, action.name, action.help)
        _add(command, action.settings)
        _add_shapes(command, action.shapes)
        command.set_defaults(do=action.do)
    for declared in REPORTS.values():
        command = _command(commands, declared.name, declared.help)
        _add(command, flags_of(declared))
        _add_shapes(command, tuple(_SHAPES))
        command.set_defaults(do=report)
    return parser


def _add_shapes(parser: argparse.ArgumentParser, shapes: Sequence[str]) -> None:
    parser.set_defaults(shape="table")
    if not shapes:
        return
    group = parser.add_mutually_exclusive_group()
    for shape in shapes:
        group.add_argument(f"--{shape}", dest="shape", action="store_const", const=shape, help=_SHAPES[shape])


def _command(commands: Any, name: str, help_: str) -> argparse.ArgumentParser:
    text = help_[0].upper() + help_[1:] + "."
    command: argparse.ArgumentParser = commands.add_parser(
        name, help=help_, description=text, epilog=_EXIT_STATUS, allow_abbrev=False
    )
    command.set_defaults(given=frozenset())
    return command


def _add(parser: argparse.ArgumentParser, settings: Sequence[Setting]) -> None:
    for setting in settings:
        many = setting.kind is Kind.LIST
        text = setting.help if setting.default is None else f"{setting.help} (default: {setting.default})"
        text = text.replace("%", "%%")
        if setting.is_positional:
            parser.add_argument(setting.name, type=_argument_type(setting), metavar=setting.flag, help=text)
            continue
        parser.add_argument(
            setting.flag,
            dest=setting.name,
            type=_argument_type(setting),
            action="append" if many else _Store,
            default=setting.default if not many else None,
            metavar=_metavar(setting),
            required=setting.required,
            help=text,
        )


def _metavar(setting: Setting) -> str:
    if setting.choices and not setting.metavar:
        return "|".join(setting.choices)
    return setting.metavar or ("N" if setting.kind is Kind.INTEGER else "TEXT")


def _argument_type(setting: Setting) -> Callable[[str], Any]:
    """argparse lets a UsageError of ours pass, where it would reword a ValueError."""
    return setting.parse
