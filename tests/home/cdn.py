"""``python -m tests.home.cdn``: many sites on few addresses, and how many bytes got the right name.

Exit status 0 where no byte is sure of a wrong name, and each connection whose ClientHello told is called by it.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from bisect import bisect_left
from collections import Counter, defaultdict
from dataclasses import dataclass, field

from traffic_analyzer.records import Evidence, Label

from ..lab.collector import collector
from .house import BRIDGE, home
from .named import Named, named
from .servers import missing_programs
from .shoppers import Deed, Ledger, shop
from .sites import Server, Site

_SITES, _EDGES, _CLIENTS = 300, 40, 20
_TTLS_S = (5, 10, 20, 30, 60, 120, 300)
_DURATION_S, _BROWSERS_KEEP_S = 30, 60


def cdn_sites(sites: int = _SITES, edges: int = _EDGES) -> tuple[Site, ...]:
    """Sites on shared addresses, most visited first; each has an IPv4 and an IPv6 address, of edges of their own."""
    chance = random.Random(4)
    made = []
    for number in range(sites):
        ipv4, ipv6 = chance.randrange(edges), chance.randrange(edges)
        made.append(Site(f"www.site-{number}.example", f"203.0.113.{100 + ipv4}", f"2001:db8:113::1:{ipv6:x}",
                         server=Server.EDGE, ttl_s=chance.choice(_TTLS_S)))  # fmt: skip
    return tuple(made)


@dataclass
class Outcome:
    """Bytes of all connections, by label and by whether the name is that of the site they were made for."""

    right: Counter[Label] = field(default_factory=Counter)
    wrong: Counter[Label] = field(default_factory=Counter)
    cache_right: int = 0  #: one cache for all clients, last answer wins, on the same connections
    cache_wrong: int = 0
    connections: int = 0
    misread: list[str] = field(default_factory=list)  #: connections that told their name, and are not called by it
    strange: list[str] = field(default_factory=list)  #: connections that were not made, or not seen

    @property
    def is_clean(self) -> bool:
        """Whether no name that is sure is wrong, and none that was told is missing."""
        return bool(self.right[Label.EXACT]) and not (self.wrong[Label.EXACT] or self.misread or self.strange)


class OneCache:
    """Address to name, for all clients alike: the last answer wins. Bytes are named when they are read."""

    _READ_S = 1  # how often

    def __init__(self, ledger: Ledger) -> None:
        self._learnt: defaultdict[str, list[tuple[float, str]]] = defaultdict(list)
        for at_s, address, site in sorted(ledger.learnt):
            self._learnt[address].append((at_s, site))

    def name(self, address: str, at_s: float) -> str:
        """What *address* is called at the first reading after *at_s*."""
        read_s = (at_s // self._READ_S + 1) * self._READ_S
        learnt = self._learnt[address]
        return learnt[bisect_left(learnt, (read_s, "")) - 1][1]

    def share_right(self, deed: Deed, address: str) -> float:
        """The part of a connection's bytes that gets the right name, where half of them come at either end of it."""
        return sum(self.name(address, at_s) == deed.site for at_s in (deed.began_s, deed.ended_s)) / 2


def compare(ledger: Ledger, found: Named, sites: tuple[Site, ...]) -> Outcome:
    """What was found beside what is true."""
    outcome = Outcome(connections=len(ledger.deeds))
    edges = {address for site in sites for address in site.addresses}
    cache = OneCache(ledger)
    seen = set()
    for conversation, names in found.items():
        if conversation.remote not in edges:
            continue
        who = conversation.client, conversation.client_port
        seen.add(who)
        if (deed := ledger.deeds.get(who)) is None:
            outcome.strange.append(f"nobody made {tuple(conversation)}")
            continue
        for name, bytes_ in names.items():
            (outcome.right if name.domain == deed.site else outcome.wrong)[name.label] += bytes_
        cache_right = int(names.total() * cache.share_right(deed, conversation.remote))
        outcome.cache_right += cache_right
        outcome.cache_wrong += names.total() - cache_right
        if deed.has_sni and (deed.site, Label.EXACT, Evidence.TLS) not in names:
            outcome.misread.append(f"{tuple(conversation)} is {deed.site}, and called {dict(names)}")
    outcome.strange += [f"not seen: {who}" for who in ledger.deeds.keys() - seen]
    return outcome


def observe_cdn(
    duration_s: float, keep_s: float = 0, clients: int = _CLIENTS, sites: tuple[Site, ...] | None = None,
    offloads: bool = False,
) -> Outcome:  # fmt: skip
    """A home of *clients* that shop for a while, with what the collector called it."""
    sites = sites or cdn_sites()
    names = [f"client-{number}" for number in range(clients)]
    with (
        home(offloads, sites, names) as built,
        collector(built.router, built.folder, "--iface", BRIDGE) as counting,
    ):
        ledger = shop(built.clients, sites, duration_s, keep_s)
        status = counting.stop()
        assert status == 0, f"the collector ended with {status}: {counting.log.read_text()}"
        return compare(ledger, named(counting, BRIDGE), sites)


def render(outcome: Outcome) -> str:
    """Bytes by label, and the one cache beside it."""
    total = outcome.right.total() + outcome.wrong.total()
    rows = [(label.value, outcome.right[label], outcome.wrong[label]) for label in Label]
    rows.append(("one cache for all, last answer wins", outcome.cache_right, outcome.cache_wrong))
    lines = [f"{outcome.connections} connections, {total} bytes",
             f"{'label':<36}{'bytes':>12}{'share':>9}{'right name':>13}{'other or none':>15}"]  # fmt: skip
    for label, right, wrong in rows:
        lines.append(f"{label:<36}{right + wrong:>12}{(right + wrong) / total:>9.1%}{right:>13}{wrong:>15}")
    return "\n".join([*lines, *outcome.misread[:10], *outcome.strange[:10]])


def main() -> int:
    """The full run; the exit status."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    print(f"{_CLIENTS} clients, {_SITES} sites on {_EDGES} edges, half of the connections without a server name,"
          f" {_DURATION_S} s\n\nclients use a name as long as its time to live allows", flush=True)  # fmt: skip
    strict = observe_cdn(_DURATION_S)
    print(render(strict), flush=True)
    print(f"\nclients use a name for at least {_BROWSERS_KEEP_S} s, as browsers do", flush=True)
    lax = observe_cdn(_DURATION_S, _BROWSERS_KEEP_S)
    print(render(lax))
    return 0 if strict.is_clean and lax.is_clean else 1


if __name__ == "__main__":
    if os.geteuid():
        sys.exit("this needs root: it makes network namespaces and loads eBPF programs")
    if lacking := missing_programs():
        sys.exit(f"this needs {', '.join(lacking)}: run `make setup`")
    try:
        sys.exit(main())
    except (AssertionError, OSError, RuntimeError, subprocess.SubprocessError) as error:
        sys.exit(f"it failed: {error}")
    except KeyboardInterrupt:
        sys.exit(128 + signal.SIGINT)
