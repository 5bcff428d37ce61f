"""Where the interfaces' own counters and ours meet."""

from __future__ import annotations

from typing import Any

from peewee import Case, fn

from ..store.models import Iface
from ..units import Unit
from .bases import COUNTERS
from .declaration import Column, Pane, Report, Role
from .relations import Counter

#: In the order of the sum: interface + headers + uncounted = all from exact to unseen. ``again``, counted on another
#: interface too, and ``overflow``, whose ends a minute had no room for, are parts of these.
ITEMS = (
    "interface", "headers", "uncounted", "exact", "ambiguous", "hidden", "unknown", "non_ip", "not_booked", "unseen",
    "again", "overflow",
)  # fmt: skip
_PASSED = Counter.counter.in_(("seen", "unseen"))
_IS_UPLOAD = Counter.direction == Case(Iface.role, (("lan", 0),), 1)


def _carried(condition: Any, amount: Any = Counter.bytes) -> Any:
    return Case(None, ((condition, amount),), 0)


#: What every answer says beside its rows; no report of its own.
COUNTED = Report(
    "counted",
    "Counters",
    "sums of all counters",
    COUNTERS,
    (
        Column("counter", "Counter", Unit.TEXT, Counter.counter),
        Column("bytes", "Bytes", Unit.BYTES, Counter.bytes, Role.SUM),
        Column("packets", "Packets", Unit.PACKETS, Counter.packets, Role.SUM),
    ),
    (),
    default_limit=None,
)
REPORTS = (
    Report(
        "ledger",
        "Ledger by hour",
        "by hour: what each interface counted itself, and what became of it (interface + headers + uncounted = exact + "
        "ambiguous + hidden + unknown + non_ip + not_booked + unseen)",
        COUNTERS,
        (
            Column("hour", "Hour", Unit.MINUTE, fn.hour_of(Counter.minute_unix_s), is_heading=True),
            Column("iface", "Iface", Unit.NAME, Iface.text, is_heading=True),
            Column("direction", "Direction", Unit.DIRECTION, Counter.direction, is_heading=True),
            Column("item", "Item", Unit.TEXT, Counter.counter,
                   sort=Case(Counter.counter, tuple((item, at) for at, item in enumerate(ITEMS)))),
            Column("bytes", "Bytes", Unit.BYTES, Counter.bytes, Role.SUM),
            Column("packets", "Packets", Unit.PACKETS, Counter.packets, Role.SUM),
        ),
        ("-hour", "iface", "direction", "item"),
        where=Counter.counter.in_(ITEMS),
        default_limit=None,
        pane=Pane(90, "Ledger"),
        examples=(("--lookback-minutes 120", "does what was counted add up, hour by hour"),),
    ),
    Report(
        "usage",
        "Usage by day",
        "what each interface carried a day, to compare with the provider's bill; bytes as on the wire, unseen included",
        COUNTERS,
        (
            Column("day", "Day", Unit.DAY, fn.day_of(Counter.minute_unix_s), is_heading=True),
            Column("iface", "Iface", Unit.NAME, Iface.text),
            Column("role", "Role", Unit.TEXT, Iface.role, Role.DETAIL),
            Column("rx_bytes", "Download", Unit.BYTES, _carried(_PASSED & ~_IS_UPLOAD), Role.SUM),
            Column("tx_bytes", "Upload", Unit.BYTES, _carried(_PASSED & _IS_UPLOAD), Role.SUM),
            Column("bytes", "Total", Unit.BYTES, _carried(_PASSED), Role.SUM),
            Column("unseen_bytes", "Unseen", Unit.BYTES, _carried(Counter.counter == "unseen"), Role.SUM),
            Column("packets", "Packets", Unit.PACKETS, _carried(_PASSED, Counter.packets), Role.SUM),
        ),
        ("-day", "iface"),
        where=_PASSED,
        default_limit=None,
        pane=Pane(150, "Usage"),
        examples=(
            ("--period month --start-day 15", "to compare with a bill whose months begin on the 15th"),
            ("--period last-year --csv", "a year of days, for a spreadsheet"),
        ),
    ),
)  # fmt: skip
