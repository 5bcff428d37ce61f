"""Chromium, driven by Playwright."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Playwright

_FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]


def missing_chromium() -> str | None:
    """Why there is none, if so."""
    return None if shutil.which("chromium") else "no chromium: run `make setup`"


@contextmanager
def chromium(playwright: Playwright, folder: Path, inside: Sequence[str] = ()) -> Iterator[Browser]:
    """A browser until the block ends.

    :param playwright: of which a process can have one.
    :param folder: for a file of its own.
    :param inside: what a command line begins with that runs elsewhere, in a namespace say: it is driven through pipes.
    """
    wrapper = folder / "chromium"
    wrapper.write_text("#!/bin/sh\nexec " + " ".join(f"'{word}'" for word in (*inside, "chromium")) + ' "$@"\n')
    wrapper.chmod(0o755)
    browser = playwright.chromium.launch(executable_path=wrapper, args=_FLAGS)
    try:
        yield browser
    finally:
        browser.close()
