"""OpenWrt's configuration files (UCI), as libuci reads them (its ``file.c`` and ``list.c``)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from .errors import UsageError

# A word is made of pieces that touch. A backslash takes the next character as it is; before a line's end both are gone.
# What follows a free semicolon libuci drops, as if it were a comment.
_PIECE = re.compile(
    r"""
      (?P<space> (?: [ \t\r\f\v] | [\#;][^\n]* )++ )
    | (?P<end> \n )
    | ' (?P<single> [^']*+ ) '
    | " (?P<double> (?: [^"\\] | \\ (?: \r\n | . ) )*+ ) "
    | (?P<plain> (?: [^\s'"\\;\#] | \\ (?: \r\n | . ) )++ )
    """,
    re.VERBOSE | re.DOTALL | re.ASCII,
)
_ESCAPE = re.compile(r"\\(?:\r?\n|(.))", re.DOTALL)
_NAME = re.compile(r"[A-Za-z0-9_]+")
_TYPE = re.compile(r"[!-~]+")
_COMMANDS = {"package": 1, "config": 2, "option": 2, "list": 2}  # words behind it, at most; there is one at least
_SHORT = {command[0]: command for command in _COMMANDS}


@dataclass
class Section:
    """A ``config`` line and what follows it."""

    type: str
    name: str  #: empty: anonymous
    options: dict[str, str] = field(default_factory=dict)  #: never empty ones
    lists: dict[str, list[str]] = field(default_factory=dict)
    line: int = 0  #: of its first ``config``, from 1


def parse(text: str) -> list[Section]:
    """The sections of *text* in order. What is said of one name in several places is one section.

    Of an option that is set several times the last value counts, of a list all; set to nothing is not set.

    :raises UsageError: a malformed line, named by its number.
    """
    sections: list[Section] = []
    named: dict[str, Section] = {}
    current: Section | None = None
    for line, (keyword, *words) in _commands(text):
        command = _SHORT.get(keyword, keyword)
        if command not in _COMMANDS:
            raise _malformed(line, f"{keyword[:40]!r} is none of {', '.join(_COMMANDS)}")
        if not 1 <= len(words) <= _COMMANDS[command]:
            raise _malformed(line, f"{command} takes {_COMMANDS[command]} words at most, and one at least")
        if not (_TYPE if command == "config" else _NAME).fullmatch(words[0]) and command != "package":
            raise _malformed(line, f"{words[0][:40]!r} is no name")
        value = words[1] if len(words) > 1 else ""
        if command == "config":
            current = named.get(value)
            if current is None:
                current = _section(line, words[0], value)
                sections.append(current)
                if value:
                    named[value] = current
            elif current.type != words[0]:
                raise _malformed(line, f"{value!r} is a {current.type} since line {current.line}")
        elif command != "package":
            if current is None:
                raise _malformed(line, f"{command} before the first config")
            _set(current, words[0], value, command == "list")
    return sections


def _section(line: int, type_: str, name: str) -> Section:
    if name and not _NAME.fullmatch(name):
        raise _malformed(line, f"{name[:40]!r} is no name")
    return Section(type_, name, line=line)


def _set(section: Section, name: str, value: str, is_list: bool) -> None:
    if is_list:
        before = section.options.pop(name, None)
        values = section.lists.setdefault(name, [] if before is None else [before])
        values.append(value)
        return
    if value:
        section.lists.pop(name, None)
        section.options[name] = value


def _commands(text: str) -> Iterator[tuple[int, list[str]]]:
    """The commands of *text*, one word each at least, and the line where each begins."""
    at, line, begun = 0, 1, 1
    words: list[str] = []
    touches = False  # the next piece goes on with the last word
    while at < len(text):
        piece = _PIECE.match(text, at)
        if piece is None:
            raise _malformed(line, f"a {text[at]} without its end")
        kind, at = piece.lastgroup, piece.end()
        if kind == "end":
            if words:
                yield begun, words
            words = []
        if kind in ("space", "end"):
            touches = False
        else:
            word = piece[kind] if kind else ""
            if kind != "single":
                word = _ESCAPE.sub(r"\1", word)
            if not words:
                begun = line
            if touches:
                words[-1] += word
            else:
                words.append(word)
            touches = True
        line += piece[0].count("\n")
    if words:
        yield begun, words


def _malformed(line: int, what: str) -> UsageError:
    return UsageError(f"line {line}: {what}")
