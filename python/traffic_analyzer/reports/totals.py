"""The sums of a selection, for what counts on from them: a report without rows of its own, which no face shows."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from .bases import FLOWS, PACKETS, RX_BYTES, TX_BYTES
from .declaration import Report
from .registry import answer
from .selection import Selection

_SUMS = Report("totals", "Totals", "sums of all flows", FLOWS, (RX_BYTES, TX_BYTES, PACKETS), (), default_limit=None)


class Totals(NamedTuple):
    """Bytes and packets as on the wire; down and up as the client sees it."""

    rx_bytes: int
    tx_bytes: int
    packets: int


def totals(database_path: Path, selection: Selection, archive: Path | None = None) -> Totals:
    """What the flows of *selection* come to; its limit says nothing.

    :raises UsageError: no such device, or no interface of that name was ever counted.
    :raises StoreError: the database cannot be read.
    """
    ((rx_bytes, tx_bytes, packets),) = answer(database_path, _SUMS, selection, archive).rows
    return Totals(rx_bytes or 0, tx_bytes or 0, packets or 0)
