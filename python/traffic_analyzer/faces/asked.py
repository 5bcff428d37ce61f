"""What a report was asked for, as a selection."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import tzinfo
from typing import Any

from ..reports.selection import Selection
from .window import window_of


def selection_of(given: Mapping[str, Any], now_unix_s: int, zone: tzinfo | None = None) -> Selection:
    """The selection that settings of a report come to.

    :param given: settings by name, parsed, without those that were left at their default.
    :param zone: of local times; None: the system's.
    :raises UsageError: as :func:`~.window.window_of`.
    """
    return Selection(
        *window_of(given, now_unix_s, zone),
        ifaces=tuple(given.get("iface", ())),
        devices=tuple(given.get("device", ())),
        domains=tuple(given.get("domain", ())),
        protocols=tuple(given.get("protocol", ())),
        by=given.get("by", "name"),
        limit=given.get("limit"),
        offset=given.get("offset", 0),
        sort=given.get("sort", ""),
        order=given.get("order", ""),
    )
