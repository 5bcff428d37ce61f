"""Where the interfaces' own counters and ours meet."""

from __future__ import annotations

from typing import Any

from peewee import Case, fn

from ..store.models import CounterMinute, Iface
from ..units import Unit
from .bases import COUNTERS
from .declaration import Column, Report, Role

#: In the order of the sum: interface + headers + uncounted = all from exact to unseen. ``again`` is part of these.
ITEMS = (
    "interface", "headers", "uncounted", "exact", "ambiguous", "hidden", "unknown", "non_ip", "not_booked", "unseen",
    "again",
)  # fmt: skip
_PASSED = CounterMinute.counter.in_(("seen", "unseen"))
_IS_UPLOAD = CounterMinute.direction == Case(Iface.role, (("lan", 0),), 1)


def _carried(condition: Any, amount: Any = CounterMinute.bytes) -> Any:
    return Case(None, ((condition, amount),), 0)


REPORTS = (
    Report(
        "ledger",
        "Ledger by hour",
        "by hour: what each interface counted itself, and what became of it (interface + headers + uncounted = exact + "
        "ambiguous + hidden + unknown + non_ip + not_booked + unseen)",
        COUNTERS,
        (
            Column("hour", "Hour", Unit.MINUTE, fn.hour_of(CounterMinute.minute_unix_s), is_heading=True),
            Column("iface", "Iface", Unit.NAME, Iface.text, is_heading=True),
            Column("direction", "Direction", Unit.DIRECTION, CounterMinute.direction, is_heading=True),
            Column("item", "Item", Unit.TEXT, CounterMinute.counter,
                   sort=Case(CounterMinute.counter, tuple((item, at) for at, item in enumerate(ITEMS)))),
            Column("bytes", "Bytes", Unit.BYTES, CounterMinute.bytes, Role.SUM),
            Column("packets", "Packets", Unit.PACKETS, CounterMinute.packets, Role.SUM),
        ),
        ("-hour", "iface", "direction", "item"),
        where=CounterMinute.counter.in_(ITEMS),
        default_limit=None,
    ),
    Report(
        "usage",
        "Usage by day",
        "what each interface carried a day, to compare with the provider's bill; bytes as on the wire, unseen included",
        COUNTERS,
        (
            Column("day", "Day", Unit.DAY, fn.day_of(CounterMinute.minute_unix_s), is_heading=True),
            Column("iface", "Iface", Unit.NAME, Iface.text),
            Column("role", "Role", Unit.TEXT, Iface.role, Role.DETAIL),
            Column("rx_bytes", "Download", Unit.BYTES, _carried(_PASSED & ~_IS_UPLOAD), Role.SUM),
            Column("tx_bytes", "Upload", Unit.BYTES, _carried(_PASSED & _IS_UPLOAD), Role.SUM),
            Column("bytes", "Total", Unit.BYTES, _carried(_PASSED), Role.SUM),
            Column("unseen_bytes", "Unseen", Unit.BYTES, _carried(CounterMinute.counter == "unseen"), Role.SUM),
            Column("packets", "Packets", Unit.PACKETS, _carried(_PASSED, CounterMinute.packets), Role.SUM),
        ),
        ("-day", "iface"),
        where=_PASSED,
        default_limit=None,
    ),
)  # fmt: skip
