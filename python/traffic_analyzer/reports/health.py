"""How the collector fares, and its table of names."""

from __future__ import annotations

from ..store.models import CollectorHealth, DnsCache
from ..units import Unit
from .bases import HEALTH, NAMES
from .declaration import Column, Report, Role

REPORTS = (
    Report(
        "collector-health",
        "Collector health by minute",
        "by minute: how full the flow map was, and what was lost",
        HEALTH,
        (
            Column("ts_minute", "Minute", Unit.MINUTE, CollectorHealth.ts_minute),
            Column("iface", "Iface", Unit.NAME, CollectorHealth.iface),
            Column("flow_entries", "Flows", Unit.COUNT, CollectorHealth.flow_entries, Role.MAX),
            Column("flow_capacity", "Room", Unit.COUNT, CollectorHealth.flow_capacity, Role.MAX),
            Column("flow_evicted", "Evicted", Unit.COUNT, CollectorHealth.flow_evicted, Role.SUM),
            Column("flow_insert_drop", "No room", Unit.PACKETS, CollectorHealth.flow_insert_drop, Role.SUM),
            Column("dns_ringbuf_drop", "DNS lost", Unit.COUNT, CollectorHealth.dns_ringbuf_drop, Role.SUM),
            Column("tls_ringbuf_drop", "TLS lost", Unit.COUNT, CollectorHealth.tls_ringbuf_drop, Role.SUM),
        ),
        ("-ts_minute", "iface"),
    ),
    Report(
        "dns-cache-inspect",
        "Table of names by minute",
        "by minute: the table of names, and the answers and server names that fed it",
        NAMES,
        (
            Column("ts_minute", "Minute", Unit.MINUTE, DnsCache.ts_minute),
            # Every interface has a table of its own: they add up.
            Column("cache_entries", "Names", Unit.COUNT, DnsCache.cache_entries, Role.SUM),
            Column("dns_answer_events", "DNS", Unit.COUNT, DnsCache.dns_answer_events, Role.SUM),
            Column("sni_events", "SNI", Unit.COUNT, DnsCache.sni_events, Role.SUM),
            Column("new", "New", Unit.COUNT, DnsCache.new, Role.SUM),
            Column("refresh", "Again", Unit.COUNT, DnsCache.refresh, Role.SUM),
            Column("expired", "Ended", Unit.COUNT, DnsCache.expired, Role.SUM),
            Column("overflow", "Lost", Unit.COUNT, DnsCache.overflow, Role.SUM),
            Column("unasked", "Stray", Unit.COUNT, DnsCache.unasked, Role.SUM),
        ),
        ("-ts_minute",),
    ),
)
