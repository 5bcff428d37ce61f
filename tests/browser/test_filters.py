"""Chips of what a selection is narrowed to: each says, to who cannot see it too, what goes with it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from .drawn import HOSTILE, drawn

_DRAW = """([state, name]) => {
    const report = { filters: ['device', 'protocol'].map(name => ({ name, kind: 'list' })) };
    document.querySelector('main').replaceChildren(filters.chips(state, report, () => name, () => '#'));
    return [...document.querySelectorAll('a')].map(link => link.getAttribute('aria-label'));
}"""


@pytest.fixture
def page(browser: Any, tmp_path: Path) -> Iterator[Any]:
    with drawn(browser, tmp_path, "filters") as found:
        yield found


def test_a_chip_says_what_is_removed_with_it(page: Any) -> None:
    state = {"device": ["02:00:00:00:00:01", "02:00:00:00:00:02"], "protocol": ["udp/443"], "domain": ["not taken"]}
    assert page.evaluate(_DRAW, [state, "tv"]) == ["Remove this filter: Device tv"] * 2 + [
        "Remove this filter: Protocol tv"
    ]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_name_in_a_chip_is_text(page: Any, name: str) -> None:
    (label,) = page.evaluate(_DRAW, [{"device": ["x"]}, name])
    assert label.isprintable() and page.locator("main img, main script").count() == 0
