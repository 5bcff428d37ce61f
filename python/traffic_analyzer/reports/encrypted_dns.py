"""Who asks which resolver where nobody can read along."""

from __future__ import annotations

from peewee import Case, fn

from ..resolvers import ADDRESSES
from ..store.models import Address, Device, Domain, Label
from ..units import Unit
from .bases import BYTES, DEVICE_NAME, FLOWS, NAME, PACKETS, RX_BYTES, TX_BYTES
from .declaration import Column, Pane, Report, Role
from .relations import Flow, Resolver

_TCP, _UDP = 6, 17
_TLS_PORT = 853  #: DNS over TLS (RFC 7858) and over QUIC (RFC 9250)
_HTTPS_PORT = 443  #: DNS over HTTPS (RFC 8484)

_listed_domain, _listed_address = Domain.alias("listed_domain"), Address.alias("listed_address")
# A name that is one of several would make suspects of the innocent.
_sure = Label.alias("sure")
_is_read = Flow.label_id.in_(_sure.select(_sure.id).where(_sure.text.in_(("exact", "hidden")))) & (Flow.domain_id != 0)
_by_name = _is_read & Flow.domain_id.in_(
    _listed_domain.select(_listed_domain.id).where(fn.is_resolver(_listed_domain.text))
)
_by_address = Flow.resolver_id.in_(
    _listed_address.select(_listed_address.id).where(_listed_address.text.in_(sorted(ADDRESSES)))
)
_on_port = Flow.service_port == _TLS_PORT
_over_https = (Flow.service_port == _HTTPS_PORT) & (_by_name | _by_address)

REPORTS = (
    Report(
        "top-dohdot",
        "Encrypted DNS by bytes",
        "suspected DNS over HTTPS (known resolvers), TLS and QUIC (port 853), by device",
        FLOWS,
        (
            Column("device", "Device", Unit.NAME, Device.text, is_extra=True, selects="device"),
            Column("name", "Name", Unit.NAME, DEVICE_NAME, Role.DETAIL),
            Column("kind", "Kind", Unit.TEXT,
                   Case(None, ((~_on_port, "DoH"), (Flow.l4_proto == _TCP, "DoT")), "DoQ")),
            Column("resolver", "Resolver", Unit.NAME, Case(None, ((_is_read, NAME),), Resolver.text)),
            Column("known_by", "By", Unit.TEXT, Case(None, ((_by_name, "name"), (_by_address, "address")), "port")),
            RX_BYTES,
            TX_BYTES,
            BYTES,
            PACKETS,
        ),
        ("-bytes", "device", "kind", "resolver", "known_by"),
        leads_to="top-domain",
        only=Flow.l4_proto.in_((_TCP, _UDP)) & (_on_port | _over_https),
        pane=Pane(70, "DoH/DoT"),
        examples=(("--period week", "who asks for names where nobody sees, this week"),),
    ),
)  # fmt: skip
