"""What bash and zsh complete, drawn from the declarations: ``make docs``.

The ash of BusyBox completes names of files and of commands only (its ``lineedit.c``), and has no way to be told more.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence

from ..settings import REPORT, VIEW, Kind, Setting
from .commands import DEFAULT, PROGRAM, SHAPES, Command, every_command

_MADE = "# Made by `make docs` from the declarations. Do not edit."
_OWN = ("--help", "--version")  # of the program itself
_FILES, _FOLDERS, _NOTHING = "files", "folders", ""  # what a value is, where it is none of some words
_ACTIONS = {_FILES: "_files", _FOLDERS: "_files -/", _NOTHING: " "}  # for zsh

_BASH = """# bash completion of {program}
{made}

_traffic_analyzer() {{
	local cur=${{COMP_WORDS[COMP_CWORD]}} prev=${{COMP_WORDS[COMP_CWORD-1]}} command={default} flags words
	if [ "$cur" = = ]; then
		cur=
	elif [ "$prev" = = ]; then
		prev=${{COMP_WORDS[COMP_CWORD-2]}}
	fi
	COMPREPLY=()
	if [ "$COMP_CWORD" -eq 1 ]; then
		words="{commands}"
		[[ $cur == -* ]] && words="{own}"
	else
		[[ ${{COMP_WORDS[1]}} == -* ]] || command=${{COMP_WORDS[1]}}
		case $command in
{flags}
		*) return ;;
		esac
		case "$command $prev" in
{values}
		*) words=$flags ;;
		esac
		if [[ $words == "$flags" && $cur != -* ]]; then
			words=
			case $command in {takes_file}) words={files} ;; esac
		fi
	fi
	case $words in
	{files}) mapfile -t COMPREPLY < <(compgen -f -- "$cur"); compopt -o filenames ;;
	{folders}) mapfile -t COMPREPLY < <(compgen -d -- "$cur"); compopt -o filenames ;;
	*) mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur") ;;
	esac
}}

complete -F _traffic_analyzer {program}
"""

_ZSH = """#compdef {program}
{made}

_traffic_analyzer() {{
	local context state state_descr line
	local -a commands of_reports
	typeset -A opt_args
	of_reports=(
{of_reports}
	)
	_arguments -C \\
		'(- *)--help[what there is]' \\
		'(- *)--version[which one this is]' \\
{own}
		'1: :->command' \\
		'*:: :->arguments'
	case $state in
	command)
		commands=(
{commands}
		)
		_describe command commands
		;;
	arguments)
		case $words[1] in
{arguments}
		esac
		;;
	esac
}}

_traffic_analyzer "$@"
"""


def _value_of(setting: Setting) -> str | tuple[str, ...]:
    if setting.choices:
        return setting.choices
    if setting.kind is Kind.PATH:
        return _FOLDERS if setting.metavar == "DIR" else _FILES
    return _NOTHING


def _flags(command: Command) -> list[str]:
    """All that can be typed behind the command."""
    settings = [setting.flag for setting in (*command.settings, *command.views) if not setting.is_positional]
    return [*settings, *(f"--{shape}" for shape in command.shapes), "--help"]


def render_bash() -> str:
    """A file for bash-completion's folder."""
    every = every_command()
    takers: dict[str, dict[str, str | tuple[str, ...]]] = {}  # by flag and command: what its value is
    for command in every:
        for setting in (*command.settings, *command.views):
            if setting.kind is not Kind.SWITCH and not setting.is_positional:
                takers.setdefault(setting.flag, {})[command.name] = _value_of(setting)
    values: dict[str | tuple[str, ...], list[str]] = {}
    for flag, found in takers.items():
        is_one = len(set(found.values())) == 1
        for name, value in list(found.items())[: 1 if is_one else None]:
            values.setdefault(value, []).append(f'*" {flag}"' if is_one else f'"{name} {flag}"')
    return _BASH.format(
        made=_MADE, program=PROGRAM, default=DEFAULT, files=_FILES, folders=_FOLDERS,
        commands=" ".join(command.name for command in every),
        own=" ".join((*_OWN, *_flags(every[_default_at(every)])[:-1])),
        flags="\n".join(f'\t\t{command.name}) flags="{" ".join(_flags(command))}" ;;' for command in every),
        values="\n".join(
            f'\t\t{"|".join(typed)}) words="{value if isinstance(value, str) else " ".join(value)}" ;;'
            for value, typed in values.items()
        ),
        takes_file="|".join(command.name for command in every if any(s.is_positional for s in command.settings)),
    )  # fmt: skip


def _default_at(every: Sequence[Command]) -> int:
    return [command.name for command in every].index(DEFAULT)


def render_zsh() -> str:
    """A function for a folder of zsh's ``fpath``."""
    every = every_command()
    of_reports = _specs(Command("", "", REPORT, VIEW, tuple(SHAPES)))
    taken = {command.name: _specs(command) for command in every}
    for name, specs in taken.items():
        if set(of_reports) <= set(specs):
            taken[name] = ['"$of_reports[@]"', *(spec for spec in specs if spec not in of_reports)]
    return _ZSH.format(
        made=_MADE, program=PROGRAM,
        own="\n".join(f"\t\t{spec} \\" for spec in _specs(every[_default_at(every)])),
        commands="\n".join(f"\t\t\t{_quoted(command.name + ':' + command.help)}" for command in every),
        of_reports="\n".join(f"\t\t{spec}" for spec in of_reports),
        arguments="\n".join(
            "\n\t\t\t\t".join((f"\t\t{name}) _arguments \\", *(f"{spec} \\" for spec in specs),
                              "'(- *)--help[what it takes]' ;;"))
            for name, specs in taken.items()
        ),
    )  # fmt: skip


def _specs(command: Command) -> list[str]:
    """As ``_arguments`` takes them."""
    found = []
    for setting in (*command.settings, *command.views):
        help_ = re.sub(r"([]\[:\\])", r"\\\1", setting.help)
        metavar = re.sub(r"([:\\])", r"\\\1", setting.metavar or setting.name)
        value = _value_of(setting)
        action = _ACTIONS[value] if isinstance(value, str) else f"({' '.join(value)})"
        if setting.is_positional:
            found.append(_quoted(f"1:{metavar}:{action}"))
        elif setting.kind is Kind.SWITCH:
            found.append(_quoted(f"{setting.flag}[{help_}]"))
        else:
            many = "*" if setting.kind is Kind.LIST else ""
            found.append(_quoted(f"{many}{setting.flag}=[{help_}]:{metavar}:{action}"))
    shapes = " ".join(f"--{shape}" for shape in command.shapes)
    return found + [_quoted(f"({shapes})--{shape}[as {shape.upper()}]") for shape in command.shapes]


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"


_SHELLS = {"bash": render_bash, "zsh": render_zsh}

if __name__ == "__main__":
    print(_SHELLS[sys.argv[1]](), end="")
