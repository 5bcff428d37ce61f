"""What reports are computed from, one a relation or table. Columns that several reports show are declared here."""

from __future__ import annotations

from typing import Any

from peewee import Case, Value, fn

from ..store.models import Device, DeviceAddress, DeviceName, Domain, Evidence, Iface, Label
from ..units import Unit
from .declaration import Base, Column, Role
from .relations import Client, Counter, Flow, Health, NameHealth, Question, Remote, Resolver, ServerName

_OF_A_CLIENT = {"iface_id": Iface, "client_id": Client, "device_id": Device, "domain_id": Domain}

FLOWS = Base(
    Flow,
    {**_OF_A_CLIENT, "remote_id": Remote, "resolver_id": Resolver, "label_id": Label, "evidence_id": Evidence},
    timeline="timeline",
)
QUESTIONS = Base(Question, _OF_A_CLIENT)
SERVER_NAMES = Base(ServerName, {**_OF_A_CLIENT, "evidence_id": Evidence})
COUNTERS = Base(Counter, {"iface_id": Iface})
HEALTH = Base(Health)
NAMES = Base(NameHealth)
ADDRESSES = Base(
    DeviceAddress, {"device_id": Device, "address_id": Client},
    span=(DeviceAddress.first_unix_s, DeviceAddress.last_unix_s),
)  # fmt: skip
#: Of all times: what a device is called now may have been said long ago.
DEVICE_NAMES = Base(DeviceName, {"device_id": Device})


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
DOMAIN = Column("domain", "Domain", Unit.NAME, NAME, by_site=marked(Label.text == "hidden", Domain.site),
                selects="domain")  # fmt: skip
PROTO = Column("proto", "Proto", Unit.L4_PROTO, Flow.l4_proto, selects="protocol")
PORT = Column("port", "Port", Unit.PORT, Flow.service_port, selects="port")
LABEL = Column("label", "Label", Unit.TEXT, Label.text)
EVIDENCE = Column("evidence", "Evidence", Unit.TEXT, Evidence.text)
RX_BYTES = Column("rx_bytes", "Download", Unit.BYTES, Flow.rx_bytes, Role.SUM)
TX_BYTES = Column("tx_bytes", "Upload", Unit.BYTES, Flow.tx_bytes, Role.SUM)
BYTES = Column("bytes", "Total", Unit.BYTES, Flow.bytes, Role.SUM)
PACKETS = Column("packets", "Packets", Unit.PACKETS, Flow.packets, Role.SUM)
SHARE = Column("share", "Share", Unit.SHARE, role=Role.SHARE, of="bytes")
