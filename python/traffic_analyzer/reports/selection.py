"""What a report is asked for, checked."""

from __future__ import annotations

import re
import socket
from dataclasses import dataclass, replace

from ..errors import UsageError
from ..sites import labels_of
from .declaration import Report

_MAC = re.compile("[0-9a-f]{2}(?:[:-][0-9a-f]{2}){5}")
_NAME_MAX = 1_016  #: 254 bytes of a name, each as an escape of four characters
BY = ("name", "site")


@dataclass(frozen=True)
class Selection:
    """What part of the traffic a report is asked for. Times are Unix seconds, the end not included."""

    since_unix_s: int
    until_unix_s: int
    ifaces: tuple[str, ...] = ()  #: empty: all
    devices: tuple[str, ...] = ()  #: MAC or IP addresses, or names; empty: all
    domains: tuple[str, ...] = ()  #: names, and what is under them; empty: all
    by: str = "name"  #: one of :data:`BY`
    limit: int | None = None  #: None: the report's own


def checked(selection: Selection, report: Report) -> Selection:
    """*selection* with addresses and names as the database writes them.

    :raises UsageError: an address or a name that is none, or something that *report* cannot be asked.
    """
    asked = {
        "--device": (bool(selection.devices), report.takes_device),
        "--domain": (bool(selection.domains), report.takes_domain),
        "--by": (selection.by != "name", report.takes_by),
    }
    for flag, (is_given, is_taken) in asked.items():
        if is_given and not is_taken:
            raise UsageError(f"{report.name} takes no {flag}")
    if report.needs_device and not selection.devices:
        raise UsageError(f"{report.name} takes a --device")
    if report.needs_domain and not selection.domains:
        raise UsageError(f"{report.name} takes a --domain")
    if selection.by not in BY:
        raise UsageError(f"--by {selection.by}: choose from {', '.join(BY)}")
    devices, domains = map(_device, selection.devices), map(_domain, selection.domains)
    return replace(selection, devices=tuple(dict.fromkeys(devices)), domains=tuple(dict.fromkeys(domains)))


def is_address(device: str) -> bool:
    """True where a checked device is a MAC or an IP address, not a name."""
    return bool(_MAC.fullmatch(device)) or is_ip(device)


def is_ip(device: str) -> bool:
    """True where a checked device is an IP address."""
    return _ip(device) is not None


def _ip(text: str) -> str | None:
    """An IP address as the database writes it; None where it is none."""
    for family in (socket.AF_INET, socket.AF_INET6):
        try:
            return socket.inet_ntop(family, socket.inet_pton(family, text))
        except (OSError, ValueError):
            continue
    return None


def address_of(text: str) -> str | None:
    """A MAC or an IP address as the database writes it; None where *text* is neither."""
    mac = text.lower()
    return mac.replace("-", ":") if _MAC.fullmatch(mac) else _ip(text)


def _device(text: str) -> str:
    if not text:
        raise UsageError("--device: must not be empty")
    return address_of(text) or text


def _domain(text: str) -> str:
    try:
        name = text if text.isascii() else text.encode("idna").decode("ascii")
    except UnicodeError:
        name = ""
    labels = labels_of(name.lower())
    if len(labels) > 1 and not labels[-1]:
        labels.pop()
    if "" in labels or len(name) > _NAME_MAX:
        raise UsageError(f"--domain {text[:64]}: not a name")
    return ".".join(labels)
