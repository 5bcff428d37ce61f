"""ClientHello: the name of the site that a client asks for (RFC 8446 4.1.2), and what else tells about it."""

from __future__ import annotations

from typing import NamedTuple

from ..errors import WireError
from .cursor import Cursor
from .names import NAME_BYTES_MAX, escape_name

#: of a stream that are looked at; today's largest ClientHello has 2.4 KB
STREAM_BYTES = 16384
_HELLO_BYTES_MAX = 65536
_RECORD_BYTES_MAX = 16384  # RFC 8446 5.1
_SESSION_ID_BYTES_MAX = 32
_CONTENT_HANDSHAKE = 22
_CHANGE_CIPHER_SPEC = b"\x14\x03\x03\x00\x01\x01"
_CLIENT_HELLO = 1
_SERVER_NAME = 0
_SUPPORTED_GROUPS = 10
_ALPN = 16
_KEY_SHARE = 51
_ENCRYPTED_CLIENT_HELLO = 0xFE0D
_ENCRYPTED_SERVER_NAME = 0xFFCE
_HOST_NAME = 0
_OUTER = 0
#: Key agreements that hold against a quantum computer, by IANA number and as browsers tried them before.
_POST_QUANTUM = frozenset(
    {
        *(0x0200, 0x0201, 0x0202),  # MLKEM512, 768, 1024
        *(0x11EB, 0x11EC, 0x11ED, 0x11EE),  # SecP256r1MLKEM768, X25519MLKEM768, SecP384r1MLKEM1024, curveSM2MLKEM768
        *(0x6399, 0x639A),  # X25519Kyber768Draft00, SecP256r1Kyber768Draft00
        *(0xFE30, 0xFE31, 0xFE32),  # Kyber drafts in the range for private use
        0x4138,  # CECPQ2
    }
)


class ClientHello(NamedTuple):
    """What a ClientHello tells in the clear."""

    server_name: str | None  #: as sent, escaped; not checked to be a host name. None where there is none
    alpn: tuple[bytes, ...]  #: in the client's order
    ech_config_id: int | None  #: of an outer encrypted_client_hello, real or GREASE; None where there is none
    has_esni: bool  #: the draft that went before ECH
    is_post_quantum: bool  #: offers a post-quantum key agreement
    length_bytes: int  #: of the handshake message, its header of 4 bytes included


def parse_records(stream: bytes) -> ClientHello | None:
    """The ClientHello that *stream* begins with; None where more is needed.

    :param stream: what a client sends over TCP, from the ClientHello's record on, or from the change_cipher_spec that
        goes before the one that answers a HelloRetryRequest; :data:`STREAM_BYTES` of it are looked at
    :raises WireError: it begins with something else, or the ClientHello does not end within these bytes

    RFC 8446 5.1: a message may be spread over records of any size but none; D.4: change_cipher_spec.
    """
    if _CHANGE_CIPHER_SPEC.startswith(stream):
        return None
    begins_at = len(_CHANGE_CIPHER_SPEC) if stream.startswith(_CHANGE_CIPHER_SPEC) else 0
    cursor = Cursor(stream, begins_at, STREAM_BYTES)
    handshake = bytearray()
    # The header is judged byte by byte: what is not TLS need not wait for more.
    while cursor.left and not _is_complete(handshake):
        if cursor.pull_u8() != _CONTENT_HANDSHAKE:
            raise WireError("no handshake record")
        if cursor.left and cursor.pull_u8() != 3:
            raise WireError("no TLS version")
        if cursor.left < 3:
            break
        cursor.skip(1)
        length_bytes = cursor.pull_u16()
        if not 0 < length_bytes <= _RECORD_BYTES_MAX:
            raise WireError(f"handshake record of {length_bytes} bytes")
        handshake += cursor.pull_bytes(min(length_bytes, cursor.left))
    hello = parse_client_hello(bytes(handshake))
    if hello is None and (len(stream) >= STREAM_BYTES or _message_bytes(handshake) > STREAM_BYTES):
        raise WireError("ClientHello does not end within the stream's beginning")
    return hello


def parse_client_hello(handshake: bytes) -> ClientHello | None:
    """The ClientHello that *handshake* begins with; None where more is needed. What follows it is not looked at.

    :param handshake: from the handshake header on (RFC 8446 4)
    :raises WireError: no ClientHello, a malformed one, or one of more than 64 KB
    """
    if handshake and handshake[0] != _CLIENT_HELLO:
        raise WireError(f"handshake message {handshake[0]}, not a ClientHello")
    length_bytes = _message_bytes(handshake)
    if length_bytes > _HELLO_BYTES_MAX:
        raise WireError(f"ClientHello of {length_bytes} bytes")
    if len(handshake) > 4 and handshake[4] != 3:
        raise WireError(f"ClientHello of version {handshake[4]}")
    if not _is_complete(handshake):
        return None
    cursor = Cursor(handshake, 4, length_bytes)
    cursor.skip(2 + 32)  # legacy_version, random
    if len(cursor.pull_vector(1)) > _SESSION_ID_BYTES_MAX:
        raise WireError("session id of more than 32 bytes")
    cursor.pull_vector(2)  # cipher_suites
    cursor.pull_vector(1)  # legacy_compression_methods
    extensions = Cursor(cursor.pull_vector(2) if cursor.left else b"")  # RFC 5246 7.4.1.2: there may be none
    if cursor.left:
        raise WireError(f"{cursor.left} bytes behind the extensions")
    return _parse_extensions(extensions, length_bytes)


def _message_bytes(handshake: bytes | bytearray) -> int:
    """Length of the handshake message, header included; 0 where that is not known yet."""
    return 4 + int.from_bytes(handshake[1:4], "big") if len(handshake) >= 4 else 0


def _is_complete(handshake: bytes | bytearray) -> bool:
    return 0 < _message_bytes(handshake) <= len(handshake)


def _parse_extensions(cursor: Cursor, length_bytes: int) -> ClientHello:
    """RFC 8446 4.2: none may come twice. The first one counts; two names that differ are no name."""
    found: dict[int, bytes] = {}
    while cursor.left:
        kind = cursor.pull_u16()
        data = cursor.pull_vector(2)
        if found.setdefault(kind, data) != data and kind == _SERVER_NAME:
            raise WireError("two server names")
    return ClientHello(
        server_name=_parse_server_name(found.get(_SERVER_NAME, b"")),
        alpn=_parse_alpn(found.get(_ALPN, b"")),
        ech_config_id=_parse_ech(found.get(_ENCRYPTED_CLIENT_HELLO, b"")),
        has_esni=_ENCRYPTED_SERVER_NAME in found,
        is_post_quantum=_is_post_quantum(found.get(_SUPPORTED_GROUPS, b""), found.get(_KEY_SHARE, b"")),
        length_bytes=length_bytes,
    )


def _list(data: bytes) -> Cursor:
    """What stands in an extension that is one vector with a length of two bytes; nothing where it is empty."""
    cursor = Cursor(data)
    inner = cursor.pull_vector(2) if data else b""
    if cursor.left:
        raise WireError(f"{cursor.left} bytes behind an extension's list")
    return Cursor(inner)


def _parse_server_name(data: bytes) -> str | None:
    """RFC 6066 3: one entry a type, and each type's entry is a vector with a length of two bytes."""
    names = _list(data)
    host_name: bytes | None = None
    while names.left:
        kind = names.pull_u8()
        name = names.pull_vector(2)
        if kind != _HOST_NAME:
            continue
        if host_name not in (None, name):
            raise WireError("two host names")
        host_name = name
    if host_name is not None and len(host_name) > NAME_BYTES_MAX:
        raise WireError(f"host name of {len(host_name)} bytes")
    return escape_name(host_name or b"") or None


def _parse_alpn(data: bytes) -> tuple[bytes, ...]:
    """RFC 7301 3.1."""
    names = _list(data)
    protocols = []
    while names.left:
        protocols.append(names.pull_vector(1))
    if b"" in protocols:
        raise WireError("empty protocol name")
    return tuple(protocols)


def _parse_ech(data: bytes) -> int | None:
    """RFC 9849 5: the outer form is type, KDF, AEAD, config_id, enc, payload; the inner form is its type alone."""
    if not data or data[0] != _OUTER:
        return None
    cursor = Cursor(data, 1)
    cursor.skip(4)
    config_id = cursor.pull_u8()
    cursor.pull_vector(2)
    cursor.pull_vector(2)
    return config_id


def _is_post_quantum(supported_groups: bytes, key_share: bytes) -> bool:
    """RFC 8446 4.2.7, 4.2.8."""
    groups = set()
    offered = _list(supported_groups)
    while offered.left:
        groups.add(offered.pull_u16())
    shares = _list(key_share)
    while shares.left:
        groups.add(shares.pull_u16())
        shares.pull_vector(2)
    return not groups.isdisjoint(_POST_QUANTUM)
