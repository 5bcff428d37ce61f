"""The list of resolvers is whole, and holds nothing that serves anything else."""

from __future__ import annotations

import ipaddress
import re

import pytest

from traffic_analyzer.resolvers import ADDRESSES, NAMES, RESOLVERS, Resolver
from traffic_analyzer.sites import site_of

_EACH = pytest.mark.parametrize("resolver", [pytest.param(r, id=r.provider) for r in RESOLVERS])


@_EACH
def test_an_entry_is_whole(resolver: Resolver) -> None:
    assert resolver.provider and resolver.names
    assert re.fullmatch(r"https://[a-z0-9.-]+/\S*", resolver.source)


@_EACH
def test_names_are_written_as_they_are_stored(resolver: Resolver) -> None:
    for name in resolver.names:
        assert re.fullmatch(r"([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]+", name) and site_of(name)


@_EACH
def test_addresses_are_public_and_written_as_they_are_stored(resolver: Resolver) -> None:
    for address in resolver.addresses:
        assert str(ipaddress.ip_address(address)) == address and ipaddress.ip_address(address).is_global


def test_there_are_many_and_none_twice() -> None:
    assert len({resolver.provider for resolver in RESOLVERS}) == len(RESOLVERS) >= 20
    assert len(NAMES) == sum(len(resolver.names) for resolver in RESOLVERS)
    assert len(ADDRESSES) == sum(len(resolver.addresses) for resolver in RESOLVERS)


def test_the_best_known_are_there() -> None:
    assert {"dns.google", "cloudflare-dns.com", "dns.quad9.net", "doh.opendns.com", "dns.adguard-dns.com"} <= NAMES
    assert {"mozilla.cloudflare-dns.com", "chrome.cloudflare-dns.com", "dns.nextdns.io"} <= NAMES
    assert {"8.8.8.8", "1.1.1.1", "9.9.9.9", "2606:4700:4700::1111", "2001:4860:4860::8888"} <= ADDRESSES


def test_no_name_of_a_whole_provider_is_there() -> None:
    too_wide = {"google", "google.com", "cloudflare.com", "icloud.com", "apple.com", "opendns.com", "nic.cz", "he.net"}
    assert not NAMES & too_wide and not any(name.endswith("icloud.com") for name in NAMES)
