"""The interfaces that an instance counts on, through their comings and goings.

What a user should hear of is returned, a line each.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from ..errors import KernelError, TrafficAnalyzerError
from ..records import Interface
from . import instance as instances
from . import interfaces as links
from . import tc
from .instance import Instance
from .reader import Reader

_DELAY_S, _DELAY_MAX_S = 1.0, 60.0


class Attachments:
    """Where *instance* is attached.

    :param remember: called with an interface before anything is counted on it.
    """

    def __init__(
        self,
        instance: Instance,
        reader: Reader,
        names: Sequence[str],
        pin_dir: Path,
        remember: Callable[[Interface], None],
    ) -> None:
        self._instance, self._reader, self._names, self._pin_dir = instance, reader, names, pin_dir
        self._remember = remember
        self._attached: dict[str, Interface] = {}  # by name
        self._again: dict[str, tuple[float, float]] = {}  # by name: not before (monotonic s), delay after that (s)
        self.known: dict[int, Interface] = {}  #: by ifindex, those that are gone included

    @property
    def names(self) -> list[str]:
        """The interfaces that are counted on now."""
        return list(self._attached)

    def attach(self) -> list[str]:
        """Attaches to every interface that was asked for.

        :raises KernelError: one of them is refused; the others may be attached.
        """
        found = links.interfaces(self._names)
        said = []
        for name in self._names:
            if name not in found:
                raise KernelError(f"--iface {name}: gone just now; start again when it is back")
            said += self._attach(found[name])
        return said

    def follow(self) -> list[str]:
        """Refreshes addresses, lets go of what is gone, attaches again to what came back."""
        found = links.interfaces(self._names)
        said = []
        for name in self._names:
            now, before = found.get(name), self._attached.get(name)
            if before and (now is None or now.ifindex != before.ifindex):
                said.append(f"{name} is gone; its traffic so far is kept")
                self._let_go(before)
                before = None
            if now and before:  # the role stays: a default route may come and go
                self._attached[name] = self.known[now.ifindex] = replace(now, role=before.role)
            elif now:
                said += self._attach_again(now)
        return said

    def detach(self) -> None:
        """Detaches from all, half attached ones too; only programs that run just now still count."""
        tc.detach(self._instance.name, list(self.known))

    def _attach(self, interface: Interface) -> list[str]:
        self._remember(interface)
        self._reader.register(interface.ifindex)
        self.known[interface.ifindex] = interface
        warnings = tc.attach(interface, self._instance, instances.dead(self._pin_dir))
        self._attached[interface.name] = interface
        where = f"{interface.name} (ifindex {interface.ifindex}, role {interface.role.value})"
        return [f"attached to {where}", *warnings]

    def _attach_again(self, interface: Interface) -> list[str]:
        """To an interface that came back; where it is refused, later and later."""
        not_before_s, delay_s = self._again.get(interface.name, (0.0, _DELAY_S))
        if time.monotonic() < not_before_s:
            return []
        try:
            said = self._attach(interface)
        except TrafficAnalyzerError as error:  # it may be half made, or the database full
            self._reader.forget(interface.ifindex)
            self._again[interface.name] = time.monotonic() + delay_s, min(2 * delay_s, _DELAY_MAX_S)
            return [f"{error}; trying again in {delay_s:.0f} s"]
        self._again.pop(interface.name, None)
        return said

    def _let_go(self, interface: Interface) -> None:
        """Of an interface that is gone, or goes by another name: then our filters are still there."""
        with contextlib.suppress(KernelError):  # gone altogether
            tc.detach(self._instance.name, [interface.ifindex])
        self._reader.forget(interface.ifindex)
        del self._attached[interface.name]
