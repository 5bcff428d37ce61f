"""What the devices that are seen are called. Pure: told what was met, heard and read, it says what is new. Bounded."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence

from ..records import BROADCAST, FORWARDED, MULTICAST, THIS_MACHINE, DeviceName, NameSource
from ..wire.dhcp import DhcpMessage
from ..wire.dns import Message
from .entry import Entry, parse_address, parse_mac
from .multicast_dns import names_of_sender
from .vendors import vendor_of

DEVICES_MAX = 4_096
NAMES_MAX = 16  #: of a device and source
ENTRIES_MAX = 16_384  #: of a source
NAME_CHARACTERS_MAX = 255

_AGAIN_NS = 600 * 10**9  # a name is told again
_BACK_NS = 60 * 10**9  # a name that took the place of another which had taken its place
_VENDORS_PER_TAKE = 32  # each opens a file

_NO_SINGLE_DEVICE = frozenset({THIS_MACHINE, FORWARDED, MULTICAST, BROADCAST, ""})
_NO_NAMES = frozenset({"", "*"})

Names = Mapping[str | bytes, list[str]]


class _Device:
    """A device and what of its names was told."""

    __slots__ = ("addresses", "due_boot_ns", "heard", "told", "vendor", "version")

    def __init__(self) -> None:
        self.addresses: set[bytes] = set()  #: of those that some source names
        self.heard: dict[NameSource, list[str]] = {}  #: what it says of itself
        self.told: dict[tuple[NameSource, str], int] = {}  #: and when, boot clock
        self.vendor: str | None = None  #: empty: none
        self.version = -1  #: of the lists that it was last looked up in
        self.due_boot_ns = 0  #: when to look again


class Roster:
    """The names of devices.

    :param vendor: who made the network card with a MAC.
    """

    def __init__(self, vendor: Callable[[str], str | None] = vendor_of) -> None:
        self._vendor = vendor
        self._devices: OrderedDict[str, _Device] = OrderedDict()  #: the one met last at the end
        self._met: dict[str, _Device] = {}  #: since the last take
        self._said: dict[NameSource, Names] = {}
        self._named: frozenset[str | bytes] = frozenset()  #: devices and addresses that some source names
        self._holders: dict[bytes, str] = {}  #: the device that was last met with an address which is named
        self._version = 0
        self.overflow = 0  #: times that a device found no room

    def meet(self, device: str, client: bytes) -> None:
        """*device* was seen with the packed address *client*. Cheap: to be called for each pair in each turn.

        :param device: as in ``records.FlowKey``; what is no single device has no names.
        """
        known = self._met.get(device) or self._admit(device)
        if known is not None and client in self._named and self._holders.get(client) != device:
            holder = self._devices.get(self._holders.get(client, ""))
            if holder is not None:
                holder.addresses.discard(client)
            self._holders[client] = device
            known.addresses.add(client)
            known.due_boot_ns = 0

    def load(self, source: NameSource, entries: Sequence[Entry]) -> None:
        """*entries* are all that *source* says from now on. An address names whoever is met with it from now on."""
        names: dict[str | bytes, list[str]] = {}
        for entry in entries[:ENTRIES_MAX]:
            if _is_name(entry.name):
                names.setdefault(entry.device or entry.address, []).append(entry.name[:NAME_CHARACTERS_MAX])
        self._said[source] = {who: list(dict.fromkeys(said))[:NAMES_MAX] for who, said in names.items()}
        self._named = frozenset(who for said in self._said.values() for who in said)
        self._holders = {address: device for address, device in self._holders.items() if address in self._named}
        for known in self._devices.values():
            known.addresses &= self._named
        self._version += 1

    def hear(self, device: str, client: bytes, message: Message | DhcpMessage) -> None:
        """*device* sent *message* from the packed address *client*. What it says of others is not taken."""
        if isinstance(message, DhcpMessage):
            if message.mac and message.mac.hex(":") != device:
                return  # another's, or handed on by a relay
            source, names = NameSource.DHCP, [message.host_name]
        else:
            source, names = NameSource.MDNS, names_of_sender(message, client)
        names = [name[:NAME_CHARACTERS_MAX] for name in names[:NAMES_MAX] if _is_name(name)]
        known = self._device(device) if names else None
        if known is not None and known.heard.get(source) != names:
            known.heard[source] = names
            known.due_boot_ns = 0

    def take(self, now_boot_ns: int) -> list[DeviceName]:
        """Names of the devices met since the last call: new ones, ones that came back, and all after ten minutes."""
        taken: list[DeviceName] = []
        vendors = _VENDORS_PER_TAKE
        for device, known in self._met.items():
            if known.due_boot_ns > now_boot_ns and known.version == self._version:
                continue
            known.version, known.due_boot_ns = self._version, now_boot_ns + _AGAIN_NS
            if known.vendor is None:
                if vendors:
                    vendors -= 1
                    known.vendor = (self._vendor(device) if parse_mac(device) else None) or ""
                else:
                    known.due_boot_ns = 0
            taken += self._tell(device, known, now_boot_ns)
        self._met.clear()
        return taken

    def _admit(self, device: str) -> _Device | None:
        """*device* as one that was met, where it is one and has room."""
        known = self._device(device)
        if known is not None:
            self._devices.move_to_end(device)
            self._met[device] = known
        return known

    def _device(self, device: str) -> _Device | None:
        """*device*, in the room of the one that was not met for longest where there is none left."""
        known = self._devices.get(device)
        if known is not None or device in _NO_SINGLE_DEVICE or "/" in device:
            return known
        if len(self._devices) >= DEVICES_MAX:
            oldest = next(iter(self._devices))
            if oldest in self._met:
                self.overflow += 1
                return None
            for address in self._devices.pop(oldest).addresses:
                self._holders.pop(address, None)
        known = self._devices[device] = _Device()
        return known

    def _names(self, device: str, known: _Device) -> Iterator[tuple[NameSource, str]]:
        """Every name that it goes by now."""
        called: tuple[str | bytes, ...] = (device, *sorted(known.addresses))
        for source, said in self._said.items():
            for who in called:
                for name in said.get(who, []):
                    yield source, name
        for source, names in known.heard.items():
            for name in names:
                yield source, name
        if known.vendor:
            yield NameSource.VENDOR, known.vendor

    def _tell(self, device: str, known: _Device, now_boot_ns: int) -> Iterator[DeviceName]:
        names = dict.fromkeys(self._names(device, known))
        for source, name in names:
            last = known.told.get((source, name))
            if last is not None:
                wait_ns = _BACK_NS if _was_replaced(source, last, names, known) else _AGAIN_NS
                if now_boot_ns - last < wait_ns:
                    known.due_boot_ns = min(known.due_boot_ns, last + wait_ns)
                    continue
            elif not _make_room(source, known, now_boot_ns):
                continue
            known.told[source, name] = now_boot_ns
            yield DeviceName(device, source, name)


def _is_name(text: str) -> bool:
    """False for what would pass for another device: an address, a network, a line that is no device of its own."""
    return (
        text not in _NO_NAMES
        and text.casefold() not in _NO_SINGLE_DEVICE
        and parse_mac(text) is None
        and parse_address(text.partition("/")[0]) is None
    )


def _was_replaced(
    source: NameSource, last_boot_ns: int, names: Mapping[tuple[NameSource, str], object], known: _Device
) -> bool:
    """True where after a name that was told then another was, which is no name now."""
    return any(
        of == source and told > last_boot_ns and (of, other) not in names for (of, other), told in known.told.items()
    )


def _make_room(source: NameSource, known: _Device, now_boot_ns: int) -> bool:
    """True where one more name of *source* can be remembered: of a device that changes it all the time not many are."""
    told = [(boot_ns, name) for (of, name), boot_ns in known.told.items() if of == source]
    if len(told) >= NAMES_MAX:
        oldest_boot_ns, oldest = min(told)
        if now_boot_ns - oldest_boot_ns < _AGAIN_NS:
            return False
        del known.told[source, oldest]
    return True
