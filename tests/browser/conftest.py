"""A browser, and the page's modules in it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest

from .modules import Modules

playwright = pytest.importorskip("playwright.sync_api", reason="no Playwright: run `make setup`")


@pytest.fixture(scope="session")
def chromium() -> Iterator[playwright.Browser]:
    path = shutil.which("chromium")
    if path is None:
        pytest.skip("no chromium: run `make setup`")
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def modules(chromium: playwright.Browser) -> Iterator[Modules]:
    """The modules alone, without a page around them."""
    page = chromium.new_page()
    yield Modules(page)
    page.close()
