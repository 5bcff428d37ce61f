"""The panes, in their order, and what each is asked: drawn from the declarations of reports."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...reports.declaration import Pane, Report
from ...reports.registry import REPORTS
from ...settings import BY, DEVICE, DOMAIN, LIMIT, OFFSET, ORDER, PROTOCOL, SORT
from ..flags import flags_of

#: What rows are narrowed down by, in the order of the command line.
FILTERS = (DEVICE.name, DOMAIN.name, PROTOCOL.name)
Filters = Mapping[str, tuple[str, ...]]


def _place(report: Report) -> Pane:
    return report.pane or Pane(1 << 30, report.title)


PANES: tuple[Report, ...] = tuple(sorted(REPORTS.values(), key=lambda report: _place(report).at))
#: What tells amounts by time, with any filter: the sums of a window are its sums.
SUMS = next(REPORTS[report.base.timeline] for report in PANES if report.base.timeline)


def title_of(report: Report) -> str:
    """Of its pane."""
    return _place(report).title


def by_of(report: Report) -> str:
    """What its names are put together by, unless one asks for something else."""
    return _place(report).by


def takes(report: Report, filters: Filters) -> bool:
    """True where it can be asked with all of *filters*, and says something with no more than these."""
    taken = report.takes_device, report.takes_domain, report.takes_protocol
    if any(name in filters and not is_taken for name, is_taken in zip(FILTERS, taken, strict=True)):
        return False
    return (DEVICE.name in filters or not report.needs_device) and (DOMAIN.name in filters or not report.needs_domain)


def sorted_by(report: Report, sort: str) -> tuple[str, bool]:
    """The column that its rows come by, empty for a report in parts, and whether from the most.

    :param sort: such a column, with ``-`` in front for descending; empty: as declared.
    """
    name = sort or (report.order[0] if report.order else "")
    return name.removeprefix("-"), name.startswith("-")


def given_of(report: Report, filters: Filters, sort: str, offset: int, limit: int) -> dict[str, Any]:
    """What *report* is asked for besides a window and interfaces, as settings by name; only what it takes."""
    column, is_descending = sorted_by(report, sort)
    wanted: dict[str, Any] = dict(filters) | {BY.name: by_of(report), LIMIT.name: limit}
    if sort:
        wanted |= {SORT.name: column, ORDER.name: "desc" if is_descending else "asc"}
    if offset:
        wanted[OFFSET.name] = offset
    known = {setting.name: setting for setting in flags_of(report)}
    return {name: value for name, value in wanted.items() if name in known and value != known[name].default}
