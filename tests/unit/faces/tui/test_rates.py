"""Rates and their picture, from what the collector tells of its turns."""

from __future__ import annotations

import pytest

from traffic_analyzer.faces.tui.rates import POINTS, Turns, rate_text, spark

_LEVELS = " 12345678"


def _live(sequence: int, *slots: tuple[float, float, int, int], now: float = 1000.0) -> dict[str, object]:
    names = ("until_unix_s", "seconds", "rx_bytes", "tx_bytes")
    columns = {name: [slot[at] for slot in slots] for at, name in enumerate(names)}
    return {"now_unix_s": now, "span_s": 600, "sequence": sequence, "slots": columns}


def test_a_rate_is_the_mean_of_the_last_seconds() -> None:
    slots = [(991.0 + n, 1.0, 1_000 * n, 10) for n in range(10)]
    rates = Turns().add(_live(10, *slots))
    assert (rates.rx_bytes_s, rates.tx_bytes_s) == (sum(range(5, 10)) * 1000 / 5, 10)
    assert len(rates.history) == POINTS and rates.span_s == 600
    assert sum(rates.history) * 10 == sum(1_000 * n + 10 for n in range(10))
    assert rates.history[-1] > 0 and not any(rates.history[:-2])


def test_turns_come_bit_by_bit() -> None:
    turns = Turns()
    assert turns.sequence == 0
    turns.add(_live(7, (998.0, 5.0, 50, 0), (999.0, 5.0, 50, 0)))
    assert turns.sequence == 7
    assert turns.add(_live(8, (1000.0, 5.0, 100, 0))).rx_bytes_s == 20
    assert turns.add(_live(8)).rx_bytes_s == 20
    assert sum(turns.add(_live(9, (1001.0, 5.0, 0, 0), now=1001.0)).history) * 10 == 200
    # Another collector begins anew, and what is long past is forgotten.
    assert sum(turns.add(_live(3, (1002.0, 1.0, 7, 0), now=1002.0)).history) * 10 == pytest.approx(7)
    assert sum(turns.add(_live(4, (1700.0, 1.0, 9, 0), now=1700.0)).history) * 10 == pytest.approx(9)


def test_nothing_yet() -> None:
    rates = Turns().add(_live(0))
    assert (rates.rx_bytes_s, rates.tx_bytes_s, set(rates.history)) == (0, 0, {0})


@pytest.mark.parametrize(
    ("bytes_s", "text"),
    [(0, "0 bit/s"), (1, "8 bit/s"), (124.9, "999 bit/s"), (125, "1.00 kbit/s"), (1_562_500, "12.5 Mbit/s"),
     (12_500_000, "100 Mbit/s"), (1.25e12, "10.0 Tbit/s"), (1.25e18, "10000000 Tbit/s")],
)  # fmt: skip
def test_a_rate_has_three_digits(bytes_s: float, text: str) -> None:
    assert rate_text(bytes_s) == text


@pytest.mark.parametrize(
    ("values", "width", "text"),
    [((), 4, ""), ((0, 0), 4, "  "), ((0, 1, 2, 4, 8), 8, " 2358"), ((1, 1, 8, 1), 2, "28"), ((1,), 0, ""),
     ((5, 5, 5), 2, "88"), ((8, 0, 0, 0, 0), 2, "8 ")],
)  # fmt: skip
def test_a_sparkline(values: tuple[float, ...], width: int, text: str) -> None:
    assert spark(values, width, _LEVELS) == text


def test_a_sparkline_is_as_wide_as_may_be_and_shows_peaks() -> None:
    for width in range(1, 80):
        line = spark([1.0] * 59 + [8.0], width, _LEVELS)
        assert len(line) <= width and line[-1] == "8"
