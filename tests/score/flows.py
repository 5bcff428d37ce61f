"""Expected and booked flows of a capture, made comparable by the rules of the captures' README."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from ipaddress import ip_address
from typing import Any, NamedTuple

_INVENTED_HEADER_BYTES = 14  # Ethernet header of captures whose link was another
_ETHERNET = ["1"]  # wtap_encap
_FRAGMENT = "frag"


class Sum(NamedTuple):
    """What a flow came to; bytes are None where only packets can be compared."""

    packets: int
    bytes: int | None


#: proto, src, src port, dst, dst port; for pairs with later fragments only (src, dst).
Key = tuple[str, ...]


def _folded(rows: Iterable[tuple[Key, Sum]], pairs: set[tuple[str, str]]) -> dict[Key, Sum]:
    """Sums by key, all flows of a pair of addresses with later fragments in one."""
    sums: dict[Key, Sum] = defaultdict(lambda: Sum(0, 0))
    for key, traffic in rows:
        pair = key[1], key[3]
        held = sums[pair if pair in pairs else key]
        total = None if held.bytes is None or traffic.bytes is None else held.bytes + traffic.bytes
        sums[pair if pair in pairs else key] = Sum(held.packets + traffic.packets, total)
    return dict(sums)


def expected(truth: dict[str, Any]) -> tuple[dict[Key, Sum], set[tuple[str, str]]]:
    """The flows of a truth file, and the pairs of addresses whose flows must be summed up (later fragments).

    Packets are compared always; bytes of the frame where the original was Ethernet, else those of IP and the invented
    header; no bytes where frames were cut. Frames without both addresses are not flows.
    """
    rows, pairs = [], set()
    for text, flow in truth["flows"].items():
        proto, src, src_port, dst, dst_port = text.split("|")
        if not (src and dst):
            continue
        key = (proto, str(ip_address(src)), src_port, str(ip_address(dst)), dst_port)
        if _FRAGMENT in (src_port, dst_port):
            pairs.add((key[1], key[3]))
        bytes_: int | None = flow["bytes_l2"]
        if truth["cut_frames"]:
            bytes_ = None
        elif truth["wtap_encap"] != _ETHERNET:
            bytes_ = flow["bytes_l3"] + _INVENTED_HEADER_BYTES * flow["packets"]
        rows.append((key, Sum(flow["packets"], bytes_)))
    return _folded(rows, pairs), pairs


def booked(
    rows: Iterable[tuple[int, str, int, str, int, int, int]], pairs: set[tuple[str, str]], with_bytes: bool
) -> dict[Key, Sum]:
    """The flows of the database: rows of proto, src_ip, src_port, dst_ip, dst_port, bytes, packets."""
    keyed = [
        ((str(proto), str(ip_address(src)), str(src_port), str(ip_address(dst)), str(dst_port)),
         Sum(packets, bytes_ if with_bytes else None))
        for proto, src, src_port, dst, dst_port, bytes_, packets in rows
    ]  # fmt: skip
    return _folded(keyed, pairs)


def differences(want: dict[Key, Sum], got: dict[Key, Sum]) -> list[str]:
    """A line for each flow that is missing, too many, or of another size."""
    return [
        f"{'|'.join(key)}: expected {_text(want.get(key))}, booked {_text(got.get(key))}"
        for key in sorted(want.keys() | got.keys())
        if want.get(key) != got.get(key)
    ]


def _text(traffic: Sum | None) -> str:
    if traffic is None:
        return "nothing"
    return f"{traffic.packets} packets" + ("" if traffic.bytes is None else f" {traffic.bytes} bytes")
