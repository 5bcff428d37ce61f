"""Units of numbers and how a person reads them. Called by faces only; below them a number stays a number."""

from __future__ import annotations

import enum
import time
import unicodedata
from typing import NamedTuple


class Unit(enum.Enum):
    """What a report's column holds."""

    TEXT = "text"  #: a word of our own
    NAME = "name"  #: text that somebody else chose
    COUNT = "count"
    PORT = "port"  #: like L4_PROTO and QTYPE; -1, in JSON and CSV too, where several were put together
    BYTES = "bytes"
    PACKETS = "packets"
    SHARE = "share"  #: 0 to 1
    MINUTE = "unix_s"  #: start of a minute or an hour, Unix seconds
    DAY = "day_unix_s"  #: start of a day of the local calendar, Unix seconds
    LIST = "list"  #: texts that somebody else chose
    DIRECTION = "direction"  #: 0 ingress, 1 egress
    L4_PROTO = "l4_proto"  #: IANA protocol number
    QTYPE = "qtype"  #: IANA number of a DNS record type

    @property
    def is_number(self) -> bool:
        """True where a column of it is set to the right."""
        return self in (Unit.COUNT, Unit.PORT, Unit.BYTES, Unit.PACKETS, Unit.SHARE)

    @property
    def is_amount(self) -> bool:
        """True where the most, or the latest, is what one asks for first."""
        return self in (Unit.COUNT, Unit.BYTES, Unit.PACKETS, Unit.SHARE, Unit.MINUTE, Unit.DAY)


class Notation(NamedTuple):
    """How amounts and times are written."""

    is_raw: bool = False  #: bytes as a plain number
    is_utc: bool = False  #: times in UTC, not in local time; a day as the time at which it began


USUAL = Notation()

_PROTOCOLS = {
    1: "icmp", 2: "igmp", 4: "ipip", 6: "tcp", 17: "udp", 33: "dccp", 41: "ipv6", 47: "gre", 50: "esp", 51: "ah",
    58: "icmpv6", 88: "eigrp", 89: "ospf", 103: "pim", 112: "vrrp", 115: "l2tp", 132: "sctp", 136: "udplite",
}
_NUMBERS = {name: number for number, name in _PROTOCOLS.items()}
_QTYPES = {
    1: "A", 2: "NS", 5: "CNAME", 6: "SOA", 12: "PTR", 15: "MX", 16: "TXT", 28: "AAAA", 29: "LOC", 33: "SRV",
    35: "NAPTR", 39: "DNAME", 43: "DS", 44: "SSHFP", 46: "RRSIG", 47: "NSEC", 48: "DNSKEY", 50: "NSEC3", 52: "TLSA",
    64: "SVCB", 65: "HTTPS", 251: "IXFR", 252: "AXFR", 255: "ANY", 256: "URI", 257: "CAA",
}  # fmt: skip
_PREFIXES = ("", "k", "M", "G", "T", "P", "E")
_DIRECTIONS = ("ingress", "egress")
_OTHER = "(other)"  # several numbers, put together
_MARKS = ("Mn", "Me")
_MARKS_MAX = 4  # on one character; more than any script needs would climb into the lines around it
_VARIATIONS = (*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0))  # how wide they make what is before, nobody agrees on


def protocol_name(l4_proto: int) -> str:
    """The short name of an IANA protocol number, or the number itself."""
    return _PROTOCOLS.get(l4_proto, str(l4_proto))


def protocol_number(text: str) -> int | None:
    """The IANA number of a protocol given by name or by number; None where it is neither."""
    if text.isascii() and text.isdigit():
        return int(text) if int(text) <= 255 else None
    return _NUMBERS.get(text.lower())


def bytes_text(count: int, notation: Notation = USUAL) -> str:
    """Three digits and a decimal prefix: ``999 B``, ``1.50 kB``, ``12.3 GB``."""
    if notation.is_raw:
        return str(count)
    value, prefix = float(count), 0
    while abs(value) >= 999.5 and prefix < len(_PREFIXES) - 1:
        value /= 1000
        prefix += 1
    if prefix == 0:
        return f"{count} B"
    digits = 2 if abs(value) < 9.995 else 1 if abs(value) < 99.95 else 0
    return f"{value:.{digits}f} {_PREFIXES[prefix]}B"


def minute_text(unix_s: int, notation: Notation = USUAL) -> str:
    """Local date and time of a minute: ``2026-11-23 17:05``."""
    return time.strftime("%Y-%m-%d %H:%M", _clock(unix_s, notation))


def clock_text(unix_s: int, notation: Notation = USUAL) -> str:
    """Local time of day: ``17:05``; with ``UTC`` behind it where it is that."""
    return time.strftime("%H:%M", _clock(unix_s, notation)) + (" UTC" if notation.is_utc else "")


def day_text(unix_s: int) -> str:
    """Local date: ``2026-11-23``."""
    return time.strftime("%Y-%m-%d", time.localtime(unix_s))


def window_text(since_unix_s: int, until_unix_s: int, notation: Notation = USUAL) -> str:
    """Local begin and end, with the zone's name; twice where the clock changes between them."""
    times = [_clock(unix_s, notation) for unix_s in (since_unix_s, until_unix_s)]
    begin, end = ("UTC" if notation.is_utc else escaped(time.strftime("%Z", each)) for each in times)
    changed = f" {begin}" if begin != end else ""
    return f"{minute_text(since_unix_s, notation)}{changed} to {minute_text(until_unix_s, notation)} {end}"


def _clock(unix_s: int, notation: Notation) -> time.struct_time:
    return time.gmtime(unix_s) if notation.is_utc else time.localtime(unix_s)


def escaped(text: str) -> str:
    """*text* with everything that could move a cursor, turn a line or leave its own made visible."""
    if text.isascii():
        return text if text.isprintable() else "".join(map(_visible, text))
    shown: list[str] = []
    marks = _MARKS_MAX  # there is nothing yet that one could be on
    for character in text:
        marks = marks + 1 if unicodedata.category(character) in _MARKS else 0
        is_plain = marks <= _MARKS_MAX and ord(character) not in _VARIATIONS
        shown.append(_visible(character, is_plain))
    return "".join(shown)


def _visible(character: str, is_plain: bool = True) -> str:
    return character if is_plain and character.isprintable() else character.encode("unicode_escape").decode("ascii")


def value_text(value: object, unit: Unit, notation: Notation = USUAL) -> str:
    """One cell as a person reads it."""
    if value is None:
        return "-"
    if isinstance(value, int):
        if unit is Unit.BYTES:
            return bytes_text(value, notation)
        if unit is Unit.MINUTE or unit is Unit.DAY and notation.is_utc:
            return minute_text(value, notation)
        if unit is Unit.DAY:
            return day_text(value)
        if value == -1 and unit in (Unit.PORT, Unit.L4_PROTO, Unit.QTYPE):
            return _OTHER
        if unit is Unit.L4_PROTO:
            return protocol_name(value)
        if unit is Unit.QTYPE:
            return _QTYPES.get(value, str(value))
        if unit is Unit.DIRECTION:
            return _DIRECTIONS[value] if value in (0, 1) else str(value)
        if unit in (Unit.COUNT, Unit.PACKETS):
            return f"{value:,}"
    if unit is Unit.LIST and isinstance(value, tuple):
        return escaped(value[0]) + (f" +{len(value) - 1}" if len(value) > 1 else "") if value else "-"
    if unit is Unit.SHARE and isinstance(value, float):
        return f"{value:.1%}"
    return escaped(str(value)) or "-"
