"""Who is who in the home and in its internet. Addresses are those kept for documentation (RFC 5737, RFC 3849)."""

from __future__ import annotations

from dataclasses import dataclass

LAN_IPV4, LAN_IPV6 = "192.168.77", "2001:db8:77:"  #: a host's address is one of them, a dot or a colon, and its number
ROUTER_IPV4, ROUTER_IPV6, ROUTER_MAC = f"{LAN_IPV4}.1", f"{LAN_IPV6}:1", "02:00:5e:77:00:01"

UPLINK_IPV4, UPLINK_IPV6 = "192.0.2", "2001:db8:ffff:"  #: the provider is 1, the router 2

CLIENTS = ("laptop", "phone", "camera")


@dataclass(frozen=True)
class Site:
    """A name that the home's DNS knows. A CNAME leads to another site and has no addresses of its own."""

    name: str
    ipv4: str | None = None
    ipv6: str | None = None
    cname: str | None = None


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
LONG_TXT = "long.example"  #: its TXT answer is larger than a frame

FILES = {"page": 10_000, "picture": 300_000, "film": 3_000_000}  #: bytes; each site serves them all
