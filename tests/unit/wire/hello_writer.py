"""Writes ClientHellos and TLS records, by hand and with nothing of what reads them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

RECORDED = Path(__file__).parent / "hellos"
GREASE = 0x5A5A


def vector(length_bytes: int, data: bytes) -> bytes:
    return len(data).to_bytes(length_bytes, "big") + data


def server_name(*names: bytes, kind: int = 0) -> tuple[int, bytes]:
    return 0, vector(2, b"".join(bytes([kind]) + vector(2, name) for name in names))


def alpn(*protocols: bytes) -> tuple[int, bytes]:
    return 16, vector(2, b"".join(vector(1, protocol) for protocol in protocols))


def supported_groups(*groups: int) -> tuple[int, bytes]:
    return 10, vector(2, b"".join(group.to_bytes(2, "big") for group in groups))


def key_share(*groups: int, size: int = 32) -> tuple[int, bytes]:
    return 51, vector(2, b"".join(group.to_bytes(2, "big") + vector(2, bytes(size)) for group in groups))


def ech(config_id: int, enc: bytes = bytes(32), payload: bytes = bytes(144)) -> tuple[int, bytes]:
    return 0xFE0D, b"\x00" + bytes.fromhex("00010001") + bytes([config_id]) + vector(2, enc) + vector(2, payload)


def client_hello(
    extensions: Iterable[tuple[int, bytes]] | None,
    version: int = 0x0303,
    session_id: bytes = bytes(32),
    tail: bytes = b"",
) -> bytes:
    """The handshake message; no block of extensions at all where they are None."""
    body = version.to_bytes(2, "big") + bytes(range(32)) + vector(1, session_id)
    body += vector(2, bytes.fromhex("130113021303c02b")) + vector(1, b"\x00")
    if extensions is not None:
        body += vector(2, b"".join(kind.to_bytes(2, "big") + vector(2, data) for kind, data in extensions))
    return b"\x01" + vector(3, body + tail)


def records(message: bytes, sizes: Sequence[int] = (), version: int = 0x0301, content: int = 22) -> bytes:
    """*message* in records of these sizes; what is left is one more."""
    out, at = b"", 0
    for size in (*sizes, len(message)):
        piece = message[at : at + size]
        if piece:
            out += bytes([content]) + version.to_bytes(2, "big") + vector(2, piece)
        at += size
    return out
