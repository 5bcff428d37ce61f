"""Rows of devices and of sites: they stay where they are, and a name is text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from traffic_analyzer.units import escaped

from .drawn import HOSTILE, drawn


@pytest.fixture(scope="module")
def page(browser: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with drawn(browser, tmp_path_factory.mktemp("drawn") / "page", "devices", "cards") as page:
        yield page


@pytest.fixture(autouse=True)
def _empty(page: Any) -> None:
    page.evaluate("document.querySelector('main').textContent = ''")


_REPORT = {
    "name": "devices", "nothing": "nothing", "summary": {"limit": 3}, "order": ["-bytes"],
    "columns": [
        {"name": "name", "title": "Name", "unit": "name", "role": "detail", "is_extra": False, "selects": None},
        {"name": "device", "title": "Device", "unit": "name", "role": "key", "is_extra": True, "selects": "device"},
        {"name": "addresses", "title": "Addresses", "unit": "list", "role": "list", "is_extra": False, "selects": None},
        {"name": "rx_bytes", "title": "Download", "unit": "bytes", "role": "sum", "is_extra": False, "selects": None},
        {"name": "tx_bytes", "title": "Upload", "unit": "bytes", "role": "sum", "is_extra": False, "selects": None},
    ],
}  # fmt: skip


def _devices(page: Any, names: tuple[str, ...], order: str = "total") -> None:
    rows = [
        {"name": name, "device": f"d{at}", "addresses": [name, "::1"], "rx_bytes": 1_000 * (9 - at), "tx_bytes": 500}
        for at, name in enumerate(names)
    ]
    page.evaluate(
        """([report, rows, order]) => {
            window.list = devices.create({ order, link: (of, row) => `#${row.device}` });
            document.querySelector('main').appendChild(list.node);
            list.answer(report, { rows, offsets: [] });
        }""",
        [_REPORT, rows, order],
    )


def _run(page: Any, rates: dict[str, int], names: tuple[str, ...]) -> None:
    running = [
        {"device": device, "name": names[int(device[1:])], "rx_bytes_s": rate, "tx_bytes_s": 0, "history": [0, rate]}
        for device, rate in rates.items()
    ]
    page.evaluate("running => list.live(running)", running)


def _shown(page: Any) -> list[list[str]]:
    rows = page.evaluate("[...list.body.rows].map(row => [...row.cells].map(cell => cell.innerText))")
    return [[text.strip() for text in row if text.strip()] for row in rows]


def test_rows_have_sums_and_what_runs_now(page: Any) -> None:
    names = ("tv", "phone")
    _devices(page, names)
    _run(page, {"d1": 125_000}, names)
    assert _shown(page) == [["tv", "–", "–", "9.00 kB", "500 B"], ["phone", "1.00 Mbit/s", "0", "8.00 kB", "500 B"]]
    assert page.locator("tbody a").first.get_attribute("href") == "#d0"
    assert page.locator("tbody .ta-who").first.get_attribute("title") == "Device: d0\nAddresses: tv, ::1"


def test_an_order_may_be_chosen_before_there_are_rows(page: Any) -> None:
    page.evaluate("const early = devices.create({ order: 'total', link: () => null }); early.by('now'); early.live([])")


def test_links_and_sums_follow_the_answer_at_once(page: Any) -> None:
    names = ("tv", "phone")
    _devices(page, names)
    page.evaluate(
        """report => {
            list.options.link = (of, row) => `#later-${row.device}`;
            const tv = { name: 'tv', device: 'd0', addresses: [], rx_bytes: 7, tx_bytes: 0 };
            list.answer(report, { rows: [tv], offsets: [] });
        }""",
        _REPORT,
    )
    assert page.locator("tbody a").get_attribute("href") == "#later-d0"
    assert _shown(page) == [["tv", "–", "–", "7 B", "0 B"]]


def test_rows_stay_until_the_next_answer(page: Any) -> None:
    names = ("a", "b", "c", "d")
    _devices(page, names, "now")
    _run(page, {"d0": 1, "d1": 2, "d2": 3, "d3": 4}, names)
    assert [row[0] for row in _shown(page)] == ["a", "b", "c"]
    page.evaluate("list.sort()")
    assert [row[0] for row in _shown(page)] == ["d", "c", "b"]
    _run(page, {"d0": 9, "d1": 8, "d2": 7, "d3": 6}, names)
    assert [row[0] for row in _shown(page)] == ["d", "c", "b"]
    page.evaluate("list.by('total')")
    assert [row[0] for row in _shown(page)] == ["a", "b", "c"]
    page.get_by_role("button", name="Show all 4").click()
    assert [row[0] for row in _shown(page)] == ["a", "b", "c", "d"]


def test_rows_stay_under_a_pointer(page: Any) -> None:
    names = ("a", "b", "c")
    _devices(page, names, "now")
    _run(page, {"d2": 5}, names)
    page.locator("tbody tr").first.hover()
    page.evaluate("list.sort()")
    assert [row[0] for row in _shown(page)] == ["a", "b", "c"]
    page.mouse.move(5, 590)
    page.evaluate("list.sort()")
    assert [row[0] for row in _shown(page)] == ["c", "a", "b"]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_name_is_text(page: Any, name: str) -> None:
    _devices(page, (name,))
    _run(page, {"d0": 1}, (name,))
    whole, shown = escaped(name) or "d0", page.locator("tbody bdi")
    assert (shown.text_content(), shown.get_attribute("title")) == (whole, whole)
    assert page.locator("main :is(img, script, input)").count() == 0


@pytest.mark.parametrize("name", HOSTILE)
def test_a_name_in_a_ranking_is_text(page: Any, name: str) -> None:
    columns = [("site", "name"), ("label", "text"), ("bytes", "bytes")]
    report = {
        "order": ["-bytes"], "nothing": "nothing", "columns": [{"name": name, "unit": unit} for name, unit in columns],
    }  # fmt: skip
    rows = [{"site": name, "label": "exact", "bytes": 5}, {"site": "b", "label": name, "bytes": 1}]
    ask = "([report, rows]) => cards.ranking(document.querySelector('main'), report, { rows }, () => null)"
    page.evaluate(ask, [report, rows])
    assert page.locator("li .ta-who").all_text_contents()[1] == "b"
    assert page.locator("li .ta-who > *").first.get_attribute("title") in (None, escaped(name))
    assert page.locator("li .ta-amount").all_text_contents() == ["5 B", "1 B"]
    assert page.locator("main :is(img, script, input)").count() == 0
