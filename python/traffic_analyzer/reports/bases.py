"""The base queries: one a table. Columns that several reports show are declared here."""

from __future__ import annotations

from typing import Any

from peewee import Case, Model, Value, fn

from ..store.models import (
    Address,
    CollectorHealth,
    CounterMinute,
    Device,
    DeviceAddress,
    DeviceName,
    DnsCache,
    Domain,
    Evidence,
    FlowMinute,
    Iface,
    Label,
    QuestionMinute,
    ServerNameMinute,
)
from ..units import Unit
from .declaration import Base, Column, Role

client = Address.alias("client")
remote = Address.alias("remote")


def _joined(rows: type[Model], **dictionaries: Any) -> Any:
    """*rows* with each of *dictionaries* at the column that is named."""
    query = rows.select()
    for column, dictionary in dictionaries.items():
        query = query.switch(rows).join(dictionary, on=(getattr(rows, column) == dictionary.id))
    return query


_OF_A_CLIENT = {"iface_id": Iface, "client_id": client, "device_id": Device, "domain_id": Domain}

FLOWS = Base(
    _joined(FlowMinute, **_OF_A_CLIENT, remote_id=remote, label_id=Label, evidence_id=Evidence),
    FlowMinute.minute_unix_s, Iface.text, Device.text, FlowMinute.device_id, client.text, FlowMinute.domain_id,
    again=FlowMinute.again,
)  # fmt: skip
QUESTIONS = Base(
    _joined(QuestionMinute, **_OF_A_CLIENT),
    QuestionMinute.minute_unix_s, Iface.text, Device.text, QuestionMinute.device_id, client.text,
    QuestionMinute.domain_id, again=QuestionMinute.again,
)  # fmt: skip
SERVER_NAMES = Base(
    _joined(ServerNameMinute, **_OF_A_CLIENT, evidence_id=Evidence),
    ServerNameMinute.minute_unix_s, Iface.text, Device.text, ServerNameMinute.device_id, client.text,
    ServerNameMinute.domain_id, again=ServerNameMinute.again,
)  # fmt: skip
COUNTERS = Base(_joined(CounterMinute, iface_id=Iface), CounterMinute.minute_unix_s, Iface.text)
ADDRESSES = Base(
    _joined(DeviceAddress, device_id=Device, address_id=client),
    DeviceAddress.first_unix_s, None, Device.text, DeviceAddress.device_id, client.text,
    last=DeviceAddress.last_unix_s,
)  # fmt: skip
DEVICE_NAMES = Base(  # of all times: what it is called now may have been said long ago
    _joined(DeviceName, device_id=Device), None, None, Device.text, DeviceName.device_id
)
HEALTH = Base(CollectorHealth.select(), CollectorHealth.ts_minute, CollectorHealth.iface)
NAMES = Base(DnsCache.select(), DnsCache.ts_minute, DnsCache.iface)


def _if(condition: Any, value: Any) -> Any:
    """*value* where *condition* (0 or 1) holds, else 0."""
    return condition * value


def marked(hidden: Any, name: Any) -> Any:
    """*name*; where *hidden*, it is the provider's public name and says so."""
    return Case(None, ((hidden, Value("hidden by ECH (").concat(name).concat(")")),), name)


_named = DeviceName.alias("named")
#: What a device is called: by the source of the lowest rank, and the latest of it; else what it is told by.
DEVICE_NAME = fn.COALESCE(
    _named.select(_named.name)
    .where(_named.device_id == Device.id)
    .order_by(_named.source, _named.last_unix_s.desc())
    .limit(1),
    Device.text,
)
NAME = marked(Label.text == "hidden", Domain.text)
DOMAIN = Column("domain", "Domain", Unit.NAME, NAME, by_site=marked(Label.text == "hidden", Domain.site))
LABEL = Column("label", "Label", Unit.TEXT, Label.text)
EVIDENCE = Column("evidence", "Evidence", Unit.TEXT, Evidence.text)
RX_BYTES = Column("rx_bytes", "Download", Unit.BYTES, _if(Value(1) - FlowMinute.is_tx, FlowMinute.bytes), Role.SUM)
TX_BYTES = Column("tx_bytes", "Upload", Unit.BYTES, _if(FlowMinute.is_tx, FlowMinute.bytes), Role.SUM)
BYTES = Column("bytes", "Total", Unit.BYTES, FlowMinute.bytes, Role.SUM)
PACKETS = Column("packets", "Packets", Unit.PACKETS, FlowMinute.packets, Role.SUM)
SHARE = Column("share", "Share", Unit.SHARE, role=Role.SHARE, of="bytes")
