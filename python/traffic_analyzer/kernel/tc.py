"""Attaches programs to clsact with pyroute2, in a child (see :mod:`.child`), and finds out what became of them.

What marks a filter as ours: its name, which also names the instance, and its handle, which also says whether the clsact
qdisc was made by us and is to be removed with it. Both survive the daemon.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from ..errors import KernelError
from ..records import Interface
from . import child
from .instance import PROGRAMS, Instance

if TYPE_CHECKING:
    from pyroute2 import IPRoute

_NAME_PREFIX = "traffic-analyzer/"  # and the name of the instance
_HANDLE_GUEST, _HANDLE_QDISC_IS_OURS = 0x7A01, 0x7A02  # of no other program, as far as we know
_PARENTS = {"ingress": 0xFFFFFFF2, "egress": 0xFFFFFFF3}  # TC_H_CLSACT with TC_H_MIN_INGRESS, _EGRESS
_CLSACT_HANDLE = 0xFFFF0000
_ETH_P_ALL = 3
_EPERM, _ENOENT, _ENODEV = 1, 2, 19


class Outcome(NamedTuple):
    """How an interface was found and left. Lines of text, without its name."""

    mended: list[str]  #: what had become of our filters, which are there again
    warnings: list[str]  #: what else is there, and keeps packets from them
    error: str  #: why they are not there; empty: they are, in both directions
    owns_qdisc: bool = False  #: the clsact is ours, and goes with our filters


class _Present(NamedTuple):
    """A filter that is there."""

    direction: str
    pref: int
    handle: int
    is_bpf: bool
    ours: str | None  #: the instance, where it is one of ours


@dataclass(frozen=True)
class _Place:
    """Where a filter of ours goes."""

    ifindex: int
    direction: str
    pref: int
    handle: int
    instance: str


def attach(
    interfaces: Sequence[Interface], instance: Instance, dead: Sequence[str], before: Mapping[int, bool] | None = None
) -> dict[int, Outcome]:
    """Sees to it that *instance* is attached to both directions of each interface; by ifindex, how that went.

    Where all is as it should be, nothing is changed. What is refused is attached in neither direction.

    :param dead: instances whose filters are replaced; where another one is attached, nothing is changed.
    :param before: ifindexes of those where it was attached already, and whether the qdisc was ours: what is missing
        there was taken away.
    :raises KernelError: none of them could be looked at.
    """
    wanted = [
        (interface.ifindex, {d: instance.programs[PROGRAMS[interface.has_link_header, d]] for d in _PARENTS})
        for interface in interfaces
    ]
    request = {"do": "attach", "instance": instance.name, "dead": list(dead), "before": list((before or {}).items())}
    fds = {fd for _, programs in wanted for fd in programs.values()}
    answer = child.ask(__name__, request | {"interfaces": wanted}, "tc", fds)
    return {ifindex: Outcome(*outcome) for ifindex, outcome in answer}


def detach(instance: str, ifindexes: Sequence[int] | None = None) -> None:
    """Removes every filter of an instance, and the qdisc where it was ours and is empty.

    :param ifindexes: look at these interfaces only; None: at all.
    """
    child.ask(__name__, {"do": "detach", "instance": instance, "ifindexes": ifindexes}, "tc")


# From here on: the child.


@contextmanager
def _explained() -> Iterator[None]:
    from pyroute2.netlink.exceptions import NetlinkError

    try:
        yield
    except NetlinkError as error:
        reasons = {
            _EPERM: "not permitted: run as root, or with CAP_BPF and CAP_NET_ADMIN",
            _ENOENT: "the kernel lacks clsact or cls_bpf: install kmod-sched-core and kmod-sched-bpf",
            _ENODEV: "the interface is gone",
        }
        raise KernelError(reasons.get(error.code, f"tc: {error}")) from None


def _attribute(message: Any, name: str) -> Any:
    return dict(message["attrs"]).get(name)


def _filters(route: IPRoute, ifindex: int) -> list[_Present]:
    """The filters of both directions, each in the order in which packets meet them."""
    found = []
    for direction, parent in _PARENTS.items():
        for message in route.get_filters(index=ifindex, parent=parent):
            if not message["handle"]:  # stands for all filters of a preference, which follow
                continue
            options = _attribute(message, "TCA_OPTIONS")
            is_bpf = bool(_attribute(message, "TCA_KIND") == "bpf" and options)
            name = (_attribute(options, "TCA_BPF_NAME") or "") if is_bpf else ""
            ours = name.removeprefix(_NAME_PREFIX) if name.startswith(_NAME_PREFIX) else None
            found.append(_Present(direction, message["info"] >> 16, message["handle"], is_bpf, ours))
    return found


def _clsact(route: IPRoute, ifindex: int) -> str | None:
    """The kind of the qdisc that sits where clsact would."""
    for message in route.get_qdiscs(ifindex):
        if message["handle"] == _CLSACT_HANDLE:
            return str(_attribute(message, "TCA_KIND"))
    return None


def _losses(kind: str | None, present: Sequence[_Present], instance: str) -> list[str]:
    """What became of filters that were attached once, where they are not there any more."""
    if kind is None:
        return ["another program removed the clsact qdisc and our filters with it; attached again"]
    lost = []
    for direction in _PARENTS:
        here = [filter_ for filter_ in present if filter_.direction == direction]
        if any(filter_.ours == instance for filter_ in here):
            continue
        in_place = any(f.is_bpf and f.ours is None and f.handle in (_HANDLE_GUEST, _HANDLE_QDISC_IS_OURS) for f in here)
        what = "put its filter in the place of ours" if in_place else "removed our filter"
        lost.append(f"another program {what} on {direction}; attached again")
    return lost


def _attach(
    route: IPRoute, ifindex: int, instance: str, fds: dict[str, int], dead: Sequence[str], before: bool | None
) -> Outcome:
    """Attaches to one interface. *before*: None where it never was; else whether the qdisc was ours then."""
    kind = _clsact(route, ifindex)
    if kind not in (None, "clsact"):
        raise KernelError(f"another program has an {kind} qdisc there, which leaves no room for clsact; remove it with "
                          f"`tc qdisc del dev … {kind}`, or let that program use clsact")  # fmt: skip
    present = _filters(route, ifindex) if kind else []
    if any(filter_.ours not in (None, *dead, instance) for filter_ in present):
        raise KernelError("another traffic-analyzer counts here already: stop it first; if none runs, remove what one "
                          "left with `tc qdisc del dev … clsact`")  # fmt: skip
    lost = [] if before is None else _losses(kind, present, instance)
    if kind is None:
        route.tc("add", "clsact", index=ifindex)
    handles = [filter_.handle for filter_ in present if filter_.ours]
    owns_qdisc = kind is None or _HANDLE_QDISC_IS_OURS in handles or bool(before and not handles)
    handle = _HANDLE_QDISC_IS_OURS if owns_qdisc else _HANDLE_GUEST
    made: list[_Place] = []
    try:
        for direction, fd in fds.items():
            here = [filter_ for filter_ in present if filter_.direction == direction]
            left = next((filter_ for filter_ in here if filter_.ours), None)
            if left and left.ours == instance:
                continue
            free = next(p for p in range(1, 0xFFFF) if p not in {filter_.pref for filter_ in here})
            pref, own_handle = (left.pref, left.handle) if left else (free, handle)
            place = _Place(ifindex, direction, pref, own_handle, instance)
            _put(route, place, fd)
            if not left:
                made.append(place)
    except BaseException:
        for place in made:
            _remove(route, place)
        if kind is None:
            route.tc("del", "clsact", index=ifindex)
        raise
    return Outcome(lost, _warnings(_filters(route, ifindex)), "", owns_qdisc)


def _warnings(present: Sequence[_Present]) -> list[str]:
    """Where ours is not the first filter that a packet meets."""
    first = {filter_.direction: filter_ for filter_ in reversed(present)}
    return [
        f"a filter of another program comes before ours on {direction}; what it takes is not counted"
        for direction in _PARENTS
        if direction in first and not first[direction].ours
    ]


def _put(route: IPRoute, place: _Place, fd: int) -> None:
    route.tc(
        "replace-filter", "bpf", index=place.ifindex, handle=place.handle, parent=_PARENTS[place.direction],
        prio=place.pref, protocol=_ETH_P_ALL, fd=fd, name=_NAME_PREFIX + place.instance, direct_action=True,
    )  # fmt: skip


def _remove(route: IPRoute, place: _Place) -> None:
    route.tc(
        "del-filter", "bpf", index=place.ifindex, handle=place.handle, parent=_PARENTS[place.direction],
        prio=place.pref, protocol=_ETH_P_ALL,
    )  # fmt: skip


def _detach(route: IPRoute, ifindex: int, instance: str) -> None:
    if _clsact(route, ifindex) != "clsact":
        return
    handles = set()
    for filter_ in _filters(route, ifindex):
        if filter_.ours == instance:
            _remove(route, _Place(ifindex, filter_.direction, filter_.pref, filter_.handle, instance))
            handles.add(filter_.handle)
    if _HANDLE_QDISC_IS_OURS in handles and not _filters(route, ifindex):
        route.tc("del", "clsact", index=ifindex)


def _attach_all(route: IPRoute, request: dict[str, Any]) -> Iterator[tuple[int, Outcome]]:
    before = dict(request["before"])
    for ifindex, fds in request["interfaces"]:
        try:
            with _explained():
                outcome = _attach(route, ifindex, request["instance"], fds, request["dead"], before.get(ifindex))
            yield ifindex, outcome
        except KernelError as error:
            yield ifindex, Outcome([], [], str(error))


def _detach_all(route: IPRoute, request: dict[str, Any]) -> None:
    from pyroute2.netlink.exceptions import NetlinkError

    wanted = request["ifindexes"]
    for ifindex in [link["index"] for link in route.get_links()] if wanted is None else wanted:
        try:
            _detach(route, ifindex, request["instance"])
        except NetlinkError as error:
            if error.code != _ENODEV:  # gone in the meantime, and its filters with it
                raise


def _answer(request: dict[str, Any]) -> object:
    from pyroute2 import IPRoute

    with _explained(), IPRoute() as route:
        if request["do"] == "attach":
            return list(_attach_all(route, request))
        _detach_all(route, request)
        return None


if __name__ == "__main__":
    sys.exit(child.serve(_answer))
