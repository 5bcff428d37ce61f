"""What is answered where, over HTTP, from a real database: as the command line answers it."""

from __future__ import annotations

import gc
import json
import logging
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from itertools import count
from pathlib import Path

import pytest

from traffic_analyzer import __version__
from traffic_analyzer.__main__ import main
from traffic_analyzer.faces.web.answers import Answers
from traffic_analyzer.faces.web.app import App, Sources
from traffic_analyzer.faces.web.guard import Guard
from traffic_analyzer.faces.web.page import Page
from traffic_analyzer.faces.zone import utc_offsets
from traffic_analyzer.live import Live
from traffic_analyzer.records import Notice
from traffic_analyzer.reports.registry import REPORTS
from traffic_analyzer.settings import RUN
from traffic_analyzer.store.writer import Store

from ...traffic import MAC, MINUTE, batch, flow_key, home, stored
from .served import TOKEN, Asked, app, served

_NOW = MINUTE + 59
_WINDOW = "since=2023-11-14T22:14Z&until=2023-11-14T22:15Z"
_NEEDED = {"device-detail": f"&device={MAC}", "domain-detail": "&domain=www.one.example"}
_API = "/api/v1"


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return stored(tmp_path / "traffic.db", home(MINUTE))


@pytest.fixture
def asked(database: Path) -> Iterator[Asked]:
    with served(app(database, _NOW, database.parent, {"flush_interval_secs": 2})) as found:
        yield found


@pytest.mark.parametrize("name", REPORTS)
def test_a_report_is_that_of_the_command_line(
    asked: Asked, database: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    window = _WINDOW.replace("since=", "--since=").replace("until=", "--until=").split("&")
    needed = [f"--{word}" for word in _NEEDED.get(name, "").split("&") if word]
    for shape in ("json", "csv"):
        assert main([name, "--db", str(database), *window, *needed, f"--{shape}"]) == 0
        expected = capsys.readouterr().out
        told = asked(f"{_API}/reports/{name}?{_WINDOW}{_NEEDED.get(name, '')}&format={shape}")
        assert told.status == 200
        if shape == "csv":
            assert told.body.decode() == expected
            assert told.headers["content-type"] == "text/csv; charset=utf-8"
            assert told.headers["content-disposition"] == f'attachment; filename="{name}.csv"'
        else:
            limit = json.loads(expected)["selection"]["limit"]
            assert told.document["selection"].pop("limit") in (limit, 1_000)
            document = json.loads(expected)
            del document["selection"]["limit"]
            assert told.document | {"selection": document["selection"]} == document
            assert told.headers["content-type"] == "application/json"


def test_now_is_the_collectors(asked: Asked) -> None:
    selection = asked(f"{_API}/reports/top-device").document["selection"]
    assert (selection["since_unix_s"], selection["until_unix_s"]) == (MINUTE - 3600, _NOW + 1)


def test_pages_of_rows(database: Path) -> None:
    flows = {flow_key(remote=f"198.51.100.{n}"): (100 + n, 1) for n in range(30)}
    with closing(Store(database)) as store:
        assert store.commit(batch(flows, generation=1, instance="two"))
    rows, more = [], True
    with served(app(database, _NOW)) as asked:
        while more:
            path = f"{_API}/reports/top-ip?{_WINDOW}&limit=7&offset={len(rows)}&sort=bytes&order=asc"
            told = asked(path).document
            rows, more = [*rows, *told["rows"]], told["has_more"]
            assert len(told["rows"]) <= 7
    assert len({row["remote_ip"] for row in rows}) == len(rows) == 32
    assert [row["bytes"] for row in rows] == sorted(row["bytes"] for row in rows)


def test_what_is_declared(asked: Asked) -> None:
    told = asked(f"{_API}/reports").document["reports"]
    assert [report["name"] for report in told] == list(REPORTS)
    for report in told:
        names = [setting["name"] for setting in report["filters"]]
        assert "limit" in names and not {"db", "archive", "format"} & set(names)


def test_settings_have_the_values_that_it_runs_with(asked: Asked) -> None:
    told = {setting["name"]: setting for setting in asked(f"{_API}/settings").document["settings"]}
    assert list(told) == [setting.name for setting in RUN]
    assert (told["flush_interval_secs"]["value"], told["flush_interval_secs"]["default"]) == (2, 1)


def test_the_status(database: Path) -> None:
    with closing(Store(database)) as store:
        store.notice([Notice("lro", "eth\u20260")], 7)
    with served(app(database, _NOW)) as asked:
        told = asked(f"{_API}/status").document
    assert (told["version"], told["now_unix_s"]) == (__version__, _NOW)
    assert {place["iface"] for place in told["interfaces"]} == {"eth0", "br-lan"}
    assert told["completeness"]["seen_bytes"] == 2_450 and "2.45 kB seen" in told["verdict"]
    (notice,) = told["notices"]
    assert notice["template"].startswith("{subject} merges") and notice["text"].startswith("eth…0 merges")
    assert told["offsets"][0][0] == _NOW - 3600


def test_live(asked: Asked) -> None:
    told = asked(f"{_API}/live?since=0").document
    assert (told["sequence"], told["slots"]["rx_bytes"], told["devices"]) == (0, [], [])
    assert asked(f"{_API}/live?since=x").status == 400


def test_health_takes_no_token_and_tells_nothing(asked: Asked, database: Path, tmp_path: Path) -> None:
    told = asked("/healthz", token=None)
    assert (told.status, told.document) == (200, {"status": "ok"})
    with served(app(tmp_path / "none.db", _NOW)) as other:
        told = other("/healthz", token=None)
        assert told.status == 503 and str(database.parent) not in told.document["status"]
        told = other(f"{_API}/status")
        assert told.status == 503 and "no such database" in told.document["error"]
        told = other(f"{_API}/reports/top-device")
        assert told.status == 503 and str(tmp_path / "none.db") in told.document["error"]
        assert other(f"{_API}/reports").status == 200


@pytest.mark.parametrize(
    ("path", "status", "said"),
    [
        ("/reports/top-device?device=tv", 400, "device tv: no device of that name"),
        ("/reports/top-device?iface=wlan9", 400, "iface wlan9: never counted in this database; it knows br-lan, eth0"),
        ("/reports/top-device?domain=..", 400, "domain ..: not a name"),
        ("/reports/device-detail", 400, "device: has to be given"),
        ("/reports/top-device?db=/etc/passwd", 400, "db: no such parameter"),
        ("/reports/top-device?device=%00", 400, "device: must not hold a NUL character"),
        ("/reports/top-device?device=%1b%0a", 400, r"device \x1b\n: no device of that name"),
        ("/reports/top-device?device=%", 400, "a percent sign takes two"),
        ("/reports/top-device?device=%ff", 400, "write parameters as name=value, in UTF-8"),
        ("/reports/top-device?limit=1&limit=2", 400, "limit: given twice"),
        ("/status?x=1", 400, "x: no such parameter; there is none"), ("/settings?x=", 400, "x: no such parameter"),
        ("/reports?x=", 400, "x: no such parameter"), ("/openapi.json?x=", 400, "x: no such parameter"),
        ("/reports/none", 404, "no report none: choose from top-"),
        ("/reports/", 404, "there is nothing here"),
        ("/reports/top-device/x", 404, "there is nothing here"), ("/live/", 404, "there is nothing here"),
        ("/../v1/live", 404, "there is nothing here"), ("", 404, "there is nothing here"),
        (f"/reports/{'x' * 5000}", 404, "no report xxx"), ("/reports/%0d%0aX:%20y", 404, r"no report \r\nX: y"),
    ],
)  # fmt: skip
def test_what_cannot_be_answered(asked: Asked, path: str, status: int, said: str) -> None:
    told = asked(_API + path)
    assert told.status == status
    assert told.document["error"].startswith(said) and told.document["error"].isprintable()
    assert told.headers["content-type"] == "application/json" and len(told.body) < 500


def test_who_is_refused(asked: Asked) -> None:
    for path in ("/live", "/status", "/reports", "/settings", "/openapi.json", "/reports/top-device", "/reports/no"):
        assert asked(_API + path, token=None).status == asked(_API + path, token="x").status == 401
    assert asked("/healthz", Host="evil.example").status == asked(f"{_API}/live", Host="evil.example").status == 403
    told = asked(f"{_API}/live", method="POST", body=b"x" * 100_000)
    assert (told.status, told.headers["allow"]) == (405, "GET, HEAD")


def test_what_is_known_is_not_sent_again(asked: Asked) -> None:
    path = f"{_API}/reports/top-device?{_WINDOW}"
    told = asked(path)
    again = asked(path, If_None_Match=told.headers["etag"])
    assert (again.status, again.body, again.headers["etag"]) == (304, b"", told.headers["etag"])
    assert asked(f"{path}&limit=1", If_None_Match=told.headers["etag"]).status == 200
    assert told.headers["cache-control"] == "no-cache" and "access-control-allow-origin" not in told.headers


def test_head_is_get_without_a_body(asked: Asked) -> None:
    for path in (f"{_API}/reports/top-device?{_WINDOW}", f"{_API}/reports/none", "/healthz", "/"):
        told, head = asked(path), asked(path, method="HEAD")
        del told.headers["date"], head.headers["date"]
        assert head.body == b"" and (head.status, head.headers) == (told.status, told.headers)


def test_names_are_text(database: Path) -> None:
    hostile = '<script>alert("é\u202e")</script>'
    with closing(Store(database)) as store:
        assert store.commit(batch({flow_key(domain=hostile): (10_000, 1)}, generation=1, instance="two"))
    with served(app(database, _NOW)) as asked:
        told = asked(f"{_API}/reports/top-domain?{_WINDOW}")
        assert told.document["rows"][0]["domain"] == hostile
        assert told.body.isascii() and told.headers["x-content-type-options"] == "nosniff"


def test_a_writer_holds_nobody_up(database: Path) -> None:
    with closing(Store(database)) as store, served(app(database, _NOW)) as asked:
        with store._database.atomic("IMMEDIATE"):
            store._database.execute_sql("DELETE FROM flow_minute")
            told = asked(f"{_API}/reports/top-device?{_WINDOW}")
            assert told.status == 200 and len(told.document["rows"]) == 2  # as it was before
        assert asked(f"{_API}/reports/top-device?{_WINDOW}&limit=9").document["rows"] == []


def test_what_needs_no_report_waits_for_none(database: Path) -> None:
    """Whoever asks for a month on a router, many times over: the picture of now goes on."""
    application = app(database, _NOW)
    with served(application) as asked, closing(Store(database)) as store:
        store._database.pragma("journal_mode", "delete")
        store._database.execute_sql("BEGIN EXCLUSIVE")  # now every reader waits
        with ThreadPoolExecutor(12) as clients:
            try:
                waiting = [clients.submit(asked, f"{_API}/reports/top-ip?limit={n}") for n in range(1, 13)]
                time.sleep(0.3)
                began_s = time.monotonic()
                assert asked(f"{_API}/live").status == asked(f"{_API}/reports").status == 200
                assert time.monotonic() - began_s < 1.5
                assert not any(each.done() for each in waiting)
            finally:
                store._database.execute_sql("ROLLBACK")
            assert {each.result().status for each in waiting} == {200}


def test_the_order_of_refusals(asked: Asked) -> None:
    path = f"{_API}/live"
    assert asked(path, "POST", token=None, Host="evil.example").status == 403
    assert asked("/none", "POST", token=None, Host="evil.example").status == 403
    assert asked(path, "POST", token=None).status == 405
    assert asked(path, "HEAD", token=None).status == 401
    assert asked(path, "OPTIONS").status == asked(path, "TRACE").status == asked(path, "NONSENSE").status == 405
    for port in ("", ":1", f":{asked.port}"):
        assert asked(path, Host=f"localhost{port}").status == 200  # ssh -L


@pytest.mark.parametrize(
    "path",
    ["/%61pi/v1/live", "/api%2fv1/live", "//api/v1/live", "/%ffapi/v1/live", "/api/v1/live%ff", "/./api/v1/live",
     "/static/../api/v1/live", "/api/v1/live;x", "/api/v1/live%20", "http://127.0.0.1/api/v1/live", "/API/V1/live"],
)  # fmt: skip
def test_there_is_no_other_way_in(asked: Asked, path: str) -> None:
    assert asked(path, token=None).status in (400, 401, 404)


@pytest.mark.parametrize("host", ["", "Host: evil.example", "Host: 127.0.0.1\r\nHost: 127.0.0.1",
                                  "Host: 127.0.0.1\r\nhost: evil.example", "Host: 127.0.0.1\r\n evil"])  # fmt: skip
def test_host_is_there_once(asked: Asked, host: str) -> None:
    got = asked.say(f"GET / HTTP/1.1\r\n{host}\r\n\r\n".replace("\r\n\r\n\r\n", "\r\n\r\n").encode())
    assert got.startswith(b"HTTP/1.0 403 ")


def test_a_mistake_of_ours_is_logged_and_costs_one_answer(
    database: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    def wrong(_: int) -> Mapping[str, object]:
        raise ZeroDivisionError("a secret")

    sources = Sources(database, None, wrong, {}, lambda: _NOW)
    application = App(sources, Guard(TOKEN, frozenset()), Page(), Answers(time.monotonic)).wsgi
    with served(application) as asked, caplog.at_level(logging.ERROR):
        told = asked(f"{_API}/live?since=7")
        assert (told.status, told.document) == (500, {"error": "this is a mistake of the program: its log says more"})
        assert asked(f"{_API}/reports").status == 200
    assert "answering /api/v1/live failed" in caplog.text and "ZeroDivisionError" in caplog.text
    assert TOKEN not in caplog.text and capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("path", "status"),
    [("/live", 200), ("/reports/top-device", 200), ("/reports/top-device?limit=x", 400), ("/reports/none", 404)],
)
def test_nothing_is_left_to_the_garbage_collector(database: Path, path: str, status: int) -> None:
    """The daemon has it come by seldom: of each request a little would be megabytes."""
    now_s = count(step=10)  # nothing is shared
    live = Live(1, lambda: (10**9, float(_NOW)), utc_offsets, lambda _: {})
    sources = Sources(database, None, live.answer, {}, lambda: _NOW)
    application = App(sources, Guard(TOKEN, frozenset()), Page(), Answers(lambda: next(now_s))).wsgi
    with served(application) as asked:
        assert asked(_API + path).status == status
        gc.collect()
        gc.disable()
        try:
            for _ in range(20):
                asked(_API + path)
                asked(_API + path, token="x")
            assert gc.collect() < 20
        finally:
            gc.enable()
