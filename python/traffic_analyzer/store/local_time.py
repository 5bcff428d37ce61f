"""Hours and days of the local calendar, which the tiers' rows begin at."""

from __future__ import annotations

import time
from functools import lru_cache

_CACHED = 65_536
_HOUR_S = 3600


@lru_cache(_CACHED)
def hour_of(unix_s: int) -> int:
    """When the hour of the local clock that *unix_s* lies in began, Unix seconds.

    Where clocks are set by half an hour, the hour in which that happens has 90 minutes.
    """
    local = time.localtime(unix_s)
    began = unix_s - local.tm_min * 60 - local.tm_sec
    return began if began == unix_s else hour_of(began)


@lru_cache(_CACHED)
def day_of(unix_s: int) -> int:
    """When the day of the local calendar that *unix_s* lies in began, Unix seconds. It may have 23 or 25 hours."""
    date = time.localtime(unix_s)[:3]
    began = int(time.mktime((*date, 0, 0, 0, 0, 0, -1)))
    # A midnight that comes twice, as in Havana, is either one to mktime, depending on what it was asked before.
    return began - _HOUR_S if time.localtime(began - _HOUR_S)[:3] == date else began
