"""The collector's figures beside tshark's."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from traffic_analyzer.units import protocol_name

from .house import Client
from .tally import Flow, Tally

_HEAD = ("bytes", "tshark", "packets", "tshark")


class Difference(NamedTuple):
    """Distances of all flows added up, and of what is not IP; 0 only where every single one agrees."""

    bytes: int
    packets: int


class Row(NamedTuple):
    """One line of a table: who, then the collector's and tshark's figures."""

    who: tuple[str, ...]
    bytes: int
    their_bytes: int
    packets: int
    their_packets: int

    @property
    def agrees(self) -> bool:
        """True where both counted the same."""
        return self.bytes == self.their_bytes and self.packets == self.their_packets


def difference(ours: Tally, theirs: Tally) -> Difference:
    """How far the two are apart, flow by flow."""
    flows = ours.bytes.keys() | theirs.bytes.keys()
    return Difference(
        sum(abs(ours.bytes[flow] - theirs.bytes[flow]) for flow in flows)
        + abs(ours.non_ip_bytes - theirs.non_ip_bytes),
        sum(abs(ours.packets[flow] - theirs.packets[flow]) for flow in flows)
        + abs(ours.non_ip_packets - theirs.non_ip_packets),
    )


def is_of(client: Client) -> Callable[[Flow], bool]:
    """Whether a flow has one of the client's own addresses at an end."""
    addresses = {client.ipv4, client.ipv6}
    return lambda flow: flow.src in addresses or flow.dst in addresses


def _row(who: tuple[str, ...], flows: Iterable[Flow], ours: Tally, theirs: Tally) -> Row:
    flows = list(flows)
    counters = (ours.bytes, theirs.bytes, ours.packets, theirs.packets)
    return Row(who, *(sum(counter[flow] for flow in flows) for counter in counters))


def client_rows(clients: Sequence[Client], ours: Tally, theirs: Tally) -> list[Row]:
    """Each address of each client, download and upload; then what has no client's address, and what is not IP."""
    flows = ours.bytes.keys() | theirs.bytes.keys()
    rows = []
    for client in clients:
        for address in (client.ipv4, client.ipv6):
            down, up = [f for f in flows if f.dst == address], [f for f in flows if f.src == address]
            rows.append(_row((client.name, address, "download"), down, ours, theirs))
            rows.append(_row((client.name, address, "upload"), up, ours, theirs))
    rest = [flow for flow in flows if not any(is_of(client)(flow) for client in clients)]
    rows.append(_row(("-", "link-local, groups", "both"), rest, ours, theirs))
    non_ip = (ours.non_ip_bytes, theirs.non_ip_bytes, ours.non_ip_packets, theirs.non_ip_packets)
    return [*rows, Row(("-", "not IP (ARP)", "both"), *non_ip)]


def flow_rows(ours: Tally, theirs: Tally) -> list[Row]:
    """Each flow, those that differ first, then by bytes."""
    rows = []
    for flow in ours.bytes.keys() | theirs.bytes.keys():
        who = (protocol_name(flow.l4_proto), flow.src, str(flow.src_port), flow.dst, str(flow.dst_port))
        rows.append(_row(who, [flow], ours, theirs))
    return sorted(rows, key=lambda row: (row.agrees, -max(row.bytes, row.their_bytes), row.who))


def render(head: tuple[str, ...], rows: Sequence[Row]) -> str:
    """A table; lines that differ end in a mark."""
    lines = [(*head, *_HEAD), *((*row.who, *(str(number) for number in row[1:])) for row in rows)]
    sizes = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
    lines.insert(1, tuple("-" * size for size in sizes))
    marks = ["", "", *("" if row.agrees else "  <- differs" for row in rows)]
    adjust = [str.ljust] * len(head) + [str.rjust] * len(_HEAD)
    return "\n".join(
        " ".join(to_side(text, size) for to_side, text, size in zip(adjust, line, sizes, strict=True)) + mark
        for line, mark in zip(lines, marks, strict=True)
    )
