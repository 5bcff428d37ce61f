"""The configuration file: there, absent, or unreadable; and what it says of the collector."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from .errors import UsageError
from .settings import OPTIONS, Kind, Setting
from .uci import Section, parse

_COLLECTOR = "collector"
_OF_THE_SERVICE = {"enabled"}  # its init script reads that


class UnreadableError(UsageError):
    """It is there, and cannot be read."""


def sections_of(path: Path, may_be_absent: bool) -> list[Section]:
    """The sections of the UCI file at *path*; none where it is absent and *may_be_absent*.

    :raises UnreadableError: it cannot be read.
    :raises UsageError: it is absent, or a line of it is malformed.
    """
    try:
        text = path.read_bytes().decode("utf-8", "surrogateescape")
    except FileNotFoundError:
        if may_be_absent:
            return []
        raise UsageError(f"--config {path}: no such file") from None
    except OSError as error:
        raise UnreadableError(f"--config {path}: {error.strerror}") from None
    try:
        return parse(text)
    except UsageError as error:
        raise UsageError(f"{path} {error}") from None


def collector_of(sections: Iterable[Section], path: str, settings: Sequence[Setting]) -> dict[str, Any]:
    """What ``config collector`` among *sections* says of *settings*: their values by name, of lists a list.

    Options of other settings may say what they like.

    :param path: of the file, for errors.
    :raises UsageError: a value that is none, a list where one value is meant, or a second such section; it names file,
        line and option, and says what is allowed.
    """
    values: dict[str, Any] = {}
    found = [section for section in sections if section.type == _COLLECTOR]
    for section in found[1:]:
        raise UsageError(f"{path} line {section.line}: a second {_COLLECTOR}; write all options into that of line "
                         f"{found[0].line}")  # fmt: skip
    for section in found:
        where = _where(section, path)
        for setting in settings:
            name = setting.name
            if setting.kind is Kind.LIST:
                texts = section.lists.get(name) or [section.options[name]] if name in _names(section) else []
                if texts:
                    values[name] = [setting.parse(text, where + name) for text in texts]
            elif name in section.lists:
                raise UsageError(f"{where}{name} has one value; write option {name}, not list {name}")
            elif name in section.options:
                values[name] = setting.parse(section.options[name], where + name)
    return values


def located(text: str, names: Iterable[str], sections: Iterable[Section], path: str) -> str:
    """*text* of an error; where that begins with the flag of one of *names*, which the file said, with its option, and
    where it is, in the flag's place."""
    for setting in OPTIONS:
        rest = text.removeprefix(setting.flag)
        if setting.name in names and rest != text and rest[:1] in (" ", ":"):
            for section in sections:
                if section.type == _COLLECTOR:
                    return f"{_where(section, path)}{setting.name}{rest}"
    return text


def unknown_in(sections: Iterable[Section], path: str) -> str:
    """A line on the options of ``config collector`` that nobody knows, which are passed over; empty: there are none.

    They stop nobody: a file may be of a later or an earlier version, and what can be counted is.
    """
    known = {setting.name for setting in OPTIONS} | _OF_THE_SERVICE
    for section in sections:
        unknown = [name for name in _names(section) if name not in known] if section.type == _COLLECTOR else []
        if unknown:
            return f"{path} line {section.line}: {_COLLECTOR}: passed over, as unknown: {', '.join(unknown)}"
    return ""


def _where(section: Section, path: str) -> str:
    return f"{path} line {section.line}: {_COLLECTOR}: option "


def _names(section: Section) -> list[str]:
    return [*section.options, *section.lists]
