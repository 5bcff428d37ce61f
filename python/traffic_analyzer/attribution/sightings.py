"""Which packets are seen on two interfaces, and which of a WAN's are this machine's own.

A packet that passes through this machine is counted where it comes in and where it goes out. Of the two, that one
counts in reports over all interfaces whose client is beyond the link: on the LAN. Between two LANs, or two ports of a
bridge, it is where the packet came in. On the way out the kernel says where that was; on the way in nobody knows yet,
so what a WAN receives is told by the other direction of its conversation, or by what went out to a LAN. Below PPPoE it
does not say either: there conversations are known from the PPPoE device above, or else by what a LAN sent.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import islice
from typing import NamedTuple

from ..records import Direction, FlowRecord, Interface, Role
from .attribute import Conversation, conversation_of
from .devices import Ends


class Sighting(NamedTuple):
    """What the place where a flow was seen says of it."""

    again: bool  #: it is counted on another interface too, which is the one that counts
    is_forwarded: bool  #: seen on a WAN, and not this machine's own


_ANY = 0  # conversations of a WAN are those of all devices that it is made of
_ONCE, _AGAIN = Sighting(False, False), Sighting(True, False)

#: A far end: protocol, remote, its port.
_Far = tuple[int, bytes, int]


class Sightings:
    """Tells for each flow of a generation. Remembers the conversations of WANs.

    :param most: conversations that are remembered; the one longest unseen is forgotten first.
    """

    def __init__(self, most: int = 32_768) -> None:
        self._most = most
        self._on_wan: dict[Conversation, Sighting] = {}
        self._sent_on: frozenset[_Far] = frozenset()  # whom LANs were sent something from that came in by a WAN
        self._asked_on: frozenset[_Far] = frozenset()  # whom LANs sent something

    def look(
        self, flows: Sequence[tuple[FlowRecord, Ends]], interfaces: Mapping[int, Interface], counted: Mapping[int, Role]
    ) -> None:
        """Takes in a generation, before :meth:`of` is asked about its flows.

        :param counted: role by ifindex of every device all of whose packets are counted, on itself or below it.
        """
        sent_on, asked_on = set(), set()
        for flow, found in flows:
            interface = interfaces[flow.ifindex]
            if interface.role is not Role.WAN:
                if flow.direction == Direction.INGRESS:
                    asked_on.add((flow.l4_proto, flow.dst, flow.dst_port))
                elif counted.get(flow.ingress_ifindex) is Role.WAN:
                    sent_on.add((flow.l4_proto, flow.src, flow.src_port))
            elif flow.direction == Direction.EGRESS and (flow.ingress_ifindex or not interface.hides_origin):
                conversation = conversation_of(_ANY, flow.l4_proto, found)
                self._on_wan.pop(conversation, None)
                self._on_wan[conversation] = Sighting(flow.ingress_ifindex in counted, bool(flow.ingress_ifindex))
        for conversation in list(islice(self._on_wan, max(0, len(self._on_wan) - self._most))):
            del self._on_wan[conversation]
        self._sent_on, self._asked_on = frozenset(sent_on), frozenset(asked_on)

    def of(self, flow: FlowRecord, found: Ends, interface: Interface, counted: Mapping[int, Role]) -> Sighting:
        """How *flow*, of the generation that was looked at last, is seen."""
        if interface.role is not Role.WAN:
            return went_out(flow.direction, flow.ingress_ifindex, counted) if interface.is_primary else _AGAIN
        known = self._on_wan.get(conversation_of(_ANY, flow.l4_proto, found))
        if known is None:
            far = flow.l4_proto, found.remote, found.remote_port
            is_of_lan = far in (self._sent_on if flow.direction == Direction.INGRESS else self._asked_on)
            known = Sighting(is_of_lan, is_of_lan)
        return known if interface.is_primary else Sighting(True, known.is_forwarded)


def went_out(direction: int, ingress_ifindex: int, counted: Mapping[int, Role]) -> Sighting:
    """How a packet on a LAN is seen: again where it came in by another one."""
    came_by = counted.get(ingress_ifindex) if direction == Direction.EGRESS else None
    return _AGAIN if came_by is not None and came_by is not Role.WAN else _ONCE
