"""Which device, how much, and what with."""

from __future__ import annotations

from dataclasses import replace

from peewee import Case, fn

from ..records import NameSource
from ..store.models import Device, DeviceAddress, DeviceName, Domain, Label
from ..units import Unit
from .bases import (
    ADDRESSES,
    BYTES,
    DEVICE_NAME,
    DEVICE_NAMES,
    DOMAIN,
    FLOWS,
    LABEL,
    PACKETS,
    PORT,
    PROTO,
    RX_BYTES,
    SHARE,
    TX_BYTES,
    marked,
)
from .declaration import Column, Pane, Report, Role, Summary
from .relations import Client, Flow, Resolver

_AMOUNTS = (RX_BYTES, TX_BYTES, BYTES, SHARE)
_SITE = Column("site", "Site", Unit.NAME, marked(Label.text == "hidden", Domain.site), selects="domain")
#: Who asks for an address has none yet, and old databases do not know all.
_AN_ADDRESS = fn.NULLIF(fn.NULLIF(Client.text, "0.0.0.0"), "::")
_DNS_PORTS = (53, 853)
_HOURS_OF_A_DAY = 25  # of that on which clocks are set back
_SOURCE = Case(DeviceName.source, tuple((source.value, source.name.lower()) for source in NameSource), "")

REPORTS = (
    Report(
        "top-device",
        "Devices by bytes",
        "devices by bytes: what each downloaded and uploaded, its addresses, and when it was last seen",
        FLOWS,
        (
            Column("name", "Name", Unit.NAME, DEVICE_NAME, Role.DETAIL),
            Column("kind", "Kind", Unit.TEXT, Device.kind, Role.DETAIL, is_extra=True),
            # The name of what has none.
            Column("device", "Device", Unit.NAME, Device.text, is_extra=True, selects="device"),
            Column("addresses", "Addresses", Unit.LIST, _AN_ADDRESS, Role.LIST),
            RX_BYTES,
            TX_BYTES,
            Column("bytes", "Total", Unit.BYTES, Flow.bytes, Role.SUM, is_extra=True),
            SHARE,
            Column("packets", "Packets", Unit.PACKETS, Flow.packets, Role.SUM, is_extra=True),
            Column("last_seen", "Last seen", Unit.MINUTE, Flow.last_unix_s, Role.MAX),
        ),
        ("-bytes", "device"),
        leads_to="top-domain",
        summary=Summary("devices", 10),
        pane=Pane(20, "Devices"),
        examples=(
            ("--period day", "who used how much today"),
            ("--domain example.org --since 7d", "who went there, in the last seven days"),
            ("--sort tx_bytes", "who uploads most, in the last hour"),
        ),
    ),
    Report(
        "device-detail",
        "Device details",
        "one device: its names and addresses, and its sites, protocols, resolvers and hours by bytes",
        FLOWS,
        (),
        (),
        default_limit=_HOURS_OF_A_DAY,
        needs_device=True,
        parts=(
            Report(
                "names",
                "Names",
                "what it was called, by whom, and when",
                DEVICE_NAMES,
                (
                    Column("device", "Device", Unit.NAME, Device.text, is_heading=True, is_extra=True),
                    Column("name", "Name", Unit.NAME, DeviceName.name),
                    Column("source", "Said by", Unit.TEXT, _SOURCE, sort=DeviceName.source),
                    Column("first_seen", "First seen", Unit.MINUTE, DeviceName.first_unix_s, Role.MAX),
                    Column("last_seen", "Last seen", Unit.MINUTE, DeviceName.last_unix_s, Role.MAX),
                ),
                ("source", "-last_seen", "name", "device"),
                nothing="no name is known",
            ),
            Report(
                "addresses",
                "Addresses",
                "the addresses that it was seen with",
                ADDRESSES,
                (
                    Column("device", "Device", Unit.NAME, Device.text, is_heading=True, is_extra=True),
                    Column("address", "Address", Unit.NAME, Client.text),
                    Column("first_seen", "First seen", Unit.MINUTE, DeviceAddress.first_unix_s, Role.MAX),
                    Column("last_seen", "Last seen", Unit.MINUTE, DeviceAddress.last_unix_s, Role.MAX),
                ),
                ("-last_seen", "address", "device"),
                nothing="no address in this window",
            ),
            Report(
                "sites",
                "Sites by bytes",
                "the sites that it used, each with how sure that is",
                FLOWS,
                (_SITE, LABEL, *_AMOUNTS),
                ("-bytes", "site", "label"),
                leads_to="top-flow",
            ),
            Report(
                "protocols",
                "Protocols by bytes",
                "protocols and service ports",
                FLOWS,
                (PROTO, PORT, *_AMOUNTS),
                ("-bytes", "proto", "port"),
                leads_to="top-flow",
            ),
            Report(
                "resolvers",
                "Resolvers by bytes",
                "whom it asked for names, in the open and over TLS and QUIC",
                FLOWS,
                (
                    Column("resolver", "Resolver", Unit.NAME, Resolver.text),
                    DOMAIN,
                    PROTO,
                    replace(PORT, name="remote_port"),
                    BYTES,
                    PACKETS,
                ),
                ("-bytes", "resolver", "domain", "proto", "remote_port"),
                leads_to="top-flow",
                where=Flow.service_port.in_(_DNS_PORTS),
            ),
            Report(
                "hours",
                "Hours",
                "bytes by hour",
                FLOWS,
                (Column("hour", "Hour", Unit.MINUTE, fn.hour_of(Flow.minute_unix_s)), *_AMOUNTS),
                ("-hour",),
            ),
        ),
        pane=Pane(170, "Device"),
        examples=(
            ("--device laptop --day yesterday", "all that is known of one device's day"),
            ("--device 192.168.1.20", "by address, in the last hour"),
        ),
    ),
)
