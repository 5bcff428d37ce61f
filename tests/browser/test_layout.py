"""Whatever room a theme leaves, nothing reaches past its card: the pages, of wide values."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from traffic_analyzer.faces.describe import describe_report, describe_setting
from traffic_analyzer.faces.web.questions import parameters_of
from traffic_analyzer.reports.registry import REPORTS

from ..repo.tree import ROOT
from .standalone import TOKEN, Endpoint, compile_page

_NOW_UNIX_S = 1_764_000_000
_LONG = "a-name-of-as-many-characters-as-a-table-shows.example"
_NAMES = ("2001:db8:1:0:bc95:f684:7ea1:4304", "02:be:c0:de:00:0c", _LONG, "")
_WIDE: dict[str, Any] = {
    "text": "ambiguous", "list": ["192.168.100.122", "::1"], "bytes": 999_000_000_000, "packets": 14_665_685_000,
    "count": 14_665_685, "share": 0.888, "unix_s": _NOW_UNIX_S - 60, "day_unix_s": _NOW_UNIX_S - 60, "port": 65_535,
    "l4_proto": 17, "qtype": 28, "direction": 1,
}  # fmt: skip
_COUNTED = {f"{what}_{unit}": 0 for what in ("unseen", "not_booked", "difference") for unit in ("bytes", "packets")}
_COMPLETENESS = {**_COUNTED, "seen_bytes": 10**12, "seen_packets": 10**9, "share": 1.0}
#: LuCI of OpenWrt 24.10 has a column of 940 px in any window that is wider; phones, tablets and others have these.
_COLUMNS = (328, 440, 560, 620, 660, 700, 780, 860, 910, 940, 1000, 1160, 1400)
_PAGES = ("overview", *(f"explore#report={name}" for name in ("top-device", "top-flow", "top-domain", "device-detail")))
#: Elements past their card, or in a table that scrolls; but names with an ellipsis, drawings, and what is hidden.
_PAST = """() => Array.from(document.querySelectorAll('.ta *:not(svg *, .ta-who *, .ta-reading)')).filter(node => {
    const { left, right, width } = node.getBoundingClientRect(), scroll = node.closest('.ta-scroll');
    const card = node.parentElement.closest('.ta-card, .ta').getBoundingClientRect();

    return width && !node.closest('.ta-card-live .ta-head') &&
        (scroll && scroll.scrollWidth > scroll.clientWidth || right > card.right + .5 || left < card.left - .5);
}).map(node => `${node.tagName}.${node.className} ${node.textContent.slice(0, 30)}`)"""


def _columns(columns: Any) -> dict[str, Any]:
    """An answer of rows as wide as they come."""
    rows = [{column["name"]: _WIDE.get(column["unit"], name) for column in columns} for name in _NAMES]
    return {"columns": columns, "rows": rows, "has_more": True}


def _answer(report: dict[str, Any]) -> dict[str, Any]:
    selection = {"since_unix_s": _NOW_UNIX_S - 3600, "until_unix_s": _NOW_UNIX_S}
    told = (
        {"parts": {part["name"]: _columns(part["columns"]) for part in report["parts"]}}
        if report["parts"]
        else _columns(report["columns"])
    )
    return {
        "report": report["name"], "title": report["title"], "selection": selection, "step": "minute", "offsets": [],
        "completeness": _COMPLETENESS, "verdict": "", "remarks": [], **told,
    }  # fmt: skip


def _live() -> dict[str, Any]:
    devices = [
        {"device": name, "name": name, "rx_bytes_s": 124e6, "tx_bytes_s": 118e6, "rx_bytes": 10**9, "tx_bytes": 10**9,
         "history": [1, 2] * 30}
        for name in _NAMES
    ]  # fmt: skip
    slots = {"sequence": [1], "until_unix_s": [_NOW_UNIX_S], "seconds": [1.0], "rx_bytes": [10**9], "tx_bytes": [10**8]}
    return {"now_unix_s": _NOW_UNIX_S, "interval_s": 1, "span_s": 600, "sequence": 1, "offsets": [], "slots": slots,
            "devices": devices}  # fmt: skip


@pytest.fixture(scope="module")
def page(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """A wide window, in which the page has a column; without motion, and allowed to be told how wide that is."""
    built: Path = tmp_path_factory.mktemp("layout") / "page"
    compile_page(ROOT / "luci", built)
    endpoint = Endpoint(built)
    reports = []
    for report in REPORTS.values():
        filters = [describe_setting(setting) for setting in parameters_of(report)]
        reports.append(describe_report(report) | {"filters": filters})
        endpoint.said[f"reports/{report.name}"] = _answer(reports[-1])
    interfaces = [{"iface": "br-lan", "role": "lan", "last_unix_s": _NOW_UNIX_S}]
    endpoint.said |= {
        "reports": {"reports": reports}, "live": _live(),
        "status": {"version": "1", "now_unix_s": _NOW_UNIX_S, "is_counting": True, "interfaces": interfaces,
                   "offsets": [], "completeness": _COMPLETENESS, "verdict": "", "notices": [], "remarks": []},
    }  # fmt: skip
    with endpoint.listening():
        context = browser.new_context(viewport={"width": 1500, "height": 900}, bypass_csp=True, locale="en-GB")
        opened = context.new_page()
        wrong: list[str] = []
        opened.on("pageerror", lambda error: wrong.append(str(error)))
        opened.goto(f"{endpoint.address}/#token={TOKEN}")
        expect(opened.locator(".ta-card").first).to_be_visible()
        yield opened
        context.close()
    assert wrong == []


def _shown(page: Page, path: str, width: int) -> None:
    """The page at *path* in a column of *width* px."""
    address = "/".join(page.url.split("/")[:3])
    page.goto("about:blank")
    page.goto(f"{address}/{path}{'&device=tv' if 'detail' in path else ''}")
    _narrow(page, width)
    expect(page.locator(".ta-ranking li, .ta-table .td").first).to_be_visible()


def _narrow(page: Page, width: int) -> None:
    page.add_style_tag(content=f"#view {{ width: {width}px !important }}")
    page.evaluate("() => new Promise(done => setTimeout(done, 120))")  # two frames, in which tables are measured


@pytest.mark.parametrize("path", _PAGES)
def test_all_of_it_is_in_its_card(page: Page, path: str) -> None:
    _shown(page, path, 1400)
    past = {}
    for width in _COLUMNS:
        _narrow(page, width)
        past[width] = page.evaluate(_PAST)
    assert past == dict.fromkeys(_COLUMNS, [])


_OLD = "(supports => CSS.supports = (...what) => what[0] !== 'container-type' && supports(...what))(CSS.supports)"


@pytest.mark.parametrize("path", _PAGES)
def test_a_phone_that_knows_no_containers_has_its_layout_too(page: Page, path: str) -> None:
    """Its browser is of before 2023: it drops what it does not know of the style."""
    other = page.context.new_page()
    other.add_init_script(_OLD)
    other.route("**/style.css", lambda route: route.fulfill(
        body=route.fetch().text().replace("@container ", "@contained ") if route.request.resource_type == "stylesheet"
        else route.fetch().text(), content_type="text/css"))  # fmt: skip
    for width in (360, 440, 768):
        other.set_viewport_size({"width": width, "height": 800})
        other.goto("about:blank")
        other.goto("/".join(page.url.split("/")[:3]) + f"/{path}{'&device=tv' if 'detail' in path else ''}")
        expect(other.locator(".ta-ranking li, .ta-table .ta-lead").first).to_be_visible()
        other.wait_for_timeout(200)
        assert other.evaluate(_PAST) == []
        assert other.evaluate("() => document.documentElement.scrollWidth") <= width
    other.close()


def test_what_is_past_its_card_would_be_found(page: Page) -> None:
    _shown(page, "overview", 940)
    page.add_style_tag(content=".ta .ta-devices .ta-bytes { min-width: 300px }")
    assert page.evaluate(_PAST)


def test_a_table_gives_up_no_more_than_it_must(page: Page) -> None:
    _shown(page, "explore#report=top-device", 1400)
    looks = {}
    for width in (1400, 940, 328, 940, 1400):
        _narrow(page, width)
        table = page.locator(".ta-table")
        looks[width] = (table.locator("th").first.is_visible(), table.locator(".td.ta-extra").first.is_visible())
        assert page.locator(".ta-sort-list").is_visible() is not looks[width][0]
    assert looks == {1400: (True, True), 940: (True, False), 328: (False, False)}


def test_a_name_in_its_place_is_whole_and_ends_in_one_ellipsis(page: Page) -> None:
    _shown(page, "overview", 940)
    name = page.locator(".ta-ranking bdi", has_text="a-name-of").first
    assert name.text_content() == name.get_attribute("title") == _LONG
    place = name.locator("xpath=ancestor::*[contains(@class, 'ta-who')]")
    assert place.evaluate("node => [getComputedStyle(node).textOverflow, node.scrollWidth > node.clientWidth]") == [
        "ellipsis", True
    ]  # fmt: skip


@pytest.mark.parametrize("path", ["overview", "explore#report=top-domain"])
def test_nothing_that_has_no_name_is_a_dash(page: Page, path: str) -> None:
    _shown(page, path, 1160)
    expect(page.locator(".ta-ranking .ta-who em, .ta-table .ta-lead em").first).to_have_text("no name")
