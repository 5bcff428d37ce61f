"""Which settings a report's command takes, from its declaration."""

from __future__ import annotations

from dataclasses import replace

from ..reports.declaration import Report
from ..settings import BY, DEVICE, DOMAIN, LIMIT, OFFSET, ORDER, PROTOCOL, REPORT, SORT, Setting


def flags_of(report: Report) -> tuple[Setting, ...]:
    """Those of every report, and its own."""
    own: list[Setting] = []
    if report.takes_device:
        own.append(_required(DEVICE) if report.needs_device else DEVICE)
    if report.takes_domain:
        own.append(_required(DOMAIN) if report.needs_domain else DOMAIN)
    if report.takes_protocol:
        own.append(PROTOCOL)
    if report.takes_by:
        own.append(BY)
    if report.default_limit is not None:
        own.append(replace(LIMIT, default=report.default_limit))
    if report.takes_sort:
        if report.default_limit is not None:
            own.append(OFFSET)
        own += [replace(SORT, choices=tuple(column.name for column in report.columns)), ORDER]
    return (*REPORT, *own)


def _required(setting: Setting) -> Setting:
    return replace(setting, required=True, help=setting.help.replace("(default: all)", "(required)"))
