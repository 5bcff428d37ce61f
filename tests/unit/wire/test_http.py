"""Heads of HTTP/1.x requests: the host, or nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from traffic_analyzer.errors import WireError
from traffic_analyzer.wire.http import HEAD_BYTES_MAX, RequestHead, parse_request_head


def _request(*lines: str, end: str = "\r\n\r\n") -> bytes:
    return ("\r\n".join(lines) + end).encode()


@pytest.mark.parametrize(
    ("line", "field", "expected"),
    [
        ("GET / HTTP/1.1", "Host: www.Example.org", RequestHead("GET", "www.Example.org")),
        ("POST /a?b=c HTTP/1.0", "hOsT:example.org:8080 \t", RequestHead("POST", "example.org")),
        ("M-SEARCH * HTTP/1.1", "HOST: 239.255.255.250:1900", RequestHead("M-SEARCH", "239.255.255.250")),
        ("GET / HTTP/1.1", "Host: [2001:db8::1]:80", RequestHead("GET", "[2001:db8::1]")),
        ("GET / HTTP/1.1", "Host: [2001:db8::1]", RequestHead("GET", "[2001:db8::1]")),
        ("GET / HTTP/1.1", "Host: example.org.", RequestHead("GET", "example.org")),
        ("GET / HTTP/1.1", "Host: example.org:", RequestHead("GET", "example.org")),
        ("GET / HTTP/1.1", "Host: m\u00fcnchen.de", RequestHead("GET", r"m\195\188nchen.de")),
        ("GET / HTTP/1.1", "Host: a b\\c<i>", RequestHead("GET", r"a\032b\\c<i>")),
        ("GET http://Site.example:81/x HTTP/1.1", "Host: proxy.example", RequestHead("GET", "Site.example")),
        ("GET HTTP://site.example?x HTTP/1.1", "Host: proxy.example", RequestHead("GET", "site.example")),
        ("GET http://me:pw@site.example HTTP/1.1", "Host: proxy.example", RequestHead("GET", "site.example")),
        ("GET http:///x HTTP/1.1", "Host: site.example", RequestHead("GET", "site.example")),
        ("GET /?u=http://other.example/ HTTP/1.1", "Host: site.example", RequestHead("GET", "site.example")),
        ("CONNECT site.example:443 HTTP/1.1", "Host: proxy.example", RequestHead("CONNECT", "site.example")),
        ("CONNECT [2001:db8::1]:443 HTTP/1.1", "Host: x", RequestHead("CONNECT", "[2001:db8::1]")),
        ("OPTIONS * HTTP/1.1", "Host: site.example", RequestHead("OPTIONS", "site.example")),
    ],
)
def test_hosts(line: str, field: str, expected: RequestHead) -> None:
    assert parse_request_head(_request(line, "Accept: */*", field, "X: y")) == expected
    assert parse_request_head(_request(line, field) + b"Host: of-the-body.example\r\n") == expected


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\r\n",
        b"G",
        b"GET",
        b"GET ",
        b"GET /long?" + b"x" * 1_490,
        b"GET / ",
        b"GET / HTTP/1.1",
        b"GET / HTTP/1.1\r",
        b"GET / HTTP/1.1\r\n",
        b"GET / HTTP/1.1\r\nAccept: */*\r\nHost",
        b"GET / HTTP/1.1\r\nHost: example.or",
        b"GET / HTTP/1.0\r\n\r\n",
        b"GET / HTTP/1.0\r\nAccept: */*\r\n\r\nHost: of-the-body.example\r\n",
        b"GET / HTTP/1.1\r\nHost:\r\n\r\n",
    ],
)
def test_no_host_yet_or_none(data: bytes) -> None:
    assert parse_request_head(data) is None


@pytest.mark.parametrize(
    "data",
    [
        b"\x16\x03\x01\x02\x00",
        b"\0",
        b"<html>",
        b"SSH-2.0-OpenSSH_9\r\n",
        b"HTTP/1.1 200 OK\r\nHost: a.example\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"GET /\r\nHost: a.example\r\n\r\n",
        b"GET  / HTTP/1.1\r\nHost: a.example\r\n\r\n",
        b" GET / HTTP/1.1\r\nHost: a.example\r\n\r\n",
        b"GET / HTTP/1.1 \r\nHost: a.example\r\n\r\n",
        b"GET / HTTP/11\r\nHost: a.example\r\n\r\n",
        b"GET /\0 HTTP/1.1\r\nHost: a.example\r\n\r\n",
        b"X" * 33 + b" / HTTP/1.1\r\nHost: a.example\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a.example\r\nHost: b.example\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost:\r\nHost: b.example\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost : a.example\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a.example\r\n b.example\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a.example\r\n b.exam",
        b"GET / HTTP/1.1\r\nHost: a.example\r\nno colon\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a.example:80:80\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: :80\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: .\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: [::1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: " + b"a" * 256 + b"\r\n\r\n",
    ],
)
def test_no_request(data: bytes) -> None:
    with pytest.raises(WireError):
        parse_request_head(data)


def test_a_repeated_host_is_one() -> None:
    head = _request("GET / HTTP/1.1", "Host: a.example", "host: A.example")
    assert parse_request_head(head) == RequestHead("GET", "a.example")


def test_lines_that_end_with_a_line_feed_only() -> None:
    assert parse_request_head(b"\nGET / HTTP/1.1\nHost: a.example\n\nHost: b.example\n") == RequestHead(
        "GET", "a.example"
    )


def test_every_truncation() -> None:
    data = _request("GET /index.html HTTP/1.1", "Accept: */*", "Host: www.example.org", "User-Agent: x")
    known = data.index(b"www.example.org\r\n") + 17
    for end in range(len(data)):
        expected = RequestHead("GET", "www.example.org") if end >= known else None
        assert parse_request_head(data[:end]) == expected


def test_the_head_is_bounded() -> None:
    start = b"GET / HTTP/1.1\r\n"
    filler = b"X: " + b"y" * 95 + b"\r\n"
    head = start + filler * ((HEAD_BYTES_MAX - len(start)) // len(filler))
    assert parse_request_head(head) is None
    with pytest.raises(WireError, match="no host"):
        parse_request_head(head + filler * 2 + b"Host: a.example\r\n\r\n")
    with pytest.raises(WireError, match="request line"):
        parse_request_head(b"GET /" + b"x" * HEAD_BYTES_MAX)
    assert parse_request_head(start + b"Host: a.example\r\n" + filler * 1_000) == RequestHead("GET", "a.example")


@given(st.binary(max_size=300))
def test_any_bytes(data: bytes) -> None:
    start = b"GET / HTTP/1.1\r\nHost: "
    for candidate in (data, start + data, start + data + b"\r\n\r\n"):
        try:
            head = parse_request_head(candidate)
        except WireError:
            continue
        if head is not None:
            assert head.host
            assert set(head.host) <= set(map(chr, range(0x21, 0x7F)))
