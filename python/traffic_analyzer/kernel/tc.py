"""Attaches programs to clsact with pyroute2, in a child that lives for one request.

pyroute2 adds 24 MB to a process, so the daemon never imports it: :func:`attach` and :func:`detach` run this module as
a child (``python -m traffic_analyzer.kernel.tc``), a JSON request on its standard input, the answer on its output. The
child inherits the daemon's network namespace and the descriptors of the programs.

What marks a filter as ours: its name, which also names the instance, and its handle, which also says whether the clsact
qdisc was made by us and is to be removed with it. Both survive the daemon.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..errors import KernelError
from ..records import Interface
from .instance import PROGRAMS, Instance

if TYPE_CHECKING:
    from pyroute2 import IPRoute

_NAME_PREFIX = "traffic-analyzer/"  # and the name of the instance
_HANDLE_GUEST, _HANDLE_QDISC_IS_OURS = 0x7A01, 0x7A02  # of no other program, as far as we know
_PR_SET_PDEATHSIG = 1
_PARENTS = {"ingress": 0xFFFFFFF2, "egress": 0xFFFFFFF3}  # TC_H_CLSACT with TC_H_MIN_INGRESS, _EGRESS
_CLSACT_HANDLE = 0xFFFF0000
_ETH_P_ALL = 3
_ENOENT, _ENODEV = 2, 19
_CHILD_TIMEOUT_S = 30


@dataclass(frozen=True)
class Filter:
    """One of our filters."""

    ifindex: int
    direction: str
    pref: int
    handle: int
    instance: str


def attach(interface: Interface, instance: Instance, dead: Sequence[str]) -> list[str]:
    """Attaches *instance* to both directions of an interface; what a user should know of it, a line each.

    :param dead: instances whose filters are replaced; where another one is attached, nothing is changed.
    :raises KernelError: it is not attached, in neither direction.
    """
    fds = {d: instance.programs[PROGRAMS[interface.has_link_header, d]] for d in _PARENTS}
    request = {"do": "attach", "instance": instance.name, "ifindex": interface.ifindex, "fds": fds}
    return _ask(request | {"dead": list(dead)}, interface.name, fds)


def detach(instance: str, ifindexes: Sequence[int] | None = None) -> None:
    """Removes every filter of an instance, and the qdisc where it was ours and is empty.

    :param ifindexes: look at these interfaces only; None: at all.
    """
    _ask({"do": "detach", "instance": instance, "ifindexes": ifindexes}, "tc", {})


def _ask(request: dict[str, object], subject: str, fds: dict[str, int]) -> list[str]:
    try:
        child = subprocess.run(
            [sys.executable, "-m", __name__],
            input=json.dumps(request | {"parent": os.getpid()}),
            capture_output=True,
            text=True,
            pass_fds=tuple(fds.values()),
            start_new_session=True,  # Ctrl-C is for the daemon, which needs this child to leave in order
            timeout=_CHILD_TIMEOUT_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise KernelError(f"{subject}: tc did not answer in {_CHILD_TIMEOUT_S} s: try again") from None
    if child.returncode:
        said = child.stderr.strip().splitlines() or [f"tc child ended with {child.returncode}"]
        raise KernelError(f"{subject}: {said[-1]}")
    return [f"{subject}: {line}" for line in child.stdout.splitlines()]


# From here on: the child.


@contextmanager
def _explained() -> Iterator[None]:
    from pyroute2.netlink.exceptions import NetlinkError

    try:
        yield
    except NetlinkError as error:
        reasons = {
            _ENOENT: "the kernel lacks clsact or cls_bpf: install kmod-sched-core and kmod-sched-bpf",
            _ENODEV: "the interface is gone",
            1: "not permitted: run as root, or with CAP_BPF and CAP_NET_ADMIN",
        }
        raise KernelError(reasons.get(error.code, f"tc: {error}")) from None


def _attribute(message: Any, name: str) -> Any:
    return dict(message["attrs"]).get(name)


def _filters(route: IPRoute, ifindex: int, direction: str) -> Iterator[tuple[int, Filter | None]]:
    """The preference of each filter of a direction, and the filter where it is one of ours."""
    for message in route.get_filters(index=ifindex, parent=_PARENTS[direction]):
        pref = message["info"] >> 16
        options = _attribute(message, "TCA_OPTIONS")
        ours = None
        if _attribute(message, "TCA_KIND") == "bpf" and message["handle"] and options:
            name = _attribute(options, "TCA_BPF_NAME") or ""
            if name.startswith(_NAME_PREFIX):
                ours = Filter(ifindex, direction, pref, message["handle"], name.removeprefix(_NAME_PREFIX))
        yield pref, ours


def _clsact(route: IPRoute, ifindex: int) -> str | None:
    """The kind of the qdisc that sits where clsact would."""
    for message in route.get_qdiscs(ifindex):
        if message["handle"] == _CLSACT_HANDLE:
            return str(_attribute(message, "TCA_KIND"))
    return None


def _add_qdisc(route: IPRoute, ifindex: int) -> bool:
    """Sees to it that there is a clsact; True where it had to be made."""
    kind = _clsact(route, ifindex)
    if kind is None:
        route.tc("add", "clsact", index=ifindex)
        return True
    if kind != "clsact":
        raise KernelError(f"another program has an {kind} qdisc there, which leaves no room for clsact; remove it with "
                          f"`tc qdisc del dev … {kind}`, or let that program use clsact")  # fmt: skip
    return False


def _attach(route: IPRoute, ifindex: int, instance: str, fds: dict[str, int], dead: Sequence[str]) -> None:
    present = {d: list(_filters(route, ifindex, d)) for d in _PARENTS} if _clsact(route, ifindex) == "clsact" else {}
    ours = [ours for filters in present.values() for _, ours in filters if ours]
    if any(filter_.instance not in (*dead, instance) for filter_ in ours):
        raise KernelError("another traffic-analyzer counts here already: stop it first; if none runs, remove what one "
                          "left with `tc qdisc del dev … clsact`")  # fmt: skip
    made = _add_qdisc(route, ifindex)
    handle = _HANDLE_QDISC_IS_OURS if made else max((f.handle for f in ours), default=_HANDLE_GUEST)
    done: list[Filter] = []
    try:
        for direction, fd in fds.items():
            left = next((f for f in ours if f.direction == direction), None)
            taken = {pref for pref, _ in present.get(direction, [])}
            pref = left.pref if left else next(p for p in range(1, 0xFFFF) if p not in taken)
            place = Filter(ifindex, direction, pref, left.handle if left else handle, instance)
            _put(route, place, fd)
            if any(other < pref for other in taken):
                print(f"a filter of another program comes before ours on {direction}; what it takes is not counted")
            if not left:
                done.append(place)
    except BaseException:
        for place in done:
            _remove(route, place)
        if made:
            route.tc("del", "clsact", index=ifindex)
        raise


def _put(route: IPRoute, place: Filter, fd: int) -> None:
    route.tc(
        "replace-filter", "bpf", index=place.ifindex, handle=place.handle, parent=_PARENTS[place.direction],
        prio=place.pref, protocol=_ETH_P_ALL, fd=fd, name=_NAME_PREFIX + place.instance, direct_action=True,
    )  # fmt: skip


def _remove(route: IPRoute, place: Filter) -> None:
    route.tc(
        "del-filter", "bpf", index=place.ifindex, handle=place.handle, parent=_PARENTS[place.direction],
        prio=place.pref, protocol=_ETH_P_ALL,
    )  # fmt: skip


def _detach(route: IPRoute, ifindex: int, instance: str) -> None:
    if _clsact(route, ifindex) != "clsact":
        return
    handles = set()
    for direction in _PARENTS:
        for _, ours in list(_filters(route, ifindex, direction)):
            if ours and ours.instance == instance:
                _remove(route, ours)
                handles.add(ours.handle)
    empty = not any(list(_filters(route, ifindex, direction)) for direction in _PARENTS)
    if _HANDLE_QDISC_IS_OURS in handles and empty:
        route.tc("del", "clsact", index=ifindex)


def _end_with(parent: int) -> None:
    """A child that outlived its daemon would undo what the next one does."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os.kill(os.getpid(), signal.SIGKILL)


def _main() -> int:
    from pyroute2 import IPRoute
    from pyroute2.netlink.exceptions import NetlinkError

    request = json.load(sys.stdin)
    _end_with(request["parent"])
    try:
        with _explained(), IPRoute() as route:
            if request["do"] == "attach":
                _attach(route, request["ifindex"], request["instance"], request["fds"], request["dead"])
            else:
                wanted = request["ifindexes"]
                for ifindex in [link["index"] for link in route.get_links()] if wanted is None else wanted:
                    try:
                        _detach(route, ifindex, request["instance"])
                    except NetlinkError as error:
                        if error.code != _ENODEV:  # gone in the meantime, and its filters with it
                            raise
    except KernelError as error:
        print(error, file=sys.stderr)
        return error.exit_status
    return 0


if __name__ == "__main__":
    sys.exit(_main())
