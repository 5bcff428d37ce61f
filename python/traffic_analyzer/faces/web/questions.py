"""What a request asks for: parameters, checked and bounded, by the declarations that flags are drawn from too."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

from ...errors import UsageError
from ...reports.declaration import Report
from ...reports.registry import REPORTS
from ...reports.selection import Selection
from ...settings import DB, LIMIT, Kind, Setting
from ..asked import selection_of
from ..flags import flags_of

VALUES_MAX = 16  #: of a parameter that is a list
ROWS_MAX = 10_000
ROWS_DEFAULT = 1_000  #: of a report that has no limit of its own
FORMAT = Setting("format", Kind.CHOICE, "shape of the answer", "json", choices=("json", "csv"))
SEQUENCE = Setting("since", Kind.INTEGER, "number of the last slot that is known already; 0: none is", 0, 0, 2**53 - 1)
_PAIRS_MAX = 128
_LONE_PERCENT = re.compile("%(?![0-9A-Fa-f]{2})")
_SHOWN = 64  # characters of what was asked for, in a line that says why not


class Question(NamedTuple):
    """What a report is asked for, and in which shape."""

    selection: Selection
    format: str


def parameters_of(report: Report) -> tuple[Setting, ...]:
    """What a report can be asked for: as its command, but for files, and never for all rows."""
    found = [setting for setting in flags_of(report) if setting.kind is not Kind.PATH]
    for at, setting in enumerate(found):
        if setting.name == LIMIT.name:
            found[at] = replace(setting, maximum=ROWS_MAX)
    if all(setting.name != LIMIT.name for setting in found):
        found.append(replace(LIMIT, default=ROWS_DEFAULT, maximum=ROWS_MAX))
    return (*found, FORMAT)


def question_of(report: Report, query: str, now_unix_s: int) -> Question:
    """What *query* asks *report* for.

    :raises UsageError: it is malformed, has a parameter that the report does not know, or a value that cannot be.
    """
    given = given_in(query, parameters_of(report))
    shape = given.pop(FORMAT.name, FORMAT.default)
    if report.default_limit is None:
        given.setdefault(LIMIT.name, ROWS_DEFAULT)
    return Question(selection_of(given, now_unix_s), shape)


def given_in(query: str, known: Sequence[Setting]) -> dict[str, Any]:
    """The values of *query* by name, lists of those that may be repeated; nothing of what it leaves out.

    :raises UsageError: one that is not known, is there twice, cannot be parsed, or is missing.
    """
    settings = {setting.name: setting for setting in known}
    given: dict[str, Any] = {}
    for name, text in _pairs(query):
        setting = settings.get(name)
        if setting is None:
            raise UsageError(f"{name[:_SHOWN]}: no such parameter; there is {', '.join(settings) or 'none'}")
        value = setting.parse(text)
        if setting.kind is not Kind.LIST:
            if name in given:
                raise UsageError(f"{name}: given twice; once is enough")
            given[name] = value
            continue
        values = given.setdefault(name, [])
        values.append(value)
        if len(values) > VALUES_MAX:
            raise UsageError(f"{name}: given more than {VALUES_MAX} times; ask in several requests")
    for setting in known:
        if setting.required and setting.name not in given:
            raise UsageError(f"{setting.name}: has to be given")
    return given


def _pairs(query: str) -> list[tuple[str, str]]:
    """Names and values, as forms of HTML write them, in UTF-8."""
    if not query:
        return []
    if not query.isascii() or _LONE_PERCENT.search(query):
        raise UsageError("a percent sign takes two hexadecimal digits behind it, and what is not ASCII percent signs")
    try:
        return parse_qsl(query, keep_blank_values=True, strict_parsing=True, errors="strict", max_num_fields=_PAIRS_MAX)
    except ValueError:
        raise UsageError(f"write parameters as name=value, in UTF-8, with & between, at most {_PAIRS_MAX}") from None


_FLAGS = {setting.flag for report in REPORTS.values() for setting in parameters_of(report)}
_COMMAND = re.compile(rf"`traffic-analyzer ({'|'.join(REPORTS)})`")
_FLAG = re.compile(rf"(?<![\w-])(?:{'|'.join(sorted(_FLAGS, reverse=True))})(?![\w-])")


def spoken(text: str) -> str:
    """*text*, which was written for the command line, with parameters in place of flags, and reports of commands."""
    text = _COMMAND.sub(r"the report \1", text.removeprefix(f"{DB.flag} "))
    return _FLAG.sub(lambda found: found[0].removeprefix("--").replace("-", "_"), text)
