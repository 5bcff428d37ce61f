"""The base queries: one a table. Columns that several reports show are declared here."""

from __future__ import annotations

from typing import Any

from peewee import Value

from ..store.models import Address, CollectorHealth, CounterMinute, Device, Domain, FlowMinute, Iface, Label
from ..units import Unit
from .declaration import Base, Column, Role

client = Address.alias("client")
remote = Address.alias("remote")


def _flows() -> Any:
    on = (
        (Iface, FlowMinute.iface_id == Iface.id),
        (client, FlowMinute.client_id == client.id),
        (remote, FlowMinute.remote_id == remote.id),
        (Device, FlowMinute.device_id == Device.id),
        (Domain, FlowMinute.domain_id == Domain.id),
        (Label, FlowMinute.label_id == Label.id),
    )
    query = FlowMinute.select()
    for model, condition in on:
        query = query.switch(FlowMinute).join(model, on=condition)
    return query


FLOWS = Base(_flows(), FlowMinute.minute_unix_s, Iface.text)
COUNTERS = Base(
    CounterMinute.select().join(Iface, on=(CounterMinute.iface_id == Iface.id)), CounterMinute.minute_unix_s, Iface.text
)
HEALTH = Base(CollectorHealth.select(), CollectorHealth.ts_minute, CollectorHealth.iface)


def _if(condition: Any, value: Any) -> Any:
    """*value* where *condition* (0 or 1) holds, else 0."""
    return condition * value


RX_BYTES = Column("rx_bytes", "Download", Unit.BYTES, _if(Value(1) - FlowMinute.is_tx, FlowMinute.bytes), Role.SUM)
TX_BYTES = Column("tx_bytes", "Upload", Unit.BYTES, _if(FlowMinute.is_tx, FlowMinute.bytes), Role.SUM)
BYTES = Column("bytes", "Total", Unit.BYTES, FlowMinute.bytes, Role.SUM)
PACKETS = Column("packets", "Packets", Unit.PACKETS, FlowMinute.packets, Role.SUM)
SHARE = Column("share", "Share", Unit.SHARE, role=Role.SHARE, of="bytes")
