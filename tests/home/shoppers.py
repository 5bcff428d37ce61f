"""Clients of a CDN, many at once, and what is true of each of their connections."""

from __future__ import annotations

import itertools
import random
import socket
import ssl
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from .edge import PORT
from .house import Client
from .questions import AAAA, A, ask
from .sites import Site

_TIMEOUT_S = 20
_FIRST_PORT = 10_000


@dataclass(frozen=True)
class Deed:
    """A connection, and the site that it was made for."""

    site: str
    has_sni: bool
    began_s: float  #: monotonic clock
    ended_s: float


@dataclass
class Ledger:
    """What all did. Lists and dictionaries are only added to, so that threads need no lock."""

    deeds: dict[tuple[str, int], Deed] = field(default_factory=dict)  #: by (client address, client port)
    learnt: list[tuple[float, str, str]] = field(default_factory=list)  #: when, address, site: whoever asked, or told
    failed: list[str] = field(default_factory=list)

    def learn(self, site: Site, addresses: Sequence[str]) -> None:
        """Somebody learnt now that *site* is at *addresses*."""
        self.learnt += [(time.monotonic(), address, site.name) for address in addresses]


class Shopper:
    """One client. Its threads share what it resolved, for as long as the DNS allowed.

    :param keep_s: names are used for at least so long, as browsers do. 0: no longer than their time to live.
    """

    #: A name is used until half a second before its end, for what is between looking and connecting.
    _MARGIN_S = 0.5

    def __init__(self, client: Client, sites: Sequence[Site], ledger: Ledger, keep_s: float) -> None:
        self._client, self._sites, self._ledger, self._keep_s = client, sites, ledger, keep_s
        self._weights = [1 / rank for rank in range(1, len(sites) + 1)]  # Zipf
        self._known_until_s: dict[str, float] = {}
        self._lock = threading.Lock()
        self._ports = itertools.count(_FIRST_PORT)  # of connections, each once: by them the truth is known
        self._context = ssl.create_default_context()
        self._context.check_hostname, self._context.verify_mode = False, ssl.CERT_NONE

    def _resolve(self, site: Site, chance: random.Random) -> None:
        with self._lock:
            began_s = time.monotonic()
            if self._known_until_s.get(site.name, 0) > began_s:
                return
            for qtype in (A, AAAA):
                ask(site.name, qtype, chance.randrange(65536))
            assert site.ttl_s is not None
            self._known_until_s[site.name] = began_s + max(site.ttl_s, self._keep_s) - self._MARGIN_S
        self._ledger.learn(site, site.addresses)

    def _connect(self, site: Site, chance: random.Random) -> None:
        address, has_sni = chance.choice(site.addresses), chance.random() < 0.5
        size_bytes = int(chance.lognormvariate(9.5, 1))
        pause_ms = chance.choice((0, 0, 0, 1000, 3000))
        began_s = time.monotonic()
        with socket.create_connection((address, PORT), _TIMEOUT_S, ("", next(self._ports))) as plain:
            who = plain.getsockname()[:2]
            if has_sni:
                self._ledger.learn(site, [address])
            with self._context.wrap_socket(plain, server_hostname=site.name if has_sni else None) as connection:
                connection.sendall(b"%d %d\n" % (size_bytes, pause_ms))
                while connection.recv(65536):
                    pass
        self._ledger.deeds[who] = Deed(site.name, has_sni, began_s, time.monotonic())

    def shop(self, until_s: float, seed: int) -> None:
        """Visits sites until the clock (monotonic) says so."""
        chance = random.Random(seed)
        try:
            with self._client.inside.entered():
                while time.monotonic() < until_s:
                    site = chance.choices(self._sites, self._weights)[0]
                    self._resolve(site, chance)
                    self._connect(site, chance)
                    time.sleep(chance.uniform(0, 0.4))
        except (OSError, AssertionError) as error:
            self._ledger.failed.append(f"{self._client.name}: {error!r}")


def shop(
    clients: Sequence[Client], sites: Sequence[Site], duration_s: float, keep_s: float = 0, threads: int = 3
) -> Ledger:
    """All clients at once; what they did. AssertionError where one failed."""
    ledger = Ledger()
    until_s = time.monotonic() + duration_s
    running = []
    for number, client in enumerate(clients):
        shopper = Shopper(client, sites, ledger, keep_s)
        running += [threading.Thread(target=shopper.shop, args=(until_s, number * threads + n)) for n in range(threads)]
    for each in running:
        each.start()
    for each in running:
        each.join()
    assert not ledger.failed, ledger.failed
    return ledger
