"""A page with the modules on it, and nothing else: what they draw is looked at by tests."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ..repo.tree import ROOT

STYLE = ROOT / "luci" / "htdocs" / "luci-static" / "resources" / "traffic-analyzer" / "style.css"
NOW_UNIX_S = 1_764_000_000.0  #: 17:00:00, an hour ahead of UTC
WIDTH = 900  #: of the page, px; 16 of it are its margins

#: What somebody may call a device or a site.
HOSTILE = (
    '<img src=x onerror="window.owned = 1">', '"><script>window.owned = 1</script>', "' onfocus=window.owned=1 '",
    "\u202egnp.exe", "a\nb\tc", "x" * 255, "客厅电视", "",
)  # fmt: skip


@contextmanager
def drawn(browser: Any, folder: Path, *modules: str) -> Iterator[Any]:
    """A page whose *modules* are variables, in an element ``main``. No script from a name may run there."""
    subprocess.run([sys.executable, ROOT / "hack" / "compile-page", ROOT / "luci", folder], check=True)
    page = browser.new_page(viewport={"width": WIDTH, "height": 600})
    page.set_content("<main class='ta'></main>")
    page.add_style_tag(path=STYLE)
    page.add_script_tag(path=folder / "static" / "page.js")
    for name in modules:
        page.evaluate("async name => { window[name] = await L.require('traffic-analyzer.' + name) }", name)
    try:
        yield page
        assert page.evaluate("window.owned") is None
    finally:
        page.close()


def slots(
    rx: list[int], tx: list[int], seconds: float = 1.0, until_unix_s: float = NOW_UNIX_S
) -> dict[str, list[float]]:
    """Slots as the endpoint tells them, one after the other."""
    count = len(rx)
    return {
        "sequence": list(range(1, count + 1)),
        "until_unix_s": [until_unix_s - (count - 1 - at) * seconds for at in range(count)],
        "seconds": [seconds] * count,
        "rx_bytes": list(rx),
        "tx_bytes": list(tx),
    }
