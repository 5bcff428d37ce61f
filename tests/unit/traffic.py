"""Small traffic to store and report: builders with everything spelled out but what a test is about."""

from __future__ import annotations

import socket
from collections.abc import Iterable, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from traffic_analyzer.records import (
    Batch,
    CounterKey,
    DeviceName,
    FlowKey,
    Health,
    Interface,
    NameHealth,
    NameSource,
    QuestionKey,
    Role,
    ServerNameKey,
    Traffic,
)
from traffic_analyzer.store.writer import Store

MINUTE = 1_700_000_040
CLIENT, REMOTE = "192.168.1.2", "203.0.113.7"
MAC = "02:aa:bb:cc:dd:01"  #: of a device whose link tells it
MAC_BYTES = bytes.fromhex("02aabbccdd01")


def packed(address: str) -> bytes:
    """An address as the kernel counts it, 4 or 16 bytes."""
    return socket.inet_pton(socket.AF_INET6 if ":" in address else socket.AF_INET, address)


def flow_key(client: str = CLIENT, remote: str = REMOTE, **changed: Any) -> FlowKey:
    """A download over TCP on eth0 in :data:`MINUTE`, by a device without a MAC, but for what is *changed*."""
    key = FlowKey(MINUTE, "eth0", 0, False, 6, packed(client), 40000, packed(remote), 443, client, "", "unknown", "")
    return key._replace(**changed)


def counter_key(counter: str, **changed: Any) -> CounterKey:
    """A counter of eth0, ingress, in :data:`MINUTE`, but for what is *changed*."""
    return CounterKey(MINUTE, "eth0", 0, counter)._replace(**changed)


def question_key(qname: str = "www.one.example", qtype: int = 1, client: str = CLIENT, **changed: Any) -> QuestionKey:
    """A question on eth0 in :data:`MINUTE`, but for what is *changed*."""
    return QuestionKey(MINUTE, "eth0", client, packed(client), qname, qtype)._replace(**changed)


def server_name_key(server_name: str = "www.one.example", evidence: str = "tls", client: str = CLIENT,
                    **changed: Any) -> ServerNameKey:  # fmt: skip
    """A ClientHello on eth0 in :data:`MINUTE`, but for what is *changed*."""
    return ServerNameKey(MINUTE, "eth0", client, packed(client), server_name, evidence)._replace(**changed)


def batch(
    flows: Mapping[FlowKey, tuple[int, int]] | None = None,
    counters: Mapping[CounterKey, tuple[int, int]] | None = None,
    health: tuple[Health, ...] = (),
    generation: int = 0,
    instance: str = "one",
    questions: Mapping[QuestionKey, int] | None = None,
    server_names: Mapping[ServerNameKey, int] | None = None,
    name_health: tuple[NameHealth, ...] = (),
    addresses: Iterable[tuple[str, str]] = (),
    device_names: Iterable[DeviceName] = (),
    minute_unix_s: int = MINUTE,
) -> Batch:
    """A batch of (bytes, packets), counts, and addresses as text."""
    booked = {key: Traffic(*sums) for key, sums in (flows or {}).items()}
    counted = {key: Traffic(*sums) for key, sums in (counters or {}).items()}
    return Batch(
        instance, generation, booked, counted, list(health), dict(questions or {}), dict(server_names or {}),
        list(name_health), {(device, packed(address)) for device, address in addresses}, list(device_names),
        minute_unix_s,
    )  # fmt: skip


def stored(path: Path, *batches: Batch) -> Path:
    """The database at *path* with *batches* in it."""
    with closing(Store(path)) as store:
        for each in batches:
            assert store.commit(each)
    return path


def home(minute_unix_s: int) -> Batch:
    """Two interfaces, two devices, both families and directions. 1,550 bytes in 31 packets; none above 999 bytes.

    Of these are exact: 800 of www.one.example over TLS, 450 of dns.quad9.net over QUIC.
    """
    at: dict[str, Any] = {"minute_unix_s": minute_unix_s}
    one = at | {"domain": "www.one.example", "label": "exact", "evidence": "tls"}
    lan = at | {"iface": "br-lan", "device": MAC}
    six = lan | {"client": "2001:db8:1::20", "remote": "2001:db8:ffff::1", "l4_proto": 17}
    six |= {"domain": "dns.quad9.net", "label": "exact", "evidence": "quic"}
    flows = {
        flow_key(**one): (700, 7),
        flow_key(**one, direction=1, is_tx=True): (100, 10),
        flow_key(**six, direction=1): (400, 4),
        flow_key(**six, is_tx=True): (50, 5),
        flow_key(remote="198.51.100.9", **at, l4_proto=1, client_port=0, remote_port=0): (300, 5),
    }
    counters = {
        counter_key("seen", **at): (1_900, 40),
        counter_key("seen", **at, direction=1): (100, 10),
        counter_key("non_ip", **at): (60, 1),
        counter_key("not_booked", **at): (840, 27),
        counter_key("seen", **at, iface="br-lan"): (50, 5),
        counter_key("seen", **at, iface="br-lan", direction=1): (400, 4),
        counter_key("exact", **at): (700, 7),
        counter_key("exact", **at, direction=1): (100, 10),
        counter_key("exact", **at, iface="br-lan"): (50, 5),
        counter_key("exact", **at, iface="br-lan", direction=1): (400, 4),
        counter_key("unknown", **at): (300, 5),
    }
    health = (Health(minute_unix_s, "eth0", 3, 65_536, 27), Health(minute_unix_s, "br-lan", 2, 65_536, 0))
    questions = {
        question_key(**at): 3,
        question_key(**at, qtype=65): 1,
        question_key("dns.quad9.net", 28, **lan): 2,
    }
    server_names = {server_name_key(**at): 2, server_name_key("dns.quad9.net", "quic", **lan): 1}
    name_health = (
        NameHealth(minute_unix_s, "eth0", 2, 4, 2, 2, 1, 0, 0, 1),
        NameHealth(minute_unix_s, "br-lan", 1, 2, 1, 1, 0, 0, 0, 0),
    )
    addresses = ((CLIENT, CLIENT), (MAC, "2001:db8:1::20"))
    names = (DeviceName(MAC, NameSource.LEASE, "laptop"),)
    return batch(
        flows, counters, health, 0, "one", questions, server_names, name_health, addresses, names, minute_unix_s
    )


def interface(name: str = "eth0", role: Role = Role.HOST, *, ifindex: int = 2, addresses: tuple[str, ...] = (),
              networks: tuple[tuple[str, int], ...] = ()) -> Interface:  # fmt: skip
    """An interface with addresses as text."""
    on_link = tuple((packed(network), prefix_bits) for network, prefix_bits in networks)
    return Interface(name, ifindex, True, role, frozenset(map(packed, addresses)), on_link)
