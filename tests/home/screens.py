"""``python -m tests.home.screens FILE [MINUTES]``: a picture of the dashboard, of a home lived in for so long."""

from __future__ import annotations

import sys
import threading
import time
from pathlib import Path

from ..lab.collector import collector
from ..lab.picture import picture
from ..lab.terminal import Terminal, terminal
from .house import BRIDGE, Home, home
from .lives import live

_NAMES = {"laptop": "Anna’s laptop", "phone": "pixel-8", "tv": "Living room TV"}
_MINUTES = 4.0
_COLUMNS, _LINES = 80, 20
_SETTLE_S = 2.5
#: What is pressed, and what is seen then.
_STEPS = (
    ((), "$ traffic-analyzer ui"),
    (("2",), "2: devices"),
    (("Enter",), "Enter: what the first device is made of"),
    (("Down", "Enter"), "Enter: the flows of a site"),
    (("9",), "9: the ledger"),
    (("?",), "?: help"),
)


def _labels(made: Home) -> str:
    return "".join(
        f"config device\n\toption mac '{client.mac}'\n\toption name '{_NAMES.get(client.name, client.name)}'\n"
        for client in made.clients
    )


def _looked_at(opened: Terminal) -> list[tuple[str, str]]:
    screens = []
    for keys, caption in _STEPS:
        if keys:
            opened.keys(*keys)
        time.sleep(_SETTLE_S)
        screens.append((caption, opened.styled()))
    opened.resize(40, 10)
    opened.keys("q", "1")
    time.sleep(_SETTLE_S)
    return [*screens, ("in 40 columns and 10 lines", opened.styled())]


def main(file: Path, minutes: float = _MINUTES) -> None:
    """Takes the picture."""
    with home(offloads=True) as made:
        config, token = made.folder / "config", made.folder / "run" / "token"
        config.write_text(_labels(made), "utf-8")
        listen = ("--web-listen", "127.0.0.1:8377", "--web-token-file", token)
        with collector(made.router, made.folder, "--iface", BRIDGE, "--config", config, *listen) as running:
            lives = threading.Thread(target=live, args=(made, int(minutes * 60)))
            lives.start()
            time.sleep(max(10.0, minutes * 60 - 40))
            prefix = made.router.command()
            with terminal(made.folder, _COLUMNS, _LINES, {"LC_ALL": "C.UTF-8", "TERM": "screen"}, prefix) as opened:
                opened.start("--db", running.db, *listen)
                opened.shows(" live ")
                screens = _looked_at(opened)
            lives.join()
    file.write_text(picture("The dashboard of traffic-analyzer", screens, _COLUMNS), "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), *map(float, sys.argv[2:]))
