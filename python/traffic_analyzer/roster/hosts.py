"""Files in the form of ``/etc/hosts`` (hosts(5))."""

from __future__ import annotations

from .entry import Entry, parse_address


def parse_hosts(text: str) -> list[Entry]:
    """The first name of each line, for the device that has its address; those of this machine are left out.

    This machine's are what stands at loopback addresses, wherever it stands again.
    """
    lines: list[tuple[bytes, list[str]]] = []
    own: set[str] = set()
    for line in text.split("\n"):
        address_word, *names = line.partition("#")[0].split() or [""]
        address = parse_address(address_word)
        if address is None:
            continue
        if address[0] == 127 and len(address) == 4 or address == bytes(15) + b"\1":
            own.update(names)
        elif any(address) and address[0] != 0xFF and names:
            lines.append((address, names))
    return [Entry("", address, names[0]) for address, names in lines if own.isdisjoint(names)]
