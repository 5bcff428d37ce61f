"""The real programs that a home talks to: dnsmasq on its router, nginx in the internet, under a CA of its own."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ..lab.netns import Namespace, run
from .sites import FILES, LONG_TXT, ROUTER_IPV4, ROUTER_IPV6, SITES

#: All that a home and its observers run.
PROGRAMS = ("ip", "nsenter", "unshare", "ethtool", "openssl", "dnsmasq", "nginx", "curl", "dig", "ping", "dumpcap",
            "tshark")  # fmt: skip

_START_S = 10


def missing_programs() -> list[str]:
    """Those of ``PROGRAMS`` that this machine does not have."""
    return [name for name in PROGRAMS if shutil.which(name) is None]


class Authority:
    """A CA made for one home, and one certificate for all of its sites."""

    def __init__(self, folder: Path) -> None:
        self.ca, self.certificate, self.key = (folder / name for name in ("ca.pem", "sites.pem", "sites.key"))
        ca_key = folder / "ca.key"
        new = ("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
               "-days", 2)  # fmt: skip
        run(*new, "-subj", "/CN=Home CA", "-keyout", ca_key, "-out", self.ca)
        names = ",".join(f"DNS:{site.name}" for site in SITES)
        run(*new, "-subj", "/CN=sites", "-addext", f"subjectAltName={names}", "-addext", "basicConstraints=CA:FALSE",
            "-CA", self.ca, "-CAkey", ca_key, "-keyout", self.key, "-out", self.certificate)  # fmt: skip


@contextmanager
def program(inside: Namespace, log: Path, *argv: object, **options: Any) -> Iterator[subprocess.Popen[Any]]:
    """A program that runs until the block ends; what it says is in *log*. It gets no Ctrl-C of ours."""
    with log.open("ab") as said:
        process = inside.popen(*argv, stdout=said, stderr=said, start_new_session=True, **options)
    try:
        yield process
    finally:
        if process.poll() is None:
            process.terminate()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_for_port(inside: Namespace, address: str, port: int, process: subprocess.Popen[Any], log: Path) -> None:
    until_s = time.monotonic() + _START_S
    while True:
        try:
            with inside.entered():
                socket.create_connection((address, port), timeout=1).close()
            return
        except OSError:
            if process.poll() is not None or time.monotonic() > until_s:
                raise AssertionError(f"{process.args}: does not serve {address}:{port}: {log.read_text()}") from None
            time.sleep(0.05)


@contextmanager
def dns_server(router: Namespace, folder: Path) -> Iterator[None]:
    """dnsmasq on the router's addresses. It knows the sites alone; every other name does not exist."""
    lines = ["no-resolv", "no-hosts", "user=root", "bind-interfaces", "edns-packet-max=4096", "pid-file", "address=/#/",
             "local=/example/", f"listen-address={ROUTER_IPV4},{ROUTER_IPV6}"]  # fmt: skip
    for site in SITES:
        addresses = ",".join(address for address in (site.ipv4, site.ipv6) if address)
        lines.append(f"cname={site.name},{site.cname}" if site.cname else f"host-record={site.name},{addresses}")
    lines += [f"txt-record={LONG_TXT},{letter * 200}" for letter in "abcdefghijklmno"]
    configuration, log = folder / "dnsmasq.conf", folder / "dnsmasq.log"
    configuration.write_text("\n".join(lines) + "\n")
    command = ("dnsmasq", "--keep-in-foreground", "--log-facility=-", f"--conf-file={configuration}")
    with program(router, log, *command) as it:
        _wait_for_port(router, ROUTER_IPV4, 53, it, log)
        yield


_NGINX = """
daemon off;
user root;
worker_processes 1;
pid {folder}/nginx.pid;
error_log stderr warn;
events {{}}
http {{
  access_log off;
  {temporary}
  client_max_body_size 0;
  ssl_certificate {authority.certificate};
  ssl_certificate_key {authority.key};
  ssl_protocols TLSv1.2 TLSv1.3;
  server {{
    listen 80;
    listen [::]:80;
    listen 443 ssl http2;
    listen [::]:443 ssl http2;
    root {folder}/www;
    location /upload/ {{ dav_methods PUT; }}
  }}
}}
"""


@contextmanager
def web_server(internet: Namespace, authority: Authority, folder: Path) -> Iterator[None]:
    """nginx on every address of the internet: HTTP and TLS with HTTP/2, ``FILES`` to fetch, ``/upload/`` to PUT."""
    (folder / "www" / "upload").mkdir(parents=True)
    for name, size_bytes in FILES.items():
        (folder / "www" / name).write_bytes(os.urandom(size_bytes))
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    temporary = "\n  ".join(f"{kind}_temp_path {folder}/nginx-{kind};" for kind in kinds)
    configuration, log = folder / "nginx.conf", folder / "nginx.log"
    configuration.write_text(_NGINX.format(folder=folder, temporary=temporary, authority=authority))
    with program(internet, log, "nginx", "-e", "stderr", "-p", folder, "-c", configuration) as it:
        _wait_for_port(internet, "198.51.100.7", 443, it, log)
        yield
