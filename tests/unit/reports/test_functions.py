"""A name is under another where whole labels say so."""

from __future__ import annotations

import pytest

from traffic_analyzer.reports.functions import is_resolver, is_under


@pytest.mark.parametrize(
    ("name", "other", "expected"),
    [
        ("a.example", "a.example", True), ("b.a.example", "a.example", True), ("c.b.a.example", "a.example", True),
        ("ba.example", "a.example", False), ("example", "a.example", False), (r"b\.a.example", "a.example", False),
        (r"b\.a.example", "example", True), (r"b\\.a.example", "a.example", True), ("", "a", False), ("", "", True),
    ],
)  # fmt: skip
def test_under(name: str, other: str, expected: bool) -> None:
    assert is_under(name, other) is expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("dns.google", True), ("dns64.dns.google", True), ("abc123.dns.nextdns.io", True), ("nextdns.io", False),
        ("xdns.google", False), (r"x\.dns.google", False), ("dns.google.example", False), ("mask.icloud.com", False),
        ("www.google.com", False), ("cloudflare-ech.com", False), ("", False),
    ],
)  # fmt: skip
def test_resolvers(name: str, expected: bool) -> None:
    assert is_resolver(name) is expected
