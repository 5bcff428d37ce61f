"""The same question has the same answer, whichever tiers it comes from."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from traffic_analyzer.records import Remark
from traffic_analyzer.reports.declaration import Report, Role
from traffic_analyzer.reports.functions import FUNCTIONS
from traffic_analyzer.reports.query import Query
from traffic_analyzer.reports.registry import REPORTS, completeness, run
from traffic_analyzer.reports.selection import Selection, checked
from traffic_analyzer.reports.totals import totals
from traffic_analyzer.store.database import open_readable
from traffic_analyzer.store.local_time import day_of, hour_of
from traffic_analyzer.store.tiers.archive import Archive
from traffic_analyzer.store.tiers.cover import ALWAYS
from traffic_analyzer.store.tiers.snapshot import snapshot
from traffic_analyzer.store.writer import Store

from .. import tiers
from ..store.seeds import rows as rows_of
from ..store.tiers import archives
from ..traffic import MAC, MINUTE, batch, flow_key, question_key, server_name_key, stored

_DAY_S, _HOUR_S = 86_400, 3600
_DAY = day_of(MINUTE)
_MINUTES = [
    _DAY + day * _DAY_S + hour * _HOUR_S + minute * 60
    for day in range(3) for hour in (0, 11, 23) for minute in (0, 1, 30, 59)
]  # fmt: skip
_END = _DAY + 3 * _DAY_S
_WINDOWS = {
    "three days": (_DAY, _END),
    "a day and a bit": (_DAY + _HOUR_S + 60, _DAY + 2 * _DAY_S + 11 * _HOUR_S + 30 * 60),
    "until now": (_DAY + 30 * 60, _END + 365 * _DAY_S),
    "some hours": (_DAY + 11 * _HOUR_S, _DAY + 23 * _HOUR_S + 60),
}
_LAYOUTS = ("pending", "hours", "archive", "both", "days")
_FOLDED = ("archivist", "archivist in place")
_TABLES = {"/".join((r.name, *p)): (r, part) for r in REPORTS.values()
           for p, part in ([((x.name,), x) for x in r.parts] or [((), r)])}  # fmt: skip


@pytest.fixture(scope="module")
def minutes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("minutes") / "traffic.db"
    return stored(path, *tiers.some_traffic(_MINUTES))


def _copy(minutes: Path, folder: Path) -> Path:
    folder.mkdir()
    return Path(shutil.copy(minutes, folder / "traffic.db"))


@pytest.fixture(scope="module")
def layouts(minutes: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The same traffic: pending; in hours; in an archive, and as long as the writer has not heard of it; with days."""
    folder = tmp_path_factory.mktemp("layouts")
    found = {"pending": minutes}
    found["hours"] = _copy(minutes, folder / "hours")
    tiers.take(found["hours"])
    for name, must_forget in (("archive", True), ("both", False)):
        found[name] = _copy(minutes, folder / name)
        tiers.take(found[name], folder / name / "archive.db", must_forget=must_forget)
    for name in _FOLDED:
        found[name] = _copy(minutes, folder / name)
        at = found[name] if name.endswith("place") else folder / name / "archive.db"
        with closing(Store(found[name])) as store, closing(Archive(at, found[name])) as archive:
            for _ in range(2):  # the second has nothing to take, but a day that is over by now
                archives.take(store, archive, _END)
    found["days"] = _copy(minutes, folder / "days")
    tiers.take(found["days"], folder / "days" / "archive.db")
    tiers.roll_days(folder / "days" / "archive.db", _DAY + 2 * _DAY_S)
    return found


def _rows(path: Path, report: Report, selection: Selection, by_minute: bool = False) -> list[tuple[Any, ...]]:
    """All rows, from the tiers or, whatever the window, from minutes."""
    with open_readable(path) as database, snapshot(database) as found:
        for name, (function, arguments) in FUNCTIONS.items():
            database.register_function(function, name, arguments)
        if by_minute:
            found = replace(found, kept=replace(found.kept, newest=ALWAYS))
        return Query(database, found, selection).rows(report, None)


_ASKED: list[dict[str, Any]] = [
    {}, {"ifaces": ("br-lan",)}, {"devices": (MAC,)}, {"devices": ("laptop",)}, {"domains": ("example",)},
    {"by": "site"}, {"devices": (MAC,), "domains": ("one.example",), "ifaces": ("eth0", "br-lan")},
    {"protocols": ("udp",)}, {"protocols": ("tcp/443", "udp/53", "17/80"), "devices": (MAC,)},
]  # fmt: skip


def _may_be_asked(report: Report, asked: dict[str, Any]) -> bool:
    takes = {"devices": report.takes_device, "domains": report.takes_domain, "by": report.takes_by,
             "protocols": report.takes_protocol}  # fmt: skip
    if report.needs_device and "devices" not in asked or report.needs_domain and "domains" not in asked:
        return False
    return all(takes.get(name, True) for name in asked)


@pytest.mark.parametrize("layout", _LAYOUTS)
@pytest.mark.parametrize("name", _TABLES)
def test_every_report_is_the_same_from_all_tiers(
    minutes: Path, layouts: dict[str, Path], layout: str, name: str
) -> None:
    whole, report = _TABLES[name]
    for window in _WINDOWS.values():
        for asked in _ASKED:
            if not _may_be_asked(whole, asked) or name == "top-flow" and "devices" in asked:
                continue  # conversations that were put together are of no device
            selection = checked(Selection(*window, **asked), whole)
            expected = _rows(minutes, report, selection, by_minute=True)
            found = _rows(layouts[layout], report, selection)
            assert expected or report.name == "resolvers" or asked
            if report.name in ("collector-health", "dns-cache-inspect"):  # by hour, and the most of an hour is less
                sums = [at for at, column in enumerate(report.columns)
                        if column.role is Role.SUM and column.name != "cache_entries"]  # fmt: skip
                added = [[sum(row[at] for row in rows) for at in sums] for rows in (found, expected)]
                assert added[0] == added[1]
                assert {row[0] % _HOUR_S for row in found} <= {0}
            elif report.name == "timeline":
                assert found == _by_step(expected, day_of if window[1] - window[0] > 4 * _DAY_S else hour_of)
            else:
                assert _comparable(found) == _comparable(expected)


def _by_step(rows: list[tuple[Any, ...]], step: Callable[[int], int]) -> list[tuple[Any, ...]]:
    """Rows by minute, added up."""
    sums: dict[int, list[float]] = {}
    for minute, *values in rows:
        begun = sums.setdefault(step(minute), [0] * len(values))
        begun[:] = [one + other for one, other in zip(begun, values, strict=True)]
    return [(begun, *(pytest.approx(value) for value in values)) for begun, values in sorted(sums.items())[::-1]]


def _comparable(rows: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Lists in one order, and names by their site: hours know no other."""
    return [tuple(_alike(value) if isinstance(value, str) else value for value in row) for row in rows]


def _alike(text: str) -> str:
    return ",".join(sorted(text.split(","))).replace("www.", "")


_OF_SOME = ("domain-detail", "top-quic", "top-dohdot", "device-detail/resolvers")  # what was put together is in none
_NOT_FOLDED = ("top-device", "top-lan", "ledger", "usage")


@pytest.mark.parametrize("layout", _FOLDED)
@pytest.mark.parametrize("name", [name for name in _TABLES if name not in _OF_SOME])
def test_what_an_archivist_makes_of_it_has_the_same_sums(
    minutes: Path, layouts: dict[str, Path], layout: str, name: str
) -> None:
    """He puts together what is more than an hour, or a day, has room for."""
    whole, report = _TABLES[name]
    sums = [at for at, c in enumerate(report.columns) if c.role is Role.SUM and c.name != "cache_entries"]
    for window in _WINDOWS.values():
        for asked in _ASKED[:4]:
            if not _may_be_asked(whole, asked) or name == "top-flow" and "devices" in asked:
                continue  # conversations that were put together are of no device
            selection = checked(Selection(*window, **asked), whole)
            expected = _rows(minutes, report, selection, by_minute=True)
            found = _rows(layouts[layout], report, selection)
            added = [[sum(row[at] for row in rows) for at in sums] for rows in (found, expected)]
            assert added[0] == added[1], asked
            if name in _NOT_FOLDED or name == "attribution-coverage" and "devices" not in asked:
                assert _comparable(found) == _comparable(expected)


@pytest.mark.parametrize("window", _WINDOWS.values(), ids=list(_WINDOWS))
@pytest.mark.parametrize("layout", [*_LAYOUTS, *_FOLDED])
def test_completeness_and_totals_too(
    minutes: Path, layouts: dict[str, Path], layout: str, window: tuple[int, int]
) -> None:
    selection = Selection(*window)
    with open_readable(minutes) as database, snapshot(database) as found:
        whole = replace(found, kept=replace(found.kept, newest=ALWAYS))
        expected = completeness(Query(database, whole, selection))
    result = run(layouts[layout], "top-ip", selection)
    assert result.completeness == expected and expected.seen_packets and result.remarks == ()
    since, until = window
    sums = "SELECT sum(bytes * (1 - is_tx)), sum(bytes * is_tx) FROM flow_minute WHERE again = 0"
    ((rx, tx),) = rows_of(minutes, f"{sums} AND minute_unix_s >= {since} AND minute_unix_s < {until}")
    assert totals(layouts[layout], selection)[:2] == (rx, tx)


@pytest.mark.parametrize("layout", _LAYOUTS)
def test_time_is_told_as_finely_as_there_is_room_for(layouts: dict[str, Path], layout: str) -> None:
    for until, step in ((_DAY + _HOUR_S, "minute"), (_END, "hour"), (_END + 2 * _DAY_S, "day")):
        window = _DAY, until
        found = run(layouts[layout], "timeline", Selection(*window))
        times = [row[0] for row in found.rows]
        assert found.step == step and times == sorted(set(times), reverse=True)
        apart = {"minute": [60 * 59], "hour": [_HOUR_S, 11 * _HOUR_S, 12 * _HOUR_S], "day": [_DAY_S]}[step]
        assert {one - other for one, other in pairwise(times)} <= {60, *apart, 29 * 60, _HOUR_S * 12}
        assert sum(row[3] for row in found.rows) == sum(totals(layouts[layout], Selection(*window))[:2])


@pytest.mark.parametrize("layout", ["pending", "days"])
def test_pages_are_the_whole(layouts: dict[str, Path], layout: str) -> None:
    for sort, order in (("", ""), ("remote_ip", "desc"), ("rx_bytes", "asc"), ("packets", "")):
        whole = Selection(_DAY, _END, sort=sort, order=order, limit=99)
        every = run(layouts[layout], "top-ip", whole)
        assert not every.has_more and len(every.rows) == 4
        rows, offset = [], 0
        while True:
            page = run(layouts[layout], "top-ip", replace(whole, limit=3, offset=offset))
            assert page.completeness == every.completeness and len(page.rows) <= 3
            rows, offset = rows + page.rows, offset + 3
            if not page.has_more:
                break
        assert rows == every.rows
        if sort:
            at = [column.name for column in every.report.columns].index(sort)
            assert [row[at] for row in rows] == sorted((row[at] for row in rows), reverse=order != "asc")


@pytest.mark.parametrize("layout", ["hours", "archive", "days"])
def test_what_came_since_is_part_of_the_answer(tmp_path: Path, layouts: dict[str, Path], layout: str) -> None:
    """The running minute, which nothing is made of yet; one that is pending; one in a day that was over."""
    window = Selection(_DAY, _END)
    path = Path(shutil.copy(layouts[layout], tmp_path / "traffic.db"))
    before = totals(path, window)
    late = [_END - 120, _END - 60, _DAY + 5 * _HOUR_S]
    with closing(Store(path)) as store:
        for number, minute in enumerate(late):
            flows = {flow_key(minute_unix_s=minute): (10**number, 1)}
            assert store.commit(batch(flows, instance="two", generation=number, minute_unix_s=minute))
            assert totals(path, window).rx_bytes - before.rx_bytes == sum(10**n for n in range(number + 1))
    (by_day,) = (totals(path, Selection(day, day + _DAY_S)).packets for day in (_DAY,))
    assert by_day == totals(layouts[layout], Selection(_DAY, _DAY + _DAY_S)).packets + 1


def test_what_moved_away_leaves_no_empty_row(tmp_path: Path, layouts: dict[str, Path]) -> None:
    path = Path(shutil.copy(layouts["archive"], tmp_path / "traffic.db"))
    window = Selection(_END - 6 * _HOUR_S, _END + 5 * _DAY_S, limit=999)
    before = {name: run(path, name, window) for name in ("top-flow", "ledger", "top-dns")}
    with closing(Store(path)) as store:
        store.restamp(_END - _HOUR_S, _END, 2 * _DAY_S)
    for name, was in before.items():
        found = run(path, name, window)
        assert found.completeness == was.completeness
        moved = [(row[0] + 2 * _DAY_S, *row[1:]) for row in was.rows] if name == "ledger" else was.rows
        assert found.rows == moved


@pytest.mark.parametrize("name", ["top-ip", "top-flow", "domain-detail", "ledger"])
def test_a_window_whose_minutes_are_gone_grows_to_hours_and_says_so(tmp_path: Path, minutes: Path, name: str) -> None:
    path = _copy(minutes, tmp_path / "pruned")
    tiers.take(path)
    tiers.forget_minutes(path, _DAY + 2 * _DAY_S)
    domains = ("example",) if REPORTS[name].needs_domain else ()
    asked = Selection(_DAY + 60, _DAY + 120, domains=domains)
    found = run(path, name, asked)
    assert (found.selection.since_unix_s, found.selection.until_unix_s) == (_DAY, _DAY + _HOUR_S)
    assert found.remarks == (Remark("wider-hours"),)
    hour = replace(asked, since_unix_s=_DAY, until_unix_s=_DAY + _HOUR_S)
    report = REPORTS[name]
    assert _comparable(found.rows) == _comparable(_rows(minutes, report, hour, by_minute=True))[:len(found.rows)]
    assert found.completeness.seen_packets
    assert run(path, name, replace(asked, since_unix_s=_END - 120, until_unix_s=_END)).remarks == ()


def test_a_window_whose_hours_are_gone_grows_to_days(tmp_path: Path, minutes: Path) -> None:
    path = _copy(minutes, tmp_path / "pruned")
    tiers.take(path)
    tiers.roll_days(path, _DAY + 2 * _DAY_S)
    tiers.forget_minutes(path, _DAY + 2 * _DAY_S)
    tiers.forget_hours(path, _DAY + _DAY_S)
    asked = Selection(_DAY + 60, _DAY + 120, devices=("laptop",))
    found = run(path, "device-detail", asked)
    assert (found.selection.since_unix_s, found.selection.until_unix_s) == (_DAY, _DAY + _DAY_S)
    assert found.remarks[0] == Remark("wider-days")
    hours = next(part for part in found.parts if part.report.name == "hours").rows
    day = Selection(_DAY, _DAY + _DAY_S, devices=("laptop",))
    sites = _rows(minutes, REPORTS["device-detail"].parts[2], day, by_minute=True)
    assert [row[0] for row in hours] == [_DAY] and hours[0][3] == sum(row[4] for row in sites)


def test_an_address_is_that_of_its_device_where_hours_do_not_know_it(minutes: Path) -> None:
    client = "10.0.1.2"  # one of three of the device
    by_hours = run(minutes, "top-lan", Selection(_DAY, _END, devices=(client,), limit=99))
    assert {row[0] for row in by_hours.rows} == {client}  # the rollup of clients knows it
    hour, days = (_DAY, _DAY + _HOUR_S), (_DAY, _END)
    asked = [Selection(*window, devices=(device,)) for window in (hour, days) for device in (client, MAC)]
    sums = [totals(minutes, each) for each in asked]
    assert 0 < sums[0].packets < sums[1].packets < sums[2].packets == sums[3].packets


@pytest.mark.parametrize("name", ["top-domain", "top-ip", "top-lan", "top-device", "top-flow", "attribution-coverage",
                                  "top-dns", "top-sni"])  # fmt: skip
def test_what_is_put_together_is_part_of_every_sum(tmp_path: Path, name: str) -> None:
    """Far more names, addresses and conversations in a minute than an hour has rows for."""
    at = {"minute_unix_s": _DAY, "device": MAC}
    many = range(400)
    flows = {
        flow_key(f"10.0.{n // 250}.{n % 250}", f"203.0.{n // 250}.{n % 250}", **at, client_port=n,  # type: ignore[arg-type]
                 domain=f"n{n}.example", label="exact", evidence="tls"): (n + 1, 1) for n in many
    }  # fmt: skip
    questions = {question_key(f"n{n}.example", device=MAC, minute_unix_s=_DAY): n + 1 for n in many}
    hellos = {server_name_key(f"n{n}.example", device=MAC, minute_unix_s=_DAY): n + 1 for n in many}
    path = stored(tmp_path / "traffic.db", batch(flows, questions=questions, server_names=hellos))
    tiers.take(path)
    report = REPORTS[name]
    summed = [at for at, column in enumerate(report.columns) if column.role is Role.SUM]
    whole, few = (_rows(path, report, Selection(_DAY, _END), by_minute) for by_minute in (True, False))
    for column in summed:
        assert sum(row[column] for row in whole) == sum(row[column] for row in few)
    assert sum(row[summed[-1]] for row in few) in (400, 400 * 401 // 2)
    if name not in ("attribution-coverage", "top-device"):
        assert len(few) < len(whole) and any("(other)" in row for row in few)
    if name == "top-device":
        addresses = run(path, name, Selection(_DAY, _END)).rows[0][3]
        assert addresses[-1] == "(other)" and len(addresses) == 257


@pytest.mark.parametrize(
    ("name", "asked", "is_said"),
    [("top-flow", {"devices": (MAC,)}, True), ("top-domain", {"domains": ("n1.example",)}, True),
     ("top-protocol", {"protocols": ("tcp",)}, True), ("top-domain", {"devices": (MAC,)}, False),
     ("top-domain", {}, False), ("top-device", {"devices": (MAC,)}, False),
     ("top-dns", {"domains": ("n1.example",)}, True)],
)  # fmt: skip
def test_what_is_put_together_and_may_be_asked_for_is_told(
    tmp_path: Path, name: str, asked: dict[str, Any], is_said: bool
) -> None:
    """Only where it is: of minutes, and before they are rolled up, all of it is told."""
    for count, is_much in ((400, True), (20, False)):
        at: dict[str, Any] = {"minute_unix_s": _DAY, "device": MAC}
        flows = {
            flow_key(f"10.0.0.{n % 250}", client_port=n, domain=f"n{n}.example", label="exact", **at): (n + 1, 1)
            for n in range(count)
        }  # fmt: skip
        questions = {question_key(f"n{n}.example", device=MAC, minute_unix_s=_DAY): n + 1 for n in range(count)}
        path = stored(tmp_path / f"{count}.db", batch(flows, questions=questions))
        for is_taken in (False, True):
            if is_taken:
                tiers.take(path)
            remarks = run(path, name, Selection(_DAY, _END, **asked)).remarks
            assert bool(remarks) == (is_said and is_much and is_taken), (count, is_taken, remarks)
            assert run(path, name, Selection(_DAY, _DAY + _HOUR_S, **asked)).remarks == ()


def test_another_time_zone_than_the_collectors_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = stored(tmp_path / "traffic.db", batch({flow_key(): (7, 1)}))
    tiers.take(path)
    tiers.roll_days(path, day_of(MINUTE + _DAY_S))
    asked = Selection(_DAY - _DAY_S, _END)
    assert run(path, "top-ip", asked).remarks == ()
    with archives.time_zone(monkeypatch, "Asia/Kolkata"):
        found = run(path, "top-ip", asked)
        assert [row[3] for row in found.rows] == [7]
        assert found.remarks[-1] == Remark("other-zone")
        assert run(path, "top-ip", Selection(MINUTE, MINUTE + 60)).remarks == ()
