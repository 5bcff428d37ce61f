"""What the interfaces of a machine are to each other: which lie below which, what role each has, where to attach.

Pure: drawn from a :class:`~.survey.Survey` and from what :mod:`.interfaces` reads. Names that a survey does not know
are answered for as plain devices.

A device lies **below** another where the packets of that one pass it too: ports below their bridge or bond, the device
below a VLAN or macvlan, the Ethernet device below PPPoE. The ports of a DSA switch are not above the device that leads
to it, as packets carry the switch's own tags there, and tunnels are not above what carries them.

What flow offload hides was measured with kernels 6.1 and 6.12: a flowtable that lists devices below another one
forwards between them without passing it, be that one listed too or not; what is listed itself sees everything.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from ..records import Role
from .survey import LINK_HEADER, Link, Survey

_ABOVE_THEIR_LINK = {"vlan", "macvlan", "macvtap", "ipvlan", "ipvtap", "macsec"}
_PPP = 512  # ARPHRD of linux/if_arp.h
_NO_PLACE = {"vrf", "ifb"}  # kinds of device whose packets are counted elsewhere


@dataclass(frozen=True)
class Topology:
    """The interfaces as they are now."""

    survey: Survey
    forwards: bool = False  #: whether the machine forwards: it has clients then
    outward: Collection[str] = ()  #: interfaces that have, or while we ran had, a default route
    given: Mapping[str, Role] = field(default_factory=dict)  #: roles that the user gave

    @cached_property
    def links(self) -> dict[str, Link]:
        """By name."""
        return {link.name: link for link in self.survey.links}

    @cached_property
    def _by_ifindex(self) -> dict[int, Link]:
        return {link.ifindex: link for link in self.survey.links}

    def _bridge_of(self, link: Link) -> Link | None:
        """What *link* is a port of, if its packets pass that too."""
        master = self._by_ifindex.get(link.master)
        return master if master and master.kind not in _NO_PLACE else None

    @cached_property
    def _lower(self) -> dict[str, tuple[str, ...]]:
        """The devices directly below each."""
        lower: dict[str, list[str]] = {name: [] for name in self.links}
        for link in self.survey.links:
            if master := self._bridge_of(link):
                lower[master.name].append(link.name)
            if link.kind in _ABOVE_THEIR_LINK and link.lower in self._by_ifindex:
                lower[link.name].append(self._by_ifindex[link.lower].name)
            if link.arphrd == _PPP:
                lower[link.name] += [name for name in self.survey.pppoe if name in self.links]
        return {name: tuple(names) for name, names in lower.items()}

    def lower(self, name: str) -> tuple[str, ...]:
        """The devices directly below *name*: the ports of a bridge, the device of a VLAN, that of PPPoE."""
        return self._lower.get(name, ())

    def below(self, name: str) -> tuple[str, ...]:
        """All devices below *name*, the nearest first."""
        found: dict[str, None] = {}
        waiting = list(self.lower(name))
        while waiting:
            each = waiting.pop(0)
            if each not in found and each != name:
                found[each] = None
                waiting += self.lower(each)
        return tuple(found)

    def above(self, name: str) -> tuple[str, ...]:
        """All devices that *name* lies below."""
        return tuple(each for each in self.links if name in self.below(each))

    @cached_property
    def roles(self) -> dict[str, Role]:
        """The role of each device.

        A machine that does not forward is the client itself. One that does has clients behind every interface but those
        of its default routes, what lies below these, and PPPoE above them. A role that is given goes for the devices
        below too, but for those that are given another one.
        """
        found = dict.fromkeys(self.links, Role.LAN if self.forwards else Role.HOST)
        if self.forwards:
            for name in self.outward:
                found.update(dict.fromkeys(self._way_of(name), Role.WAN))
        for name in sorted(self.given, key=lambda name: -len(self.below(name))):
            found.update(dict.fromkeys((name, *self.below(name)), self.given[name]))
        return found

    def _way_of(self, name: str) -> list[str]:
        sessions = [each for each in self.above(name) if self.links[each].arphrd == _PPP]
        return [name, *self.below(name), *sessions]

    def role(self, name: str) -> Role:
        """The role of *name*, which may be newer than the survey."""
        if name in self.roles:
            return self.roles[name]
        if self.forwards:
            return Role.WAN if name in self.outward else Role.LAN
        return Role.HOST

    def _is_listed(self, name: str) -> bool:
        return any(table.lists(name) for table in self.survey.flowtables)

    def passed_by(self, name: str) -> tuple[str, ...]:
        """The devices below *name* that a flowtable lists: between them it forwards without passing *name*."""
        return tuple(sorted(each for each in self.below(name) if self._is_listed(each)))

    def bottom(self, name: str) -> tuple[tuple[str, str], ...]:
        """The devices below *name* that nothing is below of: name and kind."""
        return tuple((each, self.links[each].kind) for each in self.below(name) if not self.lower(each))

    def hides_origin(self, name: str) -> bool:
        """True below PPPoE: its packets have forgotten where they came in."""
        return any(name == each or name in self.below(each) for each in self.survey.pppoe)

    def _has_place(self, link: Link) -> bool:
        """Whether it is a network device with addresses of its own, no port of another one."""
        is_readable = link.arphrd in LINK_HEADER and link.name != "lo" and link.kind not in _NO_PLACE
        return is_readable and self._bridge_of(link) is None

    def sides(self, addressed: Collection[str]) -> list[str]:
        """The network devices that lead somewhere: to clients, or to the internet.

        :param addressed: names of the devices that have addresses, link-local ones left aside.
        """
        return [
            link.name
            for link in self.survey.links
            if self._has_place(link) and (link.name in self.outward or link.is_up and link.name in addressed)
        ]

    def shared(self, addressed: Collection[str]) -> tuple[str, ...]:
        """The devices below both a side with clients and one that leads out: a packet may pass them twice."""
        roles: dict[str, set[Role]] = {}
        for side in self.sides(addressed):
            for name in self.below(side):
                roles.setdefault(name, set()).add(self.role(side))
        return tuple(name for name, found in roles.items() if len(found) > 1)

    def attach_points(self, addressed: Collection[str]) -> list[str]:
        """Where to attach so that all is seen, as far as the kernel lets us see it.

        On a machine that forwards: every side, or the devices below it where a flowtable lists some of these, all of
        them then, as any may be one end of what is forwarded past the upper one. Devices that clients and the uplink
        share are not taken for that: nothing tells which side a packet there belongs to. On others: the interfaces of
        all default routes.

        :param addressed: as of :meth:`sides`.
        """
        if not self.forwards:
            return [name for name in self.outward if name in self.links and self.links[name].arphrd in LINK_HEADER]
        shared = self.shared(addressed)
        return list(dict.fromkeys(p for side in self.sides(addressed) for p in self._points(side, shared)))

    def _points(self, name: str, shared: Collection[str]) -> list[str]:
        if not self.passed_by(name):
            return [name]
        if any(each in shared or self.links[each].arphrd not in LINK_HEADER for each in self.lower(name)):
            return [name]
        points = [point for each in self.lower(name) for point in self._points(each, shared)]
        if any(self.passed_by(point) for point in points):
            return [name]
        # What is uploaded passes PPPoE itself in any case, and there it says where it came in.
        return [name, *points] if self.links[name].kind == "ppp" else points

    def _covers(self, name: str, attached: Collection[str], seen: tuple[str, ...] = ()) -> bool:
        """Whether all packets of *name* pass interfaces of *attached*, itself or below it, on the same side."""
        if name in attached:
            return True
        lower = self.lower(name)
        return bool(lower) and name not in seen and all(
            self._covers(each, attached, (*seen, name)) and self.role(each) is self.role(name) for each in lower
        )  # fmt: skip

    def _is_covered_below(self, name: str, attached: Collection[str]) -> bool:
        return self._covers(name, [each for each in attached if each != name])

    def primaries(self, attached: Iterable[str]) -> frozenset[str]:
        """Those of *attached* that count in figures over all interfaces, so that nothing counts twice.

        Where a device and all that lies below it are attached, these count; where only some of it is, the device does.
        """
        names = list(attached)
        partly = {
            below
            for name in names if not self._is_covered_below(name, names)
            for below in self.below(name) if below in names
        }  # fmt: skip
        left = [name for name in names if name not in partly]
        return frozenset(name for name in left if not self._is_covered_below(name, left))

    def counted(self, attached: Iterable[str]) -> dict[int, Role]:
        """By ifindex, the role of every device all of whose packets pass a primary interface of *attached*."""
        primaries = self.primaries(attached)
        return {
            link.ifindex: self.role(link.name) for link in self.survey.links if self._covers(link.name, primaries)
        }
