"""Names as they stand in messages, and as text."""

from __future__ import annotations

from collections.abc import Callable

import dns.name
import pytest
from hypothesis import given
from hypothesis import strategies as st

from traffic_analyzer.errors import WireError
from traffic_analyzer.wire.names import POINTERS_MAX, escape_name, read_name, skip_name

_HEADER = bytes(12)


def _wire(*labels: bytes) -> bytes:
    return b"".join(bytes([len(label)]) + label for label in labels) + b"\0"


def _read(*labels: bytes) -> str:
    data = _HEADER + _wire(*labels) + b"behind"
    name, at = read_name(data, 12, {})
    assert data[at:] == b"behind"
    assert skip_name(data, 12) == at
    return name


@pytest.mark.parametrize(
    ("labels", "text"),
    [
        ((), ""),
        ((b"www", b"Example", b"ORG"), "www.Example.ORG"),
        ((b"_8443", b"_https", b"a-b"), "_8443._https.a-b"),
        ((b"a.b", b"c"), r"a\.b.c"),
        ((b"a\\b",), r"a\\b"),
        ((b"a\\", b"b"), r"a\\.b"),
        ((b"a b",), r"a\032b"),
        ((b"\0\x1f\x7f\xff",), r"\000\031\127\255"),
        (("münchen".encode(), b"de"), r"m\195\188nchen.de"),
        ((b'<a href="x">', b"$@();"), r"<a\032href=" + '"x">.$@();'),
        ((b".",), r"\."),
    ],
)
def test_text(labels: tuple[bytes, ...], text: str) -> None:
    assert _read(*labels) == text


@given(st.lists(st.binary(min_size=1, max_size=63), max_size=3))
def test_text_says_the_same_to_another_reader(labels: list[bytes]) -> None:
    text = _read(*labels)
    assert text.isascii()
    assert text.isprintable()
    assert " " not in text
    parsed = dns.name.from_text(text + ".")
    assert parsed.labels == (*labels, b"")
    folded = dns.name.from_text(text.lower() + ".")
    assert folded.labels == (*(label.lower() for label in labels), b"")


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (b"", ""),
        (b".", ""),
        (b"Example.org", "Example.org"),
        (b"example.org.", "example.org"),
        (b"a..b", "a..b"),
        (b"a\\b c\0\xff", r"a\\b\032c\000\255"),
        (b"[2001:db8::1]", "[2001:db8::1]"),
    ],
)
def test_a_host_name_keeps_its_dots(raw: bytes, text: str) -> None:
    assert escape_name(raw) == text


@given(st.binary())
def test_a_host_name_is_always_shown_in_printable_characters(raw: bytes) -> None:
    assert set(escape_name(raw)) <= set(map(chr, range(0x21, 0x7F)))


@given(st.lists(st.binary(min_size=1, max_size=20).filter(lambda label: b"." not in label), min_size=1, max_size=5))
def test_both_writings_of_a_name_are_alike(labels: list[bytes]) -> None:
    assert escape_name(b".".join(labels)) == _read(*labels)


def test_a_pointer_leads_back() -> None:
    data = _HEADER + _wire(b"www", b"example", b"org") + b"\3ftp\xc0\x10" + b"\xc0\x1d"
    names: dict[int, tuple[str, int]] = {}
    assert read_name(data, 12, names) == ("www.example.org", 29)
    assert read_name(data, 29, names) == ("ftp.example.org", 35)
    assert read_name(data, 35, names) == ("ftp.example.org", 37)
    assert read_name(data, 35, {}) == ("ftp.example.org", 37)
    assert skip_name(data, 29) == 35


def test_a_pointer_to_the_root() -> None:
    data = _HEADER + b"\0" + b"\1a\xc0\x0c" + b"\xc0\x0c"
    for names in ({}, {12: ("", 1)}):
        assert read_name(data, 13, names) == ("a", 17)
        assert read_name(data, 17, names) == ("", 19)


@pytest.mark.parametrize(
    ("rest", "at"),
    [
        (b"\xc0\x0c", 12),  # to itself
        (b"\1a\xc0\x0c", 12),  # to its own beginning
        (b"\1a\xc0\x0d", 12),  # into itself
        (b"\xc0\x0e\xc0\x0c", 12),  # forward
        (b"\xc0\x0e\xc0\x0c", 14),  # to each other
        (b"\xc0\xff", 12),  # behind the end
        (b"\xc0\x00", 12),  # into the header
        (b"\1a\xc0\x0b", 12),
    ],
)
def test_a_pointer_elsewhere_is_refused(rest: bytes, at: int) -> None:
    with pytest.raises(WireError, match="pointer to"):
        read_name(_HEADER + rest, at, {})


@pytest.mark.parametrize("kind", [0x40, 0x41, 0x7F, 0x80, 0xBF])
def test_a_label_of_a_reserved_type_is_refused(kind: int) -> None:
    data = _HEADER + b"\1a" + bytes([kind]) + bytes(300)
    with pytest.raises(WireError, match="reserved"):
        read_name(data, 12, {})
    with pytest.raises(WireError):
        skip_name(data, 12)


_LONGEST = [b"x" * 63, b"x" * 63, b"x" * 63, b"x" * 61]  # 255 bytes with lengths and the root


def test_a_name_of_255_bytes() -> None:
    assert _read(*_LONGEST) == ".".join(label.decode() for label in _LONGEST)
    assert len(_wire(*_LONGEST)) == 255


def test_a_name_of_256_bytes_is_refused() -> None:
    data = _HEADER + _wire(*_LONGEST[:3], b"x" * 62)
    with pytest.raises(WireError, match="more than 255"):
        read_name(data, 12, {})
    with pytest.raises(WireError):
        skip_name(data, 12)


def test_a_name_that_gets_too_long_by_a_pointer_is_refused() -> None:
    data = _HEADER + _wire(*_LONGEST[:3]) + b"\x3d" + b"x" * 61 + b"\xc0\x0c" + b"\x3e" + b"x" * 62 + b"\xc0\x0c"
    start = 12 + 193
    for make in (dict, lambda: {12: (read_name(data, 12, {})[0], 193)}):
        assert len(read_name(data, start, make())[0]) == 253
        with pytest.raises(WireError, match="more than 255"):
            read_name(data, start + 64, make())


def test_hops_are_bounded() -> None:
    chain = b"".join(_pointer(12 if not hop else 12 + 2 * hop - 1) for hop in range(POINTERS_MAX + 1))
    data = _HEADER + b"\0" + chain  # each leads to the one before it, the first to the root
    last = len(data) - 2
    assert read_name(data, last - 2, {}) == ("", last)
    with pytest.raises(WireError, match="pointer to"):
        read_name(data, last, {})


def _pointer(target: int) -> bytes:
    return (0xC000 | target).to_bytes(2, "big")


@given(st.binary(max_size=400), st.integers(0, 60))
def test_any_bytes(data: bytes, at: int) -> None:
    names: dict[int, tuple[str, int]] = {}
    for read in (lambda: read_name(data, at, names)[1], lambda: skip_name(data, at)):
        try:
            behind = read()
        except WireError:
            continue
        assert at < behind <= min(len(data), at + 255)
    assert all(length <= 255 for _, length in names.values())


@pytest.mark.parametrize("read", [lambda data, at: read_name(data, at, {}), skip_name])
def test_every_truncation_is_refused(read: Callable[[bytes, int], object]) -> None:
    data = _HEADER + _wire(b"www", b"example") + b"\1a\xc0\x0c"
    assert read(data, 25)
    for end in range(len(data)):
        with pytest.raises(WireError):
            read(data[:end], 25)
