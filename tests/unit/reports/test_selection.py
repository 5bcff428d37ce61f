"""Addresses and names are checked and written as the database writes them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from traffic_analyzer.errors import UsageError
from traffic_analyzer.reports.registry import REPORTS
from traffic_analyzer.reports.selection import Selection, checked, is_address, is_ip

_REPORT = REPORTS["top-domain"]


def _checked(name: str = "top-domain", **asked: Any) -> Selection:
    return checked(Selection(0, 60, **asked), REPORTS[name])


@pytest.mark.parametrize(
    ("given", "kept"),
    [("02:aa:bb:cc:dd:01", "02:aa:bb:cc:dd:01"), ("02-AA-bb-CC-DD-01", "02:aa:bb:cc:dd:01"),
     ("192.0.2.1", "192.0.2.1"), ("2001:DB8:0:0::1", "2001:db8::1"), ("::FFFF:1.2.3.4", "::ffff:1.2.3.4")],
)  # fmt: skip
def test_devices(given: str, kept: str) -> None:
    assert _checked(devices=(given, given)).devices == (kept,)
    assert is_address(kept) and is_ip(kept) is not kept.startswith("02")


@pytest.mark.parametrize(
    "text",
    ["laptop", "Müller's TV", "this machine", "10.9.0.0/24", "<b>", "two\nlines", "x" * 2000,
     "02:aa:bb:cc:dd", "02:aa:bb:cc:dd:01:02", "02:aa:bb:cc:dd:0g", "2:aa:bb:cc:dd:01", "1.2.3",
     "1.2.3.256", "01.2.3.4", "2001:db8",
     "fe80::1%eth0", "192.0.2.0/24", " 192.0.2.1", "1.2.3.4\0", "٠٢:aa:bb:cc:dd:01"],
    ids=ascii,
)  # fmt: skip
def test_what_is_no_address_may_be_a_name(text: str) -> None:
    assert _checked(devices=(text,)).devices == (text,)
    assert not is_address(text) and not is_ip(text)


@pytest.mark.parametrize(
    ("given", "kept"),
    [("tcp", "tcp"), ("UDP/443", "udp/443"), ("6", "tcp"), ("17/53", "udp/53"), ("254", "254"), ("tcp/0", "tcp/0"),
     ("0/65535", "0/65535")],
)  # fmt: skip
def test_protocols(given: str, kept: str) -> None:
    assert _checked(protocols=(given, kept)).protocols == (kept,)


@pytest.mark.parametrize(
    "text",
    ["", "https", "tcp/", "tcp/x", "tcp/65536", "tcp/-1", "/443", "256", "tcp/٤", "udp/443/1", "tcp/0000443"],
    ids=ascii,
)
def test_what_is_no_protocol(text: str) -> None:
    with pytest.raises(UsageError, match="^--protocol "):
        _checked(protocols=(text,))


def test_an_order_is_of_a_column() -> None:
    assert _checked(sort="bytes", order="asc").sort == "bytes"
    mistakes: list[tuple[dict[str, str], str]] = [
        ({"sort": "x"}, "--sort x: choose from domain, label"), ({"order": "asc"}, "--order takes --sort"),
        ({"sort": "bytes", "order": "up"}, "--order up: choose from asc, desc"),
    ]  # fmt: skip
    for asked, said in mistakes:
        with pytest.raises(UsageError, match=f"^{said}"):
            _checked(**asked)
    for name, value in (("sort", "bytes"), ("offset", 1)):
        with pytest.raises(UsageError, match=f"^device-detail takes no --{name}$"):
            _checked("device-detail", devices=("a",), **{name: value})


def test_no_device_is_called_nothing() -> None:
    with pytest.raises(UsageError, match="^--device: must not be empty$"):
        _checked(devices=("a", ""))


def test_a_device_that_is_needed() -> None:
    with pytest.raises(UsageError, match="^device-detail takes a --device$"):
        _checked("device-detail")
    with pytest.raises(UsageError, match="^device-detail takes no --domain$"):
        _checked("device-detail", devices=("a",), domains=("b",))


@pytest.mark.parametrize(
    ("given", "kept"),
    [("a.example", "a.example"), ("A.EXAMPLE.", "a.example"), ("bücher.example", "xn--bcher-kva.example"),
     ("公司.cn", "xn--55qx5d.cn"), (r"a\.b", r"a\.b"), ("a b", "a b"), ("%", "%"), ("com", "com")],
)  # fmt: skip
def test_domains(given: str, kept: str) -> None:
    assert _checked(domains=(given, given)).domains == (kept,)


@pytest.mark.parametrize("text", ["", ".", "..", "a..b", ".a", "a" * 2000, "é" * 2000, "\udcff", "é..b"], ids=ascii)
def test_what_is_no_domain(text: str) -> None:
    with pytest.raises(UsageError, match="^--domain .*: not a name$") as caught:
        _checked(domains=(text,))
    assert len(str(caught.value)) < 100


@given(st.text())
def test_any_text_is_taken_or_refused(text: str) -> None:
    for asked in ({"devices": (text,)}, {"domains": (text,)}):
        try:
            _checked(**asked)
        except UsageError:
            continue


@pytest.mark.parametrize("name", ["collector-health", "dns-cache-inspect", "ledger", "usage"])
@pytest.mark.parametrize("asked", [{"devices": ("192.0.2.1",)}, {"domains": ("a",)}, {"by": "site"}], ids=str)
def test_what_a_report_cannot_be_asked(name: str, asked: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match=f"^{name} takes no --(device|domain|by)$"):
        _checked(name, **asked)


def test_a_name_that_is_needed() -> None:
    with pytest.raises(UsageError, match="^domain-detail takes a --domain$"):
        _checked("domain-detail")


def test_names_are_put_together_in_two_ways_only() -> None:
    assert [_checked(by=by).by for by in ("name", "site")] == ["name", "site"]
    with pytest.raises(UsageError, match="^--by colour: choose from name, site$"):
        _checked(by="colour")
