"""Databases to look at, made by the store, of minutes just past."""

from __future__ import annotations

import time
from pathlib import Path

from traffic_analyzer.records import DeviceName, NameSource

from ..unit.traffic import batch, counter_key, flow_key, home, question_key, server_name_key, stored

_MAC_2 = "02:aa:bb:cc:dd:02"
#: Names that would move the cursor, turn the line, take two columns or none, or all the room there is.
HOSTILE = (
    "\x1b[2J\x1b[31mred", "abc\u202ecba\u2066", "日本語サイト例え", "e" + "\u0301" * 60, "a" * 63 + ".example",
    "\x07\r\n\x9b5A", "שלום.example", "📱👨\u200d👩\u200d👧.example",
)  # fmt: skip


def minute() -> int:
    """The minute before the running one."""
    return int(time.time()) // 60 * 60 - 60


def plain(folder: Path) -> Path:
    """Two devices, three names, both directions; and a flow that is of no name."""
    at = minute()
    more = {"minute_unix_s": at, "iface": "eth0", "device": _MAC_2, "client": "192.168.1.9", "label": "exact"}
    named = {f"www.site-{n:02}.example": (f"203.0.113.{n}", n * 1_000_000, n * 900) for n in range(1, 16)}
    flows = {
        flow_key(**more, domain=name, evidence="dns", remote=remote): (bytes_, packets)
        for name, (remote, bytes_, packets) in named.items()
    }
    sums = sum(bytes_ for bytes_, _ in flows.values()), sum(packets for _, packets in flows.values())
    counters = {counter_key(name, minute_unix_s=at): sums for name in ("seen", "exact")}
    names = (DeviceName(_MAC_2, NameSource.LEASE, "television"),)
    addresses = ((_MAC_2, "192.168.1.9"),)
    second = batch(flows, counters, generation=1, addresses=addresses, device_names=names, minute_unix_s=at)
    return stored(folder / "traffic.db", home(at), second)


def hostile(folder: Path) -> Path:
    """Each name of :data:`HOSTILE`, wherever there are names."""
    at = minute()
    one = {"minute_unix_s": at, "label": "exact", "evidence": "tls"}
    flows, questions, server_names, devices, addresses = {}, {}, {}, [], []
    for number, name in enumerate(HOSTILE):
        mac, client = f"02:aa:bb:cc:ee:{number:02x}", f"192.168.1.{100 + number}"
        flows[flow_key(client, **one, device=mac, domain=name)] = ((number + 1) * 1_000, 10)
        questions[question_key(name, client=client, minute_unix_s=at, device=mac)] = number + 1
        server_names[server_name_key(name, client=client, minute_unix_s=at, device=mac)] = number + 1
        devices.append(DeviceName(mac, NameSource.LEASE, name))
        addresses.append((mac, client))
    made = batch(flows, {}, (), questions=questions, server_names=server_names, device_names=devices,
                 addresses=addresses, minute_unix_s=at)  # fmt: skip
    return stored(folder / "traffic.db", made)


