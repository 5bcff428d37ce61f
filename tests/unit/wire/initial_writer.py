"""Writes protected QUIC packets with the `cryptography` package and with nothing of what reads them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

RECORDED = Path(__file__).parent / "datagrams"
V1, V2, DRAFT_28, DRAFT_29, T051 = 1, 0x6B3343CF, 0xFF00001C, 0xFF00001D, 0x54303531
INITIAL, ZERO_RTT, HANDSHAKE, RETRY = range(4)
PADDING, PING = b"\x00", b"\x01"
_SALTS = {
    V1: "38762cf7f55934b34d179ae6a4c80cadccbb7f0a",
    V2: "0dede3def700a6db819381be6e269dcbf9bd2ed9",
    DRAFT_28: "c3eef712c72ebb5a11a7d2432bb46365bef9f502",
    DRAFT_29: "afbfec289993d24c9e9786f19c6111e04390a899",
    T051: "7a4edef4e7ccee5fa4506c19124fc8ccda6e033d",
}


def recorded(name: str) -> list[bytes]:
    """The datagrams of a file whose name tells how many it has, of how many bytes: name-2x1200.bin."""
    (path,) = RECORDED.glob(f"{name}-*x*.bin")
    count, _, size = path.stem.rpartition("-")[2].partition("x")
    data = path.read_bytes()
    assert len(data) == int(count) * int(size)
    return [data[at : at + int(size)] for at in range(0, len(data), int(size))]


def varint(value: int, size: int = 0) -> bytes:
    size = size or next(n for n in (1, 2, 4, 8) if value < 1 << 8 * n - 2)
    return (value | (size.bit_length() - 1) << 8 * size - 2).to_bytes(size, "big")


def crypto(offset: int, data: bytes, kind: int = 6) -> bytes:
    return bytes([kind]) + varint(offset) + varint(len(data)) + data


def ack(largest: int, ranges: Iterable[tuple[int, int]] = (), ecn: bool = False) -> bytes:
    body = b"".join(varint(gap) + varint(length) for gap, length in ranges)
    head = bytes([3 if ecn else 2]) + varint(largest) + varint(100) + varint(len(list(ranges))) + varint(0)
    return head + body + (varint(1) + varint(0) + varint(2) if ecn else b"")


def _label(secret: bytes, label: str, size: int) -> bytes:
    name = b"tls13 " + label.encode()
    return HKDFExpand(SHA256(), size, size.to_bytes(2, "big") + bytes([len(name)]) + name + b"\0").derive(secret)


def _first(version: int, kind: int, low: int = 0) -> int:
    return 0xC0 | ((kind + (version == V2)) % 4) << 4 | low


def unprotected(version: int, kind: int, dcid: bytes, scid: bytes = b"", payload: bytes = bytes(40)) -> bytes:
    """A packet whose payload is what it is: 0-RTT and Handshake, of which only the header is read."""
    head = bytes([_first(version, kind)]) + version.to_bytes(4, "big")
    head += bytes([len(dcid)]) + dcid + bytes([len(scid)]) + scid
    return head + payload if kind == RETRY else head + varint(len(payload), 2) + payload


def initial(
    frames: bytes,
    dcid: bytes,
    *,
    keys_of: bytes | None = None,
    version: int = V1,
    number: int = 0,
    number_bytes: int = 1,
    scid: bytes = b"",
    token: bytes = b"",
    pad_to: int = 0,
    sender: str = "client",
    fixed_bit: bool = True,
) -> bytes:
    """One Initial packet.

    :param keys_of: connection ID whose keys protect it; its own where None
    :param pad_to: bytes of the packet, by PADDING behind the frames
    """
    mac = HMAC(bytes.fromhex(_SALTS[version]), SHA256())
    mac.update(dcid if keys_of is None else keys_of)
    secret = _label(mac.finalize(), f"{sender} in", 32)
    prefix = "quicv2" if version == V2 else "quic"
    key, iv, hp = (_label(secret, f"{prefix} {name}", size) for name, size in (("key", 16), ("iv", 12), ("hp", 16)))
    head = version.to_bytes(4, "big") + bytes([len(dcid)]) + dcid + bytes([len(scid)]) + scid
    head += varint(len(token)) + token
    room = pad_to - 1 - len(head) - 2 - number_bytes - 16
    frames += bytes(max(room, 4 - number_bytes, len(frames)) - len(frames))  # RFC 9001 5.4.2: enough for the sample
    first = _first(version, INITIAL, number_bytes - 1)
    head = bytes([first if fixed_bit else first & 0xBF]) + head
    head += varint(number_bytes + len(frames) + 16, 2)
    short = (number & (1 << 8 * number_bytes) - 1).to_bytes(number_bytes, "big")
    nonce = (int.from_bytes(iv, "big") ^ number).to_bytes(12, "big")
    sealed = AESGCM(key).encrypt(nonce, frames, head + short)
    sample = (short + sealed)[4:20]
    mask = Cipher(algorithms.AES(hp), modes.ECB()).encryptor().update(sample)
    hidden = bytes(a ^ b for a, b in zip(short, mask[1:], strict=False))
    return bytes([head[0] ^ mask[0] & 0x0F]) + head[1:] + hidden + sealed
