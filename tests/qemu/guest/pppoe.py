"""PPPoE sessions without daemons: both ends are told of each other, nothing is negotiated. RFC 2516; Linux's ioctls."""

from __future__ import annotations

import ctypes
import fcntl
import json
import os
import socket
import struct
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from ...lab.netns import Namespace, run

_AF_PPPOX, _PX_PROTO_OE = 24, 0
_SESSION = 7
#: linux/ppp-ioctl.h
_PPPIOCGCHAN, _PPPIOCATTCHAN, _PPPIOCCONNECT = 0x80047437, 0x40047438, 0x4004743A
_PPPIOCNEWUNIT, _PPPIOCSNPMODE = 0xC004743E, 0x4008744B
_PPP_IPV4, _PPP_IPV6, _NPMODE_PASS = 0x21, 0x57, 0
MTU = 1492


@contextmanager
def cable(one: Namespace, one_lower: str, other: Namespace, other_lower: str, device: str) -> Iterator[None]:
    """A *device* in each namespace, up, that talk over two Ethernet devices; both gone when the block ends.

    OSError where the kernel has no PPPoE.
    """
    ends = (one, one_lower), (other, other_lower)
    macs = [_mac(inside, lower) for inside, lower in ends]
    with ExitStack() as stack:
        for (inside, lower), peer in zip(ends, reversed(macs), strict=True):
            with inside.entered():
                _open(stack, lower, peer, device)
            inside.ip("link", "set", "dev", device, "mtu", MTU, "up")
        yield


def _mac(inside: Namespace, device: str) -> bytes:
    (link,) = json.loads(inside.ip("-j", "link", "show", "dev", device))
    return bytes.fromhex(link["address"].replace(":", ""))


def _open(stack: ExitStack, lower: str, peer: bytes, device: str) -> None:
    """Makes one end in the namespace of the caller; it lives as long as the descriptors in *stack*."""
    session = stack.enter_context(socket.socket(_AF_PPPOX, socket.SOCK_STREAM, _PX_PROTO_OE))
    address = struct.pack("=HI", _AF_PPPOX, _PX_PROTO_OE) + struct.pack("!H6s16s", _SESSION, peer, lower.encode())
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.connect(session.fileno(), address, len(address)):
        raise OSError(ctypes.get_errno(), f"PPPoE over {lower}: {os.strerror(ctypes.get_errno())}")
    (channel_number,) = struct.unpack("=i", fcntl.ioctl(session, _PPPIOCGCHAN, bytes(4)))
    channel, unit = (os.open("/dev/ppp", os.O_RDWR) for _ in range(2))
    stack.callback(os.close, channel)
    stack.callback(os.close, unit)
    fcntl.ioctl(channel, _PPPIOCATTCHAN, struct.pack("=i", channel_number))
    number = fcntl.ioctl(unit, _PPPIOCNEWUNIT, struct.pack("=i", -1))
    fcntl.ioctl(channel, _PPPIOCCONNECT, number)
    for protocol in (_PPP_IPV4, _PPP_IPV6):
        fcntl.ioctl(unit, _PPPIOCSNPMODE, struct.pack("=ii", protocol, _NPMODE_PASS))
    made = f"ppp{struct.unpack('=i', number)[0]}"
    if made != device:
        run("ip", "link", "set", "dev", made, "name", device)
