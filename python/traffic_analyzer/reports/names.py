"""Which names, how much, and how sure."""

from __future__ import annotations

from dataclasses import replace

from ..store.models import Domain, Evidence
from ..units import Unit
from .bases import (
    BYTES,
    DOMAIN,
    EVIDENCE,
    FLOWS,
    LABEL,
    PACKETS,
    PORT,
    PROTO,
    QUESTIONS,
    RX_BYTES,
    SERVER_NAMES,
    SHARE,
    TX_BYTES,
    marked,
)
from .declaration import Column, Pane, Report, Role, Summary
from .relations import Flow, Question, ServerName

_UDP, _HTTPS_PORT = 17, 443
_BY_NAME = (DOMAIN, LABEL, RX_BYTES, TX_BYTES, BYTES, SHARE, PACKETS)
_is_public_name = Evidence.text == "ech"

REPORTS = (
    Report(
        "top-domain",
        "Names by bytes",
        "names of remotes by bytes, each with how sure it is",
        FLOWS,
        _BY_NAME,
        ("-bytes", "domain", "label"),
        leads_to="top-flow",
        summary=Summary("sites", 10, by="site"),
        pane=Pane(10, "Sites", by="site"),
        examples=(
            ("--by site --period day", "sites of today"),
            ("--device laptop --day yesterday", "what one device used yesterday"),
            ("--bytes --json", "for a program"),
        ),
    ),
    Report(
        "top-dns",
        "Names asked for",
        "names that were asked for in the DNS, by count",
        QUESTIONS,
        (
            Column("qname", "Name", Unit.NAME, Domain.text, by_site=Domain.site, selects="domain"),
            Column("qtype", "Type", Unit.QTYPE, Question.qtype),
            Column("count", "Count", Unit.COUNT, Question.count, Role.SUM),
        ),
        ("-count", "qname", "qtype"),
        leads_to="domain-detail",
        pane=Pane(40, "DNS"),
        examples=(("--device tv", "what one device asks for"),),
    ),
    Report(
        "top-sni",
        "TLS server names",
        "server names in TLS and QUIC ClientHellos, by count",
        SERVER_NAMES,
        (
            Column("sni", "Name", Unit.NAME, marked(_is_public_name, Domain.text),
                   by_site=marked(_is_public_name, Domain.site), selects="domain"),
            Column("over", "Over", Unit.TEXT, Evidence.text),
            Column("count", "Count", Unit.COUNT, ServerName.count, Role.SUM),
        ),
        ("-count", "sni", "over"),
        leads_to="domain-detail",
        pane=Pane(50, "SNI"),
        examples=(("--by site --since today", "sites whose names were read today"),),
    ),
    Report(
        "top-quic",
        "QUIC by bytes",
        "names of what went over QUIC (udp/443, or read as QUIC), by bytes",
        FLOWS,
        _BY_NAME,
        ("-bytes", "domain", "label"),
        where=(Flow.l4_proto == _UDP)
        & ((Flow.service_port == _HTTPS_PORT) | (Evidence.text == "quic")),
        leads_to="top-flow",
        pane=Pane(60, "QUIC"),
        examples=(("--period day", "what QUIC carried today"),),
    ),
    Report(
        "domain-detail",
        "Traffic by bytes",
        "a name and all names under it: direction, protocol, service port, and how sure the name is",
        FLOWS,
        (
            Column("direction", "Direction", Unit.DIRECTION, Flow.direction),
            PROTO,
            replace(PORT, name="remote_port"),
            LABEL,
            EVIDENCE,
            BYTES,
            PACKETS,
        ),
        ("-bytes", "proto", "remote_port", "direction", "label", "evidence"),
        default_limit=50,
        needs_domain=True,
        leads_to="top-flow",
        pane=Pane(180, "Name"),
        examples=(("--domain example.org --period week", "one site of this week, by protocol and how sure that is"),),
    ),
    Report(
        "attribution-coverage",
        "How sure names are",
        "bytes by how sure their name is, and by what it was learnt from",
        FLOWS,
        (LABEL, EVIDENCE, BYTES, SHARE, PACKETS),
        ("-bytes", "label", "evidence"),
        default_limit=None,
        summary=Summary("labels"),
        pane=Pane(80, "Coverage"),
        examples=(("--period day", "how much of today's traffic has a name that is sure"),),
    ),
)  # fmt: skip
