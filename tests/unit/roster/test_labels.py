"""The user's names, and how a mistake in them is told."""

from __future__ import annotations

import pytest

from traffic_analyzer.errors import UsageError
from traffic_analyzer.roster.entry import Entry
from traffic_analyzer.roster.labels import parse_labels

_MAC, _OTHER = "00:11:22:aa:bb:cc", "02:00:00:00:00:05"


def test_devices() -> None:
    text = f"""
config traffic-analyzer 'main'
    option name 'no device'
config device
    option mac '00:11:22:AA:BB:CC'
    option name "Eve's phone 📱"
    option quota '5'
config device 'tunnel'
    option address '10.8.0.2'
    option name 'laptop, away'
config device
    list mac '{_OTHER}'
    list mac '02:00:00:00:00:06'
    list address '2001:db8::7'
    option name 'tv'
"""
    assert parse_labels(text) == [
        Entry(_MAC, b"", "Eve's phone 📱"), Entry("", bytes([10, 8, 0, 2]), "laptop, away"),
        Entry(_OTHER, b"", "tv"), Entry("02:00:00:00:00:06", b"", "tv"),
        Entry("", bytes.fromhex("20010db8") + bytes(11) + b"\7", "tv"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ([f"option mac {_MAC}"], "line 1: device without a name: add option name 'TEXT'"),
        ([f"option mac {_MAC}", "option name ''"], "line 1: device without a name: add option name 'TEXT'"),
        (["option name tv"], "line 1: device without a MAC and an address: add option mac or option address"),
        (["option name tv", "option mac 00:11"], "line 1: mac '00:11': write it as aa:bb:cc:dd:ee:ff"),
        (["option name tv", "option address 10.8.0.0/24"],
         "line 1: address '10.8.0.0/24': write one IPv4 or IPv6 address"),
        (["option name tv", f"option mac {_MAC}", "config device", "option name radio", "option mac 00-11-22-aa-bb-cc"],
         f"line 4: {_MAC} has a name on line 1 already"),
        (["option name tv", "option address ::1", "config device", "option name radio", "option address 0::1"],
         "line 4: ::1 has a name on line 1 already"),
        (["option name 'tv"], "line 2: a ' without its end"),
    ],
)  # fmt: skip
def test_mistakes(options: list[str], said: str) -> None:
    with pytest.raises(UsageError) as error:
        parse_labels("\n".join(["config device", *options]))
    assert str(error.value) == said
