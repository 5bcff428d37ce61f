"""What somebody counted on a link, in one shape for the collector and for tshark."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from ..lab.collector import Collector

INGRESS, EGRESS = 0, 1


class Flow(NamedTuple):
    """One direction of one conversation. Ports are 0 where the protocol has none."""

    direction: int  #: as the router sees it
    l4_proto: int
    src: str
    src_port: int
    dst: str
    dst_port: int


@dataclass
class Tally:
    """Flows and all else. Bytes as on the wire, link header included, and packets."""

    bytes: Counter[Flow] = field(default_factory=Counter)
    packets: Counter[Flow] = field(default_factory=Counter)
    non_ip_bytes: int = 0
    non_ip_packets: int = 0

    def only(self, wanted: Callable[[Flow], bool]) -> Tally:
        """The flows that are wanted, and nothing that is not IP."""
        return Tally(
            Counter({flow: count for flow, count in self.bytes.items() if wanted(flow)}),
            Counter({flow: count for flow, count in self.packets.items() if wanted(flow)}),
        )


def tally_of(collector: Collector, iface: str) -> Tally:
    """What is in the collector's database, as a user reads it with SQL."""
    tally = Tally()
    rows = collector.rows(
        "SELECT direction, proto, src_ip, src_port, dst_ip, dst_port, sum(bytes), sum(packets) FROM flow_1m_5t"
        " WHERE iface = ? GROUP BY 1, 2, 3, 4, 5, 6", iface,
    )  # fmt: skip
    for *flow, bytes_, packets in rows:
        tally.bytes[Flow(*flow)] = bytes_
        tally.packets[Flow(*flow)] = packets
    ((tally.non_ip_bytes, tally.non_ip_packets),) = collector.rows(
        "SELECT coalesce(sum(bytes), 0), coalesce(sum(packets), 0) FROM counter_minute"
        " JOIN iface ON iface.id = iface_id WHERE counter = 'non_ip' AND iface.text = ?", iface,
    )  # fmt: skip
    return tally
