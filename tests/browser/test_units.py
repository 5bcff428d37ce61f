"""units.js reads every value as units.py does."""

from __future__ import annotations

import time
from typing import Any

import pytest

from traffic_analyzer.units import Unit, bytes_text, day_text, escaped, minute_text, value_text

from .modules import Modules

#: Where a digit or a prefix turns, and what lies halfway between two digits.
_COUNTS = sorted({
    0, 1, 9, 10, 99, 100, 997, 998, 999, 1000, 1001, 1005, 1015, 1025, 1045, 1125, 1375, 1625, 1875, 2125, 9985, 9994,
    9995, 9996, 10_050, 10_250, 10_750, 12_250, 99_949, 99_950, 99_951, 100_500, 101_500, 102_500, 999_499, 999_500,
    999_501, 1_000_000, 1_125_000, 1_234_567, 2**31 - 1, 2**31, 2**32, 123_456_789_012, 10**15, 2**53 - 1, 9 * 10**18,
    *(10**n + d for n in range(15) for d in (-1, 0, 1)), *(n * 5 for n in range(180, 2_100)),
    *(n * 250 for n in range(20, 2_000, 3)),
})  # fmt: skip
_TEXTS = (
    "", "-", "tv", "example.org", "<b>bold</b>", "\"it's\"", "a\tb\nc\rd", "\x00\x1f\x7f\x80\x9f\xa0\xad",
    "\u202eabc\u202c", "\u2028\u2029\u200b\ufeff", "\ue000", "客厅电视", "Jürgen", "مرحبا",
    "\U0001f469\u200d\U0001f467", "\U000e0001", "back\\slash", "x" * 255,
)  # fmt: skip


@pytest.fixture(autouse=True)
def _berlin(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def _offsets(at_unix_s: list[int]) -> list[list[int]]:
    return [[at, time.localtime(at).tm_gmtoff] for at in at_unix_s]


def test_bytes(modules: Modules) -> None:
    assert modules.calls("units.bytes", [(n,) for n in _COUNTS]) == [bytes_text(n) for n in _COUNTS]


def test_negative_bytes(modules: Modules) -> None:
    assert modules.calls("units.bytes", [(-n,) for n in _COUNTS]) == [bytes_text(-n) for n in _COUNTS]


def test_shares(modules: Modules) -> None:
    shares = [n / d for d in (1, 3, 7, 8, 16, 400, 2000, 10_000) for n in range(0, d + 1, max(1, d // 97))]
    assert modules.calls("units.share", [(x,) for x in shares]) == [value_text(x, Unit.SHARE) for x in shares]


@pytest.mark.parametrize("unit", [unit for unit in Unit if unit not in (Unit.SHARE, Unit.MINUTE, Unit.DAY)])
def test_every_unit(modules: Modules, unit: Unit) -> None:
    numbers = [-1, *range(300), 443, 65_535, 1_234, 12_345_678]
    values: list[Any] = [None, *(numbers if unit not in (Unit.LIST, Unit.NAME, Unit.TEXT) else ()), *_TEXTS]
    if unit is Unit.LIST:
        values += [(), ("10.0.0.1",), ("10.0.0.1", "fe80::1"), ("\u202e", "b", "c")]
    shown = modules.calls("units.value", [(value, unit.value, []) for value in values])
    assert shown == [value_text(value, unit) for value in values]


def test_right_is_where_numbers_are(modules: Modules) -> None:
    assert modules.calls("units.isNumber", [(unit.value,) for unit in Unit]) == [unit.is_number for unit in Unit]


def test_texts(modules: Modules) -> None:
    assert modules.calls("units.escaped", [(text,) for text in _TEXTS]) == [escaped(text) for text in _TEXTS]


def test_times_over_both_changes_of_the_clock(modules: Modules) -> None:
    spring, autumn = 1_774_746_000, 1_792_890_000  # 2026-03-29 and 2026-10-25, 01:00 UTC
    offsets = _offsets([spring - 86_400, spring, autumn])
    times = [at + d for at in (spring, autumn) for d in range(-7_200, 7_201, 600)]
    assert modules.calls("units.time", [(at, offsets) for at in times]) == [minute_text(at) for at in times]
    assert modules.calls("units.day", [(at, offsets) for at in times]) == [day_text(at) for at in times]
    assert [modules.call("units.zone", at, offsets) for at in (spring - 1, spring, autumn)] == \
        ["UTC+01:00", "UTC+02:00", "UTC+01:00"]


def test_zones_to_the_minute(modules: Modules) -> None:
    zones = {0: "UTC", 20_700: "UTC+05:45", -12_600: "UTC-03:30"}
    assert [modules.call("units.zone", 0, [[0, offset]]) for offset in zones] == list(zones.values())


def test_rates_are_bits(modules: Modules) -> None:
    rates = {0: "0 bit/s", 100: "800 bit/s", 1_250: "10.0 kbit/s", 1_540_000: "12.3 Mbit/s"}
    assert [modules.call("units.rate", rate) for rate in rates] == list(rates.values())


def test_a_long_name_keeps_both_ends(modules: Modules) -> None:
    assert modules.call("units.shortened", "abcdefghij", 10) == "abcdefghij"
    assert modules.call("units.shortened", "abcdefghijk", 10) == "abcde…hijk"
    assert modules.call("units.shortened", "\U0001f469" * 20, 5) == "\U0001f469\U0001f469…\U0001f469\U0001f469"


def test_a_value_that_looks_like_a_place_is_not_filled(modules: Modules) -> None:
    assert modules.call("units.filled", "{a} and {b} of {c}", {"a": "{b}", "b": "$&"}) == "{b} and $& of {c}"


def test_help_is_a_sentence(modules: Modules) -> None:
    texts = {"": "", "bytes by hour": "Bytes by hour.", "Done.": "Done.", "按小时": "按小时。"}
    assert [modules.call("units.sentence", text) for text in texts] == list(texts.values())
