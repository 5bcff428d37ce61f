"""What a report is asked for, checked."""

from __future__ import annotations

import re
import socket
from dataclasses import dataclass, replace

from ..errors import UsageError
from ..sites import labels_of
from ..units import protocol_name, protocol_number
from .declaration import Report

_MAC = re.compile("[0-9a-f]{2}(?:[:-][0-9a-f]{2}){5}")
_NAME_MAX = 1_016  #: 254 bytes of a name, each as an escape of four characters
_SHOWN = 64  # characters of what a user asked for, in a line that says why not
_PORT_MAX, _PORT_DIGITS = 65_535, 5
BY = ("name", "site")
ORDERS = ("asc", "desc")


@dataclass(frozen=True)
class Selection:
    """What part of the traffic a report is asked for. Times are Unix seconds, the end not included."""

    since_unix_s: int
    until_unix_s: int
    ifaces: tuple[str, ...] = ()  #: empty: all
    devices: tuple[str, ...] = ()  #: MAC or IP addresses, or names; empty: all
    domains: tuple[str, ...] = ()  #: names, and what is under them; empty: all
    protocols: tuple[str, ...] = ()  #: ``tcp``, ``udp/443``: with the port of the service, or of any; empty: all
    by: str = "name"  #: one of :data:`BY`
    limit: int | None = None  #: None: the report's own
    offset: int = 0  #: rows that are left out before the first
    sort: str = ""  #: a column; empty: as the report has it
    order: str = ""  #: asc or desc; empty: numbers and times from the most, all else from the least


def checked(selection: Selection, report: Report) -> Selection:
    """*selection* with addresses and names as the database writes them.

    :raises UsageError: an address or a name that is none, or something that *report* cannot be asked.
    """
    asked = {
        "--device": (bool(selection.devices), report.takes_device),
        "--domain": (bool(selection.domains), report.takes_domain),
        "--protocol": (bool(selection.protocols), report.takes_protocol),
        "--by": (selection.by != "name", report.takes_by),
        "--sort": (bool(selection.sort), report.takes_sort),
        "--offset": (bool(selection.offset), report.takes_sort),
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
    if selection.order and not selection.sort:
        raise UsageError("--order takes --sort")
    columns = [column.name for column in report.columns]
    if selection.sort and selection.sort not in columns:
        raise UsageError(f"--sort {selection.sort[:_SHOWN]}: choose from {', '.join(columns)}")
    if selection.order not in ("", *ORDERS):
        raise UsageError(f"--order {selection.order[:_SHOWN]}: choose from {', '.join(ORDERS)}")
    devices, domains = map(_device, selection.devices), map(_domain, selection.domains)
    protocols = (_protocol_text(*protocol_of(text)) for text in selection.protocols)
    return replace(
        selection, devices=tuple(dict.fromkeys(devices)), domains=tuple(dict.fromkeys(domains)),
        protocols=tuple(dict.fromkeys(protocols)),
    )  # fmt: skip


def protocol_of(text: str) -> tuple[int, int | None]:
    """The IANA number and the port that ``udp/443`` stands for; None: any port.

    :raises UsageError: it is no protocol, or no port.
    """
    name, slash, port = text.partition("/")
    number = protocol_number(name)
    if number is None:
        raise UsageError(f"--protocol {text[:_SHOWN]}: not a protocol; write tcp, udp or a number, with a port or "
                         "without: udp/443", "protocol-malformed", text)  # fmt: skip
    if not slash:
        return number, None
    if not (port.isascii() and port.isdigit() and len(port) <= _PORT_DIGITS and int(port) <= _PORT_MAX):
        raise UsageError(f"--protocol {text[:_SHOWN]}: a port is a number from 0 to {_PORT_MAX}",
                         "protocol-malformed", text)  # fmt: skip
    return number, int(port)


def _protocol_text(number: int, port: int | None) -> str:
    return protocol_name(number) + ("" if port is None else f"/{port}")


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
        raise UsageError(f"--domain {text[:64]}: not a name", "domain-malformed", text)
    return ".".join(labels)
