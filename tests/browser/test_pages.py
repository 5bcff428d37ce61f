"""The page of a real collector on a virtual home, as its owner uses it."""

from __future__ import annotations

import csv
import io
import json
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, Playwright, expect

from ..home.servers import missing_programs
from ..home.sites import ROUTER_IPV4
from ..home.watched import Watched, watched
from ..lab.required import missing_kernel, require

#: What devices call themselves: HTML, quotes, the other way to write, and as much as there is room for.
HOSTILE = {
    "laptop": '<img src=x onerror=alert(1)>"\'&amp;',
    "phone": "\u202eevil\u2066 <b>bold</b>",
    "camera": "x" * 255,
}
_QUESTION = "<script>alert(1)</script>.shop.example"
_SOON_MS = 15_000


@pytest.fixture(scope="module")
def seen(playwright: Playwright) -> Iterator[Watched]:
    programs = missing_programs()
    require(missing_kernel() or (f"a home needs {', '.join(programs)}" if programs else None))
    with watched(playwright, names=HOSTILE) as made:
        made.home.clients[0].inside.run("dig", "+tries=1", f"@{ROUTER_IPV4}", _QUESTION)
        yield made


@pytest.fixture
def page(seen: Watched) -> Iterator[Page]:
    with seen.page() as opened:
        seen.opened(opened)
        yield opened


def _numbers(text: str) -> list[float]:
    return [float(number) for number in re.findall(r"\d+(?:\.\d+)?", text)]


def _until(is_so: Callable[[], bool], within_s: float = 10) -> bool:
    end_s = time.monotonic() + within_s
    while time.monotonic() < end_s:
        if is_so():
            return True
        time.sleep(0.2)
    return False


def test_the_chart_moves(page: Page) -> None:
    path, figures = page.locator("svg path.ta-rx").first, page.locator(".ta-figures")
    before = path.get_attribute("d")
    assert _until(lambda: path.get_attribute("d") != before)
    assert _until(lambda: sum(_numbers(figures.inner_text())) > 0)
    expect(page.locator("svg[role=img]").first.locator("title")).not_to_be_empty()


def test_every_device_is_there_by_its_name_as_text(page: Page) -> None:
    devices = page.locator("tr", has=page.locator("td.ta-who"))
    expect(devices.first).to_be_visible(timeout=_SOON_MS)
    assert _until(lambda: devices.count() >= len(HOSTILE))
    text = page.locator("body").inner_text()
    assert "<img src=x" in text and "\\u202eevil" in text and "\u202e" not in text
    assert page.locator("img[src=x], .ta b:text('bold')").count() == 0
    assert _fits(page)


def _fits(page: Page) -> bool:
    """Nothing makes the page scroll sideways."""
    return bool(page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"))


@pytest.mark.parametrize("path", ["/overview", "/explore", "/settings"])
def test_it_fits_a_phone(seen: Watched, path: str) -> None:
    with seen.page("phone") as page:
        seen.opened(page, path)
        page.wait_for_timeout(2000)
        assert _fits(page)


def _rows(page: Page) -> Locator:
    return page.locator("table .tr:has(td)")


def test_drilling_down_to_flows_and_back(seen: Watched, page: Page) -> None:
    page.goto(f"{seen.address}/explore")
    device = _rows(page).filter(has_text="<img src=x").get_by_role("link").first
    device.click(timeout=_SOON_MS)
    site = page.get_by_role("link", name="video.example")
    expect(site.first).to_be_visible(timeout=_SOON_MS)
    at_sites = page.url
    site.first.click()
    expect(_rows(page).filter(has_text="443").first).to_be_visible(timeout=_SOON_MS)
    at_flows, flows = page.url, _rows(page).count()
    assert flows and "device=" in at_flows and "domain=video.example" in at_flows
    with seen.page() as other:  # a bookmark
        seen.opened(other)
        other.goto(at_flows)
        expect(_rows(other).filter(has_text="443").first).to_be_visible(timeout=_SOON_MS)
    page.go_back()
    expect(page.get_by_role("link", name="video.example").first).to_be_visible(timeout=_SOON_MS)
    assert page.url == at_sites
    page.go_back()
    expect(_rows(page).filter(has_text="<img src=x").first).to_be_visible(timeout=_SOON_MS)


def test_a_column_sorts(seen: Watched, page: Page) -> None:
    page.goto(f"{seen.address}/explore#report=top-ip")
    head = page.locator("th", has_text="Upload")
    expect(head).to_be_visible(timeout=_SOON_MS)
    head.get_by_role("link").click()
    assert _until(lambda: "sort=tx_bytes" in page.url)
    expect(_rows(page).first).to_be_visible()


def test_downloads_are_the_answer(seen: Watched, page: Page) -> None:
    page.goto(f"{seen.address}/explore#report=top-dns")
    expect(_rows(page).first).to_be_visible(timeout=_SOON_MS)
    with page.expect_download() as loading:
        page.get_by_text("CSV", exact=True).click()
    rows = list(csv.DictReader(io.StringIO(Path(loading.value.path()).read_text("utf-8-sig"))))
    names = {row["qname"] for row in rows}
    assert {"video.example", _QUESTION} <= names
    with page.expect_download() as loading:
        page.get_by_text("JSON", exact=True).click()
    told = json.loads(Path(loading.value.path()).read_text())
    assert {row["qname"] for row in told["rows"]} >= names


def test_a_hostile_question_is_text(seen: Watched, page: Page) -> None:
    page.goto(f"{seen.address}/explore#report=top-dns&limit=100")
    expect(page.get_by_text(_QUESTION).first).to_be_visible(timeout=_SOON_MS)
    assert page.locator("script:not([src])").count() == 0 and _fits(page)


def test_the_settings_are_those_that_it_runs_with(seen: Watched, page: Page) -> None:
    page.goto(f"{seen.address}/settings")
    expect(page.get_by_text(str(seen.collector.db))).to_be_visible(timeout=_SOON_MS)
    expect(page.get_by_text("--flush-interval-secs")).to_be_visible()


def test_it_is_told_in_chinese_to_who_reads_that(seen: Watched) -> None:
    with seen.page(language="zh-CN") as page:
        seen.opened(page)
        expect(page.get_by_text("下载").first).to_be_visible(timeout=_SOON_MS)


def test_who_has_no_token_is_told_what_to_do(seen: Watched) -> None:
    with seen.page() as page:
        page.goto(seen.address)
        expect(page.get_by_text("traffic-analyzer link").first).to_be_visible(timeout=_SOON_MS)


def test_a_stopped_collector_is_explained_and_a_new_one_goes_on(seen: Watched, page: Page) -> None:
    devices = page.locator("td.ta-who")
    expect(devices.first).to_be_visible(timeout=_SOON_MS)
    seen.collector.stop()
    try:
        expect(page.get_by_text("traffic-analyzer run").first).to_be_visible(timeout=_SOON_MS)
        expect(devices.first).to_be_visible()  # the last numbers stay
    finally:
        seen.collector.start()
    expect(page.get_by_text("traffic-analyzer run")).to_have_count(0, timeout=30_000)
    path = page.locator("svg path.ta-rx").first
    before = path.get_attribute("d")
    assert _until(lambda: path.get_attribute("d") != before)


def test_a_token_of_an_earlier_start_is_explained(seen: Watched, page: Page) -> None:
    seen.collector.stop()
    seen.token_file.unlink()
    seen.collector.start()
    expect(page.get_by_text("traffic-analyzer link").first).to_be_visible(timeout=30_000)
    seen.opened(page)
    expect(page.locator("td.ta-who").first).to_be_visible(timeout=_SOON_MS)


def test_nothing_is_asked_of_anybody_else(seen: Watched, page: Page) -> None:
    asked: list[Any] = []
    page.on("request", lambda request: asked.append(request.url))
    page.reload()
    page.wait_for_timeout(3000)
    assert asked and all(url.startswith(seen.address) for url in asked)
    assert not any("token" in url for url in asked)
