"""What a client says to a DHCP server: DHCPv4 (RFC 2131, options RFC 2132) and DHCPv6 (RFC 8415)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from ..errors import WireError
from .cursor import Cursor

_BOOTREQUEST, _BOOTREPLY = 1, 2
_ETHERNET = 1  # hardware type, IANA "arp-parameters"
_MAGIC_COOKIE = b"\x63\x82\x53\x63"  # RFC 2131 3
_NO_ADDRESS = bytes(4)

# Options and messages of DHCPv4.
_PAD, _END = 0, 255
_HOST_NAME, _REQUESTED_ADDRESS, _OVERLOAD, _MESSAGE_TYPE, _CLIENT_ID, _CLIENT_FQDN = 12, 50, 52, 53, 61, 81
_FROM_CLIENT = frozenset({1, 3, 4, 7, 8})  # DISCOVER, REQUEST, DECLINE, RELEASE, INFORM
_FROM_SERVER = frozenset({2, 5, 6})  # OFFER, ACK, NAK
_DECLINE = 4
_IN_FILE, _IN_NAME = 1, 2  # bits of the overload option
_FQDN_IS_WIRE = 0x04  # bit E, RFC 4702 2.1

# Options and messages of DHCPv6.
_CLIENT_DUID, _IA_NA, _IA_ADDRESS, _CLIENT_FQDN_6 = 1, 3, 5, 39
_FROM_CLIENT_6 = frozenset({1, 3, 4, 5, 6, 8, 9, 11})  # RFC 8415 7.3
_MESSAGES_6_MAX = 36  # that IANA knows, those of servers and relays included
_DECLINE_6 = 9
_DUID_LLT, _DUID_LL = 1, 3

_MAC_BYTES = 6
_LABEL_BYTES_MAX = 63


class DhcpMessage(NamedTuple):
    """What a client tells of itself."""

    mac: bytes  #: 6; empty where it does not tell one
    address: bytes  #: 4 or 16: that it has or asks for; empty where there is none
    host_name: str  #: its own text, of any characters; bytes that are no UTF-8 as ``\\xNN``; empty where it has none


def parse_dhcpv4(data: bytes) -> DhcpMessage | None:
    """What a client says in the datagram *data*; None where a server speaks.

    :raises WireError: no DHCP message, or one that is cut.
    """
    # RFC 2131 2: the fixed part.
    cursor = Cursor(data)
    op, hardware_type, hardware_bytes = cursor.pull_u8(), cursor.pull_u8(), cursor.pull_u8()
    cursor.skip(9)  # hops, transaction, seconds, flags
    own_address = cursor.pull_bytes(4)
    cursor.skip(12)  # addresses that a server or a relay fills in
    hardware_address = cursor.pull_bytes(16)
    server_name, file = cursor.pull_bytes(64), cursor.pull_bytes(128)
    if cursor.pull_bytes(4) != _MAGIC_COOKIE:
        raise WireError("DHCP: no magic cookie")
    options = _options_4(cursor, server_name, file)
    # RFC 2132 9.6
    kind = options.get(_MESSAGE_TYPE, b"")
    if len(kind) != 1 or kind[0] not in _FROM_CLIENT | _FROM_SERVER:
        raise WireError(f"DHCP: message type {kind[:8].hex() or 'missing'}")
    if (op == _BOOTREQUEST) != (kind[0] in _FROM_CLIENT) or op not in (_BOOTREQUEST, _BOOTREPLY):
        raise WireError(f"DHCP: message type {kind[0]} with op {op}")
    if op == _BOOTREPLY:
        return None
    # RFC 2132 9.14: a client identifier may be type and address of a network card.
    client_id = options.get(_CLIENT_ID, b"")
    if hardware_type == _ETHERNET and hardware_bytes == _MAC_BYTES:
        mac = hardware_address[:_MAC_BYTES]
    elif len(client_id) == 1 + _MAC_BYTES and client_id[0] == _ETHERNET:
        mac = client_id[1:]
    else:
        mac = b""
    # RFC 2132 9.1. What a client declines is another's, RFC 2131 3.1 (5).
    address = options.get(_REQUESTED_ADDRESS, b"")
    if address and len(address) != 4:
        raise WireError(f"DHCP: requested address of {len(address)} bytes")
    if not address and own_address != _NO_ADDRESS:
        address = own_address
    return DhcpMessage(mac, b"" if kind[0] == _DECLINE else address, _host_name_4(options))


def _options_4(cursor: Cursor, server_name: bytes, file: bytes) -> dict[int, bytes]:
    """The options, those in several parts put together (RFC 3396 5, 7)."""
    options: dict[int, bytes] = {}
    _add_options_4(cursor, options)
    # RFC 2132 9.3, RFC 2131 4.1: the file field before the name field.
    overload = options.get(_OVERLOAD, b"\0")
    if len(overload) != 1:
        raise WireError(f"DHCP: overload of {len(overload)} bytes")
    if overload[0] & _IN_FILE:
        _add_options_4(Cursor(file), options)
    if overload[0] & _IN_NAME:
        _add_options_4(Cursor(server_name), options)
    return options


def _add_options_4(cursor: Cursor, options: dict[int, bytes]) -> None:
    while cursor.left:  # some clients leave the end out
        code = cursor.pull_u8()
        if code == _END:
            return
        if code != _PAD:
            options[code] = options.get(code, b"") + cursor.pull_vector(1)


def _host_name_4(options: dict[int, bytes]) -> str:
    # RFC 2132 3.14. A receiver must be prepared for a NUL at the end (2).
    name = options.get(_HOST_NAME, b"").rstrip(b"\0")
    if name:
        return _text(name)
    # RFC 4702 2: flags, two codes of old, and a name, in the wire's form or as text.
    fqdn = options.get(_CLIENT_FQDN)
    if fqdn is None:
        return ""
    cursor = Cursor(fqdn)
    flags = cursor.pull_u8()
    cursor.skip(2)
    if flags & _FQDN_IS_WIRE:
        return _domain(cursor)
    return _text(cursor.pull_bytes(cursor.left).rstrip(b"\0").removesuffix(b"."))


def parse_dhcpv6(data: bytes) -> DhcpMessage | None:
    """What a client says in the datagram *data*; None where a server or a relay speaks.

    :raises WireError: no DHCP message, or one that is cut.
    """
    # RFC 8415 8
    cursor = Cursor(data)
    kind = cursor.pull_u8()
    if not 1 <= kind <= _MESSAGES_6_MAX:
        raise WireError(f"DHCPv6: message type {kind}")
    if kind not in _FROM_CLIENT_6:
        return None  # a relay's has another header (9)
    cursor.skip(3)  # transaction
    mac, address, host_name = b"", b"", ""
    for code, option in _options_6(cursor):
        # RFC 8415 21.2
        if code == _CLIENT_DUID:
            mac = mac or mac_of_duid(option) or b""
        # RFC 8415 21.4, 21.6: the address stands in an option of this one.
        elif code == _IA_NA:
            address = address or _address_6(option)
        # RFC 4704 4: flags, and a name that need not be whole.
        elif code == _CLIENT_FQDN_6:
            fqdn = Cursor(option)
            fqdn.skip(1)
            host_name = host_name or _domain(fqdn)
    return DhcpMessage(mac, b"" if kind == _DECLINE_6 else address, host_name)


def _options_6(cursor: Cursor) -> Iterator[tuple[int, bytes]]:
    """Code and data of each option (RFC 8415 21.1)."""
    while cursor.left:
        code = cursor.pull_u16()
        yield code, cursor.pull_vector(2)


def _address_6(option: bytes) -> bytes:
    cursor = Cursor(option)
    cursor.skip(12)  # identity, two times
    found = b""
    for code, inner in _options_6(cursor):
        if code == _IA_ADDRESS:
            address = Cursor(inner)
            found = found or address.pull_bytes(16)
            address.skip(24 - address.at)  # two lifetimes
    return found


def mac_of_duid(duid: bytes) -> bytes | None:
    """The MAC in a DUID that was made of one (RFC 8415 11.2, 11.4); None where it was not."""
    if len(duid) == 8 + _MAC_BYTES and duid[:4] == bytes([0, _DUID_LLT, 0, _ETHERNET]):
        return duid[8:]
    if len(duid) == 4 + _MAC_BYTES and duid[:4] == bytes([0, _DUID_LL, 0, _ETHERNET]):
        return duid[4:]
    return None


def _domain(cursor: Cursor) -> str:
    """A name of labels, never compressed, the root at its end or not (RFC 8415 10, RFC 4702 2.3.1)."""
    labels = []
    while cursor.left:
        length = cursor.pull_u8()
        if length > _LABEL_BYTES_MAX:
            raise WireError(f"DHCP: label of {length} bytes")
        if not length:
            break
        labels.append(cursor.pull_bytes(length))
    return _text(b".".join(labels))


def _text(name: bytes) -> str:
    return name.decode("utf-8", "backslashreplace")
