"""The real programs that a home talks to: dnsmasq on its router; in the internet nginx, and what a site asks for."""

from __future__ import annotations

import os
import shutil
import struct
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from ipaddress import ip_address
from pathlib import Path

from ..lab.netns import Namespace
from .ech import EchKey, ech_server
from .edge import edge_server
from .http3 import http3_server
from .programs import program, wait_for_port
from .resolver import resolver
from .sites import FILES, LONG_TXT, PUBLIC_NAME, ROUTER_IPV4, ROUTER_IPV6, Server, Site
from .trust import Authority

#: All that a home and its observers run.
PROGRAMS = ("ip", "nsenter", "unshare", "ethtool", "openssl", "dnsmasq", "nginx", "curl", "dig", "ping", "dumpcap",
            "tshark")  # fmt: skip

_HTTPS = 65  # RFC 9460
_ALPN, _IPV4_HINT, _ECH, _IPV6_HINT = 1, 4, 5, 6


def missing_programs() -> list[str]:
    """Those of ``PROGRAMS`` that this machine does not have."""
    return [name for name in PROGRAMS if shutil.which(name) is None]


def addresses_of(sites: Sequence[Site], *servers: Server) -> list[str]:
    """Where the sites of these servers are, each address once."""
    return list(dict.fromkeys(address for site in sites if site.server in servers for address in site.addresses))


def _https_record(site: Site, ech: EchKey | None) -> str:
    """A site's HTTPS record in service mode, RFC 9460 section 2.2, in hexadecimal; empty where it has none."""
    values: dict[int, bytes] = {}
    if site.server is Server.HTTP3:
        values[_ALPN] = b"\x02h3\x02h2"
    if site.hidden and ech is not None:
        values[_ECH] = ech.config_list
    if not values:
        return ""
    for key, address in ((_IPV4_HINT, site.ipv4), (_IPV6_HINT, site.ipv6)):
        if address:
            values[key] = ip_address(address).packed
    parameters = [struct.pack("!HH", key, len(value)) + value for key, value in sorted(values.items())]
    return (struct.pack("!H", 1) + b"\0" + b"".join(parameters)).hex()


def _dns_lines(sites: Sequence[Site], ech: EchKey | None) -> Iterator[str]:
    for site in sites:
        if site.cname:
            yield f"cname={site.name},{site.cname}"
            continue
        lifetime = [] if site.ttl_s is None else [str(site.ttl_s)]
        yield f"host-record={','.join([site.name, *site.addresses, *lifetime])}"
        if record := _https_record(site, ech):
            yield f"dns-rr={site.name},{_HTTPS},{record}"
    for letter in "abcdefghijklmno":
        yield f"txt-record={LONG_TXT},{letter * 200}"


@contextmanager
def dns_server(router: Namespace, sites: Sequence[Site], ech: EchKey | None, folder: Path) -> Iterator[None]:
    """dnsmasq on the router's addresses. It knows the sites alone; every other name does not exist."""
    lines = ["no-resolv", "no-hosts", "user=root", "bind-interfaces", "edns-packet-max=4096", "pid-file", "address=/#/",
             "local=/example/", f"listen-address={ROUTER_IPV4},{ROUTER_IPV6}", *_dns_lines(sites, ech)]  # fmt: skip
    configuration, log = folder / "dnsmasq.conf", folder / "dnsmasq.log"
    configuration.write_text("\n".join(lines) + "\n")
    command = ("dnsmasq", "--keep-in-foreground", "--log-facility=-", f"--conf-file={configuration}")
    with program(router, log, *command) as it:
        wait_for_port(router, ROUTER_IPV4, 53, it, log)
        yield


_NGINX = """
daemon off;
user root;
worker_processes 1;
pid {folder}/nginx.pid;
error_log stderr warn;
events {{}}
http {{
  map $https $kind {{ on tls; default http; }}
  log_format visits '$remote_addr $remote_port $host $kind';
  access_log {folder}/nginx.visits visits;
  {temporary}
  client_max_body_size 0;
  ssl_certificate {authority.certificate};
  ssl_certificate_key {authority.key};
  ssl_protocols TLSv1.2 TLSv1.3;
  server {{
    {listen}
    root {folder}/www;
    location /upload/ {{ dav_methods PUT; }}
  }}
}}
"""
_PAGE = "<!DOCTYPE html><title>home page</title><link rel=icon href=data:,><img src=/picture alt=picture>"


@contextmanager
def web_server(internet: Namespace, authority: Authority, addresses: Sequence[str], folder: Path) -> Iterator[None]:
    """nginx on *addresses*: HTTP and TLS with HTTP/2; a page for browsers, ``FILES`` to fetch, ``/upload/`` to PUT.

    Its visits are in ``nginx.visits``.
    """
    (folder / "www" / "upload").mkdir(parents=True)
    (folder / "www" / "index.html").write_text(_PAGE)
    for name, size_bytes in FILES.items():
        (folder / "www" / name).write_bytes(os.urandom(size_bytes))
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    temporary = "\n  ".join(f"{kind}_temp_path {folder}/nginx-{kind};" for kind in kinds)
    hosts = [f"[{address}]" if ":" in address else address for address in addresses]
    listen = "\n    ".join(f"listen {host}:80; listen {host}:443 ssl http2;" for host in hosts)
    configuration, log = folder / "nginx.conf", folder / "nginx.log"
    configuration.write_text(_NGINX.format(folder=folder, temporary=temporary, authority=authority, listen=listen))
    with program(internet, log, "nginx", "-e", "stderr", "-p", folder, "-c", configuration) as it:
        wait_for_port(internet, addresses[0], 443, it, log)
        yield


@contextmanager
def servers(internet: Namespace, sites: Sequence[Site], authority: Authority, ech: EchKey | None,
            folder: Path) -> Iterator[None]:  # fmt: skip
    """All that *sites* ask for, on their addresses."""
    with ExitStack() as stack:
        if addresses := addresses_of(sites, Server.NGINX, Server.HTTP3):
            stack.enter_context(web_server(internet, authority, addresses, folder))
        if addresses := addresses_of(sites, Server.HTTP3):
            stack.enter_context(http3_server(internet, authority, addresses, folder))
        if ech is not None:
            stack.enter_context(ech_server(internet, authority, ech, addresses_of(sites, Server.ECH), folder))
        if addresses := addresses_of(sites, Server.RESOLVER):
            stack.enter_context(resolver(internet, authority, sites, addresses, folder))
        if addresses := addresses_of(sites, Server.EDGE):
            stack.enter_context(edge_server(internet, authority, addresses, folder))
        yield


def ech_key(sites: Sequence[Site], folder: Path) -> EchKey | None:
    """One for all sites that are hidden; ``None`` where there is none."""
    return EchKey(folder, PUBLIC_NAME) if any(site.hidden for site in sites) else None
