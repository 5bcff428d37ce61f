"""Where answers come from: the running collector's endpoint, the database, or whichever of them there is."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, tzinfo
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any, Protocol, TypeVar
from urllib.parse import quote, urlencode, urlsplit

from ...clock import boot_id, is_boot_time, now_unix_s, read
from ...errors import StoreError, UsageError
from ...reports import registry
from ...reports.status import status
from ...settings import DAY, LOOKBACK_MINUTES, PERIOD, SINCE, START_DAY, UNTIL
from ..asked import selection_of
from ..sentences import sentence
from ..web.place import Place
from ..web.token import known_token
from ..window import window_of
from .answer import Answer, Question, Rates, Standing, answer_in, answer_of
from .rates import Turns

TIMEOUT_S = 4.0  #: that the collector may take for an answer
NOT_ASKED = "no collector is asked"  #: as its user wants it
_AGAIN_S = 6.0  # between two tries to reach a collector that could not be
_API = "/api/v1"
_WINDOW = {setting.name for setting in (LOOKBACK_MINUTES, PERIOD, START_DAY, DAY, SINCE, UNTIL)}
_MALFORMED = (ValueError, KeyError, TypeError)
_Told = TypeVar("_Told")
Now = Callable[[], int]  #: Unix seconds


def _now() -> int:
    return now_unix_s(*read())


def dated(given: Mapping[str, Any], now_unix_s_: int, zone: tzinfo) -> dict[str, Any]:
    """*given* with times that mean the same in every zone; how far to look back does already."""
    if not any(setting.name in given for setting in (PERIOD, DAY, SINCE, UNTIL)):
        return dict(given)
    rest = {name: value for name, value in given.items() if name not in _WINDOW}
    ends = zip((SINCE.name, UNTIL.name), window_of(given, now_unix_s_, zone), strict=True)
    return rest | {name: datetime.fromtimestamp(unix_s, UTC).strftime("%Y-%m-%dT%H:%MZ") for name, unix_s in ends}


class AwayError(Exception):
    """There is no collector to ask, in a line that says why."""


class Source(Protocol):
    """Called by one thread."""

    def report(self, question: Question) -> Answer:
        """The answer.

        :raises UsageError: it cannot be asked for that.
        :raises StoreError: the database cannot be read.
        """

    def live(self) -> Rates | None:
        """What passes now; None where nobody knows."""

    def status(self) -> Standing:
        """How the collector stands."""


class Database:
    """The database, read at each question.

    :param archive: where its hours and days are; None: where it says.
    :param zone: of the times that are asked for; None: the system's.
    """

    def __init__(self, path: Path, archive: Path | None, now: Now = _now, zone: tzinfo | None = None) -> None:
        self._path, self._archive, self._now_unix_s, self._zone = path, archive, now, zone

    def report(self, question: Question) -> Answer:
        """As :meth:`Source.report`."""
        selection = selection_of(dict(question.given), self._now_unix_s(), self._zone)
        return answer_of(registry.run(self._path, question.report, selection, self._archive))

    def live(self) -> Rates | None:
        """None: it holds minutes."""
        return None

    def status(self) -> Standing:
        """As :meth:`Source.status`."""
        found = status(self._path, self._now_unix_s(), self._archive)
        return Standing(found.is_counting, tuple(sentence(n.code, n.subject, n.detail) for n in found.notices))


class Endpoint:
    """The collector that runs, asked over HTTP.

    :param db: the database that is meant; of a collector of another one nothing is told.
    :param zone: of the times that are asked for, which the collector takes for its own; None: they are.
    """

    def __init__(
        self, place: Place, token_file: Path, db: Path, timeout_s: float = TIMEOUT_S, now: Now = _now,
        zone: tzinfo | None = None,
    ) -> None:  # fmt: skip
        self._now_unix_s, self._zone = now, zone
        self._place, self._token_file, self._db, self._timeout_s = place, token_file, db, timeout_s
        self._connection: HTTPConnection | None = None
        self._host = urlsplit(place.url).hostname or place.address
        self._token = ""
        self._turns = Turns()

    def report(self, question: Question) -> Answer:
        """As :meth:`Source.report`.

        :raises AwayError: nobody answers.
        """
        given = dict(question.given)
        if self._zone and not is_boot_time(now := self._now_unix_s()):  # by that, days are those of UTC anyway
            given = dated(given, now, self._zone)
        document = self._told(f"reports/{quote(question.report)}?{urlencode(given, doseq=True)}")
        return self._meant(lambda: answer_in(document))

    def live(self) -> Rates | None:
        """As :meth:`Source.live`; raises like :meth:`report`."""
        live = self._told(f"live?since={self._turns.sequence}")
        return self._meant(lambda: self._turns.add(live))

    def status(self) -> Standing:
        """As :meth:`Source.status`; raises like :meth:`report`."""
        found = self._told("status")
        return self._meant(lambda: Standing(bool(found["is_counting"]), tuple(n["text"] for n in found["notices"])))

    def _meant(self, read_: Callable[[], _Told]) -> _Told:
        try:
            return read_()
        except _MALFORMED:
            raise AwayError(f"what answers at {self._place} is another version, or something else") from None

    def _told(self, path: str) -> Any:
        if self._connection is None:
            self._open()
        return self._asked(path)

    def _open(self) -> None:
        """Connects, and makes sure that who answers counts into the database that is meant."""
        try:
            token = known_token(self._token_file, boot_id())
        except UsageError as error:
            raise AwayError(str(error)) from None
        if token is None:
            raise AwayError("no collector is running")
        self._token, self._turns = token, Turns()
        self._connection = HTTPConnection(self._host, self._place.port, timeout=self._timeout_s)
        found = self._asked("settings")
        values = self._meant(lambda: {setting["name"]: setting["value"] for setting in found["settings"]})
        if Path(str(values.get("db"))).resolve() != self._db.resolve():
            self._close()
            raise AwayError("the collector that runs counts into another database")

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self._connection = None

    def _asked(self, path: str) -> Any:
        assert self._connection is not None
        try:
            self._connection.request("GET", f"{_API}/{path}", headers={"Authorization": f"Bearer {self._token}"})
            response = self._connection.getresponse()
            body, code = response.read(), response.status
            document = json.loads(body)
        except TimeoutError:
            self._close()
            raise AwayError("the collector answers too slowly") from None
        except (OSError, HTTPException) as error:
            self._close()
            if isinstance(error, ConnectionRefusedError):
                raise AwayError("no collector is running") from None
            raise AwayError(f"the collector cannot be asked: {error}") from None
        except ValueError:
            self._close()
            raise AwayError(f"what answers at {self._place} is no collector") from None
        if code == 200:
            return document
        text = str(document.get("error", code)) if isinstance(document, dict) else str(code)
        if code == 400:
            raise UsageError(text)
        if code == 503:
            raise StoreError(text)
        self._close()
        raise AwayError(f"the collector does not answer: {text}")


class Either:
    """The collector where it answers, else the database; and the collector again as soon as it is back.

    :param now_s: a clock that only goes forward.
    """

    def __init__(self, endpoint: Endpoint | None, database: Database, now_s: Callable[[], float]) -> None:
        self._endpoint, self._database, self._now_s = endpoint, database, now_s
        self._again_s = 0.0
        self.away = "" if endpoint else NOT_ASKED  #: why the collector is not asked; empty: it is

    def report(self, question: Question) -> Answer:
        """As :meth:`Source.report`."""
        return self._first(lambda source: source.report(question))

    def live(self) -> Rates | None:
        """As :meth:`Source.live`."""
        return self._first(lambda source: source.live())

    def status(self) -> Standing:
        """As :meth:`Source.status`."""
        return self._first(lambda source: source.status())

    def _first(self, ask: Callable[[Source], _Told]) -> _Told:
        if self._endpoint is not None and (not self.away or self._now_s() >= self._again_s):
            try:
                found = ask(self._endpoint)
            except AwayError as error:
                self.away, self._again_s = str(error), self._now_s() + _AGAIN_S
            else:
                self.away = ""
                return found
        return ask(self._database)
