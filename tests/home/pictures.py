"""``python -m tests.home.pictures FOLDER [MINUTES]``: pictures of the pages, of a home lived in for so long."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from playwright.sync_api import sync_playwright

from .watched import Watched, watched

_CLIENTS = ("tv", "laptop", "phone", "tablet", "camera", "thermostat")
_NAMES = {"tv": "Living room TV", "laptop": "Anna’s laptop", "phone": "pixel-8", "camera": "Front door camera"}
_MINUTES = 11  # the chart of rates shows ten
_SETTLE_MS = 3500
#: By page: the path that shows most of it.
_PAGES = {
    "overview": "/overview",
    "explore": "/explore#report=top-domain&by=site&lookback_minutes=60",
    "settings": "/settings",
}
_LOOKS = {"light": ("desk", False), "dark": ("desk", True), "phone": ("phone", False)}


def _take(home: Watched, folder: Path) -> None:
    for look, (size, is_dark) in _LOOKS.items():
        with home.page(size, is_dark) as page:
            home.opened(page)
            for name, path in _PAGES.items():
                page.goto(home.address + path)
                page.wait_for_timeout(_SETTLE_MS)
                page.screenshot(path=folder / f"{name}-{look}.png", full_page=name != "settings")


def main(folder: Path, minutes: float = _MINUTES) -> None:
    """Takes all pictures."""
    folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright, watched(playwright, clients=_CLIENTS, names=_NAMES) as home:
        time.sleep(minutes * 60)
        _take(home, folder)


if __name__ == "__main__":
    main(Path(sys.argv[1]), *map(float, sys.argv[2:]))
