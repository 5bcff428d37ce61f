"""The reference of commands, flags and columns as Markdown, drawn from the declarations: ``make docs``."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ..reports.declaration import Report
from ..reports.registry import REPORTS
from ..settings import EXPORT, IMPORT, LINK, PLACES, PRUNE, REPORT, RUN, STATUS, Kind, Setting
from .flags import flags_of

_SHAPES = (
    "`--json` prints one object with columns, units and completeness, `--csv` a head and plain rows. In hours and "
    "days, which answer for more than two hours, the smallest rows are put together: under the name or address "
    "`(other)`, and under the port, protocol or type -1, which a table shows as `(other)`. Sums hold all the same. "
    "Where minutes are kept no more a window is answered from whole hours or days: then it is the window of the answer "
    "that is shown, and a remark says so."
)

_CONFIGURED = (
    "Each but `--config` may be said in the configuration file too, as an option of `config collector` with the name "
    "of the flag in underscores (`option copy_days '7'`; what may be repeated is a `list`). A flag goes before it, "
    "and where `--db` is one, `archive` is left out, as it is that of another database. What the file says of {places} "
    "holds for every command that takes them. Options that nobody knows are named and passed over."
)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    lines = [head, ["---"] * len(head), *rows]
    return ["| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines]


def _bounds(setting: Setting) -> str:
    if setting.choices:
        return ", ".join(setting.choices)
    return f"{setting.minimum} to {setting.maximum}" if setting.kind is Kind.INTEGER else ""


def _settings(settings: Sequence[Setting]) -> list[str]:
    rows = [
        (f"`{s.flag}`", "" if s.default is None else f"`{s.default}`", _bounds(s), s.help) for s in settings
    ]
    return _table(("flag", "default", "bounds", "meaning"), rows)


def _columns(report: Report) -> list[str]:
    rows = [(f"`{c.name}`", c.title, c.unit.value, c.role.value) for c in report.columns]
    return _table(("column", "title", "unit", "role"), rows)


def render_reference() -> str:
    """The whole page."""
    lines = ["# Reference", "", "Made by `make docs` from the declarations. Do not edit.", ""]
    lines += ["## `run`: collect traffic until Ctrl-C", "", *_settings(RUN), ""]
    lines += [_CONFIGURED.format(places=", ".join(f"`{place.flag}`" for place in PLACES)), ""]
    lines += ["## `prune`: delete rows older than a number of days", "", *_settings(PRUNE), ""]
    lines += ["## `export`: write everything to one file", "", *_settings(EXPORT), ""]
    lines += ["## `import`: add the rows of a file", "", *_settings(IMPORT), ""]
    lines += ["## `status`: how the collector stands, and what it cannot see", "", *_settings(STATUS), ""]
    lines += ["## `link`: the page's address, with the token that opens it", "", *_settings(LINK), ""]
    lines += ["## Reports", "", "Every report takes:", "", *_settings(REPORT), "", _SHAPES, ""]
    for report in REPORTS.values():
        lines += [f"### `{report.name}`: {report.help}", ""]
        own = [setting for setting in flags_of(report) if setting not in REPORT]
        if own:
            lines += [*_settings(own), ""]
        for part in report.parts:
            lines += [f"Part `{part.name}`: {part.help}", "", *_columns(part), ""]
        if report.columns:
            lines += [*_columns(report), ""]
    return "\n".join(lines)


if __name__ == "__main__":
    print(render_reference(), end="")
