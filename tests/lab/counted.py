"""What the real programs count on an interface, read in the test's own process."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from traffic_analyzer.kernel import instance as instances
from traffic_analyzer.kernel import interfaces as links
from traffic_analyzer.kernel import tc
from traffic_analyzer.kernel.libbpf import LIBRARIES, Libbpf
from traffic_analyzer.kernel.objects import find_object
from traffic_analyzer.kernel.reader import Reader
from traffic_analyzer.records import Generation, Head, Interface

from .netns import Namespace

_HEADS_MAX = 1_000_000


class Counted:
    """An instance attached to one interface."""

    def __init__(self, interface: Interface, reader: Reader) -> None:
        self.interface, self.reader = interface, reader

    def heads(self) -> list[Head]:
        """All payload heads that were captured since the last call."""
        return self.reader.heads(_HEADS_MAX)

    def take(self) -> Generation:
        """All that was counted since the last call."""
        generation = self.reader.read(self.reader.turn())
        self.reader.clear(generation.number)
        return generation


@contextmanager
def counted(
    inside: Namespace,
    name: str,
    pins: Path,
    sizes: instances.Sizes | None = None,
    *,
    libraries: tuple[str, ...] = LIBRARIES,
    strict_alignment: bool = False,
) -> Iterator[Counted]:
    """Attached until the block ends; then nothing of it is left."""
    instance = instances.load(
        Libbpf(libraries), find_object(None), pins, "test", sizes or instances.Sizes(), strict_alignment
    )
    try:
        with inside.entered():
            interface = links.interfaces([name])[name]
            reader = Reader(instance)
            reader.register(interface.ifindex)
            tc.attach([interface], instance, dead=[])
            try:
                yield Counted(interface, reader)
            finally:
                tc.detach(instance.name)
                reader.close()
    finally:
        instance.remove()
