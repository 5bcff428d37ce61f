"""A browser, and the page's modules in it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Playwright, sync_playwright

from ..lab.chromium import chromium, missing_chromium
from ..lab.required import require
from .modules import Modules


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    require(missing_chromium())
    with sync_playwright() as started:
        yield started


@pytest.fixture(scope="session")
def browser(playwright: Playwright, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with chromium(playwright, tmp_path_factory.mktemp("browser")) as started:
        yield started


@pytest.fixture(scope="module")
def modules(browser: Browser) -> Iterator[Modules]:
    """The modules alone, without a page around them."""
    page = browser.new_page()
    yield Modules(page)
    page.close()
