"""How the collector fares, and its table of names."""

from __future__ import annotations

from ..units import Unit
from .bases import HEALTH, NAMES
from .declaration import Column, Pane, Report, Role
from .relations import Health, NameHealth

_STEPS = ("minute", "hour")

REPORTS = (
    Report(
        "collector-health",
        "Collector health",
        "by minute, over more than two hours by hour: how full the flow map was, what was lost, and what was "
        "written to the archive",
        HEALTH,
        (
            Column("ts_minute", "Time", Unit.MINUTE, Health.minute_unix_s),
            Column("iface", "Iface", Unit.NAME, Health.iface),
            Column("flow_entries", "Flows", Unit.COUNT, Health.flow_entries, Role.MAX),
            Column("flow_capacity", "Room", Unit.COUNT, Health.flow_capacity, Role.MAX, is_extra=True),
            Column("flow_evicted", "Evicted", Unit.COUNT, Health.flow_evicted, Role.SUM, is_extra=True),
            Column("flow_insert_drop", "No room", Unit.PACKETS, Health.flow_insert_drop, Role.SUM),
            Column("dns_ringbuf_drop", "DNS lost", Unit.COUNT, Health.dns_ringbuf_drop, Role.SUM),
            Column("tls_ringbuf_drop", "TLS lost", Unit.COUNT, Health.tls_ringbuf_drop, Role.SUM),
            Column("archive_bytes", "Archived", Unit.BYTES, Health.archive_bytes, Role.SUM),
        ),
        ("-ts_minute", "iface"),
        steps=_STEPS,
        pane=Pane(100, "Health"),
        examples=(("--period day", "was anything lost today"),),
    ),
    Report(
        "dns-cache-inspect",
        "Table of names",
        "by minute, over more than two hours by hour: the table of names, and the answers and server names that fed it",
        NAMES,
        (
            Column("ts_minute", "Time", Unit.MINUTE, NameHealth.minute_unix_s),
            # Every interface has a table of its own: they add up.
            Column("cache_entries", "Names", Unit.COUNT, NameHealth.cache_entries, Role.SUM),
            Column("dns_answer_events", "DNS", Unit.COUNT, NameHealth.dns_answer_events, Role.SUM),
            Column("sni_events", "SNI", Unit.COUNT, NameHealth.sni_events, Role.SUM),
            Column("new", "New", Unit.COUNT, NameHealth.new, Role.SUM),
            Column("refresh", "Again", Unit.COUNT, NameHealth.refresh, Role.SUM),
            Column("expired", "Ended", Unit.COUNT, NameHealth.expired, Role.SUM),
            Column("overflow", "Lost", Unit.COUNT, NameHealth.overflow, Role.SUM),
            Column("unasked", "Stray", Unit.COUNT, NameHealth.unasked, Role.SUM),
        ),
        ("-ts_minute",),
        steps=_STEPS,
        pane=Pane(160, "Names"),
        examples=(("--lookback-minutes 10", "how many names are known, minute by minute"),),
    ),
)
