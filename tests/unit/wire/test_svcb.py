"""Service bindings, and the keys to Encrypted ClientHello in them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from traffic_analyzer.errors import WireError
from traffic_analyzer.wire.svcb import EchConfig, ServiceBinding, parse_ech_config_list, parse_service_binding

from .dns_writer import ech_config, ech_config_list, name, parameter

_V4 = (b"\xc0\0\2\1", b"\xc0\0\2\2")
_V6 = (b"\x20\1\x0d\xb8" + bytes(11) + b"\1",)


def _parse(data: bytes) -> ServiceBinding:
    front, behind = bytes(12), b"\xff\xff\xff"
    return parse_service_binding(front + data + behind, len(front), len(front) + len(data), {})


_FULL = (
    b"\0\1"
    + name("Svc.example.net")
    + parameter(0, b"\0\1")
    + parameter(1, b"\2h2\2h3")
    + parameter(2, b"")
    + parameter(3, b"\1\xbb")
    + parameter(4, b"".join(_V4))
    + parameter(5, ech_config_list(ech_config(b"public.example")))
    + parameter(6, b"".join(_V6))
    + parameter(65_535, b"anything")
)


def test_all_that_is_read() -> None:
    assert _parse(_FULL) == ServiceBinding(
        1, "Svc.example.net", (b"h2", b"h3"), _V4, _V6, (EchConfig(7, "public.example"),)
    )


def test_the_owner_itself_and_nothing_more() -> None:
    assert _parse(b"\0\1\0") == ServiceBinding(1, "", (), (), (), ())


# RFC 9460 D: test vectors
@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ("0000 03666f6f 076578616d706c65 03636f6d 00", ServiceBinding(0, "foo.example.com")),
        ("0001 00", ServiceBinding(1, "")),
        ("0010 03666f6f 076578616d706c65 03636f6d 00 0003 0002 0035", ServiceBinding(16, "foo.example.com")),
        ("0001 03666f6f 076578616d706c65 03636f6d 00 029b 0005 68656c6c6f", ServiceBinding(1, "foo.example.com")),
        (
            "0001 03666f6f 076578616d706c65 03636f6d 00 0006 0020 20010db8000000000000000000000001"
            "20010db8000000000000000000530001",
            ServiceBinding(
                1,
                "foo.example.com",
                ipv6_hints=(
                    bytes.fromhex("20010db8000000000000000000000001"),
                    bytes.fromhex("20010db8000000000000000000530001"),
                ),
            ),
        ),
        (
            "0010 03666f6f 076578616d706c65 036f7267 00 0000 0004 0001 0004 0001 0009 02 6832 05 68332d3139"
            "0004 0004 c0000201",
            ServiceBinding(16, "foo.example.org", (b"h2", b"h3-19"), (b"\xc0\0\2\1",)),
        ),
    ],
)
def test_vectors_of_the_rfc(data: str, expected: ServiceBinding) -> None:
    assert _parse(bytes.fromhex(data)) == expected


def test_an_alias_says_nothing_else() -> None:
    assert _parse(b"\0\0" + _FULL[2:]) == ServiceBinding(0, "Svc.example.net")


@pytest.mark.parametrize(
    "parameters",
    [
        parameter(4, _V4[0]) + parameter(4, _V4[0]),
        parameter(6, _V6[0]) + parameter(4, _V4[0]),
        parameter(4, b""),
        parameter(4, b"abc"),
        parameter(4, b"abcde"),
        parameter(6, b"abcd"),
        parameter(6, b""),
        parameter(1, b""),
        parameter(1, b"\0"),
        parameter(1, b"\3h2"),
        parameter(5, b""),
        parameter(5, ech_config_list(ech_config(b"a.example"))[:-1]),
        parameter(5, ech_config_list(ech_config(b"a.example")) + b"\0"),
        b"\0",
        b"\0\4\0",
        b"\0\4\0\4abc",
    ],
)
def test_malformed_parameters_are_refused(parameters: bytes) -> None:
    with pytest.raises(WireError):
        _parse(b"\0\1\0" + parameters)


def test_every_truncation_is_refused_or_says_less() -> None:
    whole = _parse(_FULL)
    for end in range(len(_FULL)):
        data = bytes(12) + _FULL[:end]
        try:
            found = parse_service_binding(data, 12, len(data), {})
        except WireError:
            continue
        assert found.target == whole.target
        for read, expected in zip(found[2:], whole[2:], strict=True):
            assert read in ((), expected)


def test_a_binding_does_not_read_beyond_its_end() -> None:
    data = bytes(12) + _FULL
    for end in range(12, len(data)):
        try:
            found = parse_service_binding(data, 12, end, {})
        except WireError:
            continue
        assert found == parse_service_binding(data[:end], 12, end, {})


def test_ech_configs_of_known_versions() -> None:
    data = ech_config_list(
        ech_config(b"old.example", version=0xFE0A),
        ech_config(b"cloudflare-ech.com", config_id=255),
        ech_config(b"new\xff.example", config_id=0),
        b"\xff\xff\0\0",
    )
    assert parse_ech_config_list(data) == (EchConfig(255, "cloudflare-ech.com"), EchConfig(0, r"new\255.example"))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\0",
        b"\0\1",
        ech_config_list(ech_config(b"")),
        ech_config_list(ech_config(b"a.example", behind=b"\0")),
        ech_config_list(b"\xfe\x0d\0\1\7"),
        ech_config_list(b"\xfe\x0d\0\x09abc"),
    ],
)
def test_a_malformed_ech_config_list_is_refused(data: bytes) -> None:
    with pytest.raises(WireError):
        parse_ech_config_list(data)


def test_an_empty_ech_config_list_holds_nothing() -> None:
    assert parse_ech_config_list(b"\0\0") == ()


def test_every_truncation_of_an_ech_config_list_is_refused() -> None:
    data = ech_config_list(ech_config(b"a.example"), ech_config(b"b.example"))
    for end in range(len(data)):
        with pytest.raises(WireError):
            parse_ech_config_list(data[:end])


@given(st.binary(max_size=200))
def test_any_bytes(data: bytes) -> None:
    for parse in (_parse, parse_ech_config_list):
        try:
            parse(data)
        except WireError:
            continue


@given(st.integers(0, len(_FULL) - 1), st.integers(0, 255))
def test_one_byte_changed(place: int, byte: int) -> None:
    try:
        found = _parse(_FULL[:place] + bytes([byte]) + _FULL[place + 1 :])
    except WireError:
        return
    assert all(len(hint) == 4 for hint in found.ipv4_hints)
    assert all(len(hint) == 16 for hint in found.ipv6_hints)
