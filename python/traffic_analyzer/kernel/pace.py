"""When something may be tried again. Pure: the monotonic clock, in seconds, is passed in."""

from __future__ import annotations

_DELAY_S, _DELAY_MAX_S = 1.0, 60.0
_REST = 4  # times as long as it took: a small machine, where everything takes its time, has other work to do
_REST_MIN_S = 0.5


class Pace:
    """Of work that takes a while: four times as long, and half a second at least, nothing of its kind is begun."""

    def __init__(self) -> None:
        self._began_s = self._not_before_s = 0.0

    def is_due(self, now_s: float) -> bool:
        """Whether it may begin."""
        return now_s >= self._not_before_s

    def begin(self, now_s: float) -> None:
        """It begins now."""
        self._began_s = now_s

    def end(self, now_s: float) -> None:
        """It is done."""
        self._not_before_s = now_s + max(_REST_MIN_S, _REST * (now_s - self._began_s))


class Backoff:
    """Of what failed, by name: after 1 s, then 2 s, 4 s and so on, to once a minute."""

    def __init__(self) -> None:
        self._next: dict[str, tuple[float, float]] = {}  # not before, delay after that

    def is_due(self, name: str, now_s: float) -> bool:
        """Whether *name* may be tried."""
        return now_s >= self._next.get(name, (0.0, 0.0))[0]

    def put_off(self, name: str, now_s: float) -> float:
        """How long *name* has to wait from now on, s."""
        _, delay_s = self._next.get(name, (0.0, _DELAY_S))
        self._next[name] = now_s + delay_s, min(2 * delay_s, _DELAY_MAX_S)
        return delay_s

    def forget(self, name: str) -> None:
        """*name* went well."""
        self._next.pop(name, None)
