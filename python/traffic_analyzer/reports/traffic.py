"""Who talked to whom, and how much."""

from __future__ import annotations

from peewee import Case, fn

from ..store.models import Device
from ..units import Unit
from .bases import BYTES, FLOWS, PACKETS, PORT, PROTO, RX_BYTES, SHARE, TX_BYTES
from .declaration import Column, Pane, Report, Role
from .relations import Client, Flow, Remote

_src = Case(Flow.is_tx, ((1, Client.text),), Remote.text)
_src_port = Case(Flow.is_tx, ((1, Flow.client_port),), Flow.remote_port)
_dst = Case(Flow.is_tx, ((1, Remote.text),), Client.text)
_dst_port = Case(Flow.is_tx, ((1, Flow.remote_port),), Flow.client_port)

REPORTS = (
    Report(
        "top-ip",
        "Remote addresses by bytes",
        "remote addresses by bytes",
        FLOWS,
        (Column("remote_ip", "Remote", Unit.NAME, Remote.text), RX_BYTES, TX_BYTES, BYTES, SHARE, PACKETS),
        ("-bytes", "remote_ip"),
        pane=Pane(30, "Addresses"),
        examples=(
            ("--protocol udp/443", "whom QUIC goes to"),
            ("--device laptop --wide", "whom one device talks to, in full"),
        ),
    ),
    Report(
        "top-lan",
        "Local addresses by bytes",
        "local addresses by bytes, public IPv6 included",
        FLOWS,
        (
            Column("local_ip", "Local", Unit.NAME, Client.text, selects="device"),
            Column("mac", "Device", Unit.NAME, Case(Device.kind, (("mac", Device.text), ("random", Device.text)), ""),
                   Role.MAX),
            RX_BYTES,
            TX_BYTES,
            BYTES,
            SHARE,
            PACKETS,
        ),
        ("-bytes", "local_ip"),
        leads_to="top-domain",
        pane=Pane(140, "Local"),
        examples=(("--period week", "local addresses of this week"),),
    ),
    Report(
        "top-protocol",
        "Protocols by bytes",
        "protocols and the ports of services by bytes",
        FLOWS,
        (PROTO, PORT, RX_BYTES, TX_BYTES, BYTES, SHARE, PACKETS),
        ("-bytes", "proto", "port"),
        leads_to="top-device",
        pane=Pane(120, "Protocols"),
        examples=(("--device tv --period day", "what one device speaks"),),
    ),
    Report(
        "timeline",
        "Traffic by time",
        "bytes by minute, over more than two hours by hour, over more than four days by day",
        FLOWS,
        (
            Column("time", "Time", Unit.MINUTE, fn.step_of(Flow.minute_unix_s)),
            RX_BYTES,
            TX_BYTES,
            BYTES,
            SHARE,
            PACKETS,
        ),
        ("-time",),
        default_limit=121,  # two hours, and the running minute
        pane=Pane(130, "Time"),
        examples=(
            ("--day yesterday", "yesterday, hour by hour"),
            ("--device laptop --period last-month", "one device's days of last month"),
        ),
    ),
    Report(
        "top-flow",
        "Flows by bytes",
        "flows by bytes: direction, protocol, source and destination with ports",
        FLOWS,
        (
            Column("direction", "Direction", Unit.DIRECTION, Flow.direction),
            Column("proto", "Proto", Unit.L4_PROTO, Flow.l4_proto),
            Column("src_ip", "Source", Unit.NAME, _src),
            Column("src_port", "Port", Unit.PORT, _src_port),
            Column("dst_ip", "Destination", Unit.NAME, _dst),
            Column("dst_port", "Port", Unit.PORT, _dst_port),
            BYTES,
            PACKETS,
        ),
        ("-bytes", "src_ip", "dst_ip", "src_port", "dst_port", "proto", "direction"),
        pane=Pane(110, "Flows"),
        examples=(
            ("--protocol tcp/22", "who has a shell where"),
            ("--device laptop --lookback-minutes 5 --watch 5", "what one device does right now"),
        ),
    ),
)
