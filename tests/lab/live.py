"""``traffic-analyzer`` as it is, which at its end leaves its rates in a file, the first argument: an answer as JSON."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from traffic_analyzer import daemon
from traffic_analyzer.__main__ import main
from traffic_analyzer.live import Live


class _Kept(Live):
    made: Live

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        _Kept.made = self


if __name__ == "__main__":
    daemon.Live = _Kept  # type: ignore[misc]
    status = main(sys.argv[2:])
    Path(sys.argv[1]).write_text(json.dumps(_Kept.made.answer(0)))
    sys.exit(status)
