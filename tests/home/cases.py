"""Ways to visit a site of ``sites.BROWSED``, with real programs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ..lab.netns import run
from .browser import Browsers
from .house import Client, Home
from .resolver import DOH_PORT, DOT_PORT
from .sites import BROWSED

RESOLVER = "dns.resolver.example"
_RESOLVER_IPV4 = next(site.ipv4 for site in BROWSED if site.name == RESOLVER)
_DOH = {"dns_over_https": {"mode": "secure", "templates": f"https://{RESOLVER}/dns-query"}}
_CURL = ("curl", "--silent", "--show-error", "--fail", "--max-time", 20)


class Visitor:
    """A client of a home with all that it may visit with."""

    def __init__(self, home: Home, client: Client) -> None:
        self.home, self.client = home, client
        self.browsers = Browsers(home.authority, home.folder)

    @property
    def ca(self) -> Path:
        """Whom its programs believe."""
        return self.home.authority.ca

    def run(self, *argv: object) -> str:
        """What a program on the client prints; RuntimeError where it fails."""
        return run(*self.client.command(*argv)).stdout


@dataclass(frozen=True)
class Case:
    """One way to visit. *visit* raises AssertionError or RuntimeError where it fails."""

    name: str
    hosts: tuple[str, ...]
    visit: Callable[[Visitor, str], None]
    times: int  #: in a full run
    noted: str | None = "tls"  #: what the server notes of it: tls, h3, ech, http; ``None`` where it notes nothing
    addresses_of: str | None = None  #: whose servers it talks to, where these are not the host's alone


def _chromium(visitor: Visitor, host: str) -> None:
    visitor.browsers.chromium(visitor.client, f"https://{host}/")


def _chromium_http3(visitor: Visitor, host: str) -> None:
    visitor.browsers.chromium(visitor.client, f"https://{host}/", f"--origin-to-force-quic-on={host}:443")


def _chromium_doh(visitor: Visitor, host: str) -> None:
    visitor.browsers.chromium(visitor.client, f"https://{host}/", local_state=_DOH)


def _firefox(visitor: Visitor, host: str) -> None:
    visitor.browsers.firefox(visitor.client, f"https://{host}/")


def _curl(visitor: Visitor, host: str) -> None:
    visitor.run(*_CURL, "--cacert", visitor.ca, "--output", "/dev/null", f"https://{host}/picture")


def _curl_http(visitor: Visitor, host: str) -> None:
    visitor.run(*_CURL, "--output", "/dev/null", f"http://{host}/picture")


def _kdig(visitor: Visitor, host: str, port: int, *way: object) -> None:
    said = visitor.run("kdig", f"@{_RESOLVER_IPV4}", "-p", port, *way, f"+tls-ca={visitor.ca}",
                       f"+tls-hostname={RESOLVER}", f"+tls-sni={RESOLVER}", "+short", host, "A")  # fmt: skip
    assert said.strip(), f"kdig {way}: no answer about {host}"


def _kdig_tls(visitor: Visitor, host: str) -> None:
    _kdig(visitor, host, DOT_PORT, "+tls")


def _kdig_https(visitor: Visitor, host: str) -> None:
    _kdig(visitor, host, DOH_PORT, "+https")


_PLAIN = ("www.alpha.example", "www.beta.example", "www.eta.example", "www.theta.example")
_HTTP3 = ("h3.gamma.example", "h3.zeta.example")
_HIDDEN = ("secret.delta.example", "private.delta.example")

CASES = (
    Case("chromium-tls", _PLAIN, _chromium, 40),
    Case("chromium-http3", _HTTP3, _chromium_http3, 10, "h3"),
    Case("chromium-ech", _HIDDEN, _chromium, 5, "ech"),
    Case("firefox-tls", _PLAIN, _firefox, 5),
    Case("firefox-http3", _HTTP3, _firefox, 5, "h3"),
    Case("firefox-ech", _HIDDEN, _firefox, 5, "ech"),
    Case("chromium-grease", ("open.delta.example",), _chromium, 3),  # GREASE ECH, at an address with real ECH
    Case("chromium-fallback", _HTTP3, _chromium, 2),  # the certificate does not do for QUIC: HTTP/3, then TLS
    Case("chromium-doh", ("www.beta.example",), _chromium_doh, 3, addresses_of=RESOLVER),
    Case("curl-tls", _PLAIN, _curl, 4),
    Case("curl-http", _PLAIN, _curl_http, 4, "http"),
    Case("kdig-dot", ("edge-9.cdn.example",), _kdig_tls, 2, None, RESOLVER),
    Case("kdig-doh", ("edge-9.cdn.example",), _kdig_https, 2, None, RESOLVER),
)
