"""Keeps an eye on the quotas: what was used of them, and who is to be told."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import tzinfo
from pathlib import Path

from ..errors import TrafficAnalyzerError
from ..records import Notice
from ..reports.selection import Selection
from ..reports.totals import totals
from ..units import bytes_text, window_text
from .hooks import Hooks, trouble
from .quotas import Crossed, Crossing, Quota, Watch


def used_in(database_path: Path) -> Callable[[Quota, int, int], int]:
    """What a quota counts from one Unix second to another, asked of the database."""

    def used(quota: Quota, since_unix_s: int, until_unix_s: int) -> int:
        ifaces, devices = (quota.network,) if quota.network else (), (quota.device,) if quota.device else ()
        sums = totals(database_path, Selection(since_unix_s, until_unix_s, ifaces, devices))
        return quota.counted(sums.rx_bytes, sums.tx_bytes)

    return used


class QuotaChecker:
    """Warns once in each period, when a quota's part and when all of it is used up.

    Any thread may call: :meth:`due` one at a time, the rest at any time.

    :param used: see :func:`used_in`.
    :param crossed: what *remember* was told, in earlier runs too; asked before anybody is told, since an archive that
        knows of it may be there only later. It may forget what is older than a year.
    :param remember: keeps what was crossed, before anybody is told: over a restart a warning is lost rather than
        repeated. Where it raises a TrafficAnalyzerError, that is said, and the warning goes its way.
    """

    def __init__(
        self,
        quotas: Sequence[Quota],
        used: Callable[[Quota, int, int], int],
        crossed: Callable[[], Iterable[tuple[str, int, int]]],
        remember: Callable[[list[Crossed]], None],
        hooks: Hooks,
        zone: tzinfo | None = None,
    ) -> None:
        self._watches = [Watch(quota, (), zone) for quota in quotas]
        self._used, self._crossed = used, crossed
        self._remember = remember
        self._hooks = hooks
        self._lock = threading.Lock()
        self._must_recount = False
        self._failed: dict[str, str] = {}  # by quota: what was said of it last
        self._notices: tuple[Notice, ...] = ()
        self._early = [f"quota {q.name}: hook {q.hook}: {why}" for q in quotas if q.hook and (why := trouble(q.hook))]

    def due(self, now_unix_s: int) -> list[str]:
        """Looks at every quota and starts hooks; lines for the log. To be called once a minute or so."""
        with self._lock:
            lines, self._early = self._early, []
            must_recount, self._must_recount = self._must_recount, False
            crossings = []
            for watch in self._watches:
                if must_recount:
                    watch.recount()
                try:
                    crossings += watch.look(now_unix_s, self._used)
                    self._failed.pop(watch.quota.name, None)
                except TrafficAnalyzerError as error:
                    lines += self._failing(watch.quota, str(error))
            self._notices = tuple(notice for watch in self._watches for notice in _notice(watch))
            return lines + self._tell(crossings) + self._hooks.lines()

    def notices(self) -> list[Notice]:
        """``quota-warned`` or ``quota-reached`` for each quota that is, of which so many bytes of how many are used."""
        return list(self._notices)

    def recount(self) -> None:
        """What was booked has changed: the next look adds all of it up again."""
        self._must_recount = True

    def close(self) -> list[str]:
        """Ends what hooks still run; lines for the log."""
        self._hooks.close()
        return self._hooks.lines()

    def _failing(self, quota: Quota, why: str) -> list[str]:
        """A line, the first time only."""
        if self._failed.get(quota.name) == why:
            return []
        self._failed[quota.name] = why
        return [f"quota {quota.name} cannot be checked: {why}"]

    def _new(self, crossings: Sequence[Crossing]) -> tuple[list[Crossing], list[str]]:
        """Those that nobody was told of in an earlier run; lines for the log."""
        try:
            known = {Crossed(*each) for each in self._crossed()}
        except TrafficAnalyzerError as error:
            return list(crossings), [f"{error}; quotas may warn again"]
        return [crossing for crossing in crossings if crossing.crossed not in known], []

    def _tell(self, crossings: Sequence[Crossing]) -> list[str]:
        if not crossings:
            return []
        crossings, lines = self._new(crossings)
        if not crossings:
            return lines
        try:
            self._remember([crossing.crossed for crossing in crossings])
        except TrafficAnalyzerError as error:
            lines.append(f"{error}; after a restart these quotas warn again")
        for crossing in crossings:
            lines.append(_line(crossing))
            if crossing.quota.hook:
                self._hooks.start(crossing.quota.hook, environment_of(crossing))
        return lines


def environment_of(crossing: Crossing) -> Mapping[str, str]:
    """What a hook is told. Times are Unix seconds; what a quota does not say is empty."""
    quota = crossing.quota
    return {
        "TA_QUOTA": quota.name,
        "TA_PERCENT": str(crossing.percent),
        "TA_USED_BYTES": str(crossing.used_bytes),
        "TA_LIMIT_BYTES": str(quota.limit_bytes),
        "TA_DIRECTION": quota.direction,
        "TA_PERIOD": quota.period,
        "TA_SINCE": str(crossing.window.since_unix_s),
        "TA_UNTIL": str(crossing.window.until_unix_s),
        "TA_DEVICE": quota.device,
        "TA_NETWORK": quota.network,
    }


def _line(crossing: Crossing) -> str:
    quota = crossing.quota
    percent = crossing.used_bytes * 100 // quota.limit_bytes
    used, limit = bytes_text(crossing.used_bytes), bytes_text(quota.limit_bytes)
    passed = f"past {crossing.percent} %: {percent} % used, {used} of {limit}"
    return f"quota {quota.name}: {passed}, {window_text(*crossing.window)}"


def _notice(watch: Watch) -> list[Notice]:
    quota = watch.quota
    detail = f"{watch.used_bytes}/{quota.limit_bytes}"
    if watch.is_over(100):
        return [Notice("quota-reached", quota.name, detail)]
    return [Notice("quota-warned", quota.name, detail)] if watch.is_over(quota.warn_percent) else []
