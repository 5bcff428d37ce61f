"""The head of an HTTP/1.x request (RFC 9112): which host it is for."""

from __future__ import annotations

import re
from typing import NamedTuple

from ..errors import WireError
from .names import escape_name

HEAD_BYTES_MAX = 16_384
HOST_BYTES_MAX = 255

_TOKEN = rb"[!#$%&'*+.^_`|~0-9A-Za-z-]"  # RFC 9110 5.6.2
_REQUEST_LINE = re.compile(rb"(" + _TOKEN + rb"{1,32}) ([^\x00-\x20\x7f]+) HTTP/1\.[0-9]")
_CUT_REQUEST_LINE = re.compile(_TOKEN + rb"{1,32}(?: (?:[^\x00-\x20\x7f]+(?: [HTP/1.0-9]{0,8}\r?)?)?)?")
_FIELD_NAME = re.compile(_TOKEN + rb"+")
_ABSOLUTE = re.compile(rb"[A-Za-z][A-Za-z0-9+.-]*://([^/?#]*)")
_AUTHORITY = re.compile(rb"(\[[^\]]*\]|[^:]*)(?::[0-9]*)?")
_END = re.compile(rb"(?:^|\n)\r?\n")


class RequestHead(NamedTuple):
    """What a client asks for."""

    method: str
    host: str  #: without port, presentation format (see :mod:`.names`), case as read; an IPv6 address in brackets


def parse_request_head(data: bytes) -> RequestHead | None:
    """The request at the beginning of ``data``; None where its host has not come yet, or it has none.

    The host of a target in absolute form, or of CONNECT, goes before the ``Host`` field (RFC 9112 3.2.2, 3.2.3). A
    line that is not ended may be cut and is not believed.

    :param data: the beginning of a connection; no more than ``HEAD_BYTES_MAX`` are looked at
    :raises WireError: no HTTP/1.x request, a malformed field, two hosts, or no end of the head within the limit
    """
    is_too_long = len(data) > HEAD_BYTES_MAX
    data = data[:HEAD_BYTES_MAX].lstrip(b"\r\n")  # RFC 9112 2.2
    end = _END.search(data)
    *lines, cut = (data[: end.start()] + b"\n" if end else data).split(b"\n")
    if not lines:
        if is_too_long or (cut and not _CUT_REQUEST_LINE.fullmatch(cut)):
            raise WireError("no request line")
        return None
    found = _REQUEST_LINE.fullmatch(lines[0].removesuffix(b"\r"))
    if found is None:
        raise WireError("no request line")
    method, target = found.groups()
    if cut[:1] in (b" ", b"\t"):
        lines.append(cut)
    host = _host_field(lines[1:])
    authority = _target_authority(method, target)
    if authority:
        host = authority
    if host:
        return RequestHead(method.decode("ascii"), _parse_authority(host))
    if is_too_long and not end:
        raise WireError(f"no host in {HEAD_BYTES_MAX} bytes")
    return None


def _host_field(lines: list[bytes]) -> bytes:
    """The value of the ``Host`` field, empty where there is none (RFC 9112 3.2, 5)."""
    host: bytes | None = None
    for line in lines:
        name, colon, value = line.partition(b":")
        if not colon or not _FIELD_NAME.fullmatch(name):
            raise WireError("malformed field line")
        if name.lower() != b"host":
            continue
        value = value.strip(b" \t\r")
        if host is not None and value.lower() != host.lower():
            raise WireError("two hosts")
        host = host if host is not None else value
    return host or b""


def _target_authority(method: bytes, target: bytes) -> bytes:
    if method == b"CONNECT":
        return target
    found = _ABSOLUTE.match(target)
    return found[1].rpartition(b"@")[2] if found else b""


def _parse_authority(authority: bytes) -> str:
    """Its host (RFC 3986 3.2.2)."""
    found = _AUTHORITY.fullmatch(authority)
    if found is None or found[1] in (b"", b".") or len(found[1]) > HOST_BYTES_MAX:
        raise WireError("malformed host")
    return escape_name(found[1])
