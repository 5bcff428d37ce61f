"""What a DNS answer says about the name that was asked for: records on its chain of aliases, and no others."""

from __future__ import annotations

from collections.abc import Iterator

from .dns import AAAA, CNAME, IN, QUERY, A, Message, Resource
from .svcb import EchConfig, ServiceBinding


def addresses(message: Message) -> list[tuple[bytes, int]]:
    """Addresses that the asked name leads to, each once: (4 or 16 bytes, seconds that this holds).

    They stand in A and AAAA records, and in the hints of SVCB and HTTPS records, of the asked name or of a name that it
    is an alias of, by CNAME records or bindings in alias mode (RFC 1034 3.6.2, RFC 9460 2.4.2). The seconds are those
    of the record on the way with the fewest; where an address has two ways, of the longer lasting. Empty unless the
    message answers one question, without an error.
    """
    found: dict[bytes, int] = {}
    for record, ttl_s in _chain(message):
        data = record.data
        if isinstance(data, ServiceBinding):
            for hint in data.ipv4_hints + data.ipv6_hints:
                found[hint] = max(ttl_s, found.get(hint, 0))
        elif isinstance(data, bytes) and record.type in (A, AAAA):
            found[data] = max(ttl_s, found.get(data, 0))
    return list(found.items())


def ech_configs(message: Message) -> tuple[EchConfig, ...]:
    """Configurations for Encrypted ClientHello in the records that :func:`addresses` looks at."""
    found: list[EchConfig] = []
    for record, _ in _chain(message):
        if isinstance(record.data, ServiceBinding):
            found += record.data.ech
    return tuple(found)


def _chain(message: Message) -> Iterator[tuple[Resource, int]]:
    """Records of the asked name and of the names it is an alias of, each with the least TTL on the way, its own too."""
    is_answer = message.is_response and message.opcode == QUERY and not message.rcode
    if not is_answer or len(message.questions) != 1:
        return
    by_owner: dict[str, list[Resource]] = {}
    for record in message.answers:
        if record.class_ == IN:
            by_owner.setdefault(record.name.lower(), []).append(record)
    way: list[tuple[str, int | None]] = [(message.questions[0].name.lower(), None)]
    for owner, least_ttl_s in way:  # grows meanwhile; pop: a name is passed once, whatever loops there are
        for record in by_owner.pop(owner, ()):
            ttl_s = record.ttl_s if least_ttl_s is None else min(record.ttl_s, least_ttl_s)
            yield record, ttl_s
            data = record.data
            if isinstance(data, str):
                if record.type == CNAME:
                    way.append((data.lower(), ttl_s))
            elif isinstance(data, ServiceBinding) and not data.priority and data.target:
                way.append((data.target.lower(), ttl_s))
