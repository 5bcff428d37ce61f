"""``python -m tests.bench.home.lifetime FOLDER BEGAN_UNIX_S DAYS``: a home's traffic is booked and stored.

Prints what it took, as JSON: a process of its own, so that its memory is that of the pipeline and the store. With a
line on standard error for each day.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

from traffic_analyzer.store.damage.files import copy_of

from .feed import Feed
from .keeper import Keeper, size_bytes
from .sums import Tally
from .traffic import FIRST_SCAN_MINUTE

_DAY_MINUTES = 1440


def live(folder: Path, began_unix_s: int, days: float) -> dict[str, Any]:
    """The figures of so many days."""
    minutes = round(days * _DAY_MINUTES)
    feed, keeper, tally = Feed(began_unix_s, minutes), Keeper(folder, began_unix_s), Tally()
    began_s = time.monotonic()
    day_bytes, early_kib, archive_max_bytes = [], 0, 0
    for number, batch in enumerate(feed.batches(), 1):
        if number <= FIRST_SCAN_MINUTE:
            early_kib = _peak_rss_kib()
        keeper.keep(batch)
        tally.add(batch)
        if not number % _DAY_MINUTES or number == minutes:
            day_bytes.append(keeper.measured.counted_bytes)
            archive_max_bytes = max(archive_max_bytes, size_bytes(keeper.archive))
            print(f"day {number / _DAY_MINUTES:.2f}: {time.monotonic() - began_s:.0f} s, {feed.flows:,} flows, working "
                  f"{size_bytes(keeper.working):,} B, archive {size_bytes(keeper.archive):,} B, "
                  f"{keeper.measured.counted_bytes:,} B written", file=sys.stderr, flush=True)  # fmt: skip
    keeper.close(began_unix_s + 60 * minutes)
    return {
        "days": days,
        "elapsed_s": time.monotonic() - began_s,
        "flows": feed.flows,
        "bytes": feed.bytes,
        "heads": feed.heads,
        "opened_a_s": feed.conversations / minutes / 60,
        "running": feed.running / minutes,
        "spent_s": feed.spent_s | {step: spent.seconds for step, spent in keeper.spent.items()},
        "longest_s": {step: spent.longest_s for step, spent in keeper.spent.items()},
        "archive_bytes_by_day": [now - before for before, now in zip([0, *day_bytes], day_bytes, strict=False)],
        "archive_max_bytes": archive_max_bytes,
        "copy_bytes": size_bytes(copy_of(keeper.archive)),
        "tended_bytes": keeper.tended_bytes,
        "counted_bytes": keeper.measured.counted_bytes,
        "written_bytes": keeper.measured.handed_bytes,
        "undone": keeper.measured.undone,
        "undone_bytes": keeper.measured.undone_bytes,
        "working_max_bytes": keeper.working_max_bytes,
        "early_peak_rss_kib": early_kib,
        "peak_rss_kib": max(early_kib, _peak_rss_kib()),
        "tally": {hour: dict(labels) for hour, labels in tally.hours.items()},
    }


def _peak_rss_kib() -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))


if __name__ == "__main__":
    print(json.dumps(live(Path(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]))))
