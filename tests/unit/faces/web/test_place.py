"""Where the endpoint is, as users write it; every mistake is a line that says how to."""

from __future__ import annotations

import socket

import pytest

from traffic_analyzer.errors import UsageError
from traffic_analyzer.faces.web.place import Place, folded, names_of, packed, place_of


@pytest.mark.parametrize(
    ("text", "place", "url"),
    [
        ("127.0.0.1:8377", Place("127.0.0.1", 8377), "http://127.0.0.1:8377/"),
        ("[::1]:80", Place("::1", 80), "http://[::1]:80/"),
        ("0.0.0.0:8377", Place("0.0.0.0", 8377), "http://127.0.0.1:8377/"),  # this machine is one of all
        ("[::]:8377", Place("::", 8377), "http://[::1]:8377/"),
        ("192.168.1.1:65535", Place("192.168.1.1", 65_535), "http://192.168.1.1:65535/"),
    ],
)
def test_places(text: str, place: Place, url: str) -> None:
    found = place_of(text)
    assert found == place and found.url == url
    assert str(found) == text
    assert found.family == (socket.AF_INET6 if "[" in text else socket.AF_INET)


def test_nowhere() -> None:
    assert place_of("off") is None


@pytest.mark.parametrize(
    "text",
    ["", "8377", ":8377", "localhost:8377", "127.0.0.1", "127.0.0.1:", "127.0.0.1:0", "127.0.0.1:65536", "::1:8377",
     "[::1]", "[127.0.0.1]:1", "127.1:80", "256.0.0.1:80", "[fe80::1%eth0]:80", "127.0.0.1:80 ", "off ", "x" * 9999],
)  # fmt: skip
def test_no_places(text: str) -> None:
    with pytest.raises(UsageError, match="^--web-listen .*: write an address of this machine and a port") as raised:
        place_of(text)
    assert len(str(raised.value)) < 250


def test_names() -> None:
    assert names_of(["Router.LAN", "nas.", "192.0.2.1", "[2001:DB8::1]"]) == {
        "router.lan", "nas", folded("192.0.2.1"), folded("2001:db8:0::1")
    }  # fmt: skip


@pytest.mark.parametrize("text", ["", "router:8377", "http://router", "a b", "a..b", "*", "[::1]:1", "é", "x" * 99])
def test_no_names(text: str) -> None:
    with pytest.raises(UsageError, match="^--web-host .*: write a name, as in router.lan, without a port$"):
        names_of([text])


@pytest.mark.parametrize(
    ("one", "other", "are_equal"),
    [
        ("::1", "0:0:0:0:0:0:0:1", True), ("A.b", "a.B.", True), ("::ffff:192.0.2.1", "192.0.2.1", True),
        ("127.0.0.1", "127.1", False), ("127.0.0.1", "2130706433", False), ("::1", "::2", False), ("a", "a.b", False),
    ],
)  # fmt: skip
def test_names_are_compared(one: str, other: str, are_equal: bool) -> None:
    assert (folded(one) == folded(other)) == are_equal


def test_addresses() -> None:
    assert packed("192.0.2.1") == packed("::ffff:192.0.2.1") == bytes((192, 0, 2, 1))
    assert packed("::1") == bytes(15) + b"\x01"
    assert packed("router") is packed("1\0") is packed("") is None
