"""AES-128 in Python (FIPS 197, NIST SP 800-38D), for machines without libcrypto. Not for secrets: it takes no care of
timing. The keys of QUIC Initials are known to everybody who sees one.

Blocks are computed side by side. A state of *n* blocks is 16 lanes of *n* bytes, lane *i* holding byte *i* of each, so
that one table look-up or exclusive-or serves all of them.
"""

from __future__ import annotations

BLOCK_BYTES = 16
TAG_BYTES = 16
_ROUNDS = 10
_POLYNOMIAL = 0x11B  # FIPS 197 4.2
_REDUCTION = 0xE1 << 120  # SP 800-38D 6.3; the highest bit is the lowest power


def _double(value: int) -> int:
    return value << 1 ^ (_POLYNOMIAL if value & 0x80 else 0)


def _substitutions() -> bytes:
    """The S-box: affine over the inverse (FIPS 197 5.1.1); inverses by powers of 3, which reach all but 0."""
    powers = [1]
    while len(powers) < 255:
        powers.append(powers[-1] ^ _double(powers[-1]))
    box = bytearray([0x63]) * 256
    for exponent, value in enumerate(powers):
        box[value] = _affine(powers[-exponent % 255])
    return bytes(box)


def _affine(value: int) -> int:
    result = 0x63
    for turn in range(5):
        result ^= (value << turn | value >> 8 - turn) & 0xFF
    return result


_SUB = _substitutions()
_SUB_2 = bytes(_double(value) for value in _SUB)
_SUB_3 = bytes(_double(value) ^ value for value in _SUB)
# Lane i of a column that is turned by k rows, after ShiftRows (FIPS 197 5.1.2, 5.1.3).
_TURNS = [[4 * ((i // 4 + (i + k) % 4) % 4) + (i + k) % 4 for i in range(16)] for k in range(4)]


def expand_key(key: bytes) -> list[bytes]:
    """The 11 round keys of a key of 16 bytes (FIPS 197 5.2)."""
    words = [key[at : at + 4] for at in range(0, 16, 4)]
    constant = 1
    while len(words) < 4 * (_ROUNDS + 1):
        word = words[-1]
        if len(words) % 4 == 0:
            word = (word[1:] + word[:1]).translate(_SUB)
            word = bytes([word[0] ^ constant]) + word[1:]
            constant = _double(constant)
        words.append(bytes(a ^ b for a, b in zip(word, words[-4], strict=True)))
    return [b"".join(words[at : at + 4]) for at in range(0, len(words), 4)]


def _join(lanes: bytes, turn: list[int], blocks: int) -> int:
    return int.from_bytes(b"".join([lanes[i * blocks : (i + 1) * blocks] for i in turn]), "big")


def encrypt_lanes(round_keys: list[bytes], lanes: bytes) -> bytes:
    """The blocks in *lanes*, encrypted, in lanes. One block is its own lanes."""
    blocks = len(lanes) // BLOCK_BYTES
    keys = [int.from_bytes(b"".join([bytes([byte]) * blocks for byte in key]), "big") for key in round_keys]
    state = int.from_bytes(lanes, "big") ^ keys[0]
    for key in keys[1:_ROUNDS]:
        lanes = state.to_bytes(len(lanes), "big")
        plain = lanes.translate(_SUB)
        state = key ^ _join(lanes.translate(_SUB_2), _TURNS[0], blocks) ^ _join(plain, _TURNS[2], blocks)
        state ^= _join(lanes.translate(_SUB_3), _TURNS[1], blocks) ^ _join(plain, _TURNS[3], blocks)
    plain = state.to_bytes(len(lanes), "big").translate(_SUB)
    return (keys[_ROUNDS] ^ _join(plain, _TURNS[0], blocks)).to_bytes(len(lanes), "big")


def _key_stream(round_keys: list[bytes], nonce: bytes, blocks: int) -> bytes:
    """*blocks* blocks, the first of which masks the tag (SP 800-38D 7.2)."""
    counters = b"".join([number.to_bytes(4, "big") for number in range(1, blocks + 1)])
    lanes = b"".join([bytes([byte]) * blocks for byte in nonce] + [counters[i::4] for i in range(4)])
    lanes = encrypt_lanes(round_keys, lanes)
    stream = bytearray(len(lanes))
    for i in range(BLOCK_BYTES):
        stream[i::BLOCK_BYTES] = lanes[i * blocks : (i + 1) * blocks]
    return bytes(stream)


def _halve(value: int, times: int) -> int:
    """Times x, that often, in the field of GHASH."""
    for _ in range(times):
        value = value >> 1 ^ (_REDUCTION if value & 1 else 0)
    return value


_SHIFTED_OUT = [_halve(byte, 8) for byte in range(256)]


def _ghash(subkey: bytes, blocks: bytes) -> int:
    """GHASH (SP 800-38D 6.4), a byte at a time."""
    products = [0] * 256  # of a byte, in front, and the subkey
    bits = [_halve(int.from_bytes(subkey, "big"), 7 - bit) for bit in range(8)]
    for byte in range(1, 256):
        low = byte & -byte
        products[byte] = products[byte ^ low] ^ bits[low.bit_length() - 1]
    digest = 0
    for at in range(0, len(blocks), BLOCK_BYTES):
        digest ^= int.from_bytes(blocks[at : at + BLOCK_BYTES], "big")
        product = 0
        for byte in digest.to_bytes(BLOCK_BYTES, "little"):
            product = product >> 8 ^ _SHIFTED_OUT[product & 0xFF] ^ products[byte]
        digest = product
    return digest


def _padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % BLOCK_BYTES)


def open_gcm(round_keys: list[bytes], nonce: bytes, header: bytes, sealed: bytes) -> bytes | None:
    """What was sealed by AES-128-GCM, or None where the tag does not fit (SP 800-38D 7.2).

    :param nonce: 12 bytes
    :param header: authenticated, not encrypted
    :param sealed: ciphertext and tag
    """
    if len(sealed) < TAG_BYTES:
        return None
    text, tag = sealed[:-TAG_BYTES], sealed[-TAG_BYTES:]
    lengths = (8 * len(header)).to_bytes(8, "big") + (8 * len(text)).to_bytes(8, "big")
    digest = _ghash(encrypt_lanes(round_keys, bytes(BLOCK_BYTES)), _padded(header) + _padded(text) + lengths)
    stream = _key_stream(round_keys, nonce, 1 + len(_padded(text)) // BLOCK_BYTES)
    if digest ^ int.from_bytes(stream[:BLOCK_BYTES], "big") != int.from_bytes(tag, "big"):
        return None
    mask = stream[BLOCK_BYTES : BLOCK_BYTES + len(text)]
    return (int.from_bytes(text, "big") ^ int.from_bytes(mask, "big")).to_bytes(len(text), "big")
