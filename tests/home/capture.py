"""What Wireshark's programs count: dumpcap records, tshark reads."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ..lab.netns import Namespace
from .tally import EGRESS, INGRESS, Flow, Tally

_START_S = 60
_HEAD_BYTES = 160  # of each frame; its whole length is recorded beside
_BUFFER_MIB = 64
_DROPPED = re.compile(r"Packets received/dropped on interface '.*': (\d+)/(\d+)")
_TCP, _UDP, _FRAGMENT = 6, 17, 44

_FIELDS = (
    "frame.len", "eth.src", "ip.src", "ip.dst", "ip.proto", "ip.id", "ipv6.src", "ipv6.dst", "ipv6.nxt",
    "ipv6.hopopts.nxt", "ipv6.fraghdr.nxt", "ipv6.fraghdr.ident", "tcp.srcport", "tcp.dstport", "udp.srcport",
    "udp.dstport",
)  # fmt: skip
_OFF = ("ip.defragment", "ipv6.defragment", "tcp.desegment_tcp_streams", "tcp.analyze_sequence_numbers",
        "tcp.check_checksum", "udp.check_checksum", "ip.check_checksum")  # fmt: skip


class Capture:
    """A recording of one interface, from entering to :meth:`stop`."""

    def __init__(self, inside: Namespace, iface: str, file: Path) -> None:
        self.file = file
        self.log = file.with_suffix(".log")
        with self.log.open("wb") as log:
            self._process: subprocess.Popen[Any] = inside.popen(
                "dumpcap", "-i", iface, "-p", "-q", "-s", _HEAD_BYTES, "-B", _BUFFER_MIB, "-w", file,
                stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip

    def wait_until_recording(self) -> None:
        """AssertionError with what dumpcap said where it does not."""
        until_s = time.monotonic() + _START_S
        while "File: " not in (said := self.log.read_text()):
            assert self._process.poll() is None and time.monotonic() < until_s, f"dumpcap does not record: {said}"
            time.sleep(0.05)

    def stop(self) -> int:
        """Ends the recording; how many frames it holds. AssertionError where a frame was dropped."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)
        self._process.wait(timeout=60)
        said = self.log.read_text()
        found = _DROPPED.search(said)
        assert found, f"dumpcap did not say what it dropped: {said}"
        received, dropped = map(int, found.groups())
        assert not dropped, f"dumpcap dropped {dropped} of {received} frames"
        return received

    def kill(self) -> None:
        """Ends it, however it fares."""
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()

    def tally(self, router_mac: str) -> Tally:
        """What tshark reads in the recording. Frames from *router_mac* are egress, all others ingress.

        A fragment without ports gets those of its datagram's first one.
        """
        tally = Tally()
        ports: dict[tuple[str, ...], tuple[int, int]] = {}
        for length, mac, *fields in _rows(self.file):
            bytes_ = int(length)
            ipv4_src, ipv4_dst, ipv4_proto, ipv4_id, ipv6_src, ipv6_dst, *next_headers, ipv6_id = fields[:10]
            src, dst, datagram = ipv4_src or ipv6_src, ipv4_dst or ipv6_dst, ipv4_id or ipv6_id
            if not src:
                tally.non_ip_bytes += bytes_
                tally.non_ip_packets += 1
                continue
            l4_proto = int(ipv4_proto or _transport(next_headers))
            of = {_TCP: fields[10:12], _UDP: fields[12:14]}.get(l4_proto, ["", ""])
            key = (src, dst, str(l4_proto), datagram)
            if of[0]:
                ports[key] = int(of[0]), int(of[1])
            src_port, dst_port = ports.get(key, (0, 0))
            direction = EGRESS if mac == router_mac else INGRESS
            flow = Flow(direction, l4_proto, src, src_port, dst, dst_port)
            tally.bytes[flow] += bytes_
            tally.packets[flow] += 1
        return tally


def _transport(next_headers: list[str]) -> str:
    """The protocol behind the extension headers that are met here: hop-by-hop options, a fragment."""
    return [number for number in next_headers if number][-1]


def _rows(file: Path) -> Iterator[list[str]]:
    """The fields of each frame; of a packet within a packet (ICMP errors) the outer one."""
    command = ["tshark", "-n", "-r", str(file), "-T", "fields", "-E", "occurrence=f"]
    command += [word for name in _FIELDS for word in ("-e", name)]
    command += [word for name in _OFF for word in ("-o", f"{name}:FALSE")]
    environment = os.environ | {"WIRESHARK_CONFIG_DIR": str(file.parent)}  # whoever runs it may have preferences
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True, env=environment)
    for line in done.stdout.splitlines():
        yield line.split("\t")


@contextmanager
def capture(inside: Namespace, iface: str, file: Path) -> Iterator[Capture]:
    """A recording that runs when the block begins and has ended when it is left."""
    made = Capture(inside, iface, file)
    try:
        made.wait_until_recording()
        yield made
    finally:
        made.kill()
