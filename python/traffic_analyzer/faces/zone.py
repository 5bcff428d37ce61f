"""The local time of this machine, for faces that run elsewhere."""

from __future__ import annotations

import time
from bisect import bisect_left

_STEP_S = 20 * 86_400  # no zone sets its clock twice in so short a time, but for a few Ramadans; they differ for days
_EVER = range(-(1 << 40), 1 << 40)  # what the C library knows a date of


def utc_offsets(since_unix_s: int, until_unix_s: int) -> list[tuple[int, int]]:
    """From when on local time is how many seconds ahead of UTC: the first from *since* on, Unix seconds, then changes.

    To the minute, and at most one change in twenty days.
    """
    since = min(max(since_unix_s, _EVER.start), _EVER.stop)
    until = min(max(until_unix_s, since), _EVER.stop)
    found = [(since, _offset_s(since))]
    at = since
    while at < until:
        following = min(at + _STEP_S, until)
        before_s, after_s = found[-1][1], _offset_s(following)
        if after_s != before_s:
            minutes = range((following - at) // 60)
            changed = bisect_left(minutes, True, key=lambda n: _offset_s(at + 60 * n) != before_s)  # noqa: B023
            found.append((at + 60 * changed, after_s))
        at = following
    return found


def _offset_s(unix_s: int) -> int:
    return time.localtime(unix_s).tm_gmtoff
