"""What the page costs: every report over HTTP on years of a reference home, and many who look on while it counts.

The home is that of ``history``, which BENCH_HOME keeps; where none has lived there one does first, for BENCH_DAYS.
"""

from __future__ import annotations

import json
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.client import HTTPConnection
from itertools import count
from pathlib import Path
from statistics import median
from urllib.parse import urlencode

from tests.lab import blast
from tests.lab.collector import Collector, collector
from tests.lab.netns import Namespace, namespace, veth
from traffic_analyzer.faces.web.answers import Answers
from traffic_analyzer.faces.web.app import App, Sources
from traffic_analyzer.faces.web.guard import Guard
from traffic_analyzer.faces.web.page import Page
from traffic_analyzer.faces.web.place import Place
from traffic_analyzer.faces.web.server import Server
from traffic_analyzer.kernel.libbpf import Libbpf
from traffic_analyzer.reports import registry
from traffic_analyzer.reports.selection import Selection

from . import history, memory
from .home.keeper import Keeper
from .home.sums import opened
from .samples import print_table

_TOKEN, _PORT = "token", 8377
_ROUNDS = 5
_AIM_MS = 100
_CLIENTS, _LOOK_S, _EVERY_S = 50, 30, 1
_FLOWS, _FRAMES_PER_S = 200, 2_000
_TIMEOUT_S = 20
_FIRST = ("SELECT coalesce((SELECT min(start_unix_s) FROM archive.traffic_day), "
          "(SELECT min(start_unix_s) FROM archive.traffic_hour), 0)")  # fmt: skip
_WHAT = ("live", "report")


def measure(libbpf: Libbpf) -> None:  # noqa: ARG001  # as every part
    """Prints times of reports, then of clients beside a collector that counts.

    :raises RuntimeError: a client met an error, or a packet is missing.
    """
    folder = history.home_folder()
    with history.local_zone():
        working, archive = folder / Keeper.WORKING, folder / Keeper.ARCHIVE
        if not working.exists():
            history.lived(folder, history.days_asked_for())
        _ask(working, archive if archive.exists() else working)
    _look_on()


@contextmanager
def _served(working: Path, archive: Path, now_unix_s: int) -> Iterator[HTTPConnection]:
    """Who asks the page of these databases. Nothing is computed for two."""
    sources = Sources(working, archive, lambda _: {}, {}, lambda: now_unix_s)
    hours = count(step=3600)
    server = Server(Place("127.0.0.1", 0))
    server.start(App(sources, Guard(_TOKEN, ()), Page(), Answers(lambda: next(hours))).wsgi)
    try:
        yield HTTPConnection("127.0.0.1", server.server_port, timeout=_TIMEOUT_S * 10)
    finally:
        server.close(1)


def _told(connection: HTTPConnection, path: str, token: str) -> bytes:
    """The body of an answer.

    :raises RuntimeError: it is none.
    """
    connection.request("GET", path, headers={"Authorization": f"Bearer {token}"})
    response = connection.getresponse()
    body = response.read()
    connection.close()
    if response.status != 200:
        raise RuntimeError(f"{path}: {response.status} {body[:200]!r}")
    return body


def _path(name: str, asked: Selection) -> str:
    times = {
        name: datetime.fromtimestamp(unix_s, UTC).strftime("%Y-%m-%dT%H:%MZ")
        for name, unix_s in (("since", asked.since_unix_s), ("until", asked.until_unix_s))
    }
    filters = [("device", device) for device in asked.devices] + [("domain", domain) for domain in asked.domains]
    return f"/api/v1/reports/{name}?{urlencode([*times.items(), *filters])}"


def _ask(working: Path, archive: Path) -> None:
    with opened(working, archive) as database:
        ((last_unix_s,),) = database.execute("SELECT max(minute_unix_s) FROM counter_minute").fetchall()
        ((first_unix_s,),) = database.execute(_FIRST).fetchall()
    until_unix_s = last_unix_s + 60
    rows, late = [], 0
    with _served(working, archive, until_unix_s) as connection:
        for name in registry.REPORTS:
            taken = []
            for window_s in history.WINDOWS.values():
                path = _path(name, history.selection(working, archive, name, until_unix_s, window_s))
                taken.append(median(_ms(connection, path) for _ in range(_ROUNDS)))
            late += sum(ms > _AIM_MS for ms in taken)
            rows.append((name, *(f"{ms:.1f}" for ms in taken), "*" if max(taken) > _AIM_MS else ""))
        others = ("reports", "status", "settings", "openapi.json")
        small = [f"{path} {median(_ms(connection, f'/api/v1/{path}') for _ in range(_ROUNDS)):.1f}" for path in others]
    days = (until_unix_s - first_unix_s) / history.DAY_S
    title = f"9. endpoint: ms a report over HTTP, median of {_ROUNDS}, on {days:.1f} days of a home"
    print_table(title, ("report", *history.WINDOWS, f"> {_AIM_MS}"), rows)
    print(f"   {late} of {len(rows) * len(history.WINDOWS)} take more than {_AIM_MS} ms. {', '.join(small)}.")


def _ms(connection: HTTPConnection, path: str) -> float:
    began_s = time.perf_counter()
    _told(connection, path, _TOKEN)
    return (time.perf_counter() - began_s) * 1000


@dataclass
class _Looking:
    """Somebody with the page open."""

    ms: dict[str, list[float]] = field(default_factory=lambda: {what: [] for what in _WHAT})
    wrong: list[str] = field(default_factory=list)

    def go_on(self, inside: Namespace, token: str, number: int, end_s: float) -> None:
        """Asks each second until *end_s*, at its own time of the second."""
        with inside.entered():
            due_s = time.monotonic() + number / _CLIENTS * _EVERY_S
            sequence = 0
            while due_s < end_s:
                time.sleep(max(0.0, due_s - time.monotonic()))
                due_s += _EVERY_S
                try:
                    live = json.loads(self._asked("live", f"/api/v1/live?since={sequence}", token))
                    sequence = live["sequence"]
                    self._asked("report", "/api/v1/reports/top-device", token)
                except (OSError, RuntimeError, ValueError) as error:
                    self.wrong.append(str(error))

    def _asked(self, what: str, path: str, token: str) -> bytes:
        began_s = time.perf_counter()
        with closing(HTTPConnection("127.0.0.1", _PORT, timeout=_TIMEOUT_S)) as connection:
            body = _told(connection, path, token)
        self.ms[what].append((time.perf_counter() - began_s) * 1000)
        return body


def _idle_kib(inside: Namespace, folder: Path, *flags: object) -> list[str]:
    folder.mkdir()
    with collector(inside, folder, "--iface", "rx", *flags) as made:
        time.sleep(3)
        return _kib(made)


def _kib(made: Collector) -> list[str]:
    assert made.process is not None
    return memory.process_kib(made.process.pid)


def _look_on() -> None:
    with (
        tempfile.TemporaryDirectory(prefix="ta-bench-") as text,
        namespace("bench-in") as inside,
        namespace("bench-out") as outside,
    ):
        folder = Path(text)
        veth(outside, "tx", inside, "rx")
        file = folder / "run" / "token"
        page = ("--web-listen", f"127.0.0.1:{_PORT}", "--web-token-file", file)
        kib = [("without the page", *_idle_kib(inside, folder / "none"))]
        with collector(inside, folder, "--iface", "rx", *page) as made:
            time.sleep(3)
            kib.append(("with it, not asked yet", *_kib(made)))
            token = file.read_text().split()[0]
            clients = [_Looking() for _ in range(_CLIENTS)]
            end_s = time.monotonic() + _LOOK_S
            threads = [
                threading.Thread(target=client.go_on, args=(inside, token, number, end_s), daemon=True)
                for number, client in enumerate(clients)
            ]
            senders = blast.start(outside, "tx", 1, _FLOWS, _LOOK_S, _FRAMES_PER_S)
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            sent, _ = blast.finish(senders)
            kib.append((f"after {_CLIENTS} clients", *_kib(made)))
            made.stop()
            ((booked,),) = made.rows("SELECT ifnull(sum(packets), 0) FROM flow_minute WHERE l4_proto = 17")
            query = "SELECT ifnull(sum(packets), 0) FROM counter_minute WHERE counter = 'not_booked'"
            ((not_booked,),) = made.rows(query)
    _print(clients, sent, booked, not_booked)
    print_table("   the collector's memory, KiB", ("when", "RSS", "PSS", "private dirty", "peak RSS"), kib)
    wrong = [text for client in clients for text in client.wrong]
    if wrong or booked != sent:
        raise RuntimeError(f"{len(wrong)} errors ({', '.join(wrong[:3])}); {sent - booked} packets are missing")


def _print(clients: list[_Looking], sent: int, booked: int, not_booked: int) -> None:
    rows = []
    for what in _WHAT:
        ms = sorted(each for client in clients for each in client.ms[what])
        p99, longest = (f"{ms[at]:.1f}" if ms else "-" for at in (len(ms) * 99 // 100, -1))
        rows.append((what, f"{len(ms):,}", f"{median(ms):.1f}" if ms else "-", p99, longest))
    title = f"   {_CLIENTS} clients ask each {_EVERY_S} s for {_LOOK_S} s, beside {_FRAMES_PER_S:,} packets a s: ms"
    print_table(title, ("what", "answers", "median", "99 %", "longest"), rows)
    errors = sum(len(client.wrong) for client in clients)
    print(f"   {errors} errors. {sent:,} packets sent, {booked:,} booked, {not_booked:,} not booked.")
