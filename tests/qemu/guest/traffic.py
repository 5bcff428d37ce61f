"""TCP and UDP between a client and a server, both ways, of a size that is known."""

from __future__ import annotations

import socket
import threading
from dataclasses import dataclass

from ...lab.netns import Namespace

_PATIENCE_S = 60
_DATAGRAM_BYTES = 1200
TCP_PORT, UDP_PORT = 8080, 4000


@dataclass(frozen=True)
class Amount:
    """What is to be sent each way."""

    up_bytes: int  #: by TCP
    down_bytes: int  #: by TCP
    datagrams: int  #: up, each answered by one


def _family(address: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def _receive(connection: socket.socket, length: int) -> None:
    while length:
        part = connection.recv(min(length, 1 << 16))
        assert part, f"the connection ended {length} bytes early"
        length -= len(part)


def exchange(client: Namespace, server: Namespace, address: str, amount: Amount) -> None:
    """Sends *amount* between *client* and *address*, an address in *server*, and waits until all of it has arrived."""
    family = _family(address)
    with server.entered():
        listener = socket.create_server((address, TCP_PORT), family=family)
        answerer = socket.socket(family, socket.SOCK_DGRAM)
        answerer.bind((address, UDP_PORT))
    with client.entered():
        caller, asker = socket.socket(family), socket.socket(family, socket.SOCK_DGRAM)
    failures: list[BaseException] = []

    def serve() -> None:
        try:
            connection, _ = listener.accept()
            with connection:
                connection.settimeout(_PATIENCE_S)
                _receive(connection, amount.up_bytes)
                connection.sendall(bytes(amount.down_bytes))
                _receive(connection, 1)
            for _ in range(amount.datagrams):
                data, asked_by = answerer.recvfrom(2048)
                answerer.sendto(data, asked_by)
        except BaseException as error:  # it is the test that fails, not this thread
            failures.append(error)

    with listener, answerer, caller, asker:
        for end in (listener, answerer, caller, asker):
            end.settimeout(_PATIENCE_S)
        thread = threading.Thread(target=serve)
        thread.start()
        caller.connect((address, TCP_PORT))
        caller.sendall(bytes(amount.up_bytes))
        _receive(caller, amount.down_bytes)
        caller.sendall(b"!")
        assert not caller.recv(1)
        for _ in range(amount.datagrams):
            asker.sendto(bytes(_DATAGRAM_BYTES), (address, UDP_PORT))
            assert len(asker.recv(2048)) == _DATAGRAM_BYTES
        thread.join(_PATIENCE_S)
        assert not thread.is_alive() and not failures, failures
