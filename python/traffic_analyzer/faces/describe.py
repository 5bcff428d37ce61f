"""Declarations of reports and settings as plain values: what a face elsewhere draws them from."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from ..reports.declaration import Report
from ..reports.registry import describe
from ..settings import Kind, Setting
from .flags import flags_of


def describe_report(report: Report) -> dict[str, Any]:
    """A report with its columns, filters and parts, and where its rows lead."""
    summary = asdict(report.summary) if report.summary else None
    filters = [describe_setting(setting) for setting in flags_of(report) if setting.kind is not Kind.PATH]
    return {
        **_of_any(report),
        "needs_device": report.needs_device,
        "needs_domain": report.needs_domain,
        "parts": [_of_any(part) for part in report.parts],
        "filters": filters,
        "summary": summary and summary | {"limit": summary["limit"] or report.default_limit},
    }


def _of_any(report: Report) -> dict[str, Any]:
    return {
        "name": report.name,
        "title": report.title,
        "help": report.help,
        "nothing": report.nothing,
        "columns": describe(report),
        "order": list(report.order),
        "leads_to": report.leads_to or None,
        # Of a report that leaves out some of its base, a timeline would tell more than its rows.
        "timeline": (report.base.timeline or None) if report.where is None and report.only is None else None,
    }


def describe_setting(setting: Setting) -> dict[str, Any]:
    """A setting with its bounds; those that its kind does not have are None."""
    is_bounded = setting.kind is Kind.INTEGER
    return {
        "name": setting.name,
        "kind": setting.kind.value,
        "help": setting.help,
        "default": setting.default,
        "minimum": setting.minimum if is_bounded else None,
        "maximum": setting.maximum if is_bounded else None,
        "choices": list(setting.choices),
        "is_required": setting.required,
    }
