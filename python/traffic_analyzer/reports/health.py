"""How the collector fares."""

from __future__ import annotations

from ..store.models import CollectorHealth
from ..units import Unit
from .bases import HEALTH
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
)
