"""Keys of QUIC Initial packets (RFC 9001 5.2) and the ciphers that use them. Everybody who sees a client's first packet
can compute them: they keep nothing secret.

:func:`find_cipher` gives one of two classes with the same methods: :class:`LibcryptoCipher`, or, where there is no
libcrypto, :class:`PythonCipher`, which is 100 times slower and therefore takes only so many packets a second.
Neither is to be shared by threads.
"""

from __future__ import annotations

import ctypes
import hashlib
import hmac
import weakref
from collections.abc import Sequence
from ctypes import POINTER, c_char_p, c_int, c_void_p
from typing import NamedTuple

from . import aes

LIBRARIES = ("libcrypto.so.3", "libcrypto.so.1.1", "libcrypto.so")
#: that :class:`PythonCipher` takes: 3 % of a core where a packet costs 0.5 ms
PACKETS_PER_S = 50
TAG_BYTES = aes.TAG_BYTES
SAMPLE_BYTES = 16  # RFC 9001 5.4.3


class Version(NamedTuple):
    """What differs between versions of QUIC."""

    salt: bytes
    label: str  #: what the labels of keys begin with
    initial_type: int  #: the two type bits of an Initial's first byte
    crypto_frame: int = 0x06  #: type of CRYPTO frames


_V1 = Version(bytes.fromhex("38762cf7f55934b34d179ae6a4c80cadccbb7f0a"), "quic", 0)  # RFC 9001 5.2
_V2 = Version(bytes.fromhex("0dede3def700a6db819381be6e269dcbf9bd2ed9"), "quicv2", 1)  # RFC 9369 3.2, 3.3
_DRAFT_29 = Version(bytes.fromhex("afbfec289993d24c9e9786f19c6111e04390a899"), "quic", 0)  # draft-ietf-quic-tls-29
_DRAFT_23 = Version(bytes.fromhex("c3eef712c72ebb5a11a7d2432bb46365bef9f502"), "quic", 0)  # draft-ietf-quic-tls-23
_T051 = Version(bytes.fromhex("7a4edef4e7ccee5fa4506c19124fc8ccda6e033d"), "quic", 0, 0x08)  # Google's, with TLS
#: By the number in a packet's header.
VERSIONS = {
    0x00000001: _V1,
    0x6B3343CF: _V2,
    **{0xFF000000 | draft: _V1 for draft in (33, 34)},
    **{0xFF000000 | draft: _DRAFT_29 for draft in range(29, 33)},
    **{0xFF000000 | draft: _DRAFT_23 for draft in range(23, 29)},
    0x54303531: _T051,
}


class Keys(NamedTuple):
    """What protects the Initials that one end sends."""

    key: bytes  #: 16, AES-128-GCM
    iv: bytes  #: 12
    hp: bytes  #: 16, AES-128 for header protection


def client_keys(version: Version, dcid: bytes) -> Keys:
    """What protects a client's Initials.

    :param dcid: Destination Connection ID of its first one, or of the first after a Retry (RFC 9001 5.2)
    """
    initial_secret = hmac.digest(version.salt, dcid, "sha256")  # HKDF-Extract, RFC 5869 2.2
    secret = _expand_label(initial_secret, "client in", hashlib.sha256().digest_size)
    return Keys(
        _expand_label(secret, f"{version.label} key", 16),
        _expand_label(secret, f"{version.label} iv", 12),
        _expand_label(secret, f"{version.label} hp", 16),
    )


def _expand_label(secret: bytes, label: str, length_bytes: int) -> bytes:
    """HKDF-Expand-Label with no context (RFC 8446 7.1), for at most one block of 32 bytes."""
    name = b"tls13 " + label.encode()
    info = length_bytes.to_bytes(2, "big") + bytes([len(name)]) + name + b"\x00"
    return hmac.digest(secret, info + b"\x01", "sha256")[:length_bytes]


class PythonCipher:
    """AES in Python: about 0.5 ms a packet on a fast machine.

    :param packets_per_s: how many are taken; as many may come at once
    """

    def __init__(self, packets_per_s: int = PACKETS_PER_S) -> None:
        self.skipped_packets = 0  #: that came too fast
        self._cost_ns = 1_000_000_000 // packets_per_s
        self._saved_max_ns = self._cost_ns * packets_per_s
        self._saved_ns = self._saved_max_ns
        self._last_boot_ns = 0

    def may_open(self, boot_ns: int) -> bool:
        """Whether another packet is taken at this time of any clock that does not jump; where not, it is counted."""
        passed_ns = max(0, boot_ns - self._last_boot_ns)
        self._last_boot_ns += passed_ns
        self._saved_ns = min(self._saved_max_ns, self._saved_ns + passed_ns)
        if self._saved_ns < self._cost_ns:
            self.skipped_packets += 1
            return False
        self._saved_ns -= self._cost_ns
        return True

    def mask(self, keys: Keys, sample: bytes) -> bytes:
        """As :meth:`LibcryptoCipher.mask`."""
        return aes.encrypt_lanes(aes.expand_key(keys.hp), sample)

    def open(self, keys: Keys, nonce: bytes, header: bytes, sealed: bytes) -> bytes | None:
        """As :meth:`LibcryptoCipher.open`."""
        return aes.open_gcm(aes.expand_key(keys.key), nonce, header, sealed)


_POINTER = c_void_p
_BYTES = c_char_p
_LENGTH = POINTER(c_int)
_SIGNATURES: dict[str, tuple[object, list[object]]] = {
    "EVP_CIPHER_CTX_new": (_POINTER, []),
    "EVP_CIPHER_CTX_free": (None, [_POINTER]),
    "EVP_CIPHER_CTX_ctrl": (c_int, [_POINTER, c_int, c_int, _BYTES]),
    "EVP_aes_128_ecb": (_POINTER, []),
    "EVP_aes_128_gcm": (_POINTER, []),
    "EVP_EncryptInit_ex": (c_int, [_POINTER, _POINTER, _POINTER, _BYTES, _BYTES]),
    "EVP_EncryptUpdate": (c_int, [_POINTER, _BYTES, _LENGTH, _BYTES, c_int]),
    "EVP_DecryptInit_ex": (c_int, [_POINTER, _POINTER, _POINTER, _BYTES, _BYTES]),
    "EVP_DecryptUpdate": (c_int, [_POINTER, _BYTES, _LENGTH, _BYTES, c_int]),
    "EVP_DecryptFinal_ex": (c_int, [_POINTER, _BYTES, _LENGTH]),
}
_SET_TAG = 0x11  # EVP_CTRL_AEAD_SET_TAG


class LibcryptoCipher:
    """AES by libcrypto: a few microseconds a packet. Two contexts serve all connections.

    :param libraries: file names in order of preference
    :raises OSError: none of them is there, or none has what is needed
    """

    skipped_packets = 0  #: none is ever skipped

    def __init__(self, libraries: Sequence[str] = LIBRARIES) -> None:
        self.name, self._dll = _load(libraries)
        self._mask_context = self._context()
        self._open_context = self._context()
        self._written = c_int()
        self._run("EVP_EncryptInit_ex", self._mask_context, self._dll.EVP_aes_128_ecb(), None, None, None)
        self._run("EVP_DecryptInit_ex", self._open_context, self._dll.EVP_aes_128_gcm(), None, None, None)

    def _context(self) -> int:
        context: int | None = self._dll.EVP_CIPHER_CTX_new()
        if context is None:
            raise MemoryError(f"{self.name}: no cipher context")
        weakref.finalize(self, self._dll.EVP_CIPHER_CTX_free, context)
        return context

    def _run(self, function: str, *arguments: object) -> None:
        if getattr(self._dll, function)(*arguments) != 1:
            raise OSError(f"{self.name}: {function} failed")

    def may_open(self, boot_ns: int) -> bool:  # noqa: ARG002  # as PythonCipher has it
        """Always: no packet is too many."""
        return True

    def mask(self, keys: Keys, sample: bytes) -> bytes:
        """The 16 bytes of which the first five are a header's protection (RFC 9001 5.4.3).

        :param sample: 16 bytes
        """
        room = ctypes.create_string_buffer(SAMPLE_BYTES)
        self._run("EVP_EncryptInit_ex", self._mask_context, None, None, keys.hp, None)
        self._run("EVP_EncryptUpdate", self._mask_context, room, self._written, sample, SAMPLE_BYTES)
        return room.raw

    def open(self, keys: Keys, nonce: bytes, header: bytes, sealed: bytes) -> bytes | None:
        """What was sealed by AES-128-GCM with *header* (RFC 9001 5.3), or None where the tag does not fit.

        :param nonce: 12 bytes
        :param sealed: ciphertext and tag
        """
        text_bytes = len(sealed) - TAG_BYTES
        if text_bytes < 0:
            return None
        context, written = self._open_context, self._written
        room = ctypes.create_string_buffer(text_bytes + aes.BLOCK_BYTES)
        self._run("EVP_DecryptInit_ex", context, None, None, keys.key, nonce)
        self._run("EVP_DecryptUpdate", context, None, written, header, len(header))
        self._run("EVP_DecryptUpdate", context, room, written, sealed, text_bytes)
        self._run("EVP_CIPHER_CTX_ctrl", context, _SET_TAG, TAG_BYTES, sealed[text_bytes:])
        if self._dll.EVP_DecryptFinal_ex(context, room, written) != 1:
            return None
        return room.raw[:text_bytes]


def _load(libraries: Sequence[str]) -> tuple[str, ctypes.CDLL]:
    for name in libraries:
        try:
            dll = ctypes.CDLL(name)
            for function, (result, arguments) in _SIGNATURES.items():
                symbol = getattr(dll, function)
                symbol.restype, symbol.argtypes = result, arguments
        except (OSError, AttributeError):
            continue
        return name, dll
    raise OSError(f"no {' or '.join(libraries)}")


Cipher = LibcryptoCipher | PythonCipher


def find_cipher(libraries: Sequence[str] = LIBRARIES, packets_per_s: int = PACKETS_PER_S) -> Cipher:
    """libcrypto's where one of *libraries* is there, else Python's, capped at *packets_per_s*."""
    try:
        return LibcryptoCipher(libraries)
    except OSError:
        return PythonCipher(packets_per_s)
