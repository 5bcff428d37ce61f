"""A resolver in the internet: unbound, DNS over TLS on port 853 and over HTTPS on port 443."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from ..lab.netns import Namespace
from .programs import program, wait_for_port
from .sites import Site
from .trust import Authority

DOT_PORT, DOH_PORT = 853, 443

_UNBOUND = """
server:
  {interfaces}
  tls-port: {dot}
  https-port: {doh}
  tls-service-key: {authority.key}
  tls-service-pem: {authority.certificate}
  access-control: 0.0.0.0/0 allow
  access-control: ::/0 allow
  chroot: ""
  username: ""
  directory: {folder}
  pidfile: ""
  use-syslog: no
  do-daemonize: no
  num-threads: 1
  module-config: "iterator"
  local-zone: "." static
  {records}
remote-control:
  control-enable: no
"""


def _records(sites: Sequence[Site]) -> Iterator[str]:
    """Addresses by name; unbound follows no CNAME that it holds itself."""
    by_name = {site.name: site for site in sites}
    for site in sites:
        end = site
        while end.cname:
            end = by_name[end.cname]
        for address in end.addresses:
            yield f'local-data: "{site.name}. 300 {"AAAA" if ":" in address else "A"} {address}"'


@contextmanager
def resolver(
    internet: Namespace, authority: Authority, sites: Sequence[Site], addresses: Sequence[str], folder: Path
) -> Iterator[None]:
    """unbound on *addresses*. It knows the sites alone."""
    interfaces = "\n  ".join(f"interface: {address}@{port}" for address in addresses for port in (DOT_PORT, DOH_PORT))
    records = "\n  ".join(_records(sites))
    configuration, log = folder / "unbound.conf", folder / "unbound.log"
    configuration.write_text(_UNBOUND.format(interfaces=interfaces, dot=DOT_PORT, doh=DOH_PORT, authority=authority,
                                             folder=folder, records=records))  # fmt: skip
    with program(internet, log, "unbound", "-d", "-p", "-c", configuration) as it:
        wait_for_port(internet, addresses[0], DOT_PORT, it, log)
        yield
