"""Who talked to whom, and how much."""

from __future__ import annotations

from peewee import Case

from ..store.models import Device, FlowMinute
from ..units import Unit
from .bases import BYTES, FLOWS, PACKETS, RX_BYTES, SHARE, TX_BYTES, client, remote
from .declaration import Column, Report, Role

_src = Case(FlowMinute.is_tx, ((1, client.text),), remote.text)
_src_port = Case(FlowMinute.is_tx, ((1, FlowMinute.client_port),), FlowMinute.remote_port)
_dst = Case(FlowMinute.is_tx, ((1, remote.text),), client.text)
_dst_port = Case(FlowMinute.is_tx, ((1, FlowMinute.remote_port),), FlowMinute.client_port)

REPORTS = (
    Report(
        "top-ip",
        "Remote addresses by bytes",
        "remote addresses by bytes",
        FLOWS,
        (Column("remote_ip", "Remote", Unit.NAME, remote.text), RX_BYTES, TX_BYTES, BYTES, SHARE, PACKETS),
        ("-bytes", "remote_ip"),
    ),
    Report(
        "top-lan",
        "Local addresses by bytes",
        "local addresses by bytes, public IPv6 included",
        FLOWS,
        (
            Column("local_ip", "Local", Unit.NAME, client.text),
            Column("mac", "Device", Unit.NAME, Case(Device.kind, (("mac", Device.text), ("random", Device.text)), ""),
                   Role.MAX),
            RX_BYTES,
            TX_BYTES,
            BYTES,
            SHARE,
            PACKETS,
        ),
        ("-bytes", "local_ip"),
    ),
    Report(
        "top-flow",
        "Flows by bytes",
        "flows by bytes: direction, protocol, source and destination with ports",
        FLOWS,
        (
            Column("direction", "Direction", Unit.DIRECTION, FlowMinute.direction),
            Column("proto", "Proto", Unit.L4_PROTO, FlowMinute.l4_proto),
            Column("src_ip", "Source", Unit.NAME, _src),
            Column("src_port", "Port", Unit.PORT, _src_port),
            Column("dst_ip", "Destination", Unit.NAME, _dst),
            Column("dst_port", "Port", Unit.PORT, _dst_port),
            BYTES,
            PACKETS,
        ),
        ("-bytes", "src_ip", "dst_ip", "src_port", "dst_port", "proto", "direction"),
    ),
)
