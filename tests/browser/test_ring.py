"""What was measured lately, kept in the page."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from .drawn import NOW_UNIX_S, drawn, slots


@pytest.fixture(scope="module")
def page(browser: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with drawn(browser, tmp_path_factory.mktemp("drawn") / "page", "ring") as page:
        yield page


def test_a_ring_keeps_its_span_and_no_slot_twice(page: Any) -> None:
    kept = page.evaluate(
        """([first, second, now]) => {
            const kept = ring.create(600);
            kept.add({ slots: first, sequence: 600, now_unix_s: now });
            kept.add({ slots: second, sequence: 610, now_unix_s: now + 10 });
            return [kept.since, kept.slots.until_unix_s.length, kept.slots.until_unix_s[0], kept.until_unix_s,
                kept.rates(5, now + 10), kept.rates(5, now + 30)];
        }""",
        [
            slots([1] * 600, [0] * 600),
            slots([5] * 20, [2] * 20, until_unix_s=NOW_UNIX_S + 10),  # ten of them are known
            NOW_UNIX_S,
        ],
    )
    assert kept == [610, 600, NOW_UNIX_S - 589, NOW_UNIX_S + 10, {"rx": 5, "tx": 2}, None]


def test_a_ring_begins_anew_where_the_clock_was_put_back(page: Any) -> None:
    kept = page.evaluate(
        """([first, second, now]) => {
            const kept = ring.create(600);
            kept.add({ slots: first, sequence: 9, now_unix_s: now });
            kept.add({ slots: second, sequence: 10, now_unix_s: now - 3600 });
            return [kept.since, kept.slots.rx_bytes];
        }""",
        [slots([1] * 9, [0] * 9), slots([7], [0], until_unix_s=NOW_UNIX_S - 3_600), NOW_UNIX_S],
    )
    assert kept == [10, [7]]
