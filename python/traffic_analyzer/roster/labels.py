"""Names that the user gave: ``config device`` of our own configuration."""

from __future__ import annotations

from collections.abc import Iterable

from ..errors import UsageError
from ..uci import Section, parse
from .entry import Entry, address_text, parse_address, parse_mac


def parse_labels(text: str) -> list[Entry]:
    """The user's names for devices, by ``mac``, by ``address`` or both, each an option or a list. Other sections and
    options are others' affair.

    :raises UsageError: no UCI file, or as :func:`labels_of`.
    """
    return labels_of(parse(text))


def labels_of(sections: Iterable[Section]) -> list[Entry]:
    """The same, of sections that were read.

    :raises UsageError: a device without a name, without a MAC and an address, with one that is none, or that has a name
        already.
    """
    entries: list[Entry] = []
    lines: dict[str | bytes, int] = {}
    for section in sections:
        if section.type != "device":
            continue
        for entry in _entries(section):
            before = lines.setdefault(entry.device or entry.address, section.line)
            if before != section.line:
                who = entry.device or address_text(entry.address)
                raise _wrong(section, f"{who} has a name on line {before} already")
            entries.append(entry)
    return entries


def _entries(section: Section) -> list[Entry]:
    name = section.options.get("name", "")
    if not name:
        raise _wrong(section, "device without a name: add option name 'TEXT'")
    entries: list[Entry] = []
    for word in _values(section, "mac"):
        mac = parse_mac(word)
        if mac is None:
            raise _wrong(section, f"mac {word[:40]!r}: write it as aa:bb:cc:dd:ee:ff")
        entries.append(Entry(mac, b"", name))
    for word in _values(section, "address"):
        address = parse_address(word)
        if address is None:
            raise _wrong(section, f"address {word[:40]!r}: write one IPv4 or IPv6 address")
        entries.append(Entry("", address, name))
    if not entries:
        raise _wrong(section, "device without a MAC and an address: add option mac or option address")
    return entries


def _values(section: Section, name: str) -> list[str]:
    if name in section.lists:
        return section.lists[name]
    return [section.options[name]] if name in section.options else []


def _wrong(section: Section, what: str) -> UsageError:
    return UsageError(f"line {section.line}: {what}")
