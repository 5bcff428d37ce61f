"""The interfaces that an instance counts on, through their comings and goings, and what others do to its filters.

What a user should hear of is returned, a line each. Children of this room take tenths of a second, so after the start
they run beside the daemon's turns, one at a time, and a later :meth:`Attachments.follow` takes what they found.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from ..errors import KernelError, TrafficAnalyzerError, UsageError
from ..records import Interface, Notice, Role
from . import instance as instances
from . import interfaces as links
from . import survey, tc
from .changes import ANY, Changes
from .instance import Instance
from .notices import notices
from .pace import Backoff, Pace
from .reader import Reader
from .survey import Survey
from .topology import Topology

AUTO = "auto"  #: among the names: and those that see everything

_SUSPECTED_S = 120  # how long after it was last suspected an interface is said to be passed unseen


class Attachments:
    """Where *instance* is attached.

    :param names: of interfaces, and :data:`AUTO`.
    :param remember: called with an interface before anything is counted on it, and again when its role changes.
    :param roles: those that the user gave, by name.
    """

    def __init__(
        self,
        instance: Instance,
        reader: Reader,
        names: Sequence[str],
        pin_dir: Path,
        remember: Callable[[Interface], None],
        roles: Mapping[str, Role] | None = None,
    ) -> None:
        self._instance, self._reader, self._pin_dir, self._remember = instance, reader, pin_dir, remember
        self._named, self._is_auto = [name for name in names if name != AUTO], AUTO in names
        self._given = dict(roles or {})
        self._changes = Changes()
        self._children = ThreadPoolExecutor(1, "attachments")
        self._state = links.read()
        self._topology = Topology(Survey())
        self._wanted: list[str] = []
        self._attached: dict[str, Interface] = {}  # by name
        self._owns_qdisc: dict[int, bool] = {}  # by ifindex of those that are attached
        self._surveying: Future[Survey] | None = None
        self._survey_is_old = False
        self._checking: Future[dict[int, tc.Outcome]] | None = None
        self._asked: list[Interface] = []  # of the check: new ones
        self._asked_again: list[Interface] = []  # and those that were attached then
        self._survey_pace, self._check_pace = Pace(), Pace()
        self._doubted: set[int] = set()  # ifindexes of those whose filters somebody touched
        self._suspects: dict[str, float] = {}  # by name: when it was last suspected, monotonic s
        self._to_explain: set[str] = set()
        self._again, self._looked = Backoff(), Backoff()
        self._said: dict[str, list[str]] = {}  # by name: what was warned of
        self._troubles: dict[str, Notice] = {}  # by name
        self._notices: list[Notice] = []
        self.known: dict[int, Interface] = {}  #: by ifindex, those that are gone included
        self.counted: Mapping[int, Role] = {}  #: by ifindex: devices all of whose packets are counted, here or below

    @property
    def names(self) -> list[str]:
        """The interfaces that are counted on now."""
        return list(self._attached)

    @property
    def watched(self) -> list[Interface]:
        """The same, as they are now, and those that should be: what passes them meanwhile is unseen."""
        links = self._topology.links
        refused = [
            interface
            for ifindex, interface in self.known.items()
            if (name := interface.name) in self._wanted
            and name not in self._attached
            and name in links
            and links[name].ifindex == ifindex
        ]
        return [*self._attached.values(), *refused]

    @property
    def notices(self) -> list[Notice]:
        """What a user should know of the interfaces as they are now."""
        now_s = time.monotonic()
        troubles = [
            notice
            for name, notice in self._troubles.items()
            if (name in self._attached and now_s - self._suspects.get(name, -_SUSPECTED_S) < _SUSPECTED_S)
            or (name not in self._attached and name in self._wanted)
        ]
        return [*self._notices, *troubles]

    def attach(self) -> list[str]:
        """Attaches to every interface that was asked for.

        :raises UsageError: there is none to choose.
        :raises KernelError: one of them is refused; the others may be attached.
        """
        self._chart(survey.take(self._state.forwards))
        found = self.as_now(self._wanted)
        if not self._wanted:
            present = ", ".join(links.interface_names())
            raise UsageError(f"no default route to choose an interface by: name one with --iface ({present})")
        for name in self._wanted:
            if name not in found:
                raise KernelError(f"--iface {name}: gone just now; start again when it is back")
        for interface in found.values():
            self._prepare(interface)
        outcomes = tc.attach(list(found.values()), self._instance, instances.dead(self._pin_dir))
        self._changes.filters_changed()  # that was us
        said = []
        for interface in found.values():
            outcome = outcomes[interface.ifindex]
            if outcome.error:
                raise KernelError(f"{interface.name}: {outcome.error}")
            said += self._settled(interface, outcome)
        self._refresh()
        return said

    def follow(self) -> list[str]:
        """Takes in what changed since the last call, as far as it is known by now; takes some milliseconds.

        Refreshes addresses and roles, lets go of what is gone or no longer to be counted on, attaches to what came, and
        looks after filters that somebody touched.
        """
        said = self._take_check()
        self._doubt(self._changes.filters_changed(), by_us=bool(said) or self._checking is not None)
        moved = self._changes.links_changed()
        if self._changes.addresses_changed() and (state := links.read()) != self._state:
            self._state, moved = state, True
        self._survey_is_old |= moved
        if self._take_survey() or moved:
            said += self._reconcile()
        self._start_survey()
        return said + self._start_check()

    def as_now(self, names: Iterable[str]) -> dict[str, Interface]:
        """Those of *names* that exist, as they are now, attached or not."""
        return links.interfaces(names, self._topology, self._state, self._attached)

    def suspect(self, name: str) -> None:
        """Packets pass an interface that its programs do not see: it is looked why, and mended where that can be."""
        now_s = time.monotonic()
        if name in self._attached:
            self._suspects[name] = now_s
            if self._looked.is_due(name, now_s):
                self._looked.put_off(name, now_s)
                self._to_explain.add(name)
                self._survey_is_old = True

    def detach(self) -> None:
        """Detaches from all, half attached ones too; only programs that run just now still count."""
        self._children.shutdown(cancel_futures=True)
        self._changes.close()
        tc.detach(self._instance.name, list(self.known))

    # What there is.

    def _chart(self, found: Survey) -> None:
        """Draws the topology. Who has had a default route stays an uplink, and who forwarded goes on to."""
        outward = tuple(dict.fromkeys((*self._topology.outward, *self._state.outward, *found.outward)))
        forwards = self._topology.forwards or self._state.forwards
        self._topology = Topology(found, forwards, outward, self._given)
        points = self._topology.attach_points(self._state.addressed) if self._is_auto else []
        self._wanted = list(dict.fromkeys((*self._named, *points)))

    def _refresh(self) -> list[str]:
        """Takes in what is known of the attached interfaces now."""
        said = []
        for name, now in self.as_now(self._attached).items():
            before = self._attached[name]
            if now.ifindex != before.ifindex:
                continue
            self._attached[name] = self.known[now.ifindex] = now
            if now.role is not before.role:
                with contextlib.suppress(TrafficAnalyzerError):  # it is only for the next start
                    self._remember(now)
                said.append(f"{name}: its role is {now.role.value} now")
        self.counted = self._topology.counted(self._attached)
        self._notices = notices(self._topology, self.names, self._state.addressed)
        return said

    def _reconcile(self) -> list[str]:
        """Lets go of what is gone or not wanted. What is wanted is attached to by the next check."""
        self._chart(self._topology.survey)
        now = self.as_now(self._attached)
        said = []
        for name, before in list(self._attached.items()):
            if name not in now or now[name].ifindex != before.ifindex:
                said.append(f"{name} is gone; its traffic so far is kept")
            elif name not in self._wanted:
                said.append(f"{name} is left: it leads nowhere now, or others see all that passes it")
            else:
                continue
            self._let_go(before)
        return said + self._refresh()

    def _let_go(self, interface: Interface) -> None:
        """Of an interface that may be gone, or go by another name: then our filters are still there."""
        self._children.submit(tc.detach, self._instance.name, [interface.ifindex])
        self._forget(interface)
        for by_name in (self._said, self._troubles):
            by_name.pop(interface.name, None)

    def _forget(self, interface: Interface) -> None:
        self._reader.forget(interface.ifindex)
        self._attached.pop(interface.name, None)
        self._owns_qdisc.pop(interface.ifindex, None)
        self._to_explain.discard(interface.name)

    def _prepare(self, interface: Interface) -> None:
        self._remember(interface)
        self._reader.register(interface.ifindex)
        self.known[interface.ifindex] = interface

    # Children beside the daemon's turns.

    def _doubt(self, touched: set[int], by_us: bool) -> None:
        """Somebody touched the filters of *touched* interfaces: ours are looked after, and what was refused may go."""
        attached = {interface.ifindex for interface in self._attached.values()}
        self._doubted |= attached if ANY in touched else attached & touched
        for name in () if by_us else self._wanted:
            link = self._topology.links.get(name)
            if link and link.ifindex in touched:
                self._again.forget(name)

    def _start_survey(self) -> None:
        if self._survey_is_old and self._surveying is None and self._survey_pace.is_due(time.monotonic()):
            self._survey_is_old = False
            self._survey_pace.begin(time.monotonic())
            self._surveying = self._children.submit(survey.take, self._topology.forwards)

    def _take_survey(self) -> bool:
        """True where there is a new one."""
        if self._surveying is None or not self._surveying.done():
            return False
        future, self._surveying = self._surveying, None
        self._survey_pace.end(time.monotonic())
        try:
            self._chart(future.result())
        except KernelError:  # short of memory or time: the old one has to do for a while
            self._survey_is_old = True
            return False
        return True

    def _start_check(self) -> list[str]:
        """Attaches to what is wanted, and looks after filters in doubt, in one child."""
        now_s = time.monotonic()
        if self._checking is not None or not self._check_pace.is_due(now_s):
            return []
        said: list[str] = []
        missing = [name for name in self._wanted if name not in self._attached and self._again.is_due(name, now_s)]
        interfaces = []
        for interface in self.as_now(missing).values() if missing else ():
            try:
                self._prepare(interface)
                interfaces.append(interface)
            except TrafficAnalyzerError as error:  # too many interfaces, or the database is full
                said += self._failed(interface, str(error))
        in_doubt = self._doubted
        doubted = [i for i in self._attached.values() if i.ifindex in in_doubt or i.name in self._to_explain]
        self._doubted = set()
        if interfaces or doubted:
            self._check_pace.begin(now_s)
            before = {interface.ifindex: self._owns_qdisc[interface.ifindex] for interface in doubted}
            dead = instances.dead(self._pin_dir)
            self._asked, self._asked_again = interfaces, doubted
            self._checking = self._children.submit(tc.attach, doubted + interfaces, self._instance, dead, before)
        return said

    def _take_check(self) -> list[str]:
        """What the child found and did, if it is done."""
        if self._checking is None or not self._checking.done():
            return []
        future, self._checking = self._checking, None
        self._check_pace.end(time.monotonic())
        still = {interface.ifindex for interface in self._attached.values()}  # the others were let go of meanwhile
        asked = [*self._asked, *(interface for interface in self._asked_again if interface.ifindex in still)]
        try:
            outcomes = future.result()
        except KernelError as error:
            outcomes = {interface.ifindex: tc.Outcome([], [], str(error)) for interface in asked}
        said = []
        for interface in asked:
            outcome = outcomes[interface.ifindex]
            said += self._failed(interface, outcome.error) if outcome.error else self._settled(interface, outcome)
        return said + self._reconcile()

    def _failed(self, interface: Interface, error: str) -> list[str]:
        """Not attached, or not any more: it is tried again later and later."""
        self._forget(interface)
        self._troubles[interface.name] = Notice("not-attached", interface.name, error)
        delay_s = self._again.put_off(interface.name, time.monotonic())
        return [f"{interface.name}: {error}; trying again in {delay_s:.0f} s"]

    def _settled(self, interface: Interface, outcome: tc.Outcome) -> list[str]:
        """Attached, newly or still."""
        name = interface.name
        said = [f"{name}: {line}" for line in outcome.mended]
        if name not in self._attached:
            said.append(f"attached to {name} (ifindex {interface.ifindex}, role {interface.role.value})")
            self._attached[name] = interface
            self._again.forget(name)
        self._owns_qdisc[interface.ifindex] = outcome.owns_qdisc
        said += [f"{name}: {line}" for line in outcome.warnings if line not in self._said.get(name, ())]
        self._said[name] = outcome.warnings
        if name in self._to_explain:
            self._to_explain.discard(name)
            return said + self._explained(name, outcome)
        if name in self._troubles and self._troubles[name].code == "not-attached":
            del self._troubles[name]
        return said

    def _explained(self, name: str, outcome: tc.Outcome) -> list[str]:
        """Why packets pass *name* unseen though our filters are there; said anew when the reason is another."""
        if outcome.mended:
            self._looked.forget(name)
            self._troubles.pop(name, None)
            return []
        if passed := self._topology.passed_by(name):
            why = f"flow offload forwards between {', '.join(passed)} below it"
        elif any(table.is_hardware for table in self._topology.survey.flowtables):
            why = "the hardware forwards connections by itself (flow offload)"
        elif outcome.warnings:
            why = outcome.warnings[0]
        else:
            why = "our filters are there; the driver or another program takes packets before them"
        before, self._troubles[name] = self._troubles.get(name), Notice("unseen", name, why)
        return [] if before == self._troubles[name] else [f"{name}: packets pass it unseen: {why}"]
