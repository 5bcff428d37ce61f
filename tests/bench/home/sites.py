"""The sites that a home's devices talk to: names, addresses, how popular each is."""

from __future__ import annotations

from bisect import bisect_left
from itertools import accumulate
from random import Random
from typing import NamedTuple

from tests.unit.wire import dns_writer, hello_writer

SITES = 3000
_POPULAR = 150  #: third parties: what is on everybody's pages
_CDN = 240  #: addresses, of each family, that sites share
_ON_CDN = 0.3  #: of all hosts
_WITH_IPV6 = 0.6
_WORDS = ("www", "api", "static", "img", "cdn-edge", "assets", "video", "login", "events", "push", "m", "data")
_TTLS_S = (300, 300, 600, 600, 900, 3600)
_DRAWS_BITS = 16
_A, _AAAA = 1, 28
_ALPN = (b"h2", b"http/1.1")


class Host(NamedTuple):
    """A name, where it is, and what is said on the wire about it."""

    name: str
    addresses: dict[int, list[bytes]]  #: packed, by version of IP
    ttl_s: int
    hello: bytes  #: a ClientHello in a TLS record
    question: dict[int, bytes]  #: by version of IP, without its transaction id
    answer: dict[int, bytes]  #: likewise


class Sites:
    """All sites, the most popular first, each with the hosts that answer for it."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._shared = {4: _addresses(4, 0xC6_33_00_00, _CDN), 6: _addresses(6, 0xCD, _CDN)}
        self._own = {4: 0x2D_00_00_00, 6: 0x1_0000}  # next address of their own
        self.hosts = [self._site(number) for number in range(SITES)]
        self._drawn = _zipf_draws(SITES)
        self._drawn_popular = _zipf_draws(_POPULAR)

    def _site(self, number: int) -> list[Host]:
        random = self._random
        words = ("www", *random.sample(_WORDS[1:], random.randrange(4)))
        site = f"{_label(random)}{number}.example"
        return [self._host(f"{word}.{site}") for word in words]

    def _host(self, name: str) -> Host:
        random = self._random
        count, is_shared = random.choice((1, 1, 2, 2, 3, 4)), random.random() < _ON_CDN
        versions = (4, 6) if random.random() < _WITH_IPV6 else (4,)
        addresses = {}
        for version in versions:
            if is_shared:
                addresses[version] = random.sample(self._shared[version], count)
            else:
                addresses[version] = _addresses(version, self._own[version], count)
                self._own[version] += count
        hello = hello_writer.records(hello_writer.client_hello([
            hello_writer.server_name(name.encode()), hello_writer.alpn(*_ALPN),
            hello_writer.supported_groups(29), hello_writer.key_share(29),
        ]))  # fmt: skip
        ttl_s = random.choice(_TTLS_S)
        questions, answers = {}, {}
        for version, type_ in ((4, _A), (6, _AAAA)):
            asked, told = dns_writer.question(name, type_), addresses.get(version, [])
            questions[version] = dns_writer.header(1, flags=0x0100)[2:] + asked
            records = (dns_writer.record(dns_writer.pointer(12), type_, each, ttl_s) for each in told)
            answers[version] = dns_writer.header(1, len(told))[2:] + asked + b"".join(records)
        return Host(name, addresses, ttl_s, hello, questions, answers)

    def visited(self) -> list[Host]:
        """The hosts of a site that somebody visits, by Zipf's law."""
        return self.hosts[self._drawn[self._random.getrandbits(_DRAWS_BITS)]]

    def beside(self) -> list[Host]:
        """The hosts of a third party on the page of another."""
        return self.hosts[self._drawn_popular[self._random.getrandbits(_DRAWS_BITS)]]


def _label(random: Random) -> str:
    """What a site's name begins with: 4 to 12 letters."""
    return "".join(random.choices("abcdefghiklmnoprstu", k=random.randrange(4, 13)))


def _addresses(version: int, first: int, count: int) -> list[bytes]:
    if version == 4:
        return [(first + at).to_bytes(4, "big") for at in range(count)]
    return [bytes.fromhex("20010db8") + (first + at).to_bytes(12, "big") for at in range(count)]


def _zipf_draws(count: int) -> list[int]:
    """As many numbers below *count* as there are draws, the n-th with a share of 1 / n."""
    weights = list(accumulate(1 / (1 + number) for number in range(count)))
    draws = 1 << _DRAWS_BITS
    return [bisect_left(weights, weights[-1] * (draw + 0.5) / draws) for draw in range(draws)]
