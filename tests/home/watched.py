"""A home whose owner looks at the page: a collector on its router, clients that live on, a browser beside them."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from playwright.sync_api import Browser, Page, Playwright

from ..lab.chromium import chromium
from ..lab.collector import Collector, collector
from .house import BRIDGE, Home, home
from .lives import live
from .sites import CLIENTS

PORT = 8377
_TURN_S = 8  # of the clients' lives: so long it takes to end
_SIZES = {"desk": (1280, 900), "phone": (360, 800)}


@dataclass(frozen=True)
class Watched:
    """The running whole."""

    home: Home
    collector: Collector
    token_file: Path
    browser: Browser

    @property
    def link(self) -> str:
        """What opens the page."""
        return f"{self.address}/#token={self.token_file.read_text().split()[0]}"

    @property
    def address(self) -> str:
        """Of the page, without the token."""
        return f"http://127.0.0.1:{PORT}"

    @contextmanager
    def page(self, size: str = "desk", is_dark: bool = False, language: str = "en-GB") -> Iterator[Page]:
        """A new browser window of a size, without memory of others. What goes wrong in it fails the test."""
        width, height = _SIZES[size]
        context = self.browser.new_context(
            viewport={"width": width, "height": height}, color_scheme="dark" if is_dark else "light", locale=language,
            accept_downloads=True,
        )  # fmt: skip
        page = context.new_page()
        wrong: list[str] = []
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("dialog", lambda dialog: (wrong.append(f"dialog: {dialog.message}"), dialog.dismiss()))
        page.on("request", lambda asked: None if asked.url.startswith((self.address, "data:", "blob:"))
                else wrong.append(f"asks {asked.url}"))  # fmt: skip
        try:
            yield page
        finally:
            context.close()
        assert not wrong, wrong

    def opened(self, page: Page, path: str = "/") -> None:
        """Opens the page by its link, then goes to *path*."""
        page.goto(self.link)
        page.wait_for_selector(".ta")
        if path != "/":
            page.goto(self.address + path)
            page.wait_for_selector(".ta")


@contextmanager
def _lives(made: Home) -> Iterator[None]:
    """The clients live until the block ends."""
    end = threading.Event()
    failed: list[BaseException] = []

    def go_on() -> None:
        try:
            while not end.is_set():
                live(made, _TURN_S)
        except BaseException as error:
            failed.append(error)

    thread = threading.Thread(target=go_on, daemon=True)
    thread.start()
    try:
        yield
    finally:
        end.set()
        thread.join(timeout=60)
    assert not failed, failed


def _labels(made: Home, names: Mapping[str, str]) -> str:
    """The user's names for clients, as UCI."""
    sections = []
    for client in made.clients:
        if client.name in names:
            name = names[client.name].replace("'", "'\\''")
            sections.append(f"config device\n\toption mac '{client.mac}'\n\toption name '{name}'\n")
    return "".join(sections)


@contextmanager
def watched(
    playwright: Playwright,
    *flags: object,
    clients: Sequence[str] = CLIENTS,
    names: Mapping[str, str] = MappingProxyType({}),
) -> Iterator[Watched]:
    """A home that is counted, lived in and looked at until the block ends.

    :param flags: further ones of ``run``.
    :param clients: those of ``lives``.
    :param names: what its owner calls clients; others by their own.
    """
    with ExitStack() as stack:
        made = stack.enter_context(home(offloads=True, names=clients))
        config = made.folder / "config"
        config.write_text(_labels(made, {client.name: client.name for client in made.clients} | {**names}))
        token_file = made.folder / "run" / "token"
        counting = stack.enter_context(
            collector(made.router, made.folder, "--iface", BRIDGE, "--web-listen", f"127.0.0.1:{PORT}",
                      "--web-token-file", token_file, "--config", config, *flags)
        )  # fmt: skip
        stack.enter_context(_lives(made))
        browser = stack.enter_context(chromium(playwright, made.folder, made.router.command()))
        yield Watched(made, counting, token_file, browser)
