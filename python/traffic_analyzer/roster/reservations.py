"""OpenWrt's configuration of DHCP servers, ``/etc/config/dhcp``: addresses kept for a host, and where leases are."""

from __future__ import annotations

import re

from ..uci import Section, parse
from ..wire.dhcp import mac_of_duid
from .entry import Entry, address_text, entry_of_mac, parse_address, parse_mac

_PLAIN_PATH = re.compile(r"/[^*?[\0]+")


def parse_reservations(text: str) -> list[Entry]:
    """The names of hosts that have one, by MAC, by a MAC in the DUID, and by address where there is neither.

    :raises UsageError: no UCI file.
    """
    return [entry for section in parse(text) if section.type == "host" for entry in _entries(section)]


def lease_files(text: str) -> list[tuple[str, str]]:
    """The servers that keep their leases where they are told to, ``dnsmasq`` or ``odhcpd``, and the file of each.

    :raises UsageError: no UCI file.
    """
    servers = [section for section in parse(text) if section.type in ("dnsmasq", "odhcpd")]
    files = [(section.type, section.options.get("leasefile", "")) for section in servers]
    return [(server, path) for server, path in files if _PLAIN_PATH.fullmatch(path)]


def _entries(section: Section) -> list[Entry]:
    name = section.options.get("name", "")
    address = parse_address(section.options.get("ip", ""))
    macs = [mac for word in _words(section, "mac") if (mac := parse_mac(word))]  # a pattern with * names none
    entries = [Entry(mac, b"", name) for mac in macs]
    for word in _words(section, "duid"):
        try:
            mac_bytes = mac_of_duid(bytes.fromhex(word.partition("%")[0]))  # an identity may follow
        except ValueError:
            continue
        entries += [entry_of_mac(mac_bytes, name)] if mac_bytes else []
    if address:
        entries.append(Entry(address_text(address), b"", name) if entries else Entry("", address, name))
    return entries


def _words(section: Section, name: str) -> list[str]:
    """An option that holds a list in one word or the other way."""
    values = section.lists.get(name, [section.options.get(name, "")])
    return [word for value in values for word in value.split()]
