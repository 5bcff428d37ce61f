"""AES-128 and GCM in Python: the published vectors, and libcrypto as it is in the `cryptography` package."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as st

from traffic_analyzer.wire.aes import encrypt_lanes, expand_key, open_gcm

_KEYS = st.binary(min_size=16, max_size=16)


def test_the_key_schedule_of_fips_197() -> None:
    round_keys = expand_key(bytes.fromhex("2b7e151628aed2a6abf7158809cf4f3c"))  # A.1
    assert len(round_keys) == 11
    assert round_keys[1].hex() == "a0fafe1788542cb123a339392a6c7605"
    assert round_keys[10].hex() == "d014f9a8c9ee2589e13f0cc8b6630ca6"


@pytest.mark.parametrize(
    ("key", "plain", "sealed"),
    [
        (
            "2b7e151628aed2a6abf7158809cf4f3c",  # B
            "3243f6a8885a308d313198a2e0370734",
            "3925841d02dc09fbdc118597196a0b32",
        ),
        (
            "000102030405060708090a0b0c0d0e0f",  # C.1
            "00112233445566778899aabbccddeeff",
            "69c4e0d86a7b0430d8cdb78070b4c55a",
        ),
    ],
)
def test_the_blocks_of_fips_197(key: str, plain: str, sealed: str) -> None:
    assert encrypt_lanes(expand_key(bytes.fromhex(key)), bytes.fromhex(plain)).hex() == sealed


@given(_KEYS, st.lists(st.binary(min_size=16, max_size=16), min_size=1, max_size=5))
def test_blocks_side_by_side(key: bytes, blocks: list[bytes]) -> None:
    lanes = b"".join(bytes(block[i] for block in blocks) for i in range(16))
    found = encrypt_lanes(expand_key(key), lanes)
    ecb = Cipher(algorithms.AES(key), modes.ECB()).encryptor()
    assert [found[at :: len(blocks)] for at in range(len(blocks))] == [ecb.update(block) for block in blocks]


@pytest.mark.parametrize(  # the GCM specification's test cases 1 and 2
    ("sealed", "plain"),
    [
        ("58e2fccefa7e3061367f1d57a4e7455a", ""),
        ("0388dace60b6a392f328c2b971b2fe78ab6e47d42cec13bdf53a67b21257bddf", "00" * 16),
    ],
)
def test_the_first_cases_of_gcm(sealed: str, plain: str) -> None:
    assert open_gcm(expand_key(bytes(16)), bytes(12), b"", bytes.fromhex(sealed)) == bytes.fromhex(plain)


@given(_KEYS, st.binary(min_size=12, max_size=12), st.binary(max_size=40), st.binary(max_size=70), st.data())
def test_what_is_sealed_is_opened_and_nothing_else(
    key: bytes, nonce: bytes, header: bytes, plain: bytes, data: st.DataObject
) -> None:
    round_keys = expand_key(key)
    sealed = AESGCM(key).encrypt(nonce, plain, header)
    assert open_gcm(round_keys, nonce, header, sealed) == plain
    changed = bytearray(sealed)
    changed[data.draw(st.integers(0, len(sealed) - 1))] ^= data.draw(st.integers(1, 255))
    assert open_gcm(round_keys, nonce, header, bytes(changed)) is None
    assert open_gcm(round_keys, nonce, header + b"\x00", sealed) is None
    assert open_gcm(round_keys, nonce, header, sealed[:-1]) is None
    assert open_gcm(round_keys, nonce, header, sealed[:15]) is None
