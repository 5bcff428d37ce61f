"""What the settings page lets be saved is what the collector starts with."""

from __future__ import annotations

import re

from playwright.sync_api import Browser

from traffic_analyzer.errors import UsageError
from traffic_analyzer.faces.web.place import place_of

from .modules import RESOURCES

_SOURCE = (RESOURCES / "view" / "traffic-analyzer" / "settings.js").read_text("utf-8")
_PLACES = (
    "off", "OFF", "127.0.0.1:8377", "0.0.0.0:80", "[::1]:8377", "[::]:1", "[fe80::1]:65535", "127.0.0.1:65535",
    "127.0.0.1:65536", "127.0.0.1:99999", "127.0.0.1:59999", "127.0.0.1:60000", "127.0.0.1:64999", "127.0.0.1:65499",
    "127.0.0.1:65500", "127.0.0.1:65529", "127.0.0.1:65530", "127.0.0.1:66000", "127.0.0.1:70000", "127.0.0.1:100000",
    "127.0.0.1:0", "127.0.0.1:00000", "127.0.0.1:08377", "127.0.0.1:", "127.0.0.1", ":8377", "8377", "localhost:8377",
    "::1:8377", "[::1]", "1:80", "127.0.0.1:8377 ", "127.0.0.1:-1", "[zz]:80", "on",
)  # fmt: skip


def _is_taken(place: str) -> bool:
    try:
        place_of(place)
    except UsageError:
        return False
    return True


def test_addresses_and_ports_are_those_of_the_collector(browser: Browser) -> None:
    found = re.search(r"web_listen: \{\n\s*pattern: (/.+/),\n", _SOURCE)
    assert found
    page = browser.new_page()
    taken = page.evaluate(f"places => places.filter(place => {found[1]}.test(place))", list(_PLACES))
    page.close()
    assert taken == [place for place in _PLACES if _is_taken(place)]
