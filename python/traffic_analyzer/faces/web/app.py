"""What is answered where: the routes, each a question to a report, the status, or a file of the page."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bottle import Bottle, HTTPError, HTTPResponse, request, response

from ... import __version__
from ...errors import StoreError, UsageError
from ...reports import registry
from ...reports.declaration import Report
from ...reports.status import status
from ...settings import RUN, Setting
from ..describe import describe_report, describe_setting
from ..encode import as_dict, render_csv, status_as_dict
from ..zone import utc_offsets
from .answers import SHARED_S, Answers, Document, document
from .guard import Guard
from .openapi import openapi
from .page import VIEWS, Page
from .questions import FORMAT, SEQUENCE, given_in, parameters_of, question_of, spoken
from .server import HERE
from .trouble import Trouble, told

log = logging.getLogger("traffic-analyzer")

_Callback = Callable[..., HTTPResponse]

API = "/api/v1"
_LIVE_S = 0.2  # a picture of now is shared for so long
_COUNTED_S = 3600  # what the status tells of
_AT_ONCE = 3  # reports that are computed; others wait, or a router's memory would be full of them
_JSON = {"Content-Type": "application/json"}
#: Of every answer. The page loads nothing from elsewhere, runs no script but its files, and is in nobody's frame.
_ALWAYS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        "form-action 'none'; frame-ancestors 'none'; base-uri 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-cache",
}
_STRANGER = (
    "Host is no name of this machine: open the page by the address that `traffic-analyzer link` prints, or name it "
    "with --web-host"
)
_NO_TOKEN = "send `Authorization: Bearer TOKEN` with the token of the link that `traffic-analyzer link` prints"
_MISTAKE = "this is a mistake of the program: its log says more"
_STATUSES = (400, 401, 403, 404, 405, 500, 503)


@dataclass(frozen=True)
class Sources:
    """Where answers come from. Called by several threads at once."""

    database: Path
    archive: Path | None  #: None: where the database says
    live: Callable[[int], Mapping[str, Any]]  #: rates, and what happened after that slot
    settings: Mapping[str, Any]  #: what the collector runs with, by name
    now_unix_s: Callable[[], int]


class App:
    """Refuses in this order: who calls it by a wrong name, would change something, has no token."""

    def __init__(self, sources: Sources, guard: Guard, page: Page, answers: Answers) -> None:
        self._sources, self._guard, self._answers = sources, guard, answers
        self._at_once = threading.BoundedSemaphore(_AT_ONCE)
        self.wsgi = Bottle()  #: to be called by several threads at once
        self.wsgi.add_hook("before_request", self._check_host)
        self.wsgi.error_handler.update(dict.fromkeys(_STATUSES, _trouble))
        for path in VIEWS:
            self._answer(path, page.index)
        self._answer("/static/<path:path>", page.static)
        self._answer("/healthz", self._health)
        self._answer_who_knows("reports", self._reports)
        self._answer_who_knows("reports/<name>", self._report)
        self._answer_who_knows("live", self._live)
        self._answer_who_knows("status", lambda: self._told(self._status))
        self._answer_who_knows("settings", self._settings)
        self._answer_who_knows("openapi.json", lambda: self._told(openapi))

    def _answer(self, path: str, callback: _Callback) -> None:
        """Has requests to *path* answered, in any case."""

        def answered(**parts: str) -> HTTPResponse:
            try:
                found = callback(**parts)
            except UsageError as error:
                # One that is raised leaves its frames to the garbage collector.
                return Trouble(400, spoken(str(error))).about(error.reason, error.subject)
            except StoreError as error:
                return Trouble(503, spoken(str(error)))
            except Exception:  # costs one answer, not the counting
                log.exception("answering %s failed", request.path)
                return Trouble(500, _MISTAKE)
            for name, value in _ALWAYS.items():
                found.set_header(name, value)
            return found

        self.wsgi.route(path, callback=answered)

    def _answer_who_knows(self, name: str, callback: _Callback) -> None:
        """The same, for who knows the token: it is asked where data is, not by what a path looks like."""

        def guarded(**parts: str) -> HTTPResponse:
            if not self._guard.is_known(_header("Authorization")):
                return Trouble(401, _NO_TOKEN, WWW_Authenticate="Bearer")
            return callback(**parts)

        self._answer(f"{API}/{name}", guarded)

    def _check_host(self) -> None:
        if not self._guard.is_called(_header("Host"), request.environ[HERE]):
            raise Trouble(403, _STRANGER)

    def _health(self) -> HTTPResponse:
        """Whether the database can be read; not why it cannot: that takes the token."""
        try:
            self._answers.shared("health", lambda: _json(self._status()))
        except StoreError:
            sick = _json({"status": f"the database cannot be read: {API}/status says why"})
            return HTTPResponse(sick.body, 503, dict(sick.headers))
        return _sent(_json({"status": "ok"}))

    def _reports(self) -> HTTPResponse:
        return self._told(lambda: {"reports": [_described(report) for report in registry.REPORTS.values()]})

    def _report(self, name: str) -> HTTPResponse:
        report = registry.REPORTS.get(name)
        if report is None:
            return Trouble(404, f"no report {name[:64]}: choose from {', '.join(registry.REPORTS)}")
        query, sources = request.query_string, self._sources

        def found() -> Document:
            selection, shape = question_of(report, query, sources.now_unix_s())
            with self._at_once:
                result = registry.run(sources.database, report.name, selection, sources.archive)
                return _csv(report, render_csv(result)) if shape == "csv" else _json(as_dict(result))

        return _sent(self._answers.shared((name, query), found))

    def _live(self) -> HTTPResponse:
        since = given_in(request.query_string, (SEQUENCE,)).get(SEQUENCE.name, SEQUENCE.default)
        return self._told(lambda: self._sources.live(since), (SEQUENCE,), _LIVE_S)

    def _status(self) -> dict[str, Any]:
        now_unix_s = self._sources.now_unix_s()
        found = status(self._sources.database, now_unix_s, self._sources.archive)
        offsets = utc_offsets(now_unix_s - _COUNTED_S, now_unix_s)
        return {"version": __version__, "now_unix_s": now_unix_s, **status_as_dict(found), "offsets": offsets}

    def _settings(self) -> HTTPResponse:
        values = self._sources.settings
        told = [describe_setting(setting) | {"value": values.get(setting.name)} for setting in RUN]
        return self._told(lambda: {"settings": told})

    def _told(
        self, compute: Callable[[], Mapping[str, Any]], known: Sequence[Setting] = (), for_s: float = SHARED_S
    ) -> HTTPResponse:
        path, query = request.path, request.query_string
        given_in(query, known)
        return _sent(self._answers.shared((path, query), lambda: _json(compute()), for_s))


def _header(name: str) -> str:
    """Of the request; with commas between where it is there several times, empty where it is not.

    Not by bottle's ``request.headers``: that and the environment hold each other, and what else is in there, until a
    garbage collector comes by, which the collector asks to come seldom.
    """
    return str(request.environ.get(f"HTTP_{name.upper().replace('-', '_')}", ""))


def _trouble(trouble: HTTPError) -> bytes:
    for name, value in _ALWAYS.items():
        response.set_header(name, value)
    return told(trouble)


def _sent(found: Document) -> HTTPResponse:
    """A document; or that who asks has it."""
    if found.is_one_of(_header("If-None-Match")):
        return HTTPResponse(status=304, headers={"ETag": found.tag})
    return HTTPResponse(found.body, headers={**found.headers, "ETag": found.tag})


def _described(report: Report) -> dict[str, Any]:
    """With what it can be asked here."""
    filters = [describe_setting(setting) for setting in parameters_of(report) if setting is not FORMAT]
    return describe_report(report) | {"filters": filters}


def _json(value: Mapping[str, Any]) -> Document:
    return document(json.dumps(value, separators=(",", ":")).encode() + b"\n", _JSON)


def _csv(report: Report, text: str) -> Document:
    disposition = f'attachment; filename="{report.name}.csv"'
    headers = {"Content-Type": "text/csv; charset=utf-8", "Content-Disposition": disposition}
    return document(text.encode("utf-8", "backslashreplace"), headers)
