"""Who is who in the home and in its internet. Addresses are those kept for documentation (RFC 5737, RFC 3849)."""

from __future__ import annotations

import enum
from dataclasses import dataclass

LAN_IPV4, LAN_IPV6 = "192.168.77", "2001:db8:77:"  #: a host's address is one of them, a dot or a colon, and its number
ROUTER_IPV4, ROUTER_IPV6, ROUTER_MAC = f"{LAN_IPV4}.1", f"{LAN_IPV6}:1", "02:00:5e:77:00:01"

UPLINK_IPV4, UPLINK_IPV6 = "192.0.2", "2001:db8:ffff:"  #: the provider is 1, the router 2

CLIENTS = ("laptop", "phone", "camera")


class Server(enum.Enum):
    """What answers at a site's addresses."""

    NGINX = enum.auto()  #: HTTP and TLS
    HTTP3 = enum.auto()  #: nginx on TCP, and HTTP/3
    ECH = enum.auto()  #: TLS with Encrypted Client Hello
    RESOLVER = enum.auto()  #: DNS over TLS and over HTTPS
    EDGE = enum.auto()  #: TLS, a small server for a great many addresses


@dataclass(frozen=True)
class Site:
    """A name that the home's DNS knows. A CNAME leads to another site and has no addresses of its own."""

    name: str
    ipv4: str | None = None
    ipv6: str | None = None
    cname: str | None = None
    server: Server = Server.NGINX
    hidden: bool = False  #: its HTTPS record offers ECH
    ttl_s: int | None = None  #: of its addresses; the server's own, 0, where it is not given

    @property
    def addresses(self) -> tuple[str, ...]:
        """Those of its own."""
        return tuple(address for address in (self.ipv4, self.ipv6) if address)


SITES = (
    Site("www.shop.example", cname="shop.cdn.example"),
    Site("shop.cdn.example", cname="edge7.cdn.example"),
    Site("edge7.cdn.example", "198.51.100.7", "2001:db8:100::7"),
    Site("img.news.example", cname="edge7.cdn.example"),
    Site("news.example", "203.0.113.40"),
    Site("video.example", "203.0.113.20", "2001:db8:100::20"),
    Site("cloud.example", "198.51.100.30", "2001:db8:100::30"),
    Site("api.iot.example", "203.0.113.50", "2001:db8:100::50"),
)

#: What browsers visit. Names share addresses, by CNAME or without; one with ECH has neighbours with and without.
BROWSED = (
    Site("www.alpha.example", cname="mid.cdn.example"),
    Site("mid.cdn.example", cname="edge-9.cdn.example"),
    Site("edge-9.cdn.example", "203.0.113.9", "2001:db8:113::9"),
    Site("www.beta.example", cname="edge-9.cdn.example"),
    Site("www.eta.example", "203.0.113.10", "2001:db8:113::10"),
    Site("www.theta.example", "203.0.113.10"),
    Site("h3.gamma.example", "203.0.113.12", "2001:db8:113::12", server=Server.HTTP3),
    Site("h3.zeta.example", "203.0.113.12", "2001:db8:113::12", server=Server.HTTP3),
    Site("secret.delta.example", "203.0.113.13", "2001:db8:113::13", server=Server.ECH, hidden=True),
    Site("private.delta.example", "203.0.113.13", server=Server.ECH, hidden=True),
    Site("open.delta.example", "203.0.113.13", server=Server.ECH),
    Site("public.delta.example", "203.0.113.13", "2001:db8:113::13", server=Server.ECH),
    Site("dns.resolver.example", "203.0.113.53", "2001:db8:113::53", server=Server.RESOLVER),
)
PUBLIC_NAME = "public.delta.example"  #: what stands in a ClientHello for the names that ECH hides

LONG_TXT = "long.example"  #: its TXT answer is larger than a frame

FILES = {"page": 10_000, "picture": 300_000, "film": 3_000_000}  #: bytes; each site serves them all
