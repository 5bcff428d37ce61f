"""The reference of commands, flags and columns as Markdown, drawn from the declarations: ``make docs``."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ..reports.registry import REPORTS
from ..settings import PRUNE, REPORT, RUN, Kind, Setting
from .flags import flags_of

_SHAPES = "`--json` prints one object with columns, units and completeness, `--csv` a head and plain rows."


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    lines = [head, ["---"] * len(head), *rows]
    return ["| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines]


def _bounds(setting: Setting) -> str:
    if setting.kind is Kind.CHOICE:
        return ", ".join(setting.choices)
    return f"{setting.minimum} to {setting.maximum}" if setting.kind is Kind.INTEGER else ""


def _settings(settings: Sequence[Setting]) -> list[str]:
    rows = [
        (f"`{s.flag}`", "" if s.default is None else f"`{s.default}`", _bounds(s), s.help) for s in settings
    ]
    return _table(("flag", "default", "bounds", "meaning"), rows)


def render_reference() -> str:
    """The whole page."""
    lines = ["# Reference", "", "Made by `make docs` from the declarations. Do not edit.", ""]
    lines += ["## `run`: collect traffic until Ctrl-C", "", *_settings(RUN), ""]
    lines += ["## `prune`: delete rows older than a number of days", "", *_settings(PRUNE), ""]
    lines += ["## Reports", "", "Every report takes:", "", *_settings(REPORT), "", _SHAPES, ""]
    for report in REPORTS.values():
        lines += [f"### `{report.name}`: {report.help}", ""]
        own = [setting for setting in flags_of(report) if setting not in REPORT]
        if own:
            lines += [*_settings(own), ""]
        rows = [(f"`{c.name}`", c.title, c.unit.value, c.role.value) for c in report.columns]
        lines += [*_table(("column", "title", "unit", "role"), rows), ""]
    return "\n".join(lines)


if __name__ == "__main__":
    print(render_reference(), end="")
