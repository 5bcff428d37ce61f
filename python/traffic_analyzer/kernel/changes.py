"""Tells whether links, addresses or filters have changed since it was last asked, from the kernel's own messages.

Messages are counted, not read: what changed is asked anew by whoever wants to know. An overrun counts as a change.
"""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterable, Iterator

_NETLINK_ROUTE, _NETLINK_NETFILTER = 0, 12
_LINK, _TC = 1, 4  # groups of linux/rtnetlink.h
_ADDRESSES_AND_ROUTES = (5, 7, 9, 11, 24, 25)  # IPv4 and IPv6: addresses, routes; and whether they are forwarded
_NFTABLES = 7  # group of linux/netfilter/nfnetlink.h
_FLOWTABLE_CHANGES = (10 << 8 | 22, 10 << 8 | 24)  # NFT_MSG_NEWFLOWTABLE and _DELFLOWTABLE, of subsystem 10
_HEADER = struct.Struct("=IHHII")  # struct nlmsghdr
_TCM_IFINDEX = struct.Struct("=20xi")  # struct tcmsg behind that header, net/sched
_DATAGRAM_BYTES = 65_536
_DATAGRAMS_MAX = 1_000  # in one look; whoever makes more changes than that is seen to make changes

ANY = 0  #: stands for every ifindex


class _Listener:
    """A netlink socket that is a member of some groups."""

    def __init__(self, family: int, groups: Iterable[int]) -> None:
        self._socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, family)
        self._socket.setblocking(False)
        self._socket.bind((0, sum(1 << group - 1 for group in groups)))

    def drain(self) -> Iterator[bytes | None]:
        """Every datagram that came; None for those that were lost."""
        for _ in range(_DATAGRAMS_MAX):
            try:
                yield self._socket.recv(_DATAGRAM_BYTES)
            except BlockingIOError:
                return
            except OSError:  # ENOBUFS: more came than the socket holds
                yield None

    def close(self) -> None:
        self._socket.close()


def _messages(datagram: bytes) -> Iterator[tuple[int, bytes]]:
    """The type of each message of a datagram, and the message with its header."""
    at = 0
    while at + _HEADER.size <= len(datagram):
        length, kind, *_ = _HEADER.unpack_from(datagram, at)
        if length < _HEADER.size:
            return
        yield kind, datagram[at : at + length]
        at += length + 3 & ~3


def is_about_flowtables(datagram: bytes) -> bool:
    """Whether a datagram of nf_tables tells of a flowtable made or removed."""
    return any(kind in _FLOWTABLE_CHANGES for kind, _ in _messages(datagram))


def ifindexes(datagram: bytes) -> set[int]:
    """The interfaces whose qdiscs or filters a datagram is about."""
    return {_TCM_IFINDEX.unpack_from(m)[0] for _, m in _messages(datagram) if len(m) >= _TCM_IFINDEX.size}


class Changes:
    """What happens in the network namespace that this was made in, from then on."""

    def __init__(self) -> None:
        self._links = _Listener(_NETLINK_ROUTE, (_LINK,))
        self._addresses = _Listener(_NETLINK_ROUTE, _ADDRESSES_AND_ROUTES)
        self._filters = _Listener(_NETLINK_ROUTE, (_TC,))
        self._nftables: _Listener | None = None
        try:
            self._nftables = _Listener(_NETLINK_NETFILTER, (_NFTABLES,))
        except OSError:  # no nf_tables here, or no right to hear of it: then it is seen at the next survey
            self._nftables = None

    def links_changed(self) -> bool:
        """Links came, went or changed, or flowtables did: a survey is out of date."""
        changed = bool(list(self._links.drain()))
        about_flowtables = [
            datagram is None or is_about_flowtables(datagram)
            for datagram in (self._nftables.drain() if self._nftables else ())
        ]
        return changed or any(about_flowtables)

    def addresses_changed(self) -> bool:
        """Addresses, routes, or whether packets are forwarded."""
        return bool(list(self._addresses.drain()))

    def filters_changed(self) -> set[int]:
        """ifindexes of the interfaces whose qdiscs or filters changed; with :data:`ANY` where some were missed."""
        found: set[int] = set()
        for datagram in self._filters.drain():
            found |= {ANY} if datagram is None else ifindexes(datagram)
        return found

    def close(self) -> None:
        """Hears no more."""
        for listener in (self._links, self._addresses, self._filters, self._nftables):
            if listener:
                listener.close()
