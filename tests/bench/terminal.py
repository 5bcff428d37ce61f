"""What the dashboard costs: bytes that a terminal is sent when little changes, and processor time.

BENCH_HOME names the folder of a home that ``history`` has kept; without it one lives first, for BENCH_DAYS.
"""

from __future__ import annotations

import os
import tempfile
import threading
import time
from datetime import UTC, datetime
from pathlib import Path
from statistics import mean

from tests.lab.collector import collector
from tests.lab.pseudo import Child, child
from tests.lab.router import PORTS, UPLINK, router
from traffic_analyzer.kernel.libbpf import Libbpf

from . import history
from .home.keeper import Keeper
from .home.sums import opened
from .samples import print_table

_REFRESH_S, _MINUTE_S = 2, 60
_BAUD, _BITS_A_BYTE = 9_600, 10  # with start and stop bits
_TICK_S = 1 / os.sysconf("SC_CLK_TCK")
_PANES = (("sites", b"1"), ("devices", b"2"), ("ledger", b"9"), ("flows", b"0\t"))
_WIDTHS = ((24, 80), (50, 132))


def measure(libbpf: Libbpf) -> None:  # noqa: ARG001  # as every part
    """Prints bytes by what one does, then what a minute of looking on takes.

    :raises RuntimeError: the dashboard shows nothing.
    """
    with history.local_zone(), history.home_folder() as folder:
        working, archive = folder / Keeper.WORKING, folder / Keeper.ARCHIVE
        if not working.exists():
            history.lived(folder, history.days_asked_for())
        _look_back(working, archive if archive.exists() else working)
    _look_on()


def _until(working: Path, archive: Path) -> str:
    with opened(working, archive) as database:
        ((last_unix_s,),) = database.execute("SELECT max(minute_unix_s) FROM counter_minute").fetchall()
    return datetime.fromtimestamp(last_unix_s + 60, UTC).strftime("%Y-%m-%dT%H:%MZ")


def _quiet(program: Child) -> int:
    """Bytes until nothing has come for a second."""
    begin = len(program.sent)
    while program.read(1.0):
        pass
    return len(program.sent) - begin


def _cpu_s(program: Child) -> float:
    fields = Path(f"/proc/{program.process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * _TICK_S


def _rss_kib(program: Child) -> int:
    lines = Path(f"/proc/{program.process.pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS"))


def _look_back(working: Path, archive: Path) -> None:
    """The database alone, of a day long gone: nothing changes but what one does."""
    flags = ("--db", working, "--archive", archive, "--web-listen", "off", "--refresh-secs", 3600)
    window = ("--lookback-minutes", 1440, "--until", _until(working, archive))
    rows = []
    for lines, columns in _WIDTHS:
        with child("-m", "traffic_analyzer", "ui", *flags, *window, lines=lines, columns=columns) as program:
            program.read(20, b"Complete")
            _quiet(program)
            told = [len(program.sent)]
            for keys in (*(keys for _, keys in _PANES[1:]), b"\x1bOB", b"s", b"?", b"?"):
                program.type(keys)
                told.append(_quiet(program))
            rows.append((f"{columns} x {lines}", *(f"{count:,}" for count in told)))
    head = ("terminal", "first", *(name for name, _ in _PANES[1:]), "cursor", "sort", "help", "back")
    print_table("10. dashboard: bytes sent to the terminal (xterm) by what is done", head, rows)


def _look_on() -> None:
    """Beside a collector that counts, a minute."""
    rows = []
    with tempfile.TemporaryDirectory(prefix="ta-bench-") as text, router() as home:
        folder, end = Path(text), threading.Event()
        file = folder / "run" / "token"
        listen = ("--web-listen", "127.0.0.1:8377", "--web-token-file", file)
        ifaces = [word for name in (*PORTS, UPLINK) for word in ("--iface", name)]

        def send() -> None:
            while not end.is_set():
                home.upload(100, 0)
                time.sleep(0.1)

        with collector(home.inside, folder, *ifaces, *listen) as made:
            sender = threading.Thread(target=send, daemon=True)
            sender.start()
            try:
                for what, flags in (("collector", listen), ("database", ("--web-listen", "off"))):
                    asked = ("ui", "--db", made.db, *flags, "--refresh-secs", _REFRESH_S)
                    with home.inside.entered(), child("-m", "traffic_analyzer", *asked) as program:
                        rows.append((what, *_minute(program)))
            finally:
                end.set()
                sender.join(timeout=10)
    head = ("asks the", "bytes a turn", "most", "of a line of 9,600", "CPU", "RSS, KiB")
    print_table(f"   A minute at {_REFRESH_S} s, beside 1,000 packets a second", head, rows)


def _minute(program: Child) -> tuple[str, ...]:
    if b"exact" not in program.read(20, b"Total") and b"Total" not in program.sent:
        raise RuntimeError(f"the dashboard shows nothing: {program.sent[-400:]!r}")
    program.read(3 * _REFRESH_S)
    began_s, cpu_s, turns = time.monotonic(), _cpu_s(program), []
    while time.monotonic() - began_s < _MINUTE_S:
        turns.append(len(program.read(_REFRESH_S)))
    took_s = time.monotonic() - began_s
    share = sum(turns) * _BITS_A_BYTE / _BAUD / took_s
    cpu = (_cpu_s(program) - cpu_s) / took_s
    return f"{mean(turns):.0f}", f"{max(turns):,}", f"{share:.1%}", f"{cpu:.2%}", f"{_rss_kib(program):,}"
