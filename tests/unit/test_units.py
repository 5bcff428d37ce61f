"""How numbers are read."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from traffic_analyzer import units
from traffic_analyzer.units import Notation, Unit

_FACTORS = {"B": 1, "kB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12, "PB": 10**15, "EB": 10**18}


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 B"), (1, "1 B"), (999, "999 B"), (1_000, "1.00 kB"), (1_500, "1.50 kB"), (9_994, "9.99 kB"),
        (9_995, "10.0 kB"), (99_949, "99.9 kB"), (99_950, "100 kB"), (999_499, "999 kB"), (999_500, "1.00 MB"),
        (12_345_678_901, "12.3 GB"), (10**18, "1.00 EB"), (-1_500, "-1.50 kB"),
    ],
)  # fmt: skip
def test_bytes_have_three_digits_and_a_decimal_prefix(count: int, text: str) -> None:
    assert units.bytes_text(count) == text


@given(st.integers(1, 10**20))
def test_bytes_text_is_off_by_half_a_percent_at_most(count: int) -> None:
    number, prefix = units.bytes_text(count).split(" ")
    assert float(number) * _FACTORS[prefix] == pytest.approx(count, rel=0.005)
    assert len(number) <= 4


@pytest.mark.parametrize(
    ("text", "number"),
    [("tcp", 6), ("TCP", 6), ("udp", 17), ("6", 6), ("0", 0), ("255", 255), ("256", None), ("-1", None), ("", None),
     ("tcpp", None), ("٦", None)],
)  # fmt: skip
def test_protocols_are_known_by_name_and_number(text: str, number: int | None) -> None:
    assert units.protocol_number(text) == number


@given(st.integers(0, 255))
def test_protocol_names_lead_back_to_their_number(number: int) -> None:
    assert units.protocol_number(units.protocol_name(number)) == number


def test_a_window_names_its_zone_twice_where_the_clock_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    begin, change = 1_774_738_800, 1_774_745_940  # 2026-03-29 00:00 and 01:59 in Berlin, before it goes to 03:00
    try:
        monkeypatch.setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3")
        time.tzset()
        assert units.window_text(begin, change) == "2026-03-29 00:00 to 2026-03-29 01:59 CET"
        assert units.window_text(begin, change + 60) == "2026-03-29 00:00 CET to 2026-03-29 03:00 CEST"
    finally:
        monkeypatch.undo()
        time.tzset()


@pytest.mark.parametrize(
    ("text", "visible"),
    [("café.example", "café.example"), ("a\x1b[31mb", "a\\x1b[31mb"), ("a\nb\r\tc", "a\\nb\\r\\tc"),
     ("abc\u202ecba", "abc\\u202ecba"), ("a\u200bb", "a\\u200bb"), ("\udcff", "\\udcff"), ("a b", "a b"),
     ("e\u0301", "e\u0301"), ("\u0301e", "\\u0301e"), ("e" + "\u0301" * 6, "e" + "\u0301" * 4 + "\\u0301" * 2),
     ("\u2764\ufe0f", "\u2764\\ufe0f"), ("\u05e9\u05c1\u05b8", "\u05e9\u05c1\u05b8"), ("\x7f", "\\x7f")],
)  # fmt: skip
def test_what_could_move_a_cursor_is_made_visible(text: str, visible: str) -> None:
    assert units.escaped(text) == visible


@given(st.text())
def test_escaped_text_is_printable(text: str) -> None:
    assert units.escaped(text).isprintable()


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (None, Unit.BYTES, "-"), ("", Unit.NAME, "-"), (1_500, Unit.BYTES, "1.50 kB"),
        (1_234_567, Unit.COUNT, "1,234,567"),
        (1_234, Unit.PACKETS, "1,234"), (50_000, Unit.PORT, "50000"), (0.1234, Unit.SHARE, "12.3%"),
        (6, Unit.L4_PROTO, "tcp"), (200, Unit.L4_PROTO, "200"), (0, Unit.DIRECTION, "ingress"),
        (1, Unit.DIRECTION, "egress"), (7, Unit.DIRECTION, "7"), ("\n", Unit.NAME, "\\n"),
        (-1, Unit.L4_PROTO, "(other)"), (-1, Unit.PORT, "(other)"), (-1, Unit.QTYPE, "(other)"), (-1, Unit.COUNT, "-1"),
        ("gre", Unit.L4_PROTO, "gre"), (1, Unit.QTYPE, "A"), (28, Unit.QTYPE, "AAAA"), (65, Unit.QTYPE, "HTTPS"),
        (0, Unit.QTYPE, "0"), (65_280, Unit.QTYPE, "65280"), ("odd\n", Unit.QTYPE, "odd\\n"),
        ((), Unit.LIST, "-"), (("10.0.0.1",), Unit.LIST, "10.0.0.1"), (("a\n", "b", "c"), Unit.LIST, "a\\n +2"),
    ],
)  # fmt: skip
def test_a_cell_reads_by_its_unit(value: object, unit: Unit, text: str) -> None:
    assert units.value_text(value, unit) == text


def test_raw_bytes_are_a_plain_number() -> None:
    assert units.value_text(1_234_567, Unit.BYTES, Notation(is_raw=True)) == "1234567"
    assert units.value_text(1_234_567, Unit.PACKETS, Notation(is_raw=True)) == "1,234,567"


def test_times_of_utc(monkeypatch: pytest.MonkeyPatch) -> None:
    utc = Notation(is_utc=True)
    try:
        monkeypatch.setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3")
        time.tzset()
        for unit in (Unit.MINUTE, Unit.DAY):  # a day of the calendar here is none there: it says when it began
            assert units.value_text(1_774_738_800, unit, utc) == "2026-03-28 23:00"
        assert units.window_text(1_774_738_800, 1_774_746_000, utc) == "2026-03-28 23:00 to 2026-03-29 01:00 UTC"
    finally:
        monkeypatch.undo()
        time.tzset()


def test_a_day_is_a_local_date() -> None:
    assert units.day_text(1_700_000_040) == units.minute_text(1_700_000_040)[:10]
    assert units.value_text(1_700_000_040, Unit.DAY) == units.day_text(1_700_000_040)


def test_a_minute_is_a_local_date() -> None:
    assert len(units.minute_text(1_700_000_040)) == len("2023-11-14 22:14")
    assert units.minute_text(1_700_000_100) != units.minute_text(1_700_000_040)
    assert units.value_text(1_700_000_040, Unit.MINUTE) == units.minute_text(1_700_000_040)
