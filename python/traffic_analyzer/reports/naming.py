"""What reports call devices, for who has them from elsewhere."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

from peewee import SqliteDatabase

from ..store.database import explained, open_readable
from ..store.models import Device
from .bases import DEVICE_NAME


def called(database_path: Path, devices: Collection[str]) -> dict[str, str]:
    """The names of *devices* as every report shows them, by device; those are absent that were never booked.

    :param devices: as in ``records.FlowKey``, some hundreds at most.
    :raises StoreError: the database cannot be read.
    """
    if not devices:
        return {}
    query = Device.select(Device.text, DEVICE_NAME).where(Device.text.in_(list(devices)))
    with open_readable(database_path) as database, explained(database_path):
        return dict(_rows(database, query))


def _rows(database: SqliteDatabase, query: Any) -> Iterator[tuple[str, str]]:
    yield from database.execute_sql(*query.sql())
