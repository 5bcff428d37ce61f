"""``python -m tests.home.edge CERTIFICATE KEY ADDRESS…``: one TLS server on port 443 of many addresses.

A request is a line with two numbers: how many bytes to send, and how many milliseconds to pause half-way.
"""

from __future__ import annotations

import contextlib
import os
import socket
import ssl
import sys
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

from ..lab.netns import Namespace
from .programs import program, wait_until_said
from .trust import Authority

PORT = 443
_IDLE_S = 30


@contextlib.contextmanager
def edge_server(internet: Namespace, authority: Authority, addresses: Sequence[str], folder: Path) -> Iterator[None]:
    """The server on *addresses*."""
    log = folder / "edge.log"
    command = (sys.executable, "-u", "-m", "tests.home.edge", authority.certificate, authority.key, *addresses)
    with program(internet, log, *command, cwd=Path(__file__).parents[2]) as it:
        wait_until_said(it, log, "serving\n")
        yield


def _answer(context: ssl.SSLContext, plain: socket.socket) -> None:
    pause = threading.Event()
    with contextlib.suppress(OSError), plain:  # a client that left is none of our business
        plain.settimeout(_IDLE_S)
        with context.wrap_socket(plain, server_side=True) as connection:
            size_bytes, pause_ms = map(int, connection.recv(100).split())
            page = os.urandom(size_bytes)
            connection.sendall(page[: size_bytes // 2])
            pause.wait(pause_ms / 1000)
            connection.sendall(page[size_bytes // 2 :])
            connection.unwrap()


def _accept(context: ssl.SSLContext, listener: socket.socket) -> None:
    while True:
        plain, _ = listener.accept()
        threading.Thread(target=_answer, args=(context, plain), daemon=True).start()


def main(arguments: Sequence[str]) -> None:
    """Serves until it is told to end."""
    certificate, key, *addresses = arguments
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    for address in addresses:
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        listener = socket.create_server((address, PORT), family=family, backlog=128)
        threading.Thread(target=_accept, args=(context, listener), daemon=True).start()
    print("serving")
    threading.Event().wait()


if __name__ == "__main__":
    main(sys.argv[1:])
