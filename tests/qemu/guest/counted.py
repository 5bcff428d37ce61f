"""What came of it: as the clients' cables tell, and as the collector does, in the reports that a user has."""

from __future__ import annotations

import json
import sys
from typing import Any

from ...lab.collector import Collector
from ...lab.netns import run
from .house import CLIENT_PORT, Home
from .wire import Conversation, Tally, Wire

_ALL = 1_000_000

Traffic = tuple[int, int]  #: bytes, packets


def is_of(conversation: Conversation, addresses: set[str]) -> bool:
    """True for what is sent from one of *addresses*, or to it; not for groups, which are none of anybody."""
    return bool(addresses & {conversation.src, conversation.dst}) and not conversation.dst.startswith("ff")


def cables(built: Home) -> list[Wire]:
    """Listens to every client from now on."""
    return [Wire(client.inside, CLIENT_PORT) for client in built.clients]


def on_cables(built: Home, wires: list[Wire]) -> dict[Conversation, Traffic]:
    """What clients sent and received, each conversation once: one between two of them passes two cables alike."""
    found: dict[Conversation, Traffic] = {}
    for wire in wires:
        for conversation, traffic in of_clients(built, wire.tally()).items():
            assert found.setdefault(conversation, traffic) == traffic
    return found


def of_clients(built: Home, tally: Tally) -> dict[Conversation, Traffic]:
    """Of *tally*, what clients sent and received."""
    return tally.only(lambda conversation: is_of(conversation, built.addresses))


def report(collector: Collector, name: str, *flags: object) -> list[dict[str, Any]]:
    """The rows of a report."""
    command = (sys.executable, "-m", "traffic_analyzer", name, "--json", "--db", collector.db, *flags)
    rows: list[dict[str, Any]] = json.loads(run(*command).stdout)["rows"]
    return rows


def flows(collector: Collector, *flags: object) -> Tally:
    """Conversations as they are over all interfaces, or as *flags* say."""
    tally = Tally()
    for row in report(collector, "top-flow", "--limit", _ALL, *flags):
        tally.add(Conversation(row["src_ip"], row["dst_ip"], row["proto"]), row["bytes"], row["packets"])
    return tally


def ledger(collector: Collector) -> dict[tuple[str, int, str], Traffic]:
    """(bytes, packets) by interface, direction and item, over all hours."""
    sums: dict[tuple[str, int, str], Traffic] = {}
    for row in report(collector, "ledger"):
        key = row["iface"], row["direction"], row["item"]
        bytes_, packets = sums.get(key, (0, 0))
        sums[key] = bytes_ + row["bytes"], packets + row["packets"]
    return sums
