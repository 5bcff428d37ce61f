"""The reference of commands, flags and columns as Markdown, drawn from the declarations: ``make docs``."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ..reports.declaration import Report
from ..reports.registry import REPORTS
from ..settings import REPORT, VIEW, Kind, Setting
from .commands import COMMANDS, EXITS, Command, command_of, line_of
from .flags import flags_of

_SHAPES = (
    "`--json` prints one object with columns, units and completeness, `--csv` a head and plain rows. In hours and "
    "days, which answer for more than two hours, the smallest rows are put together: under the name or address "
    "`(other)`, and under the port, protocol or type -1, which a table shows as `(other)`. Sums hold all the same. "
    "Where minutes are kept no more a window is answered from whole hours or days: then it is the window of the answer "
    "that is shown, and a remark says so."
)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    lines = [head, ["---"] * len(head), *rows]
    return ["| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines]


def _bounds(setting: Setting) -> str:
    if setting.choices:
        return ", ".join(setting.choices)
    return f"{setting.minimum} to {setting.maximum}" if setting.kind is Kind.INTEGER else ""


def _settings(settings: Sequence[Setting]) -> list[str]:
    defaults = ["" if s.default is None or s.kind is Kind.SWITCH else f"`{s.default}`" for s in settings]
    rows = [(f"`{s.flag}`", default, _bounds(s), s.help) for s, default in zip(settings, defaults, strict=True)]
    return _table(("flag", "default", "bounds", "meaning"), rows)


def _columns(report: Report) -> list[str]:
    rows = [(f"`{c.name}`", c.title, c.unit.value, c.role.value) for c in report.columns]
    return _table(("column", "title", "unit", "role"), rows)


def _examples(command: Command) -> list[str]:
    return [f"- `{line_of(command, arguments)}`: {says}" for arguments, says in command.examples]


def render_reference() -> str:
    """The whole page."""
    lines = ["# Reference", "", "Made by `make docs` from the declarations. Do not edit.", ""]
    for command in COMMANDS:
        lines += [f"## `{command.name}`: {command.help}", "", *_settings((*command.settings, *command.views)), ""]
        lines += [command.note, ""] if command.note else []
        lines += [*_examples(command), ""]
    lines += ["## Reports", "", "Every report takes:", "", *_settings((*REPORT, *VIEW)), "", _SHAPES, ""]
    for report in REPORTS.values():
        lines += [f"### `{report.name}`: {report.help}", ""]
        own = [setting for setting in flags_of(report) if setting not in REPORT]
        if own:
            lines += [*_settings(own), ""]
        lines += [*_examples(command_of(report)), ""]
        for part in report.parts:
            lines += [f"Part `{part.name}`: {part.help}", "", *_columns(part), ""]
        if report.columns:
            lines += [*_columns(report), ""]
    lines += ["## Exit status", "", *_table(("status", "meaning"), [(f"`{at}`", text) for at, text in EXITS.items()])]
    return "\n".join([*lines, ""])


if __name__ == "__main__":
    print(render_reference(), end="")
