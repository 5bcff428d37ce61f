"""Expected and read names of a capture, made comparable by the rules of the captures' README."""

from __future__ import annotations

import socket
from collections import Counter, defaultdict
from collections.abc import Iterable
from ipaddress import ip_address
from typing import Any, NamedTuple

from traffic_analyzer.dissector import Heard
from traffic_analyzer.records import HeadKind
from traffic_analyzer.wire import dns
from traffic_analyzer.wire.svcb import ServiceBinding
from traffic_analyzer.wire.tls import ClientHello

_UPDATE = 5  # opcode; the qname is a zone (RFC 2136)
_TRANSPORTS = {"tcp": HeadKind.TLS, "quic": HeadKind.QUIC}
#: Types whose data is read, as numbers; of the others name, type and time to live are compared.
_WITH_DATA = {dns.A, dns.AAAA, dns.CNAME, dns.PTR, dns.NS, dns.SVCB, dns.HTTPS}
_NAMES = {dns.CNAME, dns.PTR, dns.NS}
KINDS = ("dns messages", "dns names", "dns answers", "sni tcp", "sni quic")

#: src, src port, dst, dst port.
Ports = tuple[str, int, str, int]
#: Ports, l4 protocol, id, is a response.
MessageKey = tuple[Ports, int, int, bool]
#: name, type, data where it is compared, seconds to live.
Answer = tuple[str, int, str, int]


class Said(NamedTuple):
    """What a capture says, or was expected to say: bags, for the same may be said twice."""

    messages: dict[MessageKey, int]
    names: Counter[tuple[MessageKey, str]]
    answers: Counter[tuple[MessageKey, Answer]]
    server_names: dict[HeadKind, Counter[tuple[Ports, str]]]
    every_name: set[str]  #: lower case; of the expected ones those too that are not to be found


class Count(NamedTuple):
    """How many were found of those expected."""

    found: int
    expected: int


def _nothing() -> Said:
    return Said(Counter(), Counter(), Counter(), defaultdict(Counter), set())


def _is_tunnelled(entry: dict[str, Any]) -> bool:
    layers = (entry.get("encap") or "").split(":")
    return sum(layer in ("ip", "ipv6") for layer in layers) > 1


def _name(text: str) -> str:
    """A name as the truth files have it, in our form: the root empty, bytes beyond ASCII and spaces as \\DDD."""
    if text == ".":
        return ""
    return "".join(
        c if "!" <= c <= "~" else "".join(f"\\{byte:03}" for byte in c.encode()) for c in text.lower()
    )


def _ports(entry: dict[str, Any]) -> Ports:
    return str(ip_address(entry["src"])), entry["sport"], str(ip_address(entry["dst"])), entry["dport"]


def _expected_answer(answer: dict[str, Any]) -> Answer:
    has_data = answer["type_num"] in _WITH_DATA and answer["data"] is not None
    data = answer["data"] if has_data else ""
    name = data.lower() if answer["type_num"] not in _NAMES else _name(data)
    return _name(answer["name"]), answer["type_num"], name, answer["ttl"]


def expected(truth: dict[str, Any]) -> Said:
    """What a truth file wants to be found, and all names that it knows of."""
    said = _nothing()
    said.every_name.update(_known_names(truth))
    for entry in truth["dns"]:
        if entry["opcode"] == _UPDATE or _is_tunnelled(entry):
            continue
        if any(entry.get(flag) for flag in ("disputed", "malformed", "cut")):
            continue
        key = _ports(entry), socket.getprotobyname(entry["proto"]), entry["id"], bool(entry["qr"])
        said.messages[key] = said.messages.get(key, 0) + 1
        if entry["qname"] is not None and not (entry.get("odd_bytes_in_name") and "qname_escaped" not in entry):
            said.names[key, _name(entry.get("qname_escaped", entry["qname"]))] += 1
        for answer in entry["answers"]:
            if answer["name"] is None:
                continue
            if answer["name"] == entry["qname"]:  # the way odd bytes are written stands there only
                answer = answer | {"name": entry.get("qname_escaped", entry["qname"])}
            said.answers[key, _expected_answer(answer)] += 1
    for entry in truth["sni"]:
        if entry["sni"] and entry["transport"] in _TRANSPORTS and not _is_tunnelled(entry):
            said.server_names[_TRANSPORTS[entry["transport"]]][_ports(entry), entry["sni"].lower()] += 1
    return said


def _known_names(truth: dict[str, Any]) -> Iterable[str]:
    """Every name in a truth file, as read."""
    for kind in ("dns", "dns_other", "dns_in_icmp"):
        for entry in truth[kind]:
            yield from (_name(entry.get(name) or "") for name in ("qname", "qname_escaped"))
    for entry in (*truth["sni"], *truth["sni_partial"]):
        yield _name(entry["sni"] or "")


def _answer(resource: dns.Resource) -> Answer:
    data = ""
    if resource.type in _WITH_DATA:
        value = resource.data
        if isinstance(value, bytes):
            data = str(ip_address(value)) if len(value) in (4, 16) else value.hex()
        elif isinstance(value, ServiceBinding):
            data = f"{value.priority} {value.target or '.'}"
        else:
            data = value
    return resource.name.lower(), resource.type, data.lower(), resource.ttl_s


def read(heard: Iterable[Heard]) -> Said:
    """What was read of the heads of a capture. Requests over HTTP are not scored."""
    said = _nothing()
    for head, message in heard:
        ports = str(ip_address(head.src)), head.src_port, str(ip_address(head.dst)), head.dst_port
        if isinstance(message, dns.Message):
            key = ports, head.l4_proto, message.id, message.is_response
            said.messages[key] = said.messages.get(key, 0) + 1
            if message.questions:
                name = message.questions[0].name.lower()
                said.names[key, name] += 1
                said.every_name.add(name)
            for resource in message.answers:
                said.answers[key, _answer(resource)] += 1
        elif isinstance(message, ClientHello) and message.server_name:
            name = message.server_name.lower()
            said.server_names[HeadKind(head.kind)][ports, name] += 1
            said.every_name.add(name)
    return said


def counts(want: Said, got: Said) -> dict[str, Count]:
    """By kind of :data:`KINDS`: how much of what was wanted was got."""
    pairs: tuple[tuple[Counter[Any], Counter[Any]], ...] = (
        (Counter(want.messages), Counter(got.messages)),
        (want.names, got.names),
        (want.answers, got.answers),
        *((want.server_names[kind], got.server_names[kind]) for kind in _TRANSPORTS.values()),
    )
    return {
        kind: Count((wanted & gotten).total(), wanted.total())
        for kind, (wanted, gotten) in zip(KINDS, pairs, strict=True)
    }


def missing(want: Said, got: Said) -> list[str]:
    """A line for each name and answer that was not found."""
    lines = [f"dns name {key}" for key in (want.names - got.names).elements()]
    lines += [f"dns answer {key}" for key in (want.answers - got.answers).elements()]
    for kind in _TRANSPORTS.values():
        lost = want.server_names[kind] - got.server_names[kind]
        lines += [f"server name over {kind.name} {key}" for key in lost.elements()]
    return lines


def invented(want: Said, got: Said) -> set[str]:
    """Names that were read and that the capture does not hold."""
    return got.every_name - want.every_name
