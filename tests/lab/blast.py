"""``python -m tests.lab.blast IFACE CPU FLOWS SECONDS RATE``: sends UDP frames from one CPU.

RATE is in frames a second; 0: as fast as it can.

Ends after SECONDS or on SIGTERM, and prints ``FRAMES BYTES`` that went out. The frames of a run have all the same
length; flows differ in their ports.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time

from .netns import Namespace
from .packets import ethernet, ipv4, udp

_IPV4, _UDP = 0x0800, 17
_PAYLOAD = bytes(100)
_SENDS_PER_LOOK = 256  # at the clock


def frames(flows: int) -> list[bytes]:
    """One frame a flow."""
    return [
        ethernet(_IPV4, ipv4(_UDP, udp(1024 + flow % 50_000, 1024 + flow // 50_000, _PAYLOAD))) for flow in range(flows)
    ]


def start(
    inside: Namespace, interface: str, cpus: int, flows: int, seconds: float, rate: int = 0
) -> list[subprocess.Popen[str]]:
    """Starts one sender for each of the first *cpus* CPUs; *rate* is of each."""
    argv = [sys.executable, "-m", __spec__.name, interface]
    return [
        inside.popen(*argv, cpu, flows, seconds, rate, stdout=subprocess.PIPE, text=True) for cpu in range(cpus)
    ]


def finish(senders: list[subprocess.Popen[str]], now: bool = False) -> tuple[int, int]:
    """Waits for all; frames and bytes that they sent.

    :param now: tell them to stop.
    """
    frames_sent = bytes_sent = 0
    for sender in senders:
        if now:
            sender.terminate()
    for sender in senders:
        output, _ = sender.communicate(timeout=120)
        assert sender.returncode == 0, f"sender ended with {sender.returncode}"
        frames_, bytes_ = map(int, output.split())
        frames_sent, bytes_sent = frames_sent + frames_, bytes_sent + bytes_
    return frames_sent, bytes_sent


def _blast(interface: str, cpu: int, flows: int, seconds: float, rate: int) -> tuple[int, int]:
    os.sched_setaffinity(0, {cpu})
    os.nice(10)  # the collector beside it must get its share
    ready = frames(flows)
    count = 0
    stop: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _: stop.append(number))
    began_s = time.monotonic()
    until = began_s + seconds
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0) as packet_socket:
        packet_socket.bind((interface, 0))
        send = packet_socket.send
        while not stop and time.monotonic() < until:
            for at in range(count, count + _SENDS_PER_LOOK):
                send(ready[at % flows])
            count += _SENDS_PER_LOOK
            if rate:
                time.sleep(max(0.0, began_s + count / rate - time.monotonic()))
    return count, count * len(ready[0])


if __name__ == "__main__":
    print(*_blast(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4]), int(sys.argv[5])))
