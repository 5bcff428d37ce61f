"""Files in which DHCP servers keep their leases: dnsmasq's and odhcpd's. What is no lease in them is passed over."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..wire.dhcp import mac_of_duid
from .entry import Entry, entries_of_card, entry_of_mac, parse_address, parse_mac

_ESCAPE = re.compile(rb"\\x([0-9a-f]{2})")
_NOT_UNIQUE = "broken "  # odhcpd's word before a name that is another's too, or that no host may have


def parse_dnsmasq(text: str) -> list[Entry]:
    """The leases of dnsmasq's file (its ``lease.c``, ``lease_update_file``); it drops expired ones itself.

    One lease a line: when it expires, MAC or identity, address, name or ``*``, client identifier or DUID.
    """
    entries: list[Entry] = []
    for line in text.split("\n"):
        words = line.split(" ")
        if len(words) < 5 or (address := parse_address(words[2])) is None or words[3] == "*":
            continue
        if len(address) == 4:
            entries += _lease(parse_mac(words[1]), address, words[3])
        else:
            entries += _lease_6(words[4].replace(":", ""), [address], words[3])
    return entries


def parse_odhcpd(text: str) -> list[Entry]:
    """The leases of odhcpd's file (its ``dhcpv6-ia.c`` up to 24.10, ``statefiles.c`` from 25.12 on).

    One lease a line: ``#``, interface, DUID or MAC, identity or ``ipv4``, name or ``-``, when it expires, number,
    length of a prefix, addresses with theirs. Other lines, up to 24.10, say the same to a resolver.
    """
    entries: list[Entry] = []
    for line in text.split("\n"):
        words = line.split(" ")
        if len(words) < 8 or words[0] != "#" or words[4] == "-":
            continue
        name = _unescaped(words[4])
        if words[3] == "ipv4":
            mac = parse_mac(words[2]) or parse_mac(_pairs(words[2]))  # with colons from 25.12 on
            for address in _addresses(words[8:], "/32"):
                entries += _lease(mac, address, name)
        else:
            entries += _lease_6(words[2], _addresses(words[8:], "/128"), name)
    return entries


def _lease(mac: str | None, address: bytes, name: str) -> list[Entry]:
    return entries_of_card(mac, address, name) if mac else [Entry("", address, name)]


def _lease_6(duid: str, addresses: list[bytes] | Iterator[bytes], name: str) -> list[Entry]:
    """A DUID may be made of the MAC of another card of the same machine: the addresses name it as well."""
    mac = mac_of_duid(_bytes(duid))
    return [*([entry_of_mac(mac, name)] if mac else []), *(Entry("", address, name) for address in addresses)]


def _addresses(words: list[str], prefix_length: str) -> Iterator[bytes]:
    """Those of single addresses; prefixes that were delegated are no machine's."""
    for word in words:
        if word.endswith(prefix_length) and (address := parse_address(word.removesuffix(prefix_length))):
            yield address


def _unescaped(name: str) -> str:
    r"""From 2026 on bytes of a name that no host may have are ``\xNN``; the space behind "broken" always was."""
    raw = _ESCAPE.sub(lambda found: bytes.fromhex(found[1].decode("ascii")), name.encode("utf-8", "backslashreplace"))
    return raw.decode("utf-8", "backslashreplace").removeprefix(_NOT_UNIQUE)


def _bytes(digits: str) -> bytes:
    try:
        return bytes.fromhex(digits)
    except ValueError:
        return b""


def _pairs(digits: str) -> str:
    return _bytes(digits).hex(":")
