"""Reads what an instance counted: turn the maps, read the generation at rest, clear it when it is safely stored."""

from __future__ import annotations

from collections.abc import Iterator

from ..errors import KernelError
from ..records import CounterRecord, FlowRecord, Generation, Head
from . import abi
from .instance import Instance
from .libbpf import Ring

_BATCH = 4096  # elements a call; more than any bucket holds
_ZERO = abi.INDEX.pack(0)


class Reader:
    """The reading end of an instance.

    Order of use: :meth:`turn`, :meth:`read` the generation it returned, store it, :meth:`clear` it; then again.
    A generation stays in the kernel until it is cleared, so a reader that dies in between loses nothing.

    :raises KernelError: the instance was made by a version with another layout.
    """

    def __init__(self, instance: Instance) -> None:
        self._instance = instance
        self._libbpf = instance.libbpf
        self._flows = [instance.maps["flows_0"], instance.maps["flows_1"]]
        self._interfaces = instance.maps["interfaces"]
        self._slot_size = abi.INTERFACE.size * self._libbpf.cpus
        self._registered: set[int] = set()
        self._read_keys: list[bytes] = []
        control = self._libbpf.lookup(instance.maps["control"], _ZERO, abi.CONTROL.size)
        version, generation, self._heads_per_s = abi.CONTROL.unpack(control)
        self.generation: int = generation
        if version != abi.ABI_VERSION:
            raise KernelError(f"{instance.folder}: maps of layout {version}, this version reads {abi.ABI_VERSION}")
        self.flow_capacity = self._libbpf.map_info(self._flows[0]).max_entries
        self._ring = Ring(self._libbpf, instance.maps["heads"])

    def close(self) -> None:
        """Lets go of the ring buffer; to be called before the instance is closed."""
        self._ring.close()

    def heads(self, most: int) -> list[Head]:
        """The payload heads that were captured since the last call, oldest first; at most *most*."""
        return [abi.decode_head(record) for record in self._ring.take(most)]

    def register(self, ifindex: int) -> None:
        """Gives an interface a slot for its counters; its packets are counted from now on.

        :raises KernelError: every slot that it may have is taken.
        """
        for probe in range(abi.INTERFACE_PROBES):
            slot = (ifindex + probe) % abi.INTERFACE_SLOTS
            keys = [abi.INDEX.pack(at * abi.INTERFACE_SLOTS + slot) for at in range(abi.GENERATIONS)]
            holders = [abi.decode_ifindex(self._libbpf.lookup(self._interfaces, key, self._slot_size)) for key in keys]
            if set(holders) <= {0, ifindex}:  # its own, where an earlier generation is not cleared yet
                for key, holder in zip(keys, holders, strict=True):
                    if not holder:
                        self._write_slot(key, ifindex)
                self._registered.add(ifindex)
                return
        raise KernelError(f"too many interfaces share a slot with ifindex {ifindex}: count on fewer of them")

    def forget(self, ifindex: int) -> None:
        """The interface is gone; its counters go with the generations that hold them."""
        self._registered.discard(ifindex)

    def turn(self) -> int:
        """Lets the programs count into the other maps; the number of the generation that now is at rest.

        When this returns, no program writes to that generation any more.
        """
        resting = self.generation
        self.generation += 1
        control = abi.CONTROL.pack(abi.ABI_VERSION, self.generation, self._heads_per_s)
        self._libbpf.update(self._instance.maps["control"], _ZERO, control)
        self.fence()
        return resting

    def fence(self) -> None:
        """Waits until every program that runs now has ended: a store into a map of maps does (see maps.bpf.h)."""
        self._libbpf.update(self._instance.maps["flows"], _ZERO, abi.INDEX.pack(self._flows[0]))

    def read(self, generation: int) -> Generation:
        """What *generation*, at rest, holds."""
        at = generation % abi.GENERATIONS
        cpus = self._libbpf.cpus
        self._read_keys = []
        flows: list[FlowRecord] = []
        for keys, values in self._elements(self._flows[at], abi.FLOW_KEY.size, abi.FLOW.size * cpus):
            self._read_keys.append(keys)
            flows.extend(abi.decode_flows(keys, values, cpus))
        counters: list[CounterRecord] = []
        for _, values in self._slots(at):
            counters.extend(abi.decode_interface(values))
        return Generation(self._instance.name, generation, flows, counters)

    def clear(self, generation: int) -> None:
        """Empties the maps of *generation*, which was read last and is stored."""
        at = generation % abi.GENERATIONS
        for keys in self._read_keys:
            self._libbpf.delete_batch(self._flows[at], keys, len(keys) // abi.FLOW_KEY.size)
        self._read_keys = []
        for key, values in self._slots(at):
            ifindex = abi.decode_ifindex(values)
            self._write_slot(key, ifindex if ifindex in self._registered else 0)

    def _write_slot(self, key: bytes, ifindex: int) -> None:
        self._libbpf.update(self._interfaces, key, abi.encode_interface(ifindex, self._libbpf.cpus))

    def _slots(self, at: int) -> Iterator[tuple[bytes, bytes]]:
        """Key and values of the slots of a generation that are taken."""
        for slot in range(at * abi.INTERFACE_SLOTS, (at + 1) * abi.INTERFACE_SLOTS):
            key = abi.INDEX.pack(slot)
            values = self._libbpf.lookup(self._interfaces, key, self._slot_size)
            if abi.decode_ifindex(values):
                yield key, values

    def _elements(self, fd: int, key_size: int, value_size: int) -> Iterator[tuple[bytes, bytes]]:
        last: bytes | None = None
        while True:
            last, keys, values = self._libbpf.lookup_batch(fd, last, _BATCH, key_size, value_size)
            if keys:
                yield keys, values
            if last is None:
                return
