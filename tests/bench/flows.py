"""Flows as the kernel holds them: keys and values to fill a map with, a large home's worth of addresses."""

from __future__ import annotations

import ctypes
import ipaddress
import socket

from traffic_analyzer.kernel import abi
from traffic_analyzer.kernel.libbpf import Libbpf
from traffic_analyzer.records import Interface, Role

IFINDEX = 1
FIRST_BOOT_NS = 10**12  #: of every flow
_CLIENTS, _REMOTES = 50, 3000
_BASES = {4: ("192.168.1.0", "198.18.0.0"), 6: ("2001:db8:1::", "2001:db8:2::")}
_TCP = 6

INTERFACE = Interface(
    "br-lan", IFINDEX, True, Role.LAN, frozenset({ipaddress.ip_address("192.168.1.254").packed}),
    ((ipaddress.ip_address("192.168.1.254").packed, 24),),
)  # fmt: skip


def _key(number: int) -> bytes:
    """Flow *number*: every second one is the answer of the one before, every fourth conversation IPv6."""
    conversation, direction = divmod(number, 2)
    version = 4 if conversation % 4 else 6
    client, remote = (
        (ipaddress.ip_address(base) + offset).packed.ljust(16, b"\0")
        for base, offset in zip(_BASES[version], (conversation % _CLIENTS, conversation % _REMOTES), strict=True)
    )
    ports = socket.htons(1024 + conversation // _CLIENTS), socket.htons(443)
    if direction:
        return abi.FLOW_KEY.pack(remote, client, IFINDEX, *reversed(ports), direction, _TCP, version)
    return abi.FLOW_KEY.pack(client, remote, IFINDEX, *ports, direction, _TCP, version)


def keys(count: int) -> bytes:
    """The keys of *count* different flows, packed."""
    return b"".join(map(_key, range(count)))


class Filler:
    """``bpf_map_update_batch`` of the library that *libbpf* has loaded."""

    def __init__(self, libbpf: Libbpf) -> None:
        self._call = ctypes.CDLL(libbpf.name, use_errno=True).bpf_map_update_batch
        self._cpus = libbpf.cpus

    def fill(self, fd: int, packed_keys: bytes) -> None:
        """Stores a flow under each key, seen by every CPU.

        :raises OSError: the map does not hold them all.
        """
        count = len(packed_keys) // abi.FLOW_KEY.size
        mac = bytes.fromhex("02000000000a")
        values = abi.FLOW.pack(123_456, 89, FIRST_BOOT_NS, mac, 0, 0) * self._cpus * count
        done = ctypes.c_uint32(count)
        if self._call(fd, packed_keys, values, ctypes.byref(done), None) or done.value != count:
            raise OSError(ctypes.get_errno(), f"{done.value} of {count} flows stored")
