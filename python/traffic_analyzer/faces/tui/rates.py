"""Rates, from what single turns of the maps held."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from .answer import Rates

POINTS = 60
_RATE_S = 5  # that a rate is the mean of, at least
_PREFIXES = ("", "k", "M", "G", "T")


class _Slot(NamedTuple):
    until_unix_s: float
    seconds: float
    rx_bytes: int
    tx_bytes: int


class Turns:
    """The turns of the last minutes, as the endpoint tells them bit by bit."""

    def __init__(self) -> None:
        self._slots: deque[_Slot] = deque()
        self._sequence = 0

    @property
    def sequence(self) -> int:
        """Of the newest that is known; 0: none is."""
        return self._sequence

    def add(self, live: Mapping[str, Any]) -> Rates:
        """The rates, now that *live* was told: those of nothing where nothing was counted yet.

        :raises KeyError, TypeError, ValueError: it is no answer of the endpoint.
        """
        slots, span_s = live["slots"], int(live["span_s"])
        columns = (slots[name] for name in ("until_unix_s", "seconds", "rx_bytes", "tx_bytes"))
        new = [_Slot(*values) for values in zip(*columns, strict=True)]
        if live["sequence"] - self._sequence != len(new):
            self._slots.clear()  # they were told from the beginning: another collector, or a long silence
        self._sequence = int(live["sequence"])
        self._slots.extend(new)
        now_unix_s = float(live["now_unix_s"])
        while self._slots and not now_unix_s - span_s < self._slots[0].until_unix_s:
            self._slots.popleft()
        return _rates(self._slots, now_unix_s, span_s)


def _rates(slots: Sequence[_Slot], now_unix_s: float, span_s: int) -> Rates:
    seconds, rx_bytes, tx_bytes = 0.0, 0, 0
    for slot in reversed(slots):
        seconds, rx_bytes, tx_bytes = seconds + slot.seconds, rx_bytes + slot.rx_bytes, tx_bytes + slot.tx_bytes
        if seconds >= _RATE_S:
            break
    point_s = span_s / POINTS
    history = [0.0] * POINTS
    last = int(now_unix_s / point_s)  # points begin at whole ones, so that past ones stay as they are
    for slot in slots:
        at = POINTS - 1 - (last - int(slot.until_unix_s / point_s))
        if 0 <= at < POINTS:
            history[at] += (slot.rx_bytes + slot.tx_bytes) / point_s
    seconds = seconds or 1.0
    return Rates(rx_bytes / seconds, tx_bytes / seconds, tuple(history), span_s)


def rate_text(bytes_s: float) -> str:
    """Three digits of bits a second: ``12.3 Mbit/s``."""
    value, prefix = bytes_s * 8, 0
    while value >= 999.5 and prefix < len(_PREFIXES) - 1:
        value /= 1000
        prefix += 1
    digits = 0 if prefix == 0 or value >= 99.95 else 2 if value < 9.995 else 1
    return f"{value:.{digits}f} {_PREFIXES[prefix]}bit/s"


def spark(values: Sequence[float], width: int, levels: str) -> str:
    """*values*, oldest first, in *width* characters of *levels*, from none to most; the first for what is none at all.

    Several that share a character are told by the largest of them.
    """
    if not values or width <= 0:
        return ""
    each = -(-len(values) // width)
    start = len(values) % each
    groups = ([values[:start]] if start else []) + [values[at : at + each] for at in range(start, len(values), each)]
    tops = [max(group) for group in groups][-width:]
    most = max(tops)
    steps = len(levels) - 1
    return "".join(levels[min(steps, 1 + int(top / most * steps))] if top > 0 else levels[0] for top in tops)
