"""What years of traffic take: a reference home's days through the pipeline into the store, and what is asked of them.

BENCH_DAYS in the environment says how many days; by default a quarter of one, which shows that everything runs.
BENCH_HOME names a folder that the databases are kept in, for ``endpoint`` to ask them again; by default one that goes
with the benchmark.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import islice
from pathlib import Path
from statistics import median
from typing import Any

from traffic_analyzer.kernel.libbpf import Libbpf
from traffic_analyzer.reports import registry
from traffic_analyzer.reports.selection import Selection

from .home import sums
from .home.feed import Feed
from .home.keeper import Keeper, size_bytes
from .samples import WIDTH, print_table
from .seed_schema import measured

BEGAN_UNIX_S = 1_772_838_000  # midnight of 7 March 2026 where _ZONE is: 22 days before its clocks are set
_ZONE = "Europe/Berlin"
DAY_S, _HOUR_S = 86_400, 3600
_ROUNDS = 5
_AIM_MS = 100
WINDOWS = {"1 hour": _HOUR_S, "1 day": DAY_S, "30 days": 30 * DAY_S}
_MB = 1e6


@contextmanager
def local_zone() -> Iterator[None]:
    """The local time of this process, and of those it starts, is that of the home."""
    before = os.environ.get("TZ")
    os.environ["TZ"] = _ZONE
    time.tzset()
    try:
        yield
    finally:
        del os.environ["TZ"]
        if before is not None:
            os.environ["TZ"] = before
        time.tzset()


def home_folder() -> Path:
    """Where the home's databases are or will be: what BENCH_HOME names, which is kept."""
    folder = Path(os.environ["BENCH_HOME"])
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def days_asked_for() -> float:
    """How long the home is to live."""
    return float(os.environ.get("BENCH_DAYS", "0.25"))


def lived(folder: Path, days: float) -> dict[str, Any]:
    command = [sys.executable, "-m", "tests.bench.home.lifetime", str(folder), str(BEGAN_UNIX_S), str(days)]
    found = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
    assert isinstance(found, dict)
    return found


def _mb(bytes_: float) -> str:
    return f"{bytes_ / _MB:,.1f}"


def _print_life(figures: dict[str, Any], working: Path, archive: Path) -> None:
    flows, days = figures["flows"], figures["days"]
    by_day = figures["archive_bytes_by_day"]
    print_table(
        f"8. history: {days:g} days of a home, {flows:,} flow records",
        ("what", "figure"),
        [
            ("archive, MB: most at the end of a day", _mb(figures["archive_max_bytes"])),
            ("  at the end", _mb(size_bytes(archive))),
            ("  its last good copy, compressed", _mb(figures["copy_bytes"])),
            ("written to the archive by takes, MB a day: mean", _mb(sum(by_day) / len(by_day))),
            ("  the most in a day", _mb(max(by_day))),
            ("  in all, as counted by itself", _mb(figures["counted_bytes"])),
            ("  in all, as counted by the kernel", _mb(figures["written_bytes"])),
            ("written by deleting and by copies, MB in all", _mb(figures["tended_bytes"])),
            ("takes that failed or were put off", f"{figures['undone']}"),
            ("  written by them, MB, as counted by the kernel", _mb(figures["undone_bytes"])),
            ("working database with its log, MB: most", _mb(figures["working_max_bytes"])),
            ("  at the end", _mb(size_bytes(working))),
            ("peak RSS of pipeline and store, KiB", f"{figures['peak_rss_kib']:,}"),
            ("  before a scan filled the maps", f"{figures['early_peak_rss_kib']:,}"),
            *((f"{step}: CPU, µs a record", f"{spent_s / flows * 1e6:.2f}")
              for step, spent_s in figures["spent_s"].items()),
            *((f"{step}: longest, CPU, ms", f"{longest_s * 1000:.0f}")
              for step, longest_s in figures["longest_s"].items()),
        ],
    )  # fmt: skip
    print(textwrap.fill(
        f"{figures['opened_a_s']:.1f} new flows a second, {figures['running']:.0f} at a time, a turn of the maps a "
        f"minute, a commit to the archive every 30. {figures['heads']:,} payload heads heard. Ran for "
        f"{figures['elapsed_s']:.0f} s.", WIDTH, initial_indent="   ", subsequent_indent="   ",
    ))  # fmt: skip


def _check_sums(figures: dict[str, Any], working: Path, archive: Path, until_unix_s: int) -> None:
    """Prints by how much tiers differ from the tally.

    :raises RuntimeError: they do.
    """
    tally = sums.Tally()
    for hour, labels in figures["tally"].items():
        tally.hours[int(hour)].update(labels)
    told = tally.between(BEGAN_UNIX_S, until_unix_s)
    wrong = abs(sum(rx + tx for rx, tx, *_ in told.values()) - figures["bytes"])
    rows = [("the tally, beside what the home sent", f"{figures['days'] * 24:,.0f}", _mb(figures["bytes"]), f"{wrong}")]
    with sums.opened(working, archive) as database:
        for tier, since, until in sums.spans(database, BEGAN_UNIX_S, until_unix_s):
            found, told = sums.stored(database, tier, since, until), tally.between(since, until)
            off = sums.difference(found, told)
            wrong += off
            total = sum(each[0] + each[1] for each in told.values())
            hours = f"{(until - since) / _HOUR_S:,.0f}"
            rows.append((f"{tier}, by label, beside the tally", hours, _mb(total), f"{off}"))
    print_table("   sums", ("of", "hours", "MB", "difference"), rows)
    if wrong:
        raise RuntimeError(f"the tiers' sums differ by {wrong}")


def selection(working: Path, archive: Path | None, name: str, until_unix_s: int, window_s: int) -> Selection:
    """What a report is asked for; where it needs a name or a device, the one with the most traffic."""
    window = Selection(until_unix_s - window_s, until_unix_s)
    report = registry.REPORTS[name]
    if report.needs_domain:
        rows = registry.run(working, "top-domain", replace(window, limit=2), archive).rows
        return replace(window, domains=(next(row[0] for row in rows if row[0]),))
    if report.needs_device:
        rows = registry.run(working, "top-device", replace(window, limit=1), archive).rows
        return replace(window, devices=(rows[0][0],))
    return window


def _median_ms(working: Path, name: str, asked: Selection) -> float:
    taken_ms = []
    for _ in range(_ROUNDS):
        began_s = time.perf_counter()
        registry.run(working, name, asked)
        taken_ms.append((time.perf_counter() - began_s) * 1000)
    return median(taken_ms)


def _ask(working: Path, until_unix_s: int) -> None:
    taken = {
        name: [_median_ms(working, name, selection(working, None, name, until_unix_s, window_s))
               for window_s in WINDOWS.values()]
        for name in registry.REPORTS
    }  # fmt: skip
    rows = [
        (name, *(f"{ms:.1f}" for ms in each), "*" if max(each) > _AIM_MS else "") for name, each in taken.items()
    ]
    late = sum(ms > _AIM_MS for each in taken.values() for ms in each)
    print_table(f"   reports: ms, median of {_ROUNDS}", ("report", *WINDOWS, f"> {_AIM_MS}"), rows)
    print(f"   {late} of {len(rows) * len(WINDOWS)} take more than {_AIM_MS} ms.")


def _beside(folder: Path, days: float) -> None:
    """The seed's tables hold a day: a month of them would be gigabytes."""
    minutes = round(min(days, 1) * DAY_S / 60)
    windows = [WINDOWS["1 hour"], WINDOWS["1 day"]]
    with_rows = islice(Feed(BEGAN_UNIX_S, minutes).batches(), minutes)
    figures = measured(folder / "seed.db", with_rows, windows)
    hour_ms, day_ms = (figures.top_domain_ms[window_s] for window_s in windows)
    print_table(
        f"   beside it: the seed's schema on the same rows, {minutes / 60:.0f} hours",
        ("what", "figure"),
        [
            ("rows of flows", f"{figures.rows:,}"),
            ("MB", _mb(figures.bytes)),
            ("MB in 30 days, were each as that one", _mb(30 * figures.bytes) if days >= 1 else "-"),
            ("to write a row, CPU, µs", f"{figures.us_a_row:.2f}"),
            ("top-domain over 1 hour, ms", f"{hour_ms:.1f}"),
            ("top-domain over 1 day, ms", f"{day_ms:.1f}"),
        ],
    )


def measure(libbpf: Libbpf) -> None:  # noqa: ARG001  # as every part
    """Prints sizes, bytes written, memory, sums and times of reports.

    :raises RuntimeError: the sums of tiers differ.
    """
    days = days_asked_for()
    folder = home_folder()
    with local_zone():
        if (folder / Keeper.WORKING).exists():
            raise RuntimeError(f"BENCH_HOME={folder}: a home has lived there already; name an empty folder")
        until_unix_s = BEGAN_UNIX_S + round(days * DAY_S)
        figures = lived(folder, days)
        working, archive = folder / Keeper.WORKING, folder / Keeper.ARCHIVE
        archive = archive if archive.exists() else working
        _print_life(figures, working, archive)
        _check_sums(figures, working, archive, until_unix_s)
        _ask(working, until_unix_s)
        _beside(folder, days)
