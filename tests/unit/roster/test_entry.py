"""MACs and addresses as people and files write them."""

from __future__ import annotations

import pytest

from traffic_analyzer.roster.entry import (
    Entry,
    address_text,
    entries_of_card,
    entry_of_mac,
    parse_address,
    parse_mac,
)

_MAC = "00:11:22:aa:bb:cc"


@pytest.mark.parametrize(
    ("text", "mac"),
    [
        (_MAC, _MAC), ("00:11:22:AA:BB:CC", _MAC), ("00-11-22-aa-bb-cc", _MAC),
        ("0:11:22:aa:bb:c", "00:11:22:aa:bb:0c"),
        ("00:11:22:aa:bb", None), ("00:11:22:aa:bb:cc:dd", None), ("00:11-22:aa:bb:cc", None), ("001122aabbcc", None),
        ("00:11:22:aa:bb:cg", None), ("00:11:22:*:*:*", None), ("", None), (_MAC + "\n", None), (" " + _MAC, None),
    ],
)  # fmt: skip
def test_macs(text: str, mac: str | None) -> None:
    assert parse_mac(text) == mac


@pytest.mark.parametrize(
    ("text", "packed"),
    [("192.0.2.1", bytes([192, 0, 2, 1])), ("::1", bytes(15) + b"\1"), ("FE80::", b"\xfe\x80" + bytes(14)),
     ("", None), ("192.0.2", None), ("192.0.2.1/24", None), ("host", None), ("1.2.3.4\0", None), ("é", None)],
)  # fmt: skip
def test_addresses(text: str, packed: bytes | None) -> None:
    assert parse_address(text) == packed
    if packed:
        assert address_text(packed) == text.lower()


def test_entries() -> None:
    assert entry_of_mac(bytes.fromhex("001122aabbcc"), "nas") == Entry(_MAC, b"", "nas")
    assert entries_of_card(_MAC, b"", "nas") == [Entry(_MAC, b"", "nas")]
    both = [Entry(_MAC, b"", "nas"), Entry("10.0.0.1", b"", "nas")]
    assert entries_of_card(_MAC, bytes([10, 0, 0, 1]), "nas") == both
