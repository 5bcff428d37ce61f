"""Service bindings: data of SVCB and HTTPS records (RFC 9460), and the ECHConfigList in them (RFC 9848, RFC 9849 4)."""

from __future__ import annotations

from typing import NamedTuple

from ..errors import WireError
from .cursor import Cursor
from .names import Names, escape_name, read_name

_ALPN, _IPV4_HINT, _ECH, _IPV6_HINT = 1, 4, 5, 6  # RFC 9460 14.3.2
_ECH_VERSION = 0xFE0D


class EchConfig(NamedTuple):
    """What a client needs to hide a server name, as far as it shows in a ClientHello."""

    config_id: int
    public_name: str  #: of the outer ClientHello; presentation format, see :mod:`.names`


class ServiceBinding(NamedTuple):
    """Where a service is to be found, and how it is spoken to."""

    priority: int  #: 0 = an alias: ``target`` stands for the owner, nothing else is said (RFC 9460 2.4.2)
    target: str  #: presentation format, see :mod:`.names`; empty = the owner itself, or no service where an alias
    alpn: tuple[bytes, ...] = ()
    ipv4_hints: tuple[bytes, ...] = ()  #: 4 bytes each
    ipv6_hints: tuple[bytes, ...] = ()  #: 16 bytes each
    ech: tuple[EchConfig, ...] = ()  #: of the versions that are known


def parse_service_binding(data: bytes, at: int, end: int, names: Names) -> ServiceBinding:
    """The record data from ``at`` up to ``end`` of the message ``data`` (RFC 9460 2.2).

    :raises WireError: it breaks off, its parameters are not in order, or one that is read here is malformed
    """
    if end - at < 3:
        raise WireError(f"service binding of {end - at} bytes")
    priority = data[at] << 8 | data[at + 1]
    target, at = read_name(data, at + 2, names)
    parameters = _read_parameters(data, at, end)
    if not priority or not parameters:
        return ServiceBinding(priority, target)
    return ServiceBinding(
        priority,
        target,
        _parse_alpn(parameters[_ALPN]) if _ALPN in parameters else (),
        _parse_hints(parameters[_IPV4_HINT], 4) if _IPV4_HINT in parameters else (),
        _parse_hints(parameters[_IPV6_HINT], 16) if _IPV6_HINT in parameters else (),
        parse_ech_config_list(parameters[_ECH]) if _ECH in parameters else (),
    )


def _read_parameters(data: bytes, at: int, end: int) -> dict[int, bytes]:
    cursor = Cursor(data, at, end)
    parameters: dict[int, bytes] = {}
    last = -1
    while cursor.left:
        key = cursor.pull_u16()
        if key <= last:
            raise WireError(f"service parameter {key} behind {last}")
        parameters[key] = cursor.pull_vector(2)
        last = key
    return parameters


def _parse_alpn(data: bytes) -> tuple[bytes, ...]:
    """RFC 9460 7.1.1."""
    cursor = Cursor(data)
    protocols = []
    while cursor.left:
        protocols.append(cursor.pull_vector(1))
    if not all(protocols) or not protocols:
        raise WireError("alpn without a protocol's name")
    return tuple(protocols)


def _parse_hints(data: bytes, address_bytes: int) -> tuple[bytes, ...]:
    """RFC 9460 7.3."""
    if not data or len(data) % address_bytes:
        raise WireError(f"hints of {len(data)} bytes for addresses of {address_bytes}")
    return tuple([data[at : at + address_bytes] for at in range(0, len(data), address_bytes)])


def parse_ech_config_list(data: bytes) -> tuple[EchConfig, ...]:
    """The configurations of an ECHConfigList (RFC 9849 4) whose version is known; the others are passed over.

    :raises WireError: the list breaks off, has bytes behind it, or a configuration of a known version is malformed
    """
    outer = Cursor(data)
    configs = Cursor(outer.pull_vector(2))
    if outer.left:
        raise WireError(f"{outer.left} bytes behind an ECHConfigList")
    found = []
    while configs.left:
        version = configs.pull_u16()
        contents = configs.pull_vector(2)
        if version == _ECH_VERSION:
            found.append(_parse_ech_config(Cursor(contents)))
    return tuple(found)


def _parse_ech_config(contents: Cursor) -> EchConfig:
    config_id = contents.pull_u8()
    contents.skip(2)  # kem_id
    contents.pull_vector(2)  # public_key
    contents.pull_vector(2)  # cipher_suites
    contents.skip(1)  # maximum_name_length
    public_name = contents.pull_vector(1)
    contents.pull_vector(2)  # extensions
    if contents.left or not public_name:
        raise WireError("malformed ECHConfig")
    return EchConfig(config_id, escape_name(public_name))
