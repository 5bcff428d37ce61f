"""Keys of Initials, and the two ciphers: the vectors of the RFCs, and what a cipher without a library skips."""

from __future__ import annotations

import gc
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from traffic_analyzer.wire.quic_crypto import (
    LIBRARIES,
    VERSIONS,
    Cipher,
    Keys,
    LibcryptoCipher,
    PythonCipher,
    client_keys,
    find_cipher,
)

from .initial_writer import RECORDED

_DCID = bytes.fromhex("8394c8f03e515708")
_S_NS = 1_000_000_000


@pytest.fixture(params=["libcrypto", "python"])
def cipher(request: pytest.FixtureRequest) -> Cipher:
    return LibcryptoCipher() if request.param == "libcrypto" else PythonCipher()


@pytest.mark.parametrize(
    ("version", "key", "iv", "hp"),
    [
        (  # RFC 9001 A.1
            0x00000001,
            "1f369613dd76d5467730efcbe3b1a22d",
            "fa044b2f42a3fd3b46fb255c",
            "9f50449e04a0e810283a1e9933adedd2",
        ),
        (  # RFC 9369 A.1
            0x6B3343CF,
            "8b1a0bc121284290a29e0971b5cd045d",
            "91f73e2351d8fa91660e909f",
            "45b95e15235d6f45a6b19cbcb0294ba9",
        ),
        (  # draft-ietf-quic-tls-29 A.1
            0xFF00001D,
            "175257a31eb09dea9366d8bb79ad80ba",
            "6b26114b9cba2b63a9e8dd4f",
            "9ddd12c994c0698b89374a9c077a3077",
        ),
        (  # draft-ietf-quic-tls-28 A.1
            0xFF00001C,
            "af7fd7efebd21878ff66811248983694",
            "8681359410a70bb9c92f0420",
            "a980b8b4fb7d9fbc13e814c23164253d",
        ),
    ],
)
def test_the_keys_of_the_vectors(version: int, key: str, iv: str, hp: str) -> None:
    expected = Keys(bytes.fromhex(key), bytes.fromhex(iv), bytes.fromhex(hp))
    assert client_keys(VERSIONS[version], _DCID) == expected


def test_drafts_share_keys() -> None:
    by_keys: dict[Keys, list[int]] = {}
    for number, version in VERSIONS.items():
        by_keys.setdefault(client_keys(version, _DCID), []).append(number)
    assert sorted(by_keys.values()) == [
        [0x00000001, 0xFF000021, 0xFF000022],
        [0x54303531],
        [0x6B3343CF],
        [0xFF000000 | draft for draft in range(23, 29)],
        [0xFF000000 | draft for draft in range(29, 33)],
    ]


@pytest.mark.parametrize(
    ("name", "version", "sample", "mask", "header"),
    [
        (
            "rfc9001-client",
            0x00000001,
            "d1b1c98dd7689fb8ec11d242b123dc9b",
            "437b9aec36",
            "c300000001088394c8f03e5157080000449e00000002",
        ),
        (
            "rfc9369-client",
            0x6B3343CF,
            "ffe67b6abcdb4298b485dd04de806071",
            "94a0c95e80",
            "d36b3343cf088394c8f03e5157080000449e00000002",
        ),
    ],
)
def test_the_packets_of_the_vectors(
    cipher: Cipher, name: str, version: int, sample: str, mask: str, header: str
) -> None:
    packet = (RECORDED / f"{name}.bin").read_bytes()
    keys = client_keys(VERSIONS[version], _DCID)
    assert cipher.mask(keys, bytes.fromhex(sample))[:5].hex() == mask
    nonce = (int.from_bytes(keys.iv, "big") ^ 2).to_bytes(12, "big")
    text = cipher.open(keys, nonce, bytes.fromhex(header), packet[22:])
    assert text is not None
    assert text.rstrip(b"\0").startswith(bytes.fromhex("060040f1010000ed0303ebf8fa56f12939b9584a3896472ec40bb863"))
    assert len(text) == 1162
    assert cipher.open(keys, nonce, bytes.fromhex(header), packet[22:-1] + bytes([packet[-1] ^ 1])) is None
    assert cipher.open(keys, nonce, packet[:22], packet[22:]) is None
    assert cipher.open(keys, nonce, bytes.fromhex(header), packet[22:])  # a failure leaves nothing behind


@given(st.binary(max_size=60), st.binary(max_size=30), st.randoms())
def test_both_ciphers_refuse_noise_alike(sealed: bytes, header: bytes, dice) -> None:
    keys = Keys(dice.randbytes(16), dice.randbytes(12), dice.randbytes(16))
    sample = dice.randbytes(16)
    ciphers = LibcryptoCipher(), PythonCipher()
    assert len({cipher.mask(keys, sample) for cipher in ciphers}) == 1
    assert [cipher.open(keys, keys.iv, header, sealed) for cipher in ciphers] == [None, None]


def test_the_library_is_preferred() -> None:
    found = find_cipher()
    assert isinstance(found, LibcryptoCipher)
    assert found.name == LIBRARIES[0]
    assert [found.may_open(0) for _ in range(1000)] == [True] * 1000
    assert found.skipped_packets == 0


@pytest.mark.parametrize("libraries", [[], ["libnothing.so.9"], ["libc.so.6"]])
def test_without_a_library_python_does_it(libraries: list[str]) -> None:
    assert isinstance(find_cipher(libraries), PythonCipher)
    with pytest.raises(OSError):
        LibcryptoCipher(libraries)


def test_the_next_library_is_tried() -> None:
    found = find_cipher(["libnothing.so.9", "libc.so.6", *LIBRARIES])
    assert isinstance(found, LibcryptoCipher)
    assert found.name == LIBRARIES[0]


def test_python_takes_so_many_packets_a_second_and_counts_the_others() -> None:
    cipher = find_cipher((), packets_per_s=4)
    start = 7_000 * _S_NS  # the boot clock may show anything
    assert [cipher.may_open(start) for _ in range(6)] == [True] * 4 + [False] * 2
    assert cipher.skipped_packets == 2
    assert not cipher.may_open(start + _S_NS // 4 - 1)
    assert cipher.may_open(start + _S_NS // 4)
    assert not cipher.may_open(start)  # heads of two CPUs may come in turn
    assert not cipher.may_open(start + _S_NS // 4)
    assert cipher.skipped_packets == 5
    assert [cipher.may_open(start + 100 * _S_NS) for _ in range(6)] == [True] * 4 + [False] * 2
    assert cipher.skipped_packets == 7
    full = PythonCipher(packets_per_s=4)
    assert [full.may_open(start - back * _S_NS) for back in range(4)] == [True] * 4


def _resident_bytes() -> int:
    with open("/proc/self/statm") as statm:  # noqa: PTH123
        return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def test_contexts_are_freed() -> None:
    for _ in range(200):
        LibcryptoCipher()
    gc.collect()
    before = _resident_bytes()
    for _ in range(10_000):
        LibcryptoCipher()
    gc.collect()
    assert _resident_bytes() - before < 2_000_000  # two contexts of 10,000 would be some 10 MB
