"""``python -m tests.home.http3 CERTIFICATE KEY ADDRESS…``: an HTTP/3 server on UDP port 443.

Every path gets the same page. Prints ``CLIENT PORT HOST h3`` for each request.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ..lab.netns import Namespace
from .programs import program, wait_until_said
from .trust import Authority

_PAGE = b"<!DOCTYPE html><title>home page</title><link rel=icon href=data:,><p>" + b"word " * 2000


def missing() -> str | None:
    """What is not there to serve HTTP/3, if so."""
    try:
        import aioquic  # noqa: F401, PLC0415
    except ImportError:
        return "aioquic (a Python package)"
    return None


@contextmanager
def http3_server(internet: Namespace, authority: Authority, addresses: Sequence[str], folder: Path) -> Iterator[None]:
    """HTTP/3 on *addresses*; its visits are in ``http3.visits``."""
    log = folder / "http3.visits"
    command = (sys.executable, "-u", "-m", "tests.home.http3", authority.certificate, authority.key, *addresses)
    with program(internet, log, *command, cwd=Path(__file__).parents[2]) as it:
        wait_until_said(it, log, "serving\n")
        yield


async def _serve(certificate: str, key: str, addresses: Sequence[str]) -> None:
    from aioquic.asyncio import QuicConnectionProtocol, serve
    from aioquic.h3.connection import H3_ALPN, H3Connection
    from aioquic.h3.events import HeadersReceived
    from aioquic.quic.configuration import QuicConfiguration
    from aioquic.quic.events import ProtocolNegotiated, QuicEvent

    class Pages(QuicConnectionProtocol):
        """One connection."""

        http: H3Connection | None = None

        def quic_event_received(self, event: QuicEvent) -> None:
            if isinstance(event, ProtocolNegotiated):
                self.http = H3Connection(self._quic)
            if self.http is None:
                return
            for received in self.http.handle_event(event):
                if isinstance(received, HeadersReceived):
                    self._answer(self.http, received.stream_id, dict(received.headers))

        def _answer(self, http: H3Connection, stream: int, headers: dict[bytes, bytes]) -> None:
            address, port, *_ = self._quic._network_paths[0].addr
            print(address.removeprefix("::ffff:"), port, headers[b":authority"].decode(), "h3")
            http.send_headers(stream, [(b":status", b"200"), (b"content-type", b"text/html")])
            http.send_data(stream, _PAGE, end_stream=True)
            self.transmit()

    configuration = QuicConfiguration(is_client=False, alpn_protocols=H3_ALPN)
    configuration.load_cert_chain(certificate, key)
    for address in addresses:
        await serve(address, 443, configuration=configuration, create_protocol=Pages)
    print("serving")
    await asyncio.Event().wait()


def main(arguments: Sequence[Any]) -> None:
    """Serves until it is told to end."""
    certificate, key, *addresses = arguments
    asyncio.run(_serve(certificate, key, addresses))


if __name__ == "__main__":
    main(sys.argv[1:])
