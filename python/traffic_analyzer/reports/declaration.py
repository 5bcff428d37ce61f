"""What a report is made of."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Any

from ..units import Unit


class Role(enum.Enum):
    """What a column is to its report."""

    KEY = "key"  #: rows are grouped by it
    SUM = "sum"  #: added up within a row
    MAX = "max"  #: the largest within a row
    SHARE = "share"  #: the column ``of``'s part of its total over the whole report, rows that are not shown included


@dataclass(frozen=True)
class Column:
    """A column. ``expression`` is a peewee expression over the report's base query."""

    name: str
    title: str
    unit: Unit
    expression: Any = None
    role: Role = Role.KEY
    of: str = ""  #: for SHARE


@dataclass(frozen=True)
class Base:
    """Rows that reports are computed from: a model with its dictionaries joined."""

    query: Any  #: a peewee select without columns
    minute: Any  #: Unix seconds
    iface: Any


@dataclass(frozen=True)
class Report:
    """A report. ``order`` names columns, ``-`` in front for descending."""

    name: str
    title: str
    help: str
    base: Base
    columns: tuple[Column, ...]
    order: tuple[str, ...]
    where: Any = None
    default_limit: int = 20
