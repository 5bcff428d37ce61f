"""Who is let in."""

from __future__ import annotations

import pytest

from traffic_analyzer.faces.web.guard import Guard
from traffic_analyzer.faces.web.place import names_of

_TOKEN = "secret-of-mine"
_HERE = "127.0.0.1"
_GUARD = Guard(_TOKEN, names_of(["router.lan", "2001:db8::5"]))


@pytest.mark.parametrize(
    ("host", "here"),
    [
        ("127.0.0.1", "127.0.0.1"), ("127.0.0.1:8377", "127.0.0.1"), ("127.0.0.1:9", "127.0.0.1"),  # ssh -L
        ("localhost", "127.0.0.1"), ("LOCALHOST:1", "127.0.0.1"), ("localhost.", "127.0.0.1"),
        ("127.8.8.8", "127.8.8.8"), ("localhost", "127.8.8.8"), ("[::1]:8377", "::1"), ("localhost", "::1"),
        ("[0:0::1]", "::1"), ("192.168.1.1:8377", "192.168.1.1"), ("192.168.1.1", "::ffff:192.168.1.1"),
        ("localhost", "::ffff:127.0.0.1"), ("router.lan", "192.168.1.1"), ("Router.Lan.:80", "10.0.0.1"),
        ("[2001:db8:0::5]:80", "10.0.0.1"), ("[2001:DB8::1]", "2001:db8::1"),
    ],
)  # fmt: skip
def test_names_of_this_machine(host: str, here: str) -> None:
    assert _GUARD.is_called(host, here)


@pytest.mark.parametrize(
    "host",
    ["", " ", "evil.example", "evil.example:8377", "127.0.0.1.evil.example", "localhost.evil.example", "127.0.0.2",
     "127.1", "2130706433", "0x7f000001", "0.0.0.0", "[::1]", "::1", "[127.0.0.1]", "127.0.0.1:", "127.0.0.1:x",
     "127.0.0.1:123456", "a@127.0.0.1", "127.0.0.1@evil.example", "127.0.0.1/", "127.0.0.1 ", "router",
     "127.0.0.1,127.0.0.1", "lan",
     "router.lan:8377, evil.example", "localhost,127.0.0.1", "2001:db8::5", "x" * 5000, "\xff"],
)  # fmt: skip
def test_names_of_others(host: str) -> None:
    assert not _GUARD.is_called(host, _HERE)


def test_localhost_is_no_name_where_it_is_not() -> None:
    for host, here in (("localhost", "192.168.1.1"), ("localhost", ""), ("", "")):
        assert not _GUARD.is_called(host, here)


@pytest.mark.parametrize("given", [f"Bearer {_TOKEN}", f"bearer {_TOKEN}", f"BEARER   {_TOKEN}"])
def test_the_token(given: str) -> None:
    assert _GUARD.is_known(given)


@pytest.mark.parametrize(
    "given",
    ["", "Bearer", "Bearer ", "Bearer x", f"Bearer {_TOKEN}x", f"Bearer {_TOKEN[:-1]}", _TOKEN, f"Basic {_TOKEN}",
     f"Bearer {_TOKEN.upper()}", f"Bearer {_TOKEN} x", "Bearer \xff", f"Bearer {'x' * 5000}",
     f"Bearer {_TOKEN},Bearer {_TOKEN}"],
)  # fmt: skip
def test_no_token(given: str) -> None:
    assert not _GUARD.is_known(given)
